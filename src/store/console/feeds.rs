//! Lists of feeds, with what each did by the hour.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::store::StoreError;
use crate::store::console::Look;

/// Feeds on one page.
const PAGE: i64 = 50;

/// Which feeds a page lists.
#[derive(Debug, Clone, Default)]
pub struct FeedQuery {
    /// Only feeds in this state.
    pub state: Option<String>,
    /// Only feeds with this text in their name, address or tags.
    pub text: Option<String>,
    /// The number of the page, from 0.
    pub page: i64,
}

/// A feed in a list.
#[derive(Debug, Clone, FromRow)]
pub struct FeedRow {
    pub id: i64,
    pub url: String,
    pub name: Option<String>,
    pub state: String,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    pub last_poll_at: Option<DateTime<Utc>>,
    pub next_poll_at: DateTime<Utc>,
    pub failures: i32,
    pub entries: i64,
    pub gaps: i32,
    /// Share of late polls that still found an entry of the poll before.
    pub coverage: Option<f32>,
    pub last_entry_at: Option<DateTime<Utc>>,
}

/// What a feed did in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct FeedHour {
    pub feed_id: i64,
    pub hour: DateTime<Utc>,
    pub polls: i32,
    pub failures: i32,
    pub entries: i32,
}

impl Look {
    /// One page of feeds, those in trouble first, and whether more follow.
    pub async fn feed_rows(
        &mut self,
        query: &FeedQuery,
    ) -> Result<(Vec<FeedRow>, bool), StoreError> {
        let mut rows: Vec<FeedRow> = sqlx::query_as(
            "/* feed_rows */ SELECT id, url, coalesce(name, title) AS name, state::text,
                    last_status, last_error, last_poll_at, next_poll_at, failures,
                    entries_seen AS entries,
                    coalesce((habits #>> '{continuity,gaps}')::integer, 0) AS gaps,
                    (habits #>> '{continuity,coverage}')::real AS coverage,
                    (habits #>> '{silence,last_at}')::timestamptz AS last_entry_at
             FROM feeds
             WHERE ($1::text IS NULL OR state::text = $1)
               AND ($2::text IS NULL OR strpos(lower(url), lower($2)) > 0
                    OR strpos(lower(coalesce(name, title, '')), lower($2)) > 0
                    OR lower($2) = ANY(tags))
             ORDER BY array_position(
                 ARRAY['blocked', 'gone', 'failing', 'silent', 'active', 'paused'], state::text),
                 coalesce(name, title, url), id
             LIMIT $3 + 1 OFFSET $4",
        )
        .bind(&query.state)
        .bind(&query.text)
        .bind(PAGE)
        .bind(query.page.clamp(0, 100_000) * PAGE)
        .fetch_all(&mut *self.transaction)
        .await?;
        let has_more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        Ok((rows, has_more))
    }

    /// What these feeds did in each hour since a time.
    pub async fn feed_hours(
        &mut self,
        feeds: &[i64],
        since: DateTime<Utc>,
    ) -> Result<Vec<FeedHour>, StoreError> {
        let hours = sqlx::query_as(
            "/* feed_hours */ SELECT feed_id, hour, polls, failures, entries FROM feed_hours
             WHERE feed_id = ANY($1) AND hour BETWEEN $2 AND $3 ORDER BY feed_id, hour",
        )
        .bind(feeds)
        .bind(since)
        .bind(self.now)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(hours)
    }

    /// New entries of these feeds since a time, in stretches of so many hours: feed, stretch from 0,
    /// entries.
    pub async fn feed_stretches(
        &mut self,
        feeds: &[i64],
        since: DateTime<Utc>,
        hours: i32,
    ) -> Result<Vec<(i64, i32, i64)>, StoreError> {
        let stretches = sqlx::query_as(
            "/* feed_stretches */
             SELECT feed_id, floor(extract(epoch FROM hour - $2) / (3600 * $4))::integer AS stretch,
                    sum(entries)::bigint
             FROM feed_hours
             WHERE feed_id = ANY($1) AND hour BETWEEN $2 AND $3 AND entries > 0
             GROUP BY feed_id, stretch",
        )
        .bind(feeds)
        .bind(since)
        .bind(self.now)
        .bind(hours)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(stretches)
    }

    /// How many feeds are in each state.
    pub async fn feed_states(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let states = sqlx::query_as(
            "/* feed_states */ SELECT state::text, count(*) FROM feeds GROUP BY state
             ORDER BY state",
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(states)
    }
}
