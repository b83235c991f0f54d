//! Entries that are to be read, for the first time or again, and their leases.
//!
//! An entry that has ended and is due all the same is read again, to see whether its article has
//! changed. It keeps its state meanwhile. Entries of the same site that were never read go first.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use url::Url;
use wiresift_feed::Validators;

use crate::filing::{EntryCause, EntryState, FeedFields, PendingEntry, Revisit};
use crate::lease::{Lease, Politeness, SuspectPermit};
use crate::store::lease::{Leasable, Table, WaitsAtSite, lease_at_sites, until_opening};
use crate::store::{Store, StoreError};

/// The columns of [`PendingRow`], of the entry `t`.
macro_rules! entry_columns {
    () => {
        "t.id, t.feed_id, t.url, coalesce(t.fetch_url, t.url) AS fetch_url, t.host,
         t.hops, t.hop_cookies, t.failures, t.first_seen_at, t.guid, t.title, t.summary, t.content,
         coalesce(t.authors, '{}') AS authors, coalesce(t.tags, '{}') AS tags, t.language, t.published_at, t.updated_at,
         t.state::text AS state, t.cause, t.article_id, t.ended_at, t.page_etag,
         t.page_last_modified, t.missing,
         (SELECT a.body_source = 'feed' FROM articles a
          WHERE a.id = t.article_id) AS from_feed,
         t.left_at IS NOT NULL AND EXISTS (
             SELECT FROM entries o WHERE o.article_id = t.article_id
             AND o.id <> t.id AND o.left_at IS NULL) AS is_succeeded,
         ARRAY(SELECT u.url FROM feeds f, unnest(ARRAY[f.url, f.moved_to]) AS u (url)
               WHERE f.id = t.feed_id AND u.url IS NOT NULL) AS feed_urls"
    };
}
pub(super) use entry_columns;

#[derive(FromRow)]
pub(super) struct PendingRow {
    id: i64,
    feed_id: i64,
    url: Option<String>,
    fetch_url: Option<String>,
    host: String,
    hops: i32,
    hop_cookies: Option<String>,
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
    is_succeeded: bool,
    feed_urls: Vec<String>,
}

impl PendingRow {
    /// The result of the last reading; `None` while the entry is pending.
    fn revisit(&mut self) -> Result<Option<Revisit>, StoreError> {
        let unknown = |word: &str| {
            StoreError::Inconsistent(format!("entry {} has the unknown word {word:?}", self.id))
        };
        let state = EntryState::from_stored(&self.state).ok_or_else(|| unknown(&self.state))?;
        let Some(article) = self.article_id.filter(|_| state != EntryState::Pending) else {
            return Ok(None);
        };
        let cause = EntryCause::of_filed(&self.cause).ok_or_else(|| unknown(&self.cause))?;
        Ok(Some(Revisit {
            article,
            state,
            cause,
            ended_at: self.ended_at,
            validators: Validators {
                etag: self.page_etag.take(),
                last_modified: self.page_last_modified.take(),
            },
            missing: u32::try_from(self.missing).unwrap_or(0),
            from_feed: self.from_feed.unwrap_or(false),
            is_succeeded: self.is_succeeded,
        }))
    }
}

impl Leasable for PendingEntry {
    const TABLE: Table = Table {
        name: "entries",
        noun: "entry",
        key: "id",
        due: "next_try_at",
        columns: entry_columns!(),
    };

    type Row = PendingRow;

    fn of_row(mut row: PendingRow) -> Result<Self, StoreError> {
        Ok(Self {
            revisit: row.revisit()?,
            id: row.id,
            feed_id: row.feed_id,
            feed_urls: row.feed_urls.iter().filter_map(|url| Url::parse(url).ok()).collect(),
            url: row.url,
            fetch_url: row.fetch_url,
            host: row.host,
            hops: row.hops,
            cookies: row.hop_cookies,
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
        lease_at_sites(self, now, room, permit, politeness).await
    }

    /// How long it takes until the next site with a due entry opens, at most `most`.
    pub async fn until_entries_open(
        &self,
        now: DateTime<Utc>,
        most: Duration,
        politeness: &Politeness,
    ) -> Duration {
        until_opening::<PendingEntry>(self, now, most, politeness).await
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
    /// Entries, or whole documents, that the database refused.
    pub set_aside: u64,
}
