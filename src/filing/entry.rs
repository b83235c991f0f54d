//! An entry that waits to be read, with what its feed and its last reading say.

use chrono::{DateTime, Utc};
use wiresift_feed::Validators;

use crate::filing::{EntryCause, EntryState};

/// An entry that is to be read now, with the turn of its site.
#[derive(Debug, Clone)]
pub struct PendingEntry {
    /// Its id.
    pub id: i64,
    /// The feed that shows it.
    pub feed_id: i64,
    /// The address that the feed gives, canonical.
    pub url: Option<String>,
    /// Where the request goes: `url`, or where redirects have led so far.
    pub fetch_url: Option<String>,
    /// The site asked, whose turn this lease holds.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    /// Failures so far.
    pub failures: u32,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// What the feed says of the article.
    pub feed_fields: FeedFields,
    /// What is known from the last reading; none where this is the first.
    pub revisit: Option<Revisit>,
}

/// What is known of an entry that is read again.
#[derive(Debug, Clone)]
pub struct Revisit {
    /// Its article.
    pub article: i64,
    /// Its state.
    pub state: EntryState,
    /// Why it is in that state.
    pub cause: EntryCause,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The page's, as last read.
    pub validators: Validators,
    /// How often in a row the page was missing since.
    pub missing: u32,
    /// The article's text is the feed's, because its page could not be had.
    pub from_feed: bool,
}

/// What the feed says of the article.
#[derive(Debug, Clone, Default)]
pub struct FeedFields {
    /// The feed's own id for the entry.
    pub guid: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Description, plain text.
    pub summary: Option<String>,
    /// Full text, HTML.
    pub content: Option<String>,
    /// Names.
    pub authors: Vec<String>,
    /// Categories.
    pub tags: Vec<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Date of publication.
    pub published: Option<DateTime<Utc>>,
    /// Date of the last change.
    pub updated: Option<DateTime<Utc>>,
}
