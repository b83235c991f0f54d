//! Entries that are to be read, for the first time or again, and their leases.
//!
//! An entry that has ended and is due all the same is read again, to see whether its article has
//! changed. It keeps its state meanwhile. Entries of the same site that were never read go first.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::lease::{Lease, Politeness, SuspectPermit};
use crate::store::lease::{Leasable, Table, WaitsAtSite, lease_at_sites};
use crate::store::{Store, StoreError};
use wiresift_feed::Validators;

/// An entry that is to be read now.
#[derive(Debug, Clone)]
pub struct PendingEntry {
    pub id: i64,
    pub feed_id: i64,
    /// The canonical form of the address that the feed gives.
    pub url: Option<String>,
    /// The address of the next request: `url`, or that of the last redirect.
    pub fetch_url: Option<String>,
    /// The site of `fetch_url`. The lease holds a slot of it.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    pub failures: u32,
    pub first_seen_at: DateTime<Utc>,
    pub feed_fields: FeedFields,
    /// The result of the last reading; `None` if the entry was never read.
    pub revisit: Option<Revisit>,
}

/// What is known of an entry that is read again.
#[derive(Debug, Clone)]
pub struct Revisit {
    /// The id of its article.
    pub article: i64,
    pub state: String,
    pub cause: String,
    pub ended_at: Option<DateTime<Utc>>,
    /// Those of the page when it was last read.
    pub validators: Validators,
    /// Readings in a row that found no page.
    pub missing: u32,
    /// The article's text comes from the feed, because its page could not be read.
    pub from_feed: bool,
}

/// What the feed says of the article.
#[derive(Debug, Clone, Default)]
pub struct FeedFields {
    /// The feed's own id for the entry.
    pub guid: Option<String>,
    pub title: Option<String>,
    /// Plain text.
    pub summary: Option<String>,
    /// The full text as HTML.
    pub content: Option<String>,
    pub authors: Vec<String>,
    pub tags: Vec<String>,
    /// BCP 47.
    pub language: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
pub(super) struct PendingRow {
    id: i64,
    feed_id: i64,
    url: Option<String>,
    fetch_url: Option<String>,
    host: String,
    hops: i32,
    failures: i32,
    first_seen_at: DateTime<Utc>,
    guid: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    content: Option<String>,
    authors: Vec<String>,
    tags: Vec<String>,
    language: Option<String>,
    published_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    state: String,
    cause: String,
    article_id: Option<i64>,
    ended_at: Option<DateTime<Utc>>,
    page_etag: Option<String>,
    page_last_modified: Option<String>,
    missing: i32,
    from_feed: Option<bool>,
}

impl PendingRow {
    fn revisit(&self) -> Option<Revisit> {
        self.article_id.filter(|_| self.state != "pending").map(|article| Revisit {
            article,
            state: self.state.clone(),
            cause: self.cause.clone(),
            ended_at: self.ended_at,
            validators: Validators {
                etag: self.page_etag.clone(),
                last_modified: self.page_last_modified.clone(),
            },
            missing: u32::try_from(self.missing).unwrap_or(0),
            from_feed: self.from_feed.unwrap_or(false),
        })
    }
}

impl Leasable for PendingEntry {
    const TABLE: Table = Table {
        name: "entries",
        noun: "entry",
        key: "id",
        due: "next_try_at",
        columns: "t.id, t.feed_id, t.url, coalesce(t.fetch_url, t.url) AS fetch_url, t.host,
                  t.hops, t.failures, t.first_seen_at, t.guid, t.title, t.summary, t.content,
                  t.authors, t.tags, t.language, t.published_at, t.updated_at,
                  t.state::text AS state, t.cause, t.article_id, t.ended_at, t.page_etag,
                  t.page_last_modified, t.missing,
                  (SELECT a.body_source = 'feed' FROM articles a
                   WHERE a.id = t.article_id) AS from_feed",
    };

    type Row = PendingRow;

    fn of_row(row: PendingRow) -> Result<Self, StoreError> {
        Ok(Self {
            revisit: row.revisit(),
            id: row.id,
            feed_id: row.feed_id,
            url: row.url,
            fetch_url: row.fetch_url,
            host: row.host,
            hops: row.hops,
            failures: u32::try_from(row.failures).unwrap_or(0),
            first_seen_at: row.first_seen_at,
            feed_fields: FeedFields {
                guid: row.guid,
                title: row.title,
                summary: row.summary,
                content: row.content,
                authors: row.authors,
                tags: row.tags,
                language: row.language,
                published: row.published_at,
                updated: row.updated_at,
            },
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl WaitsAtSite for PendingEntry {
    const WAKE: &'static str = "read_at";
    const GROUPS: &'static [&'static str] =
        &["state = 'pending'", "state <> 'pending' AND next_try_at IS NOT NULL"];
    const ORDER: &'static str = "next_try_at, id";
}

impl Store {
    /// Leases due entries, at most `room`, one per open site. A suspect is leased only with a
    /// permit.
    pub async fn lease_entries(
        &self,
        now: DateTime<Utc>,
        room: usize,
        permit: Option<SuspectPermit>,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        lease_at_sites(&self.pool, now, room, permit, politeness).await
    }

    /// Records that the page of this lease is about to be parsed, if it is a suspect.
    pub async fn begin_parsing_entry(&self, lease: &Lease<PendingEntry>) -> Result<(), StoreError> {
        self.begin_parsing(lease).await
    }

    /// Entries that are pending, leased ones included.
    pub async fn pending_entries(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar(
            "/* pending_entries */ SELECT count(*) FROM entries WHERE state = 'pending'",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }
}

/// What recording a poll did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollRecord {
    pub new_entries: u64,
    /// Known entries that the feed has changed. They will be read again.
    pub changed_entries: u64,
}
