//! Feeds that are due: leases on them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::lease::{Lease, Politeness, SUSPECT_AFTER};
use crate::polling::schedule::{Backfill, FeedHistory, Health, PollIntervals, Window, phase};
use crate::store::sites::{Queue, open_sites};
use crate::store::{Store, StoreError};
use wiresift_feed::Validators;

/// A feed that is to be polled now.
#[derive(Debug, Clone)]
pub struct DueFeed {
    /// Its id.
    pub id: i64,
    /// Its address in the list.
    pub url: String,
    /// Where the request goes: where the feed is asked, or where redirects have led so far, or an older page.
    pub fetch_url: String,
    /// The site asked, whose turn this lease holds.
    pub host: String,
    /// What to send along.
    pub validators: Validators,
    /// SHA-256 of the last entries.
    pub entries_digest: Option<Vec<u8>>,
    /// The walk through older pages that this is a part of.
    pub backfill: Option<Backfill>,
    /// What the schedule needs to know.
    pub history: FeedHistory,
}

/// As much of a feed as its entries are recorded with.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeedRef<'a> {
    /// Its id.
    pub(super) id: i64,
    /// Its site, whose turn entries without an address of their own wait for.
    pub(super) host: &'a str,
}

#[derive(FromRow)]
struct DueFeedRow {
    id: i64,
    url: String,
    fetch_url: String,
    host: String,
    etag: Option<String>,
    last_modified: Option<String>,
    entries_digest: Option<Vec<u8>>,
    every_s: Option<i32>,
    min_every_s: Option<i32>,
    max_every_s: Option<i32>,
    state: String,
    failures: i32,
    hops: i32,
    moved_to: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
    habits: serde_json::Value,
    window_keys: Vec<i64>,
    backfill: Option<serde_json::Value>,
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

impl From<DueFeedRow> for Lease<DueFeed> {
    fn from(row: DueFeedRow) -> Self {
        let duration = |seconds: Option<i32>| seconds?.try_into().ok().map(Duration::from_secs);
        let intervals = PollIntervals {
            every: duration(row.every_s),
            min_every: duration(row.min_every_s),
            max_every: duration(row.max_every_s),
        };
        let history = FeedHistory {
            phase: phase(&row.url),
            intervals,
            health: Health::from_stored(&row.state),
            failures: u32::try_from(row.failures).unwrap_or(0),
            hops: row.hops,
            adopted: row.moved_to,
            last_success_at: row.last_success_at,
            window: Window::from_stored(&row.window_keys),
            // Written by another version and not readable by this one, it is learned anew.
            habits: serde_json::from_value(row.habits).unwrap_or_default(),
        };
        Self {
            item: DueFeed {
                id: row.id,
                url: row.url,
                fetch_url: row.fetch_url,
                host: row.host,
                validators: Validators { etag: row.etag, last_modified: row.last_modified },
                entries_digest: row.entries_digest,
                backfill: row.backfill.and_then(|walk| serde_json::from_value(walk).ok()),
                history,
            },
            token: row.lease_token,
            expires_at: row.lease_expires_at,
            attempts: u32::try_from(row.lease_attempts).unwrap_or(u32::MAX),
        }
    }
}

impl Store {
    /// Leases due feeds, at most `room`, one per open site, and at most one suspect, which only where `suspects`
    /// is true. Feeds that a reload has locked are passed over: it waits for the site that we hold.
    pub async fn lease_feeds(
        &self,
        now: DateTime<Utc>,
        room: usize,
        suspects: bool,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let hosts = open_sites(&mut transaction, Queue::Poll, now, room, politeness).await?;
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<DueFeedRow> = sqlx::query_as(
            "/* lease_feeds */
             WITH candidate AS (
                 SELECT f.id, site.host, $3::timestamptz + random() * interval '1 second' AS expires_at,
                        f.lease_attempts >= $4 AS suspect,
                        row_number() OVER (PARTITION BY f.lease_attempts >= $4 ORDER BY f.next_poll_at) AS place
                 FROM unnest($2::text[]) AS site (host) CROSS JOIN LATERAL (
                     SELECT id, lease_attempts, next_poll_at FROM feeds
                     WHERE host = site.host AND next_poll_at <= $1 AND state <> 'paused'
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY next_poll_at LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS f
             ), due AS (
                 SELECT * FROM candidate WHERE NOT suspect OR place = 1
             ), gate AS (
                 UPDATE sites SET
                     slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(sites.slots) AS slot WHERE slot > $1)
                             || CASE WHEN due.id IS NULL THEN '{}' ELSE ARRAY[due.expires_at] END,
                     poll_at = least(due.expires_at, (
                         SELECT next_poll_at FROM feeds
                         WHERE host = site.host AND state <> 'paused' AND id IS DISTINCT FROM due.id
                         ORDER BY next_poll_at LIMIT 1))
                 FROM unnest($2::text[]) AS site (host) LEFT JOIN due ON due.host = site.host
                 WHERE sites.host = site.host
             )
             UPDATE feeds SET
                 lease_token = gen_random_uuid(), lease_expires_at = due.expires_at,
                 next_poll_at = due.expires_at, lease_attempts = lease_attempts + 1
             FROM due WHERE feeds.id = due.id
             RETURNING feeds.id, url, fetch_url, feeds.host, etag, last_modified, entries_digest, every_s, min_every_s,
                       max_every_s, state::text, failures, hops, moved_to, last_success_at, habits, window_keys,
                       backfill, lease_token, lease_expires_at, lease_attempts",
        )
        .bind(now)
        .bind(hosts)
        .bind(politeness.expiry(now))
        .bind(SUSPECT_AFTER)
        .bind(suspects)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(rows.into_iter().map(Lease::from).collect())
    }
}
