//! A sighting as a row, and the known entry that it may be.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::FromRow;

use crate::polling::identity::{Claim, EntryFields};
use crate::store::clean;
use wiresift_feed::address::{Host, IdentityKey, IgnoredParameters, canonical, is_lawful};
use wiresift_feed::entry::{Entry, EntryKey};
use wiresift_text::limits;

/// An entry as one JSON row. Only known entries have `id` and the fields after it.
#[derive(Debug, Serialize)]
pub(super) struct SightingRow {
    pub(super) key: String,
    pub(super) guid: Option<String>,
    pub(super) url: Option<String>,
    pub(super) identity: Option<String>,
    pub(super) host: String,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) language: Option<String>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) fields_digest: String,
    pub(super) id: Option<i64>,
    /// When its page is read again.
    pub(super) revisit_at: Option<DateTime<Utc>>,
    /// Its article was deleted for its age, and the feed gives it a later date.
    pub(super) revives: bool,
    /// Its link has changed.
    pub(super) moves: bool,
    /// The new link becomes a claimed address of the article.
    pub(super) claims: bool,
}

impl SightingRow {
    pub(super) fn of(entry: &Entry, fields: &EntryFields, key: &EntryKey, feed_host: &str) -> Self {
        let url = entry.page().map(canonical).filter(is_lawful);
        let host = url.as_ref().and_then(Host::of).map(|host| host.as_str().to_owned());
        Self {
            key: clean::key(key.as_str()),
            guid: clean::guid(entry.guid.as_deref()),
            identity: fields.link.clone(),
            url: url.map(|url| url.to_string()),
            host: host.unwrap_or_else(|| feed_host.to_owned()),
            title: clean::cut_optional(entry.title.as_deref(), limits::TITLE_BYTES),
            summary: clean::cut_optional(entry.summary.as_deref(), limits::SUMMARY_BYTES),
            content: clean::optional(entry.content.as_deref()),
            authors: clean::names(&entry.authors),
            tags: clean::names(&entry.tags),
            language: clean::cut_optional(entry.language.as_deref(), limits::LANGUAGE_BYTES),
            published_at: entry.published,
            updated_at: entry.updated,
            fields_digest: clean::hex(&fields_digest(entry)),
            id: None,
            revisit_at: None,
            revives: false,
            moves: false,
            claims: false,
        }
    }
}

impl SightingRow {
    /// Keeps the link of an article that its feed has moved to another site, because the article
    /// was not read there.
    pub(super) fn keep_link(&mut self, known: &KnownRow) {
        self.url.clone_from(&known.url);
        self.identity.clone_from(&known.identity);
        self.moves = false;
    }

    /// Whether more than the time of the last sighting has changed.
    pub(super) fn says_more_than(&self, known: &KnownRow) -> bool {
        let same_digest = known
            .fields_digest
            .as_ref()
            .is_some_and(|digest| clean::hex(digest) == self.fields_digest);
        let later =
            self.updated_at.is_some_and(|shown| known.updated_at.is_none_or(|known| shown > known));
        self.moves
            || self.revives
            || self.revisit_at.is_some()
            || later
            || !same_digest
            || self.key != known.key
            || self.url != known.url
    }
}

/// Digest of the text of an entry, without ids and dates: 16 bytes of SHA-256. It tells only whether
/// the text has changed.
fn fields_digest(entry: &Entry) -> Vec<u8> {
    let mut digest = Sha256::new();
    for text in [&entry.title, &entry.summary, &entry.content] {
        digest.update(text.as_deref().unwrap_or_default());
        digest.update([0]);
    }
    digest.finalize().into_iter().take(16).collect()
}

/// The part of a known entry that a sighting needs.
#[derive(Debug, FromRow)]
pub(super) struct KnownRow {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) guid: Option<String>,
    pub(super) url: Option<String>,
    pub(super) identity: Option<String>,
    pub(super) title: Option<String>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) fields_digest: Option<Vec<u8>>,
    pub(super) first_seen_at: DateTime<Utc>,
    pub(super) last_seen_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// The host of its article.
    pub(super) article_host: Option<String>,
    /// It has an article and is not leased.
    pub(super) is_filed: bool,
    /// When its article was deleted for its age.
    pub(super) expired_at: Option<DateTime<Utc>>,
    /// It was missing from the middle of the last document.
    pub(super) has_left: bool,
}

impl KnownRow {
    pub(super) fn fields(&self, ignored_parameters: &IgnoredParameters) -> EntryFields {
        EntryFields {
            key: EntryKey::from_stored(self.key.clone()),
            guid: self.guid.clone(),
            link: self.identity.as_deref().map(|key| ignored_parameters.strip_text(key)),
            title: self.title.clone(),
            published: self.published_at,
            seen_at: self.first_seen_at,
            is_filed: self.is_filed,
        }
    }

    pub(super) fn claim(&self, entry: &Entry) -> Claim {
        let by_date =
            self.updated_at.zip(entry.updated).is_some_and(|(known, shown)| shown > known);
        let by_text = match &self.fields_digest {
            Some(known) => *known != fields_digest(entry),
            // The row is older than the digests.
            None => {
                self.updated_at.is_none()
                    && self.title
                        != clean::cut_optional(entry.title.as_deref(), limits::TITLE_BYTES)
            }
        };
        Claim { by_date, by_text }
    }
}

/// The identity key of the page.
pub(super) fn link_of(entry: &Entry) -> Option<IdentityKey> {
    entry.page().map(IdentityKey::of)
}

/// The fields of a shown entry that identify it.
pub(super) fn fields(
    entry: &Entry,
    ignored_parameters: &IgnoredParameters,
    now: DateTime<Utc>,
) -> EntryFields {
    let link = link_of(entry).map(|key| clean::key(ignored_parameters.strip(&key).as_str()));
    EntryFields {
        key: entry.key.clone(),
        guid: clean::guid(entry.guid.as_deref()),
        link,
        title: clean::cut_optional(entry.title.as_deref(), limits::TITLE_BYTES),
        published: entry.published,
        seen_at: now,
        is_filed: false,
    }
}
