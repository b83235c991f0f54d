//! What a plan wants written, as plain values. An index (the database, or memory) applies all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Utc};
use serde::Serialize;
use wiresift_dedup::cluster::Edge;
use wiresift_dedup::fingerprint::{Fingerprint, Key};
use wiresift_dedup::index::SeenText;
use wiresift_dedup::key_index::FingerprintId;
use wiresift_dedup::revision::RevisionKind;
use wiresift_extract::article::{BodySource, Dated};
use wiresift_feed::Validators;
use wiresift_feed::address::Host;

use crate::filing::judge::Known;
use crate::filing::{
    Address, ChangeKind, EntryCause, EntryState, LookupKeys, PendingEntry, ReadArticle, Revisit,
    Submission, storable,
};

/// All records of one planned batch.
#[derive(Debug, Default)]
pub struct Records<'a> {
    /// New articles.
    pub articles: Vec<ArticleRecord<'a>>,
    /// Articles with a new text, in order: one may take the text that another gives up.
    pub updates: Vec<ArticleRecord<'a>>,
    /// Texts that articles have had.
    pub revisions: Vec<RevisionRecord<'a>>,
    /// Addresses and their articles.
    pub addresses: BTreeMap<String, Address>,
    /// Articles that do not live at the address that they called canonical, and where they were read.
    pub displaced: BTreeMap<i64, String>,
    /// Where articles were read under parameters.
    pub observations: BTreeSet<ParameterObservation>,
    /// Articles whose page is gone for good, with the feed that showed them.
    pub retracted: BTreeMap<i64, i64>,
    /// What joined articles to others.
    pub edges: Vec<EdgeRecord>,
    /// Copies that leave their cluster.
    pub left: Vec<i64>,
    /// Clusters that become part of another. A plan has one batch at most that moves any, and it is the last one.
    pub moves: Vec<Move>,
    /// Originals whose copies must be counted again.
    pub recount: BTreeSet<i64>,
    /// Copies that must be measured against their originals.
    pub measure: BTreeSet<i64>,
    /// What later texts are compared with.
    pub fingerprints: BTreeMap<FingerprintId, (DateTime<Utc>, Fingerprint)>,
    /// What later texts are found by.
    pub fingerprint_keys: Vec<(Key, FingerprintId)>,
    /// Keys that became stop keys, with their day.
    pub stop_keys: BTreeMap<Key, i32>,
    /// What became of the entries.
    pub entries: Vec<EntryRecord>,
    /// Sites that have something to read, and when.
    pub turns: Vec<(String, DateTime<Utc>)>,
    /// The change log's lines, in order. Those of `moves` come after them.
    pub changes: Vec<Change>,
    /// When the batch counts as written: the latest of its members.
    pub at: Option<DateTime<Utc>>,
}

impl Records<'_> {
    /// When the batch counts as written.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// An article that was read, with its entry.
#[derive(Debug, Clone, Copy)]
pub struct ReadText<'a> {
    /// The entry.
    pub entry: &'a PendingEntry,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// What was read.
    pub read: &'a ReadArticle,
    /// What it is looked up by.
    pub lookup: &'a LookupKeys,
}

impl<'a> ReadText<'a> {
    pub(super) fn of(
        submission: &Submission<'a>,
        read: &'a ReadArticle,
        lookup: &'a LookupKeys,
    ) -> Self {
        Self { entry: submission.entry, at: submission.at, read, lookup }
    }

    /// The date of publication, if it can be stored.
    #[must_use]
    pub fn published(&self) -> Option<Dated> {
        self.read.article.published.filter(is_storable)
    }

    /// The date of the last change, if it can be stored.
    #[must_use]
    pub fn modified(&self) -> Option<Dated> {
        self.read.article.modified.filter(is_storable)
    }
}

/// Years with four digits. Others have no form on which JSON and Postgres agree.
fn is_storable(date: &Dated) -> bool {
    (1..=9999).contains(&date.at.year())
}

/// A new article, or the new text of one.
#[derive(Debug, Clone)]
pub struct ArticleRecord<'a> {
    /// Its id.
    pub id: i64,
    /// Counted from 1.
    pub revision: i32,
    /// Its address.
    pub url: String,
    /// The original, where it is a copy.
    pub copy_of: Option<CopyOf>,
    /// What was read.
    pub text: ReadText<'a>,
}

/// The original of a copy, and how much the two share. The exact measure is taken when the row is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyOf {
    /// Its id.
    pub original: i64,
    /// Share of common runs of words, 0 to 1.
    pub similarity: f64,
}

/// A text that an article has had.
#[derive(Debug, Clone)]
pub struct RevisionRecord<'a> {
    /// The article.
    pub article: i64,
    /// Counted from 1.
    pub revision: i32,
    /// What kind of change it is.
    pub kind: RevisionKind,
    /// When it was seen.
    pub at: DateTime<Utc>,
    /// The text.
    pub text: RevisionText<'a>,
}

impl RevisionRecord<'_> {
    /// Where the text came from.
    #[must_use]
    pub fn reason(&self) -> RevisionReason {
        match self.text {
            RevisionText::Read(text) if text.read.article.source == BodySource::Feed => {
                RevisionReason::Feed
            }
            RevisionText::Read(_) | RevisionText::Retracted(_) => RevisionReason::Page,
        }
    }
}

/// The text of a revision.
#[derive(Debug, Clone)]
pub enum RevisionText<'a> {
    /// It was read.
    Read(ReadText<'a>),
    /// The page is gone, and the last text stays.
    Retracted(Box<Known>),
}

/// Why there is a revision, in the words of `news.revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionReason {
    /// The page says so.
    Page,
    /// The feed says so.
    Feed,
}

impl RevisionReason {
    /// The word that the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Feed => "feed",
        }
    }
}

/// An article was read at an address with a parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ParameterObservation {
    /// The site of the address.
    pub site: String,
    /// The parameter.
    pub name: String,
    /// The address without it.
    pub rest: String,
    /// The address.
    pub key: String,
    /// The article.
    pub article_id: i64,
}

/// What joined an article to the cluster of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeRecord {
    /// The article that joined.
    pub article: i64,
    /// The other one, and how the two agree.
    pub edge: Edge,
    /// When.
    pub at: DateTime<Utc>,
}

/// A cluster that becomes part of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// Its original, which becomes a copy.
    pub from: i64,
    /// The original of all from now on.
    pub to: i64,
    /// How much the two share, as far as that is known.
    pub similarity: f64,
}

impl Move {
    /// What the move means for a member of the cluster that moves.
    #[must_use]
    pub fn change_of(&self, article: i64, revision: i32) -> Change {
        let kind = if article == self.from { ChangeKind::Copy } else { ChangeKind::Merged };
        Change { kind, article, revision, other: Some(self.to) }
    }
}

/// A line of the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The article that it happened to.
    pub article: i64,
    /// Its revision then.
    pub revision: i32,
    /// The original, where the article is a copy.
    pub other: Option<i64>,
}

/// What became of an entry, in the columns of its row.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRecord {
    /// Its id.
    pub id: i64,
    /// Its state from now on.
    pub state: EntryState,
    /// Why.
    pub cause: EntryCause,
    /// The article that it became or belongs to.
    pub article_id: Option<i64>,
    /// When it reached its state.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it is read next.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Where the next request goes, if not to its own address.
    pub fetch_url: Option<String>,
    /// The site of that request.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    /// Failures so far.
    pub failures: u32,
    /// How often in a row its page was missing.
    pub missing: u32,
    /// `ETag` of the page.
    pub page_etag: Option<String>,
    /// `Last-Modified` of the page.
    pub page_last_modified: Option<String>,
    /// Whether the text that the feed carries is still needed.
    pub keeps_content: bool,
}

impl EntryRecord {
    /// An entry that goes on waiting.
    pub(super) fn pending(entry: &PendingEntry) -> Self {
        Self {
            id: entry.id,
            state: EntryState::Pending,
            cause: EntryCause::Waiting,
            article_id: None,
            ended_at: None,
            next_try_at: None,
            fetch_url: entry.fetch_url.clone(),
            host: entry.host.clone(),
            hops: entry.hops,
            failures: entry.failures,
            missing: 0,
            page_etag: None,
            page_last_modified: None,
            keeps_content: true,
        }
    }

    /// An entry that had ended before, and whose page was read again.
    pub(super) fn revisited(entry: &PendingEntry, revisit: &Revisit) -> Self {
        let home = entry.url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let home = home.as_ref().and_then(Host::of).map(|host| host.to_string());
        let mut record = Self {
            state: revisit.state,
            cause: revisit.cause,
            article_id: Some(revisit.article),
            ended_at: revisit.ended_at,
            fetch_url: None,
            host: home.unwrap_or_else(|| entry.host.clone()),
            hops: 0,
            failures: 0,
            missing: revisit.missing,
            keeps_content: false,
            ..Self::pending(entry)
        };
        record.remember(&revisit.validators);
        record
    }

    /// The next request goes elsewhere, under the limits of that site.
    pub(super) fn go_to(&mut self, url: String, host: &str, hops: i32) {
        self.fetch_url = Some(url);
        host.clone_into(&mut self.host);
        self.hops = hops;
        self.keeps_content = true;
    }

    /// Keeps the validators for the next conditional request.
    pub(super) fn remember(&mut self, validators: &Validators) {
        self.page_etag = storable::optional(validators.etag.as_deref());
        self.page_last_modified = storable::optional(validators.last_modified.as_deref());
    }

    pub(super) fn wait(&mut self, until: DateTime<Utc>, cause: EntryCause) {
        self.next_try_at = Some(until);
        self.cause = cause;
    }

    pub(super) fn end(
        &mut self,
        at: DateTime<Utc>,
        state: EntryState,
        cause: EntryCause,
        article: Option<i64>,
    ) {
        self.state = state;
        self.cause = cause;
        self.ended_at = Some(at);
        self.article_id = article;
        self.fetch_url = None;
        self.keeps_content = false;
    }
}

/// A text as later ones are compared with it.
pub(super) fn seen(text: &SeenText<'_>) -> (DateTime<Utc>, Fingerprint) {
    (text.at, text.fingerprinted.fingerprint.clone())
}
