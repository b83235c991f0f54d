//! Events, and how many of them there were on each day.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::FromRow;

use crate::store::StoreError;
use crate::store::console::Look;

/// Events on one page.
const PAGE: i64 = 100;

/// Events on the page of a feed.
const OF_FEED: i64 = 20;

/// Events that the calendar counts: the newest.
const COUNTED: i64 = 20_000;

/// Which events a page lists.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Only events of this kind.
    pub kind: Option<String>,
    /// Only events before this one.
    pub before: Option<i64>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct EventLine {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub feed_id: Option<i64>,
    /// The name of the feed, or its address.
    pub feed: Option<String>,
    pub host: Option<String>,
    pub detail: Value,
}

/// How many events of a kind there were on a day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventDay {
    pub kind: String,
    pub day: NaiveDate,
    pub events: i64,
}

impl Look {
    /// One page of events, newest first, and whether more follow.
    pub async fn events(
        &mut self,
        query: &EventQuery,
    ) -> Result<(Vec<EventLine>, bool), StoreError> {
        let mut events: Vec<EventLine> = sqlx::query_as(
            "/* events */ SELECT e.id, e.at, e.kind, e.feed_id,
                    coalesce(f.name, f.title, f.url) AS feed, e.host, e.detail
             FROM events e LEFT JOIN feeds f ON f.id = e.feed_id
             WHERE ($1::text IS NULL OR e.kind = $1)
               AND ($2::bigint IS NULL
                    OR (e.at, e.id) < (SELECT b.at, b.id FROM events b WHERE b.id = $2))
             ORDER BY e.at DESC, e.id DESC LIMIT $3 + 1",
        )
        .bind(&query.kind)
        .bind(query.before)
        .bind(PAGE)
        .fetch_all(&mut *self.transaction)
        .await?;
        let has_more = events.len() as i64 > PAGE;
        events.truncate(PAGE as usize);
        Ok((events, has_more))
    }

    /// The newest events, whatever their kinds.
    pub async fn newest_events(&mut self, most: i64) -> Result<Vec<EventLine>, StoreError> {
        let events = sqlx::query_as(
            "/* newest_events */ SELECT e.id, e.at, e.kind, e.feed_id,
                    coalesce(f.name, f.title, f.url) AS feed, e.host, e.detail
             FROM events e LEFT JOIN feeds f ON f.id = e.feed_id
             ORDER BY e.at DESC, e.id DESC LIMIT $1",
        )
        .bind(most)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(events)
    }

    /// The newest events of a feed.
    pub(super) async fn events_of_feed(&mut self, id: i64) -> Result<Vec<EventLine>, StoreError> {
        let events = sqlx::query_as(
            "/* events_of_feed */ SELECT id, at, kind, feed_id, NULL::text AS feed, host, detail
             FROM events WHERE feed_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        )
        .bind(id)
        .bind(OF_FEED)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(events)
    }

    /// How many events of each kind there were on each day since a time, among the newest.
    pub async fn event_days(&mut self, since: DateTime<Utc>) -> Result<Vec<EventDay>, StoreError> {
        let days = sqlx::query_as(
            "/* event_days */ SELECT kind, at::date AS day, count(*) AS events FROM (
                 SELECT kind, at FROM events WHERE at BETWEEN $1 AND $2
                 ORDER BY at DESC LIMIT $3) AS newest
             GROUP BY kind, day ORDER BY kind, day",
        )
        .bind(since)
        .bind(self.now)
        .bind(COUNTED)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(days)
    }
}
