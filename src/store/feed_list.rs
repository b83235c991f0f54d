//! The feed list, applied to the database as a difference, all or nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::store::{Store, StoreError};

/// A feed of the list.
#[derive(Debug, Clone, Serialize)]
pub struct ListedFeed {
    pub url: String,
    /// The site of `url`.
    pub host: String,
    pub name: Option<String>,
    pub tags: Vec<String>,
    /// A fixed interval, in seconds.
    pub every_s: Option<i64>,
    /// Bounds of the learned interval, in seconds.
    pub min_every_s: Option<i64>,
    /// See `min_every_s`.
    pub max_every_s: Option<i64>,
}

/// The difference that was applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// New feeds, and feeds that are on the list again.
    pub added: Vec<String>,
    /// Feeds that left the list.
    pub paused: Vec<String>,
    /// Feeds whose name, tags or intervals changed.
    pub changed: Vec<String>,
}

impl Store {
    /// Applies the feed list, all or nothing.
    pub async fn sync_feeds(
        &self,
        listed: &[ListedFeed],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let mut tries = 1;
        loop {
            match self.try_sync_feeds(listed, now).await {
                Err(StoreError::Contended(_)) if tries < MAX_TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    async fn try_sync_feeds(
        &self,
        listed: &[ListedFeed],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let report = sync_in(&mut transaction, listed, now).await?;
        transaction.commit().await?;
        Ok(report)
    }
}

/// How often a list is applied again after contention.
const MAX_TRIES: usize = 5;

async fn sync_in(
    connection: &mut PgConnection,
    listed: &[ListedFeed],
    now: DateTime<Utc>,
) -> Result<SyncReport, StoreError> {
    // Two daemons that reload at once run one after the other. The table is not locked: a lease
    // statement locks its site before its feeds, and this transaction locks the sites last.
    sqlx::query("/* sync_feeds */ SELECT FROM locks WHERE name = 'feed-list' FOR UPDATE")
        .execute(&mut *connection)
        .await?;
    let changed: Vec<(String, bool)> = sqlx::query_as(
        "/* sync_feeds: upsert */
         WITH listed AS (
             SELECT * FROM jsonb_to_recordset($1) AS r (
                 url text, host text, name text, tags text[], every_s integer,
                 min_every_s integer, max_every_s integer)
         ), upserted AS (
             INSERT INTO feeds AS f (url, fetch_url, host, name, tags, every_s, min_every_s,
                                     max_every_s, next_poll_at, first_seen_at)
             SELECT url, url, host, name, coalesce(tags, '{}'), every_s, min_every_s, max_every_s,
                    $2, $2
             FROM listed ORDER BY url
             ON CONFLICT (url) DO UPDATE SET
                 -- The feed list counts, even if a sitemap index named the feed first.
                 parent_id = NULL, name = excluded.name, tags = excluded.tags,
                 every_s = excluded.every_s, min_every_s = excluded.min_every_s,
                 max_every_s = excluded.max_every_s,
                 state = CASE WHEN f.state = 'paused' THEN 'active' ELSE f.state END,
                 next_poll_at = CASE WHEN f.lease_token IS NULL AND (
                         f.state = 'paused' OR (f.every_s, f.min_every_s, f.max_every_s)
                             IS DISTINCT FROM
                             (excluded.every_s, excluded.min_every_s, excluded.max_every_s))
                                     THEN $2 ELSE f.next_poll_at END
             WHERE (f.name, f.tags, f.every_s, f.min_every_s, f.max_every_s)
                   IS DISTINCT FROM (excluded.name, excluded.tags, excluded.every_s,
                                     excluded.min_every_s, excluded.max_every_s)
                OR f.state = 'paused' OR f.parent_id IS NOT NULL
             RETURNING url, (xmax = 0) AS is_new
         )
         SELECT url, is_new FROM upserted ORDER BY url",
    )
    .bind(Json(listed))
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    let paused: Vec<String> = sqlx::query_scalar(
        "/* sync_feeds: pause */ UPDATE feeds SET state = 'paused'
         WHERE state <> 'paused'
           AND url NOT IN (SELECT url FROM jsonb_to_recordset($1) AS r (url text))
           AND NOT EXISTS (SELECT FROM feeds list, jsonb_to_recordset($1) AS r (url text)
                           WHERE list.id = feeds.parent_id AND list.url = r.url)
         RETURNING url",
    )
    .bind(Json(listed))
    .fetch_all(&mut *connection)
    .await?;
    wake_sites(connection, now).await?;
    let (added, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, is_new)| *is_new);
    let urls = |rows: Vec<(String, bool)>| rows.into_iter().map(|(url, _)| url).collect();
    Ok(SyncReport { added: urls(added), paused, changed: urls(changed) })
}

/// Moves the wake-up time of every site to its earliest feed, and never later. A wake-up that is
/// too early costs a look; one that is too late, because a feed has moved here meanwhile, would
/// delay that feed.
async fn wake_sites(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "/* wake_sites */ INSERT INTO sites AS s (host, poll_at, first_seen_at)
         SELECT host, min(next_poll_at), $1 FROM feeds WHERE state <> 'paused'
         GROUP BY host ORDER BY host
         ON CONFLICT (host) DO UPDATE SET poll_at = least(s.poll_at, excluded.poll_at)
         WHERE s.poll_at IS NULL OR s.poll_at > excluded.poll_at",
    )
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
