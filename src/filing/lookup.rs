//! The keys by which an article is looked up: its addresses, the address that its page calls
//! canonical, and its text.

use std::collections::BTreeSet;

use url::Url;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprinted};
use wiresift_feed::address::{self, Host, IdentityKey, IgnoredParameters};
use wiresift_text::limits;

use crate::filing::{Outcome, PendingEntry, ReadArticle, storable};

/// The lookup keys of one article, in the form in which they are stored.
#[derive(Debug, Clone)]
pub struct LookupKeys {
    /// The keys of the entry's address and of the address to which its redirects led.
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
        let link = entry.url.as_deref().and_then(|url| Url::parse(url).ok());
        let read_at = read.fetched_url.as_ref().or(link.as_ref());
        let canonical = read.article.canonical.as_ref().filter(|url| is_believable(url, read_at));
        let mut addresses: Vec<String> = link.iter().chain(&read.fetched_url).map(key).collect();
        addresses.dedup();
        if addresses.is_empty() {
            // An entry without an address is identified by its id.
            addresses.push(no_address(entry));
        }
        let url = canonical.or(read_at);
        let stored = |url: Option<&Url>| url.map_or_else(|| no_address(entry), stored_address);
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

/// Whether a canonical address is believable: it is on the site of the page, and it is not the
/// front page.
fn is_believable(canonical: &Url, read_at: Option<&Url>) -> bool {
    let is_front_page =
        canonical.path().trim_matches('/').is_empty() && canonical.query().is_none();
    let site =
        |host: &Host| host.as_str().split('.').rev().take(2).map(str::to_owned).collect::<Vec<_>>();
    let hosts = (Host::of(canonical), read_at.and_then(Host::of));
    !is_front_page && matches!(hosts, (Some(one), Some(other)) if site(&one) == site(&other))
}
