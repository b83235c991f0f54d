//! Where a page sends its reader at once: `<meta http-equiv="refresh" content="0; url=…">`.
//!
//! Browsers follow it like a redirect, and sites use it where they cannot set a status, such as on
//! a static host. The value is read as in the HTML standard ("shared declarative refresh steps").
//! In `noscript` it is for browsers without scripts, and mostly leads to a page that says so.

use std::sync::LazyLock;

use regex::bytes::Regex;
use url::Url;
use wiresift_text::urls::{is_lawful, without_user};

use crate::tree::{NodeId, Tree, attribute};
use crate::{Limits, Page, decoded};

/// Longest wait that counts as at once, in seconds. Longer ones reload pages that change.
const AT_ONCE: u32 = 5;

/// How far into a page a refresh is looked for, in bytes.
const HEAD_BYTES: usize = 64 * 1024;

/// Longest wait in digits.
const DIGITS: usize = 9;

/// The attribute of the element, as bytes: most pages have none, and need not be parsed.
static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i-u)http-equiv\s*=\s*["']?\s*refresh"#).ok());

/// The address to which a page sends its reader at once, other than its own.
///
/// Relative addresses are resolved against `page.url`; without it the result is `None`. Only the
/// first 64 KiB are read.
#[must_use]
pub fn refresh_of(page: &Page<'_>, limits: &Limits) -> Option<Url> {
    let here = page.url?;
    let bytes = page.bytes.get(..HEAD_BYTES).unwrap_or(page.bytes);
    if !ATTRIBUTE.as_ref()?.is_match(bytes) {
        return None;
    }
    let tree = Tree::parse(&decoded(&Page { bytes, ..*page }, limits), limits);
    let mut base = here.clone();
    for (id, node) in tree.nodes() {
        let Some(element) = node.as_element() else { continue };
        let attribute = |name| attribute(element, name);
        match element.name() {
            "base" => {
                let href = attribute("href").and_then(|href| here.join(href.trim()).ok());
                base = href.unwrap_or(base);
            }
            "meta" if attribute("http-equiv").is_some_and(is_refresh) && is_shown(&tree, id) => {
                let (wait, to) = parse(attribute("content").unwrap_or_default())?;
                let to = without_user(base.join(to).ok()?);
                let is_followed = wait <= AT_ONCE && !is_same(&to, here) && is_lawful(&to);
                return is_followed.then_some(to);
            }
            _ => {}
        }
    }
    None
}

fn is_refresh(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("refresh")
}

/// Whether an element is not in `noscript`.
fn is_shown(tree: &Tree, id: NodeId) -> bool {
    let parent = tree.parent(id).and_then(|parent| tree.element(parent));
    parent.is_none_or(|parent| parent.name() != "noscript")
}

/// Whether two addresses are of one page.
fn is_same(one: &Url, other: &Url) -> bool {
    let bare = |url: &Url| {
        let mut url = url.clone();
        url.set_fragment(None);
        url
    };
    bare(one) == bare(other)
}

/// The seconds to wait and the address. `None` without an address: the page reloads itself.
fn parse(content: &str) -> Option<(u32, &str)> {
    let content = content.trim_start();
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    let wait = match content.get(..digits.min(DIGITS))? {
        // The standard wants a digit or a point.
        "" if !content.starts_with('.') => return None,
        "" => 0,
        digits => digits.parse().ok()?,
    };
    let rest = content.get(digits..)?;
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | ',')) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    let to = after_url(rest).unwrap_or(rest);
    let to = match to.chars().next()? {
        quote @ ('"' | '\'') => to.get(1..)?.split(quote).next()?,
        _ => to,
    };
    let to = to.trim();
    (!to.is_empty()).then_some((wait, to))
}

/// What follows `url =`.
fn after_url(text: &str) -> Option<&str> {
    let name = text.get(..3).filter(|name| name.eq_ignore_ascii_case("url"))?;
    text.get(name.len()..)?.trim_start().strip_prefix('=').map(str::trim_start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refresh(html: &str) -> Option<String> {
        let url = Url::parse("https://news.example.com/a/b").unwrap();
        let page = Page { bytes: html.as_bytes(), url: Some(&url), content_type: None };
        refresh_of(&page, &Limits::default()).map(|to| to.to_string())
    }

    #[test]
    fn values_as_in_the_standard() {
        for (content, expected) in [
            ("0; url=/new", Some((0, "/new"))),
            ("0;URL='/new'", Some((0, "/new"))),
            (" 3 , Url = \"/new\" ", Some((3, "/new"))),
            ("0.5; /new", Some((0, "/new"))),
            (".5 /new", Some((0, "/new"))),
            ("0;url=urlaub", Some((0, "urlaub"))),
            ("1800", None),
            ("0;", None),
            ("0x; url=/new", None),
            ("url=/new", None),
            ("", None),
        ] {
            assert_eq!(parse(content), expected, "{content}");
        }
    }

    #[test]
    fn a_page_that_sends_its_reader_on() {
        let to = "https://news.example.com/new";
        assert_eq!(refresh("<META HTTP-EQUIV=Refresh CONTENT='0; URL=/new'>").as_deref(), Some(to));
        assert_eq!(
            refresh("<base href=/deep/><p>x<meta http-equiv=refresh content='1;url=new'>"),
            Some("https://news.example.com/deep/new".to_owned())
        );
        for html in [
            "<meta http-equiv=refresh content='300; url=/new'>",
            "<meta http-equiv=refresh content='0; url=/a/b#top'>",
            "<meta http-equiv=refresh content=0>",
            "<meta http-equiv=refresh content='0; url=javascript:alert(1)'>",
            &format!("<meta http-equiv=refresh content='0; url=/{}'>", "x".repeat(9_000)),
            "<noscript><meta http-equiv=refresh content='0; url=/new'></noscript>",
            "<meta http-equiv=content-type content='0; url=/new'>",
            "<p>refresh</p>",
        ] {
            assert_eq!(refresh(html), None, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_harm(content in "[0-9.;,= urlURL'\"/é\t-]{0,24}") {
            parse(&content);
        }
    }
}
