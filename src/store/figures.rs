//! Figures for `/metrics` and for notices to the operator.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::store::{Store, StoreError};

/// Figures that are cheap enough to ask for every few seconds: none takes longer with more
/// articles.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    pub feeds: Vec<(String, i64)>,
    /// Entries to be read.
    pub pending_entries: i64,
    /// When the oldest of them was first seen.
    pub oldest_pending: Option<DateTime<Utc>>,
    /// Articles that wait for a story.
    pub story_queue: i64,
    /// Sites with a feed that is due.
    pub due_sites: i64,
    /// The last number of the change log.
    pub head: i64,
    /// Busy feeds that bring no news.
    pub faulty: Vec<FaultyFeed>,
    /// Consumers that report their positions.
    pub consumers: Vec<ConsumerPosition>,
}

/// A busy feed that brings no news.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FaultyFeed {
    pub id: i64,
    pub url: String,
    pub state: String,
    pub last_error: Option<String>,
    /// When its newest entry was first seen.
    pub last_entry_at: Option<DateTime<Utc>>,
}

/// How far a consumer has read the change log, by its own report.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ConsumerPosition {
    /// The database role that reported it.
    pub name: String,
    pub seq: i64,
    /// When the first change after that was written; `None` if it has read all.
    pub behind_since: Option<DateTime<Utc>>,
}

/// Figures that take a while to compute in a large database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct DatabaseSizes {
    /// Bytes of the database on disk.
    pub bytes: i64,
    /// When the statistics were made that are the oldest of all large tables that changed since.
    pub oldest_statistics: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Counts {
    pending_entries: i64,
    oldest_pending: Option<DateTime<Utc>>,
    story_queue: i64,
    due_sites: i64,
    head: i64,
}

impl Store {
    pub async fn gauges(&self, now: DateTime<Utc>) -> Result<Gauges, StoreError> {
        let feeds = sqlx::query_as(
            "/* gauges */ SELECT state::text, count(*) FROM feeds GROUP BY state ORDER BY state",
        )
        .fetch_all(&self.pool)
        .await?;
        let counts: Counts = sqlx::query_as(
            "/* gauges */ SELECT
                 (SELECT count(*) FROM entries WHERE state = 'pending') AS pending_entries,
                 (SELECT min(first_seen_at) FROM entries
                  WHERE state = 'pending') AS oldest_pending,
                 (SELECT count(*) FROM story_queue) AS story_queue,
                 (SELECT count(*) FROM sites WHERE poll_at <= $1) AS due_sites,
                 (SELECT seq FROM change_head) AS head",
        )
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        Ok(Gauges {
            feeds,
            pending_entries: counts.pending_entries,
            oldest_pending: counts.oldest_pending,
            story_queue: counts.story_queue,
            due_sites: counts.due_sites,
            head: counts.head,
            faulty: self.faulty_feeds(now).await?,
            consumers: self.consumer_positions().await?,
        })
    }

    /// Feeds with a hundred entries in the last thirty days that are silent, blocked, gone, or have
    /// failed for an hour. Fifty of them at most.
    async fn faulty_feeds(&self, now: DateTime<Utc>) -> Result<Vec<FaultyFeed>, StoreError> {
        let feeds = sqlx::query_as(
            "/* faulty_feeds */
             SELECT f.id, f.url, f.state::text, f.last_error,
                    (SELECT max(e.first_seen_at) FROM entries e
                     WHERE e.feed_id = f.id) AS last_entry_at
             FROM feeds f
             WHERE (f.state IN ('silent', 'blocked', 'gone')
                    OR f.state = 'failing'
                       AND coalesce(f.last_success_at, f.first_seen_at) < $1 - interval '1 hour')
               AND 100 = (SELECT count(*) FROM (
                   SELECT FROM entries e
                   WHERE e.feed_id = f.id AND e.first_seen_at > $1 - interval '30 days'
                   LIMIT 100) AS recent)
             ORDER BY f.id LIMIT 50",
        )
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        Ok(feeds)
    }

    async fn consumer_positions(&self) -> Result<Vec<ConsumerPosition>, StoreError> {
        let consumers = sqlx::query_as(
            "/* consumer_positions */
             SELECT c.name::text, c.seq,
                    (SELECT n.at FROM changes n WHERE n.seq > c.seq ORDER BY n.seq LIMIT 1)
                        AS behind_since
             FROM consumers c ORDER BY c.name LIMIT 100",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(consumers)
    }

    /// The size of the database and the age of its statistics.
    pub async fn database_sizes(&self) -> Result<DatabaseSizes, StoreError> {
        let sizes = sqlx::query_as(
            "/* database_sizes */
             SELECT pg_database_size(current_database()) AS bytes,
                    (SELECT min(coalesce(greatest(last_analyze, last_autoanalyze), 'epoch'))
                     FROM pg_stat_user_tables
                     WHERE schemaname = 'wiresift' AND n_live_tup > 10000
                       AND n_mod_since_analyze > 0) AS oldest_statistics",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(sizes)
    }
}
