//! An Entry: one item as one feed tells it, a sighting of an article.

use chrono::{DateTime, Utc};
use url::Url;

/// One item of a feed, parsed and normalised. Hostile text has been bounded; markup in titles is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identity within its feed.
    pub key: EntryKey,
    /// The feed's own id for it, as written.
    pub guid: Option<String>,
    /// Where it leads, absolute, `http` or `https`.
    pub link: Option<Url>,
    /// Plain text.
    pub title: Option<String>,
    /// Plain text of the description.
    pub summary: Option<String>,
    /// HTML of the full content, when the feed carries one.
    pub content: Option<String>,
    /// When the feed says it was published; never in the future of the poll.
    pub published: Option<DateTime<Utc>>,
    /// When the feed says it was changed.
    pub updated: Option<DateTime<Utc>>,
    /// Names, as written.
    pub authors: Vec<String>,
    /// Categories and keywords.
    pub tags: Vec<String>,
    /// BCP 47 tag that the feed declares.
    pub language: Option<String>,
}

/// What makes two sightings in one feed the same entry. Derived by us, never by the feed parser.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(String);

impl EntryKey {
    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
