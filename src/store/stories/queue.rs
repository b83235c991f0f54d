//! The queue of articles that wait for a story, and the way past one that cannot be assigned.
//!
//! Before a worker begins with some articles, it counts an attempt for each. The articles of a batch
//! that failed, or whose worker died, are tried again alone, after all others. One that goes on
//! failing is set aside with an event. It is queued again when its text changes.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::FromRow;

use crate::store::events::{Event, EventKind, record_events};
use crate::store::{Store, StoreError, clean};

/// Articles that are taken by one transaction.
const BATCH: i64 = 64;

/// Attempts after which an article is set aside.
const MAX_ATTEMPTS: i16 = 4;

/// A place in the queue.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Place {
    pub(super) id: i64,
    article_id: i64,
    /// Attempts, including the one that begins now.
    attempts: i16,
}

impl Place {
    /// Whether this was the last attempt.
    pub(super) fn is_last(self) -> bool {
        self.attempts >= MAX_ATTEMPTS
    }

    /// Whether the process died at the last attempt, since a failure would have set it aside.
    fn is_over(self) -> bool {
        self.attempts > MAX_ATTEMPTS
    }
}

impl Store {
    /// Begins with the first articles of the queue: those that were not tried before, or one that
    /// was. Articles at which the process died in the last attempt are set aside.
    pub(super) async fn begin_queued(&self, now: DateTime<Utc>) -> Result<Vec<Place>, StoreError> {
        loop {
            let places: Vec<Place> = sqlx::query_as(
                "/* begin_queued */
                 WITH first AS (
                     SELECT attempts FROM story_queue ORDER BY attempts, id LIMIT 1
                 ), next AS (
                     SELECT q.id FROM story_queue q, first WHERE q.attempts = first.attempts
                     ORDER BY q.id LIMIT (SELECT CASE attempts WHEN 0 THEN $1 ELSE 1 END FROM first)
                     FOR UPDATE OF q SKIP LOCKED
                 )
                 UPDATE story_queue q SET attempts = q.attempts + 1 FROM next WHERE q.id = next.id
                 RETURNING q.id, q.article_id, q.attempts",
            )
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await?;
            let over: Vec<Place> = places.iter().copied().filter(|place| place.is_over()).collect();
            if over.is_empty() {
                return Ok(places);
            }
            for place in over {
                self.set_story_aside(place, "the process that tried it died", now).await?;
            }
        }
    }

    /// Takes back the attempt that was counted: the database was not to be reached.
    pub(super) async fn forget_attempt(&self, places: &[Place]) -> Result<(), StoreError> {
        sqlx::query(
            "/* forget_attempt */ UPDATE story_queue SET attempts = greatest(attempts - 1, 0)
             WHERE id = ANY($1)",
        )
        .bind(places.iter().map(|place| place.id).collect::<Vec<_>>())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes an article off the queue that cannot be assigned, and records that.
    pub(super) async fn set_story_aside(
        &self,
        place: Place,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("/* set_story_aside */ DELETE FROM story_queue WHERE id = $1")
            .bind(place.id)
            .execute(&mut *transaction)
            .await?;
        let detail = json!({
            "step": "stories", "article": place.article_id, "error": clean::text(error),
        });
        let event = Event { at: now, kind: EventKind::SetAside, feed_id: None, host: None, detail };
        record_events(&mut transaction, &[event]).await?;
        transaction.commit().await?;
        tracing::error!(
            article.id = place.article_id,
            error,
            "an article cannot be assigned to a story; it stays without one"
        );
        Ok(())
    }
}
