//! Entries that are to be read, for the first time or again, and the leases on them.
//!
//! An entry that has ended and has a turn all the same is read again for the sake of its article. It stays ended
//! meanwhile, and gives way to every entry of its site that has not been read at all.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::filing::{EntryCause, EntryState, FeedFields, PendingEntry, Revisit};
use crate::lease::{Lease, Politeness, SUSPECT_AFTER};
use crate::store::sites::{Queue, open_sites};
use crate::store::{Store, StoreError};
use wiresift_feed::Validators;

#[derive(FromRow)]
struct PendingRow {
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
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

impl PendingRow {
    /// What is known of an entry whose page has been read before; nothing where it is pending.
    fn revisit(&mut self) -> Result<Option<Revisit>, StoreError> {
        let known = |word: &str| {
            StoreError::Inconsistent(format!("entry {} has the unknown word {word:?}", self.id))
        };
        let state = EntryState::from_stored(&self.state).ok_or_else(|| known(&self.state))?;
        let Some(article) = self.article_id.filter(|_| state != EntryState::Pending) else {
            return Ok(None);
        };
        let cause = EntryCause::of_filed(&self.cause).ok_or_else(|| known(&self.cause))?;
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
        }))
    }

    fn into_lease(mut self) -> Result<Lease<PendingEntry>, StoreError> {
        let revisit = self.revisit()?;
        let row = self;
        Ok(Lease {
            item: PendingEntry {
                revisit,
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
            },
            token: row.lease_token,
            expires_at: row.lease_expires_at,
            attempts: u32::try_from(row.lease_attempts).unwrap_or(u32::MAX),
        })
    }
}

impl Store {
    /// Leases entries that are due, at most `room`, one per open site, and at most one suspect, which only
    /// where `suspects` is true.
    ///
    /// Entries that a filing has locked are passed over: it waits for the site that we hold.
    pub async fn lease_entries(
        &self,
        now: DateTime<Utc>,
        room: usize,
        suspects: bool,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let hosts = open_sites(&mut transaction, Queue::Read, now, room, politeness).await?;
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<PendingRow> = sqlx::query_as(
            "/* lease_entries */
             WITH candidate AS (
                 SELECT e.id, site.host, $3::timestamptz + random() * interval '1 second' AS expires_at,
                        e.lease_attempts >= $4 AS suspect,
                        row_number() OVER (PARTITION BY e.lease_attempts >= $4 ORDER BY e.next_try_at) AS place
                 FROM unnest($2::text[]) AS site (host)
                 LEFT JOIN LATERAL (
                     SELECT id, lease_attempts, next_try_at FROM entries
                     WHERE host = site.host AND state = 'pending' AND next_try_at <= $1
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS first ON true
                 LEFT JOIN LATERAL (
                     SELECT id, lease_attempts, next_try_at FROM entries
                     WHERE first.id IS NULL AND host = site.host AND state <> 'pending' AND next_try_at <= $1
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS again ON true
                 CROSS JOIN LATERAL (SELECT
                     coalesce(first.id, again.id) AS id,
                     coalesce(first.lease_attempts, again.lease_attempts) AS lease_attempts,
                     coalesce(first.next_try_at, again.next_try_at) AS next_try_at) AS e
                 WHERE e.id IS NOT NULL
             ), due AS (
                 SELECT * FROM candidate WHERE NOT suspect OR place = 1
             ), gate AS (
                 UPDATE sites SET
                     slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(sites.slots) AS slot WHERE slot > $1)
                             || CASE WHEN due.id IS NULL THEN '{}' ELSE ARRAY[due.expires_at] END,
                     read_at = least(due.expires_at, (
                         SELECT next_try_at FROM entries
                         WHERE host = site.host AND state = 'pending' AND id IS DISTINCT FROM due.id
                         ORDER BY next_try_at LIMIT 1), (
                         SELECT next_try_at FROM entries
                         WHERE host = site.host AND state <> 'pending' AND next_try_at IS NOT NULL
                           AND id IS DISTINCT FROM due.id
                         ORDER BY next_try_at LIMIT 1))
                 FROM unnest($2::text[]) AS site (host) LEFT JOIN due ON due.host = site.host
                 WHERE sites.host = site.host
             )
             UPDATE entries SET
                 lease_token = gen_random_uuid(), lease_expires_at = due.expires_at,
                 next_try_at = due.expires_at, lease_attempts = lease_attempts + 1
             FROM due WHERE entries.id = due.id
             RETURNING entries.id, feed_id, url, coalesce(fetch_url, url) AS fetch_url, entries.host, hops, failures,
                       first_seen_at, guid, title, summary, content, authors, tags, language, published_at, updated_at,
                       state::text AS state, cause, article_id, ended_at, page_etag, page_last_modified, missing,
                       (SELECT body_source = 'feed' FROM articles WHERE articles.id = article_id) AS from_feed,
                       lease_token, lease_expires_at, lease_attempts",
        )
        .bind(now)
        .bind(hosts)
        .bind(politeness.expiry(now))
        .bind(SUSPECT_AFTER)
        .bind(suspects)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        rows.into_iter().map(PendingRow::into_lease).collect()
    }

    /// Entries that wait, leased ones included.
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
    /// Entries that were not known.
    pub new_entries: u64,
    /// Known entries that the feed changed and that will be read again.
    pub changed_entries: u64,
}
