//! What the front page shows.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::store::console::Look;
use crate::store::{HourlyOutcome, StoreError};

/// Articles from which the delay is computed: the newest.
const DELAYS: i64 = 500;

/// Feeds of the strip.
const FEEDS: i64 = 2_000;

/// What became of entries in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeHour {
    pub hour: DateTime<Utc>,
    pub outcome: HourlyOutcome,
    /// Of skipped and abandoned entries; empty for others.
    pub cause: String,
    pub entries: i64,
}

/// A feed in the strip of all feeds.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FeedCell {
    pub id: i64,
    pub name: String,
    pub state: String,
    /// It should have been polled an hour ago.
    pub is_late: bool,
}

/// A consumer that reports its position.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ConsumerLine {
    pub name: String,
    pub seq: i64,
    /// When it reported last.
    pub at: DateTime<Utc>,
    /// When the first change was written that it has not read.
    pub behind_since: Option<DateTime<Utc>>,
}

impl Look {
    /// What became of entries since a time, oldest first.
    pub async fn outcome_hours(
        &mut self,
        since: DateTime<Utc>,
    ) -> Result<Vec<OutcomeHour>, StoreError> {
        let rows: Vec<(DateTime<Utc>, String, String, i64)> = sqlx::query_as(
            "/* outcome_hours */ SELECT hour, outcome, cause, entries FROM outcome_hours
             WHERE hour BETWEEN $1 AND $2 ORDER BY hour, outcome, cause LIMIT 50000",
        )
        .bind(since)
        .bind(self.now)
        .fetch_all(&mut *self.transaction)
        .await?;
        let row = |(hour, outcome, cause, entries): (_, String, _, _)| {
            let outcome = HourlyOutcome::from_stored(&outcome)?;
            Some(OutcomeHour { hour, outcome, cause, entries })
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }

    /// New entries of the hours from one until another, and those of them that were not read.
    pub async fn shown(
        &mut self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(i64, i64), StoreError> {
        let sums = sqlx::query_as(
            "/* shown */ SELECT coalesce(sum(entries), 0)::bigint, coalesce(sum(ended), 0)::bigint
             FROM feed_hours WHERE hour >= $1 AND hour < $2",
        )
        .bind(from)
        .bind(until)
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(sums)
    }

    /// Seconds from publication to filing, of the newest articles since a time: the median, and
    /// what nine of ten stay below.
    pub async fn delays(&mut self, since: DateTime<Utc>) -> Result<Option<(f64, f64)>, StoreError> {
        let (median, tenth): (Option<f64>, Option<f64>) = sqlx::query_as(
            "/* delays */ SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY delay),
                    percentile_cont(0.9) WITHIN GROUP (ORDER BY delay)
             FROM (SELECT greatest(extract(epoch FROM first_seen_at - published_at), 0)::float8
                       AS delay
                   FROM articles WHERE first_seen_at BETWEEN $1 AND $2
                   ORDER BY first_seen_at DESC, id DESC LIMIT $3) AS newest",
        )
        .bind(since)
        .bind(self.now)
        .bind(DELAYS)
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(median.zip(tenth))
    }

    /// All feeds up to a bound, those in trouble first.
    pub async fn feed_cells(&mut self) -> Result<Vec<FeedCell>, StoreError> {
        let cells = sqlx::query_as(
            "/* feed_cells */ SELECT id, coalesce(name, title, url) AS name, state::text,
                    state <> 'paused' AND next_poll_at < $1 - interval '1 hour' AS is_late
             FROM feeds
             ORDER BY array_position(
                 ARRAY['blocked', 'gone', 'failing', 'silent', 'active', 'paused'], state::text),
                 host, id LIMIT $2",
        )
        .bind(self.now)
        .bind(FEEDS)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(cells)
    }

    /// Consumers with their positions, and the end of the log.
    pub async fn consumers(&mut self) -> Result<(Vec<ConsumerLine>, i64), StoreError> {
        let consumers = sqlx::query_as(
            "/* consumers */ SELECT c.name::text, c.seq, c.at,
                    (SELECT n.at FROM changes n WHERE n.seq > c.seq ORDER BY n.seq LIMIT 1)
                        AS behind_since
             FROM consumers c ORDER BY c.seq, c.name LIMIT 100",
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let head = sqlx::query_scalar("/* consumers */ SELECT seq FROM change_head")
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok((consumers, head))
    }
}
