//! The records of a plan, as plain values. An index (the database, or memory) applies all of them
//! or none.

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

use crate::filing::{
    Address, ChangeKind, EntryCause, EntryState, LookupKeys, Origin, PendingEntry, ReadArticle,
    Revisit, SourceTrace, Submission, storable,
};

/// All records of one planned batch.
#[derive(Debug, Default)]
pub struct Records<'a> {
    /// New articles.
    pub articles: Vec<ArticleRecord<'a>>,
    /// Articles with a new text. The order matters: one may get a text that another had before.
    pub updates: Vec<ArticleRecord<'a>>,
    /// The revisions that the batch adds, with their texts.
    pub revisions: Vec<RevisionRecord<'a>>,
    /// Addresses that lead to articles from now on.
    pub addresses: BTreeMap<String, Address>,
    /// Articles that have lost the address that they called canonical, with that address: another
    /// article was read there.
    pub displaced: BTreeMap<i64, String>,
    /// Addresses with parameters at which articles were read.
    pub observations: BTreeSet<ParameterObservation>,
    /// Articles that are retracted because their page is gone, with the feed of the entry.
    pub retracted: BTreeMap<i64, i64>,
    pub edges: Vec<EdgeRecord>,
    /// Copies that leave their cluster.
    pub left: Vec<i64>,
    /// Clusters that become part of another. Only the last submission of a plan can move clusters.
    pub moves: Vec<Move>,
    /// Originals with copies that must be counted again.
    pub recount: BTreeSet<i64>,
    /// Copies that must be measured against their originals again.
    pub measure: BTreeSet<i64>,
    /// Fingerprints with which later texts are compared.
    pub fingerprints: BTreeMap<FingerprintId, (DateTime<Utc>, Fingerprint)>,
    /// Keys by which later texts find these fingerprints.
    pub fingerprint_keys: Vec<(Key, FingerprintId)>,
    /// Keys that became stop keys, with the day.
    pub stop_keys: BTreeMap<Key, i32>,
    pub entries: Vec<EntryRecord>,
    /// Entries whose stored pages were extracted again. Only their leases end.
    pub released: Vec<i64>,
    /// What new articles say about their sources.
    pub traces: Vec<TraceRecord<'a>>,
    /// Sites that have a page to read, and when it is due.
    pub due_sites: Vec<(String, DateTime<Utc>)>,
    /// Rows of the change log, in order. The index appends those of `moves`.
    pub changes: Vec<Change>,
    /// The time of the batch: the latest time of its members.
    pub at: Option<DateTime<Utc>>,
}

impl Records<'_> {
    /// The time of the batch.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// An article that was read, with its entry.
#[derive(Debug, Clone, Copy)]
pub struct ReadText<'a> {
    pub entry: &'a PendingEntry,
    pub at: DateTime<Utc>,
    pub read: &'a ReadArticle,
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

/// Whether JSON and Postgres write the date in the same way. They do for years with four digits.
fn is_storable(date: &Dated) -> bool {
    (1..=9999).contains(&date.at.year())
}

/// A new article, or the new text of an article.
#[derive(Debug, Clone)]
pub struct ArticleRecord<'a> {
    pub id: i64,
    /// The number of the revision. The first is 1.
    pub revision: i32,
    pub url: String,
    /// The article has moved within its site, and takes this address.
    pub moves: bool,
    /// The original, if the article is a copy.
    pub copy_of: Option<CopyOf>,
    pub text: ReadText<'a>,
}

/// The original of a copy, and the similarity of the two. The index measures it exactly after it
/// has written the rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyOf {
    pub original: i64,
    /// Common runs of words as a share of all runs, 0 to 1.
    pub similarity: f64,
}

/// A revision of an article.
#[derive(Debug, Clone)]
pub struct RevisionRecord<'a> {
    pub article: i64,
    /// The number of the revision. The first is 1.
    pub revision: i32,
    pub kind: RevisionKind,
    /// When the revision was seen.
    pub at: DateTime<Utc>,
    pub text: RevisionText<'a>,
}

impl RevisionRecord<'_> {
    /// The source of the text.
    #[must_use]
    pub fn reason(&self) -> RevisionReason {
        match self.text {
            RevisionText::Read(text) => match text.read.origin {
                Origin::Stored { reason, .. } => reason,
                Origin::Source if text.read.article.source == BodySource::Feed => {
                    RevisionReason::Feed
                }
                Origin::Source => RevisionReason::Page,
            },
            RevisionText::Retracted => RevisionReason::Page,
        }
    }
}

/// The text of a revision.
#[derive(Debug, Clone)]
pub enum RevisionText<'a> {
    /// The text was read.
    Read(ReadText<'a>),
    /// The page is gone. The article keeps its last text.
    Retracted,
}

/// Why there is a revision, as in `news.revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionReason {
    /// The page has this text.
    Page,
    /// The feed has this text.
    Feed,
    /// Other rules extract this text from the same page.
    Rules,
    /// A site memory extracts this text from the same page.
    Memory,
}

impl RevisionReason {
    /// The value in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Feed => "feed",
            Self::Rules => "rules",
            Self::Memory => "memory",
        }
    }
}

/// The observation that an article was read at an address with a parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ParameterObservation {
    pub site: String,
    /// The name of the parameter.
    pub name: String,
    /// The address without the parameter.
    pub rest: String,
    /// The whole address.
    pub key: String,
    pub article_id: i64,
}

/// An edge that joins an article to the cluster of another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeRecord {
    /// The article that joined.
    pub article: i64,
    pub edge: Edge,
    pub at: DateTime<Utc>,
}

/// What a new article says about its source.
#[derive(Debug, Clone, Copy)]
pub struct TraceRecord<'a> {
    pub entry: i64,
    pub at: DateTime<Utc>,
    pub trace: &'a SourceTrace,
    /// The site memory that the article was extracted with.
    pub memory: Option<i64>,
}

/// A cluster that becomes part of another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// The original of the cluster that moves. It becomes a copy.
    pub from: i64,
    /// The original of the merged cluster.
    pub to: i64,
    /// The similarity of the two, as far as it is known.
    pub similarity: f64,
}

impl Move {
    /// The change of a member of the cluster that moves.
    #[must_use]
    pub fn change_of(&self, article: i64, revision: i32) -> Change {
        let kind = if article == self.from { ChangeKind::Copy } else { ChangeKind::Merged };
        Change { kind, article, revision, other: Some(self.to) }
    }
}

/// A row of the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    pub article: i64,
    /// The revision of the article at the time of the change.
    pub revision: i32,
    /// The original, if the article is a copy.
    pub other: Option<i64>,
}

/// The new state of an entry, as the columns of its row.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRecord {
    pub id: i64,
    pub state: EntryState,
    pub cause: EntryCause,
    /// The article of the entry, if it has one.
    pub article_id: Option<i64>,
    /// When the entry got its final state.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the entry is read next.
    pub next_try_at: Option<DateTime<Utc>>,
    /// The address of the next request, if it is not the address of the entry.
    pub fetch_url: Option<String>,
    /// The site of the next request.
    pub host: String,
    /// The number of redirects that were followed so far.
    pub hops: i32,
    /// The cookies that they have set.
    pub hop_cookies: Option<String>,
    /// The number of failures so far.
    pub failures: u32,
    /// How many times in a row the page was missing.
    pub missing: u32,
    pub page_etag: Option<String>,
    pub page_last_modified: Option<String>,
    /// Whether the text from the feed is still needed.
    pub keeps_content: bool,
}

impl EntryRecord {
    /// An entry that is still pending.
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
            hop_cookies: entry.cookies.clone(),
            failures: entry.failures,
            missing: 0,
            page_etag: None,
            page_last_modified: None,
            keeps_content: true,
        }
    }

    /// An entry that had its final state before, and was read again.
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
            hop_cookies: None,
            failures: 0,
            missing: revisit.missing,
            keeps_content: false,
            ..Self::pending(entry)
        };
        record.remember(&revisit.validators);
        record
    }

    /// The next request goes to another address, under the limits of its site.
    pub(super) fn go_to(&mut self, url: String, host: &str, hops: i32, cookies: Option<String>) {
        self.fetch_url = Some(url);
        host.clone_into(&mut self.host);
        (self.hops, self.hop_cookies) = (hops, cookies);
        self.keeps_content = true;
    }

    /// Keeps the validators for the next conditional request.
    pub(super) fn remember(&mut self, validators: &Validators) {
        self.page_etag = storable::validator(validators.etag.as_deref());
        self.page_last_modified = storable::validator(validators.last_modified.as_deref());
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
        (self.fetch_url, self.hop_cookies) = (None, None);
        self.keeps_content = false;
    }
}

/// The fingerprint with which later texts are compared, and the time of its text.
pub(super) fn seen(text: &SeenText<'_>) -> (DateTime<Utc>, Fingerprint) {
    (text.at, text.fingerprinted.fingerprint.clone())
}
