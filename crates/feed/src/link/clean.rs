//! An address as a feed writes it, before it is absolute.

use std::borrow::Cow;

use url::Url;
use wiresift_text::limits;

/// Longest address, in bytes.
const MAX_LINK: usize = limits::URL_BYTES;

/// What programs write where there is no address. In lower case, sorted.
const NO_ADDRESS: &[&str] = &[
    "-",
    "--",
    "0",
    "1",
    "false",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "tba",
    "tbd",
    "true",
    "undefined",
    "unknown",
];

/// References that may be left after one resolving: an address was escaped twice. Names of HTML
/// without a semicolon stay, because `&sect_id=4` and `&copy=1` are parameters.
const ESCAPED: [(&str, &str); 5] =
    [("&amp;", "&"), ("&#38;", "&"), ("&#038;", "&"), ("&#x26;", "&"), ("&#X26;", "&")];

/// An address, cleaned but not yet absolute; `None` if it is not one.
///
/// A second escaping is undone, lines are joined, a scheme is added to `www.…` and mended in
/// `http//…`. Prose and words for nothing are not taken for a relative path.
pub(crate) fn address(text: &str, base: &Url) -> Option<String> {
    let text = joined(text.trim());
    let text = unescaped(&text);
    let text = text.trim();
    let is_relative = !text.contains("://") && !text.starts_with('/');
    let is_prose = is_relative && text.contains(char::is_whitespace);
    let is_empty = text.is_empty() || text.starts_with('#') || is_nothing(text);
    // A placeholder that was never filled in: `<base-url>/story/1`, `{{ url }}`.
    let is_open = text.contains(['<', '>']) || text.contains("{{") || text.contains("${");
    if is_empty || text.len() > MAX_LINK || is_prose || is_open {
        return None;
    }
    Some(with_scheme(text, base).into_owned())
}

fn is_nothing(text: &str) -> bool {
    NO_ADDRESS.binary_search(&text.to_ascii_lowercase().as_str()).is_ok()
}

/// A text whose line breaks, with the blanks around them, are left out.
fn joined(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split(['\n', '\r']).map(str::trim).collect())
}

/// Undoes a second escaping of `&`.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    // `&amp;amp;` has been seen, and nothing deeper.
    for _ in 0..2 {
        if !text.contains('&') {
            break;
        }
        for (written, meant) in ESCAPED {
            if text.contains(written) {
                text = Cow::Owned(text.replace(written, meant));
            }
        }
    }
    text
}

/// Mends the scheme, or adds the one that was left out before a host.
fn with_scheme<'a>(text: &'a str, base: &Url) -> Cow<'a, str> {
    let lower = text.get(..18).unwrap_or(text).to_ascii_lowercase();
    for scheme in ["http", "https"] {
        let after = |mark: &str| {
            let rest = lower.strip_prefix(scheme)?.strip_prefix(mark)?;
            text.get(lower.len() - rest.len()..)
        };
        // `http//…`, and `http:/…`, which the standard takes for a path.
        let slipped = after("//").or_else(|| after(":/").filter(|rest| !rest.starts_with('/')));
        if let Some(rest) = slipped {
            return Cow::Owned(format!("{scheme}://{rest}"));
        }
        // `http://http://…`: the second one counts.
        if let Some(rest) = after("://")
            && ["http://", "https://"].iter().any(|again| {
                rest.get(..again.len()).is_some_and(|head| head.eq_ignore_ascii_case(again))
            })
        {
            return Cow::Borrowed(rest);
        }
    }
    if lower.starts_with("www.") {
        return Cow::Owned(format!("https://{text}"));
    }
    let first = text.split('/').next().unwrap_or_default();
    if !first.is_empty() && text.len() > first.len() && is_host_of(first, base) {
        return Cow::Owned(format!("{}://{text}", base.scheme()));
    }
    Cow::Borrowed(text)
}

/// Whether a text is the host of an address, with its port if that is not the usual one.
fn is_host_of(text: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    match url.port() {
        Some(port) => text.strip_suffix(&format!(":{port}")) == Some(host),
        None => text.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::draft::page;

    fn base() -> Url {
        Url::parse("https://example.com/feeds/news.xml").unwrap()
    }

    fn read(text: &str) -> Option<String> {
        base().join(&address(text, &base())?).ok().and_then(page).map(String::from)
    }

    #[test]
    fn links_become_addresses() {
        for (text, wanted) in [
            (" /a?x=1&amp;y=2\n", "https://example.com/a?x=1&y=2"),
            ("b.html", "https://example.com/feeds/b.html"),
            ("//cdn.example/c", "https://cdn.example/c"),
            ("www.example.org/d", "https://www.example.org/d"),
            ("http://example.com/a b", "http://example.com/a%20b"),
            ("http://example.com/\n   a", "http://example.com/a"),
            ("http//example.com/a", "http://example.com/a"),
            ("http:/example.com/a", "http://example.com/a"),
            ("https:/example.com/a", "https://example.com/a"),
            ("https://http://example.com/a", "http://example.com/a"),
            ("example.com/a", "https://example.com/a"),
            ("http://example.com/?a=1&sect_id=4", "http://example.com/?a=1&sect_id=4"),
            ("http://example.com/?a=1&amp;copy_id=4", "http://example.com/?a=1&copy_id=4"),
            ("http://example.com/?a=1&amp;amp;lt_=4", "http://example.com/?a=1&lt_=4"),
            ("http://example.com/?a=1&reg=4", "http://example.com/?a=1&reg=4"),
            ("http://example.com/?a=1&#38;b=2", "http://example.com/?a=1&b=2"),
        ] {
            assert_eq!(read(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for nothing in [
            "",
            " ",
            "#top",
            "mailto:x@example.com",
            "javascript:alert(1)",
            "see our site",
            "tag:x,2026:1",
            "N/A",
            "null",
            "<site>/diff/1",
            "https://{{ host }}/1",
            "urn:uuid:1",
            "nostr:naddr1qq",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert!(NO_ADDRESS.is_sorted());
    }

    proptest! {
        #[test]
        fn an_address_stays_what_it_is(path in "[a-z0-9/_.~-]{0,20}", query in "[a-z_]{1,8}=[0-9]{1,3}(&[a-z_]{1,8}=[0-9]{1,3}){0,3}") {
            let text = format!("https://paper.example/{path}?{query}");
            let url = Url::parse(&text).unwrap();
            prop_assert_eq!(read(&text), Some(url.to_string()));
            prop_assert_eq!(read(&text.replace('&', "&amp;")), Some(url.to_string()));
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,40}") {
            let _ = read(&text);
        }
    }
}
