//! The state of the daemon, for `wiresift status` and the console.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;

use crate::store::{SiteHealth, Store, StoreError};

#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    pub feeds: Vec<(String, i64)>,
    /// By state and cause.
    pub entries: Vec<(String, String, i64)>,
    /// Without copies.
    pub articles: i64,
    pub copies: i64,
    /// First seen within the last hour.
    pub articles_last_hour: i64,
    /// First seen within the last day.
    pub articles_last_day: i64,
    /// Feeds that are due and not being polled.
    pub due_feeds: i64,
    /// When the oldest pending entry was first seen.
    pub oldest_pending: Option<DateTime<Utc>>,
    /// The last number of the change log.
    pub head: i64,
    /// Feeds with the most failures in a row.
    pub worst: Vec<FeedLine>,
    /// Feeds with the most entries of the last seven days that were skipped or given up.
    pub lossy: Vec<FeedLine>,
    /// Sites on which extraction goes worst: with doubtful articles, or texts that have little of what
    /// the feeds announced.
    pub doubtful_sites: Vec<SiteHealth>,
}

/// One feed in a list.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct FeedLine {
    pub url: String,
    pub name: Option<String>,
    pub tags: Vec<String>,
    pub state: String,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    /// The address that is polled in place of `url`.
    pub moved_to: Option<String>,
    pub failures: i32,
    pub entries: i64,
    pub last_poll_at: Option<DateTime<Utc>>,
    pub next_poll_at: DateTime<Utc>,
    /// What was repaired in the last document.
    pub defects: Vec<String>,
    /// How many entries of the last seven days were skipped or given up, by cause.
    #[sqlx(json)]
    pub left_out: BTreeMap<String, i64>,
}

/// The columns of a [`FeedLine`]. `$1` is now.
macro_rules! feed_line {
    () => {
        "url, coalesce(name, title) AS name, tags, state::text, last_status, last_error, moved_to,
         failures, entries_seen AS entries, last_poll_at, next_poll_at, defects,
         (SELECT coalesce(jsonb_object_agg(c.cause, c.entries), '{}') FROM (
              SELECT e.cause, count(*) AS entries FROM entries e
              WHERE e.feed_id = feeds.id AND e.first_seen_at > $1 - interval '7 days'
                AND e.state IN ('skipped', 'abandoned')
              GROUP BY e.cause) AS c) AS left_out"
    };
}

#[derive(FromRow)]
struct Counts {
    articles: i64,
    copies: i64,
    last_hour: i64,
    last_day: i64,
    due_feeds: i64,
    oldest_pending: Option<DateTime<Utc>>,
    head: i64,
}

impl Store {
    /// The status at `now`.
    pub async fn status(&self, now: DateTime<Utc>) -> Result<Status, StoreError> {
        let feeds = sqlx::query_as(
            "/* status */ SELECT state::text, count(*) FROM feeds GROUP BY state ORDER BY state",
        )
        .fetch_all(&self.pool)
        .await?;
        let entries = sqlx::query_as(
            "/* status */ SELECT state::text, cause, count(*) FROM entries GROUP BY state, cause
             ORDER BY state, count(*) DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        let counts: Counts = sqlx::query_as(
            "/* status */ SELECT
                 (SELECT count(*) FROM articles WHERE copy_of IS NULL) AS articles,
                 (SELECT count(*) FROM articles WHERE copy_of IS NOT NULL) AS copies,
                 (SELECT count(*) FROM articles
                  WHERE first_seen_at > $1 - interval '1 hour') AS last_hour,
                 (SELECT count(*) FROM articles
                  WHERE first_seen_at > $1 - interval '1 day') AS last_day,
                 (SELECT count(*) FROM feeds
                  WHERE state <> 'paused' AND next_poll_at <= $1) AS due_feeds,
                 (SELECT min(first_seen_at) FROM entries
                  WHERE state = 'pending') AS oldest_pending,
                 (SELECT seq FROM change_head) AS head",
        )
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        let worst = sqlx::query_as(concat!(
            "/* status */ SELECT ",
            feed_line!(),
            " FROM feeds WHERE failures > 0 AND state <> 'paused'
                  ORDER BY failures DESC, url LIMIT 10"
        ))
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let lossy = sqlx::query_as(concat!(
            "/* status */ SELECT ",
            feed_line!(),
            " FROM feeds JOIN (
                  SELECT e.feed_id, count(*) AS entries FROM entries e
                  WHERE e.first_seen_at > $1 - interval '7 days'
                    AND e.state IN ('skipped', 'abandoned')
                  GROUP BY e.feed_id ORDER BY entries DESC, e.feed_id LIMIT 10
              ) AS l ON l.feed_id = feeds.id ORDER BY l.entries DESC, url"
        ))
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let doubtful_sites = sqlx::query_as(
            "/* status */ SELECT source AS site, articles, agreement, doubtful FROM site_health
             WHERE articles >= 3 AND (doubtful > 0 OR agreement < 0.5)
             ORDER BY doubtful::real / articles DESC, agreement NULLS LAST, source LIMIT 10",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Status {
            doubtful_sites,
            feeds,
            entries,
            articles: counts.articles,
            copies: counts.copies,
            articles_last_hour: counts.last_hour,
            articles_last_day: counts.last_day,
            due_feeds: counts.due_feeds,
            oldest_pending: counts.oldest_pending,
            head: counts.head,
            worst,
            lossy,
        })
    }

    /// All feeds, by address.
    pub async fn feed_lines(&self, now: DateTime<Utc>) -> Result<Vec<FeedLine>, StoreError> {
        let lines = sqlx::query_as(concat!(
            "/* feed_lines */ SELECT ",
            feed_line!(),
            " FROM feeds ORDER BY url"
        ))
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        Ok(lines)
    }

    /// Whether `run --once` has to wait: for feeds that were due at `start` and have not been polled
    /// since, or for entries that are due by `until` or leased. It does not wait for a site that
    /// must not be asked until later.
    pub async fn is_unfinished(
        &self,
        start: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let is_unfinished = sqlx::query_scalar(
            "/* unfinished */
             WITH open AS (
                 SELECT host FROM sites
                 WHERE hold_reason IS NULL OR next_request_at IS NULL OR next_request_at <= $2)
             SELECT
                 EXISTS (SELECT FROM feeds JOIN open USING (host) WHERE state <> 'paused' AND (
                     lease_token IS NOT NULL OR hops > 0 OR backfill IS NOT NULL
                     OR next_poll_at <= $1 AND (last_poll_at IS NULL OR last_poll_at < $1)))
                 -- Most of the time this is true, and it reads one row.
                 OR EXISTS (SELECT FROM open CROSS JOIN LATERAL (
                                SELECT FROM entries e
                                WHERE e.host = open.host AND e.state = 'pending'
                                  AND e.next_try_at <= $2 LIMIT 1) AS due)
                 OR EXISTS (SELECT FROM entries JOIN open USING (host)
                            WHERE next_try_at IS NOT NULL
                              AND (lease_token IS NOT NULL OR next_try_at <= $2))",
        )
        .bind(start)
        .bind(until)
        .fetch_one(&self.pool)
        .await?;
        Ok(is_unfinished)
    }
}
