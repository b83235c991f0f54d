//! Stories: articles about one event, found after the articles are filed.
//!
//! Filing does not wait for it. A trigger queues every article that is new or has another text,
//! language or original. This step takes a few articles from the queue, assigns their stories one
//! after another and records the result, all in one transaction, so after a crash they are still in
//! the queue. It is not part of the filing transaction, because that one should wait for nothing
//! but its own rows, and an article is useful before its story is known, a moment later.
//!
//! Two instances must not make two stories of one event, and no index can forbid similar articles.
//! So only the holder of the story lock assigns stories; other instances leave the queue to it. One
//! holder assigns far more articles a second than many pollers bring.
//!
//! The change log has a row for each article that is in another story than before, and for each that
//! has become a headline. The transaction takes their numbers last, as each that writes to the log.
//!
//! If there are articles in several languages, those of two languages that are about one event are
//! linked in the same transaction.

mod batch;
mod fingerprint_cache;
mod keys;
mod links;
mod queue;
mod read;
mod recent_keys;
mod words;
mod write;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Connection as _;

use crate::store::changes::{append_changes, notify};
pub(super) use crate::store::stories::batch::StoryCache;
use crate::store::stories::queue::Place;
use crate::store::{Store, StoreError};

/// What one call did with the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// The queue is empty, or another instance holds the story lock.
    Nothing,
    /// So many articles were taken from the queue.
    Articles(usize),
    /// The articles failed together or, if there is one, alone. They are tried again.
    Failed,
    /// An article that went on failing was set aside.
    SetAside,
}

impl Store {
    /// Assigns the stories of one batch of the queue.
    pub async fn assign_stories(
        &self,
        now: DateTime<Utc>,
        window: TimeDelta,
    ) -> Result<Assigned, StoreError> {
        let places = self.begin_queued(now).await?;
        if places.is_empty() {
            return Ok(Assigned::Nothing);
        }
        match (self.assign_batch(&places, now, window).await, places.as_slice()) {
            (Ok(Some(articles)), _) => Ok(Assigned::Articles(articles)),
            (Ok(None), _) => {
                self.forget_attempt(&places).await?;
                Ok(Assigned::Nothing)
            }
            (Err(error), _) if error.is_passing() => {
                self.forget_attempt(&places).await?;
                Err(error)
            }
            (Err(error), [place]) if place.is_last() => {
                self.set_story_aside(*place, &error.to_string(), now).await?;
                Ok(Assigned::SetAside)
            }
            (Err(error), _) => {
                let articles = places.len();
                tracing::warn!(%error, articles, "cannot assign stories; trying one by one");
                Ok(Assigned::Failed)
            }
        }
    }

    /// `None`: another instance holds the story lock.
    async fn assign_batch(
        &self,
        places: &[Place],
        now: DateTime<Utc>,
        window: TimeDelta,
    ) -> Result<Option<usize>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        // The story lock.
        let locked = sqlx::query(
            "/* assign_stories */ SELECT FROM locks WHERE name = 'stories' FOR UPDATE SKIP LOCKED",
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if locked.is_none() {
            return Ok(None);
        }
        let ids: Vec<i64> = places.iter().map(|place| place.id).collect();
        // Put back after the commit alone: before, it holds words and keys that are not recorded.
        let mut kept = self.stories.lock().await;
        let mut cache = std::mem::take(&mut *kept);
        let assigned = async {
            let queued = read::take_queued(&mut transaction, &ids).await?;
            let changes = batch::assign(&mut transaction, &mut cache, queued, now, window).await?;
            append_changes(&mut transaction, &changes, now).await
        };
        // Rolled back here and not when it is dropped, because that happens some time later, and the
        // rows would be locked until then.
        let head = match assigned.await {
            Ok(head) => head,
            Err(error) => {
                transaction.rollback().await?;
                return Err(error);
            }
        };
        transaction.commit().await?;
        *kept = cache;
        drop(kept);
        notify(&mut connection, head).await;
        Ok(Some(places.len()))
    }

    /// Articles in the queue.
    pub async fn unassigned(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("/* unassigned */ SELECT count(*) FROM story_queue")
            .fetch_one(&self.pool)
            .await?)
    }
}
