//! An entry that is leased for reading, with the data from its feed and from its last reading.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use wiresift_feed::Validators;
use wiresift_feed::address::Host;
use wiresift_feed::domain::same_site;

use crate::filing::{EntryCause, EntryState};

/// An entry that is to be read now. Its lease holds a slot of its site.
#[derive(Debug, Clone)]
pub struct PendingEntry {
    pub id: i64,
    pub feed_id: i64,
    /// The addresses of its feed: the listed one, and the one to which it has moved for good.
    pub feed_urls: Vec<Url>,
    /// The address that the feed gives, in canonical form.
    pub url: Option<String>,
    /// The address to request: `url`, or the address to which redirects have led so far.
    pub fetch_url: Option<String>,
    /// The site of the request.
    pub host: String,
    /// The number of redirects that were followed so far.
    pub hops: i32,
    /// The cookies that they have set.
    pub cookies: Option<String>,
    /// The number of failures so far.
    pub failures: u32,
    pub first_seen_at: DateTime<Utc>,
    pub feed_fields: FeedFields,
    /// The result of the last reading. `None` if the page was never read.
    pub revisit: Option<Revisit>,
}

impl PendingEntry {
    /// Whether the feed is on the site of a host. Only such a feed may give texts to articles of
    /// that site, and say that they have moved.
    #[must_use]
    pub fn has_feed_of_site(&self, host: &str) -> bool {
        self.feed_hosts().any(|feed| same_site(feed.as_str(), host))
    }

    /// Whether the feed is on the site of an address.
    #[must_use]
    pub fn has_feed_of_site_at(&self, url: &Url) -> bool {
        Host::of(url).is_some_and(|host| self.has_feed_of_site(host.as_str()))
    }

    /// The hosts of the feed, the listed one first.
    pub(super) fn feed_hosts(&self) -> impl Iterator<Item = Host> {
        self.feed_urls.iter().filter_map(Host::of)
    }
}

/// The result of the last reading of an entry that is read again.
#[derive(Debug, Clone)]
pub struct Revisit {
    pub article: i64,
    pub state: EntryState,
    pub cause: EntryCause,
    pub ended_at: Option<DateTime<Utc>>,
    /// The validators of the page.
    pub validators: Validators,
    /// How many times in a row the page has been missing since.
    pub missing: u32,
    /// The text of the article comes from the feed, because the page could not be read.
    pub from_feed: bool,
    /// The entry has left its feed before its time, and another one shows the article. The page of
    /// this one says nothing of the article any more.
    pub is_succeeded: bool,
}

/// The data of the article in its feed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedFields {
    /// The feed's own id for the entry.
    pub guid: Option<String>,
    pub title: Option<String>,
    /// The description, as plain text.
    pub summary: Option<String>,
    /// The full text, as HTML.
    pub content: Option<String>,
    pub authors: Vec<String>,
    pub tags: Vec<String>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
}
