//! A feed as read, before `assemble` applies keys and limits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_text::entities::decode_html;
use wiresift_text::limits;

use crate::address::{is_lawful, without_user};
use crate::hub::Links;

#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) title: Option<String>,
    pub(super) home: Option<Url>,
    pub(super) language: Option<String>,
    pub(super) ttl: Option<Duration>,
    pub(super) links: Links,
    /// A sitemap, or a list of them.
    pub(super) is_sitemap: bool,
    /// A list of sitemaps.
    pub(super) is_index: bool,
    /// `sy:updatePeriod`; below, `sy:updateFrequency`.
    pub(super) period: Option<Duration>,
    pub(super) frequency: Option<u32>,
    pub(super) skip_hours: u32,
    pub(super) skip_days: u8,
    pub(super) older: Option<Url>,
    /// Authors of entries that name nobody.
    pub(super) authors: Vec<String>,
    pub(super) entries: Vec<DraftEntry>,
}

/// An entry as read: dates as written, nothing cut.
#[derive(Debug, Default)]
pub(super) struct DraftEntry {
    pub(super) guid: Option<String>,
    pub(super) link: Option<Url>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) updated: Option<DateTime<Utc>>,
    pub(super) authors: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) language: Option<String>,
    /// All text of an entry with neither id, link, title, summary nor content. No article can be
    /// found from it, but the entry needs a key.
    pub(super) rest: Option<String>,
}

impl DraftEntry {
    /// Whether it has neither id, link, title, summary nor content.
    pub(super) fn is_bare(&self) -> bool {
        self.guid.is_none()
            && self.link.is_none()
            && self.title.is_none()
            && self.summary.is_none()
            && self.content.is_none()
    }
}

/// Longest address, in bytes.
const MAX_LINK: usize = limits::URL_BYTES;

/// An address as a feed writes it, cleaned but not yet absolute; `None` if it is not one.
///
/// References are resolved once more (`?a=1&amp;amp;b=2` is common), a scheme is added to `www.…`,
/// and prose is not taken for a relative path.
pub(super) fn address(text: &str) -> Option<String> {
    let text = decode_html(text.trim());
    let text = text.trim();
    let is_relative = !text.contains("://") && !text.starts_with('/');
    let is_prose = is_relative && text.contains(char::is_whitespace);
    if text.is_empty() || text.len() > MAX_LINK || is_prose || text.starts_with('#') {
        return None;
    }
    let is_bare_host = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("www."));
    Some(if is_bare_host { ["https://", text].concat() } else { text.to_owned() })
}

/// The base from `own` (an `xml:base`) and `outer`. At most as long as a link, because it is
/// repeated in each.
pub(super) fn rebased(own: Option<&str>, outer: &Url) -> Url {
    let own = own.filter(|own| own.len() <= MAX_LINK).and_then(|own| outer.join(own).ok());
    own.unwrap_or_else(|| outer.clone())
}

/// An absolute address without a user, if a page can be fetched from it.
pub(super) fn page(url: Url) -> Option<Url> {
    is_lawful(&url).then(|| without_user(url))
}

/// A BCP 47 tag as feeds write it (`en_US`, ` de `); `None` if it cannot be one.
pub(super) fn language(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-");
    let is_tag = tag.split('-').enumerate().all(|(at, part)| {
        let length = if at == 0 { 2..=3 } else { 1..=8 };
        length.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (is_tag && tag.len() <= 35).then_some(tag)
}

/// A person's name from the forms of RSS: `jane@example.com (Jane Doe)`, `Jane Doe
/// <jane@example.com>`. `None` for an e-mail address alone.
pub(super) fn person(text: &str) -> Option<String> {
    let bare = match (text.split_once('('), text.split_once('<')) {
        (Some((before, inside)), _) if before.contains('@') => {
            inside.split(')').next().unwrap_or_default()
        }
        (_, Some((before, inside))) if inside.contains('@') => before,
        _ => text,
    };
    let bare = bare.trim().trim_matches('"').trim();
    (!bare.is_empty() && !bare.contains('@')).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_addresses_or_nothing() {
        let base = Url::parse("https://example.com/feeds/news.xml").unwrap();
        let read =
            |text: &str| base.join(&address(text)?).ok().and_then(page).map(|url| url.to_string());
        assert_eq!(read(" /a?x=1&amp;y=2\n").as_deref(), Some("https://example.com/a?x=1&y=2"));
        assert_eq!(read("b.html").as_deref(), Some("https://example.com/feeds/b.html"));
        assert_eq!(read("//cdn.example/c").as_deref(), Some("https://cdn.example/c"));
        assert_eq!(read("www.example.org/d").as_deref(), Some("https://www.example.org/d"));
        assert_eq!(read("http://example.com/a\n b").as_deref(), Some("http://example.com/a%20b"));
        for nothing in [
            "",
            " ",
            "#top",
            "mailto:x@example.com",
            "javascript:alert(1)",
            "see our site",
            "tag:x,2026:1",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn people_and_languages() {
        assert_eq!(person("jane@example.com (Jane Doe)").as_deref(), Some("Jane Doe"));
        assert_eq!(person("Jane Doe <jane@example.com>").as_deref(), Some("Jane Doe"));
        assert_eq!(person("Jane Doe (Berlin)").as_deref(), Some("Jane Doe (Berlin)"));
        assert_eq!(person("jane@example.com"), None);
        assert_eq!(language(" en_US "), Some("en-US".into()));
        assert_eq!(language("english"), None);
        assert_eq!(language(""), None);
    }
}
