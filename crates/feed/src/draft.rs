//! A feed as read, before `assemble` applies keys and limits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_text::limits;

use crate::address::{is_lawful, without_user};
use crate::hub::Links;
use crate::link::{Candidate, Choice};

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

/// A date with the text that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatedText {
    pub(super) text: String,
    /// None if the document leaves open what the text means.
    pub(super) at: Option<DateTime<Utc>>,
}

/// An entry as read: nothing cut, nothing chosen.
#[derive(Debug, Default)]
pub(super) struct DraftEntry {
    pub(super) guid: Option<String>,
    /// The addresses that may be its page.
    pub(super) links: Vec<Candidate>,
    /// The one that was chosen.
    pub(super) link: Option<Choice>,
    pub(super) enclosure: Option<Url>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
    pub(super) published: Option<DatedText>,
    pub(super) updated: Option<DatedText>,
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
            && self.links.is_empty()
            && self.title.is_none()
            && self.summary.is_none()
            && self.content.is_none()
    }

    /// The later of its dates, as read so far.
    pub(super) fn latest(&self) -> Option<DateTime<Utc>> {
        self.published_at().max(self.updated.as_ref().and_then(|date| date.at))
    }

    pub(super) fn published_at(&self) -> Option<DateTime<Utc>> {
        self.published.as_ref()?.at
    }
}

/// Longest base, in bytes; it is repeated in each address.
const MAX_BASE: usize = limits::URL_BYTES;

/// The base from `own` (an `xml:base`) and `outer`.
pub(super) fn rebased(own: Option<&str>, outer: &Url) -> Url {
    let own = own.filter(|own| own.len() <= MAX_BASE).and_then(|own| outer.join(own).ok());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_tags() {
        assert_eq!(language(" en_US "), Some("en-US".into()));
        assert_eq!(language("english"), None);
        assert_eq!(language(""), None);
    }
}
