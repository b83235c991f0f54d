//! The keys by which an article is looked up: its addresses, the address that its page calls
//! canonical, and its text.

use std::collections::BTreeSet;

use url::Url;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprinted};
use wiresift_extract::article::BodySource;
use wiresift_feed::address::{self, Host, IdentityKey, IgnoredParameters};
use wiresift_feed::domain::are_of_one_site;
use wiresift_text::limits;

use crate::filing::{Outcome, PendingEntry, ReadArticle, storable};

/// Longest id of an entry that becomes part of an address, in bytes.
const FRAGMENT_BYTES: usize = 500;

/// The lookup keys of one article, in the form in which they are stored.
#[derive(Debug, Clone)]
pub struct LookupKeys {
    /// The keys of the address at which the page was read, and of the entry's address if it is on
    /// the same site.
    pub addresses: Vec<String>,
    /// The key of the address that the page calls canonical, if it is believable.
    pub canonical: Option<String>,
    /// The digest of headline and body.
    pub digest: ExactDigest,
    /// `None` if the text is too short for a fingerprint.
    pub fingerprinted: Option<Fingerprinted>,
    pub title: String,
    pub body: String,
    /// The address of the article: the canonical one, if it is believable.
    pub url: String,
    /// The address at which the page was read.
    pub read_url: String,
    /// The key of `read_url`. `None` if the entry has no address.
    pub read_key: Option<String>,
    /// The site of `url`.
    pub host: String,
}

impl LookupKeys {
    /// The lookup keys of an outcome. Returns `None` if the outcome has no article.
    #[must_use]
    pub fn of_outcome(entry: &PendingEntry, outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Article(read) => Some(Self::of(entry, read)),
            _ => None,
        }
    }

    #[must_use]
    pub fn of(entry: &PendingEntry, read: &ReadArticle) -> Self {
        let link = link_of(entry).filter(|link| !is_text_of_another_site(entry, read, link));
        let read_at = read.fetched_url.as_ref().or(link.as_ref());
        let canonical = read.article.canonical.as_ref().filter(|url| is_believable(url, read_at));
        // A redirect from another site is no address of the article: that site may let it lead
        // elsewhere at any time.
        let is_here = |url: &&Url| read_at.is_some_and(|here| are_of_one_site(url, here));
        let mut addresses: Vec<String> =
            link.iter().chain(&read.fetched_url).filter(is_here).map(key).collect();
        addresses.dedup();
        if addresses.is_empty() {
            // An entry without an address is identified by its id.
            addresses.push(no_address(entry));
        }
        let url = canonical.or(read_at);
        let stored = |url: Option<&Url>| url.map_or_else(|| place_in_feed(entry), stored_address);
        let title = storable::cut(&read.article.title, limits::TITLE_BYTES);
        let body = storable::text(&read.article.text());
        Self {
            canonical: canonical.map(key).filter(|canonical| !addresses.contains(canonical)),
            addresses,
            digest: ExactDigest::of(&title, &body),
            fingerprinted: Fingerprinted::of(&title, &body),
            title,
            body,
            url: stored(url),
            read_url: stored(read_at),
            read_key: read_at.map(key),
            host: url
                .and_then(Host::of)
                .or_else(|| entry.feed_hosts().next())
                .map_or_else(|| entry.host.clone(), |host| host.to_string()),
        }
    }

    /// Adds the addresses without the parameters that their sites ignore.
    #[must_use]
    pub fn without(mut self, ignored: &IgnoredParameters) -> Self {
        for key in self.addresses.clone() {
            let plain = ignored.strip_text(&key);
            if !self.addresses.contains(&plain) {
                self.addresses.push(plain);
            }
        }
        self
    }

    /// All address keys.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.addresses.iter().chain(&self.canonical)
    }
}

/// The key of the address of an entry.
pub(super) fn link_key(entry: &PendingEntry) -> String {
    link_of(entry).as_ref().map_or_else(|| no_address(entry), key)
}

fn link_of(entry: &PendingEntry) -> Option<Url> {
    entry.url.as_deref().and_then(|url| Url::parse(url).ok())
}

/// Whether the text comes from a feed, and the entry's address is on another site than this feed.
/// Such a text is filed without that address, under the host of the feed.
fn is_text_of_another_site(entry: &PendingEntry, read: &ReadArticle, link: &Url) -> bool {
    let is_from_feed = read.fetched_url.is_none() && read.article.source == BodySource::Feed;
    is_from_feed && !entry.has_feed_of_site_at(link)
}

/// The address keys of a batch, sorted, each once.
#[must_use]
pub fn keys_of_batch<'a>(lookups: impl Iterator<Item = &'a LookupKeys>) -> Vec<String> {
    let keys: BTreeSet<&String> = lookups.flat_map(LookupKeys::keys).collect();
    keys.into_iter().cloned().collect()
}

fn key(url: &Url) -> String {
    storable::key(IdentityKey::of(url).as_str())
}

fn stored_address(url: &Url) -> String {
    storable::text(address::canonical(url).as_str())
}

fn no_address(entry: &PendingEntry) -> String {
    format!("entry:{}", entry.id)
}

/// The address of an article that has none: that of the feed, with the entry as its fragment.
fn place_in_feed(entry: &PendingEntry) -> String {
    let Some(mut url) = entry.feed_urls.first().cloned() else { return no_address(entry) };
    let guid = entry.feed_fields.guid.clone().filter(|guid| guid.len() <= FRAGMENT_BYTES);
    url.set_fragment(Some(&guid.unwrap_or_else(|| entry.id.to_string())));
    storable::text(url.as_str())
}

/// Whether a canonical address is believable: it is on the site of the page, and it is not the
/// front page.
fn is_believable(canonical: &Url, read_at: Option<&Url>) -> bool {
    let is_front_page =
        canonical.path().trim_matches('/').is_empty() && canonical.query().is_none();
    !is_front_page && read_at.is_some_and(|here| are_of_one_site(canonical, here))
}
