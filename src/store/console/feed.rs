//! One feed with everything that helps to judge it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::polling::schedule::Habits;
use crate::store::StoreError;
use crate::store::console::{EventLine, Look};

/// Entries on the page of a feed: the newest.
const ENTRIES: i64 = 40;

/// Entries of the last week by which losses are counted.
const COUNTED: i64 = 5_000;

/// A feed.
#[derive(Debug, Clone)]
pub struct FeedDetail {
    pub row: DetailRow,
    pub habits: Habits,
    /// The newest entries, newest first.
    pub entries: Vec<FeedEntry>,
    /// The newest events, newest first.
    pub events: Vec<EventLine>,
    /// How many entries of the last seven days ended without an article, by cause.
    pub left_out: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, FromRow)]
pub struct DetailRow {
    pub id: i64,
    pub url: String,
    pub name: Option<String>,
    pub title: Option<String>,
    pub tags: Vec<String>,
    pub state: String,
    pub every_s: Option<i32>,
    pub min_every_s: Option<i32>,
    pub max_every_s: Option<i32>,
    pub home_url: Option<String>,
    pub language: Option<String>,
    pub moved_to: Option<String>,
    pub first_seen_at: DateTime<Utc>,
    pub last_poll_at: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub next_poll_at: DateTime<Utc>,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    pub failures: i32,
    pub entries_seen: i64,
    pub defects: Vec<String>,
    habits: serde_json::Value,
    /// The hub that delivers the feed, and the state of the subscription.
    pub hub: Option<String>,
    pub hub_state: Option<String>,
}

/// An entry of a feed.
#[derive(Debug, Clone, FromRow)]
pub struct FeedEntry {
    pub url: Option<String>,
    pub title: Option<String>,
    pub state: String,
    pub cause: String,
    pub first_seen_at: DateTime<Utc>,
}

impl Look {
    /// A feed by its id.
    pub async fn feed(&mut self, id: i64) -> Result<Option<FeedDetail>, StoreError> {
        let row: Option<DetailRow> = sqlx::query_as(
            "/* feed */ SELECT f.id, f.url, f.name, f.title, f.tags, f.state::text, f.every_s,
                    f.min_every_s, f.max_every_s, f.home_url, f.language, f.moved_to,
                    f.first_seen_at, f.last_poll_at, f.last_success_at, f.next_poll_at,
                    f.last_status, f.last_error, f.failures, f.entries_seen, f.defects, f.habits,
                    s.hub, s.state AS hub_state
             FROM feeds f
             LEFT JOIN subscriptions s ON s.feed_id = f.id AND s.state <> 'unsubscribing'
             WHERE f.id = $1",
        )
        .bind(id)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(mut row) = row else { return Ok(None) };
        // Habits that this version cannot read are learned again.
        let habits = serde_json::from_value(row.habits.take()).unwrap_or_default();
        let entries = self.entries_of_feed(id).await?;
        let events = self.events_of_feed(id).await?;
        let left_out = self.left_out(id).await?;
        Ok(Some(FeedDetail { row, habits, entries, events, left_out }))
    }

    async fn entries_of_feed(&mut self, id: i64) -> Result<Vec<FeedEntry>, StoreError> {
        let entries = sqlx::query_as(
            "/* entries_of_feed */ SELECT url, left(title, 300) AS title, state::text, cause,
                    first_seen_at
             FROM entries WHERE feed_id = $1 ORDER BY first_seen_at DESC, id DESC LIMIT $2",
        )
        .bind(id)
        .bind(ENTRIES)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(entries)
    }

    async fn left_out(&mut self, id: i64) -> Result<BTreeMap<String, i64>, StoreError> {
        let causes: Vec<(String, i64)> = sqlx::query_as(
            "/* left_out */ SELECT cause, count(*) FROM (
                 SELECT cause, state FROM entries
                 WHERE feed_id = $1 AND first_seen_at > $2 - interval '7 days'
                 ORDER BY first_seen_at DESC LIMIT $3) AS recent
             WHERE state IN ('skipped', 'abandoned') GROUP BY cause",
        )
        .bind(id)
        .bind(self.now)
        .bind(COUNTED)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(causes.into_iter().collect())
    }
}
