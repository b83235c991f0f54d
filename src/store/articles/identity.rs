//! What an article is looked up by: its addresses, the one that its page calls canonical, and its text.

use std::collections::BTreeSet;

use crate::filing::{Filed, Outcome};
use crate::store::articles::Filing;
use crate::store::clean;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprinted};
use wiresift_feed::address::{Host, IdentityKey, IgnoredParameters};

/// What each filing of a batch is looked up by.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// One for each filing; none where it brings no article.
    pub(super) of: Vec<Option<Identity>>,
}

/// What one article is looked up by.
#[derive(Debug)]
pub(super) struct Identity {
    /// The entry's address and the one its redirects led to.
    pub(super) addresses: Vec<String>,
    /// The address that the page calls canonical, if it can be believed at all.
    pub(super) canonical: Option<String>,
    /// Its text.
    pub(super) digest: ExactDigest,
    /// What near-duplicates are found and compared by, if it says enough.
    pub(super) fingerprinted: Option<Fingerprinted>,
    pub(super) title: String,
    pub(super) text: String,
    /// Canonical, if that can be believed.
    pub(super) url: String,
    /// Where it was read.
    pub(super) read_url: String,
    /// The same as a key.
    pub(super) read_key: Option<String>,
    pub(super) host: String,
}

impl Identities {
    /// How many articles the batch brings.
    pub(super) fn articles(&self) -> usize {
        self.of.iter().flatten().count()
    }

    /// All address keys, sorted.
    pub(super) fn keys(&self) -> Vec<String> {
        let keys: BTreeSet<&String> = self
            .of
            .iter()
            .flatten()
            .flat_map(|one| one.addresses.iter().chain(&one.canonical))
            .collect();
        keys.into_iter().cloned().collect()
    }

    /// All digests.
    pub(super) fn digests(&self) -> Vec<Vec<u8>> {
        self.of.iter().flatten().map(|one| one.digest.as_bytes().to_vec()).collect()
    }
}

/// Derives what the batch is looked up by.
pub(super) fn identities(filings: &[Filing]) -> Identities {
    Identities { of: filings.iter().map(identity).collect() }
}

impl Identities {
    /// Adds the addresses without what their sites put there for nothing.
    pub(super) fn without(mut self, ignored_parameters: &IgnoredParameters) -> Self {
        for one in self.of.iter_mut().flatten() {
            for key in one.addresses.clone() {
                let plain = ignored_parameters.out_of_text(&key);
                if !one.addresses.contains(&plain) {
                    one.addresses.push(plain);
                }
            }
        }
        self
    }
}

fn identity(filing: &Filing) -> Option<Identity> {
    let Outcome::Article(filed) = &filing.outcome else { return None };
    let entry = &filing.lease.item;
    let link = entry.url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let canonical =
        filed.article.canonical.as_ref().filter(|url| believable(url, filed, link.as_ref()));
    let key = |url: &url::Url| clean::key(IdentityKey::of(url).as_str());
    let mut addresses: Vec<String> = link.iter().chain(&filed.fetched_url).map(key).collect();
    addresses.dedup();
    if addresses.is_empty() {
        // An entry that leads nowhere is known by its place in its feed.
        addresses.push(format!("entry:{}", entry.id));
    }
    let read_at = filed.fetched_url.as_ref().or(link.as_ref());
    let url = canonical.or(read_at);
    let host =
        url.and_then(Host::of).map_or_else(|| entry.host.clone(), |host| host.as_str().to_owned());
    let address = |url: Option<&url::Url>| {
        url.map_or_else(
            || format!("entry:{}", entry.id),
            |url| clean::text(wiresift_feed::address::canonical(url).as_str()),
        )
    };
    let title = clean::text(&filed.article.title);
    let text = clean::text(&filed.article.text());
    Some(Identity {
        canonical: canonical.map(key).filter(|canonical| !addresses.contains(canonical)),
        addresses,
        digest: ExactDigest::of(&title, &text),
        fingerprinted: Fingerprinted::of(&title, &text),
        title,
        text,
        url: address(url),
        read_url: address(read_at),
        read_key: read_at.map(key),
        host,
    })
}

/// Whether a canonical address may speak for the page: another page of the same site, and not its front page.
fn believable(canonical: &url::Url, filed: &Filed, link: Option<&url::Url>) -> bool {
    let front_page = canonical.path().trim_matches('/').is_empty() && canonical.query().is_none();
    let home = filed.fetched_url.as_ref().or(link).and_then(Host::of);
    let bare =
        |host: &Host| host.as_str().split('.').rev().take(2).map(str::to_owned).collect::<Vec<_>>();
    !front_page
        && matches!((Host::of(canonical), home), (Some(one), Some(other)) if bare(&one) == bare(&other))
}
