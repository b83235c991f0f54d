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
//! holder assigns some hundred articles a second, far more than many pollers bring.
//!
//! Stories do not appear in `news.changes`: the `story_id` of an article is its current story, and
//! `news.stories.updated_at` shows which stories have changed.

mod queue;
mod read;
mod write;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::store::stories::queue::Place;
use crate::store::stories::read::{Queued, WordCounts};
use crate::store::{Store, StoreError};
use wiresift_dedup::index::day;
use wiresift_dedup::story::{
    Decision, Rarity, StoryFingerprint, StoryMember, StoryRef, Term, VERSION, Weighed, decide,
    language_of,
};

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
        let mut transaction = self.pool.begin().await?;
        // The story lock.
        let locked = sqlx::query(
            "/* assign_stories */ SELECT FROM locks WHERE name = 'stories' FOR UPDATE SKIP LOCKED",
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if locked.is_none() {
            return Ok(None);
        }
        // Rolled back here and not when it is dropped, because that happens some time later, and the
        // rows would be locked until then.
        match assign_all(&mut transaction, places, now, window).await {
            Ok(()) => transaction.commit().await?,
            Err(error) => {
                transaction.rollback().await?;
                return Err(error);
            }
        }
        Ok(Some(places.len()))
    }

    /// Articles in the queue.
    pub async fn unassigned(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("/* unassigned */ SELECT count(*) FROM story_queue")
            .fetch_one(&self.pool)
            .await?)
    }
}

/// Assigns the stories of some articles, under the story lock.
async fn assign_all(
    connection: &mut PgConnection,
    places: &[Place],
    now: DateTime<Utc>,
    window: TimeDelta,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = places.iter().map(|place| place.id).collect();
    let queued = read::take_queued(connection, &ids).await?;
    let today = day(now);
    let days = i32::try_from(window.num_days()).unwrap_or(i32::MAX - 1);
    write::open_partitions(connection, today, days.saturating_add(1)).await?;
    let mut assignment = StoryAssignment {
        connection,
        now,
        today,
        oldest: today.saturating_sub(days),
        window,
        words: HashMap::new(),
    };
    for article in queued {
        assignment.assign(article).await?;
    }
    Ok(())
}

/// One transaction under the story lock.
struct StoryAssignment<'a> {
    connection: &'a mut PgConnection,
    now: DateTime<Utc>,
    today: i32,
    /// The oldest day that is searched.
    oldest: i32,
    window: TimeDelta,
    /// Word counts by language, as far as this batch has needed them.
    words: HashMap<String, WordCounts>,
}

impl StoryAssignment<'_> {
    async fn assign(&mut self, article: Queued) -> Result<(), StoreError> {
        let known = write::remove_member(self.connection, article.id).await?;
        if let Some(original) = article.copy_of {
            return write::follow_original(self.connection, article.id, original, self.now).await;
        }
        let language = language_of(article.language.as_deref());
        let Some(fingerprint) = StoryFingerprint::of(&article.title, &article.body, &language)
        else {
            return Ok(());
        };
        let member =
            StoryMember { fingerprint, at: Some(article.dated_at), story: article.story_id };
        if !known {
            self.count_words(&language, &member.fingerprint).await?;
        }
        let keys =
            Weighed::of(&member.fingerprint, &self.rarity(&language, [&member.fingerprint]).await?)
                .keys();
        let near = read::near(
            self.connection,
            &language,
            &keys,
            self.oldest,
            article.id,
            article.story_id,
        )
        .await?;
        let fingerprints =
            near.members.values().map(|member| &member.fingerprint).chain([&member.fingerprint]);
        let rarity = self.rarity(&language, fingerprints).await?;
        let decision = decide(article.id, &member, &near, &rarity, self.window);
        write::insert_member(
            self.connection,
            &article,
            &language,
            self.today,
            &member.fingerprint,
            &keys,
        )
        .await?;
        self.record(article.id, &language, &decision).await
    }

    /// How rare the words of some fingerprints are.
    async fn rarity<'p>(
        &mut self,
        language: &str,
        fingerprints: impl IntoIterator<Item = &'p StoryFingerprint>,
    ) -> Result<Rarity, StoreError> {
        let words = self.words.entry(language.to_owned()).or_default();
        let mut wanted: Vec<Term> =
            fingerprints.into_iter().flat_map(terms).filter(|term| !words.knows(*term)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        read::count(self.connection, language, self.today, &wanted, words).await?;
        Ok(words.rarity(language))
    }

    async fn count_words(
        &mut self,
        language: &str,
        fingerprint: &StoryFingerprint,
    ) -> Result<(), StoreError> {
        write::count_words(self.connection, language, self.today, &fingerprint.terms).await?;
        if let Some(words) = self.words.get_mut(language) {
            words.add(&fingerprint.terms);
        }
        Ok(())
    }

    async fn record(
        &mut self,
        article: i64,
        language: &str,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let scores: Vec<serde_json::Value> = decision
            .scores
            .iter()
            .map(|(other, score)| {
                json!({
                    "article": other, "lead": score.lead, "names": score.names,
                    "coverage": score.coverage, "same_series": score.same_series,
                    "log_odds": score.log_odds(),
                })
            })
            .collect();
        write::keep_scores(self.connection, article, self.now, VERSION, &scores.into()).await?;
        let mut created = HashMap::new();
        for (story, central) in &decision.central {
            let id = match story {
                StoryRef::Known(id) => {
                    write::set_headline(self.connection, *id, *central, self.now).await?;
                    *id
                }
                StoryRef::New(_) => {
                    write::create(self.connection, language, *central, self.now).await?
                }
            };
            created.insert(*story, id);
        }
        let places: Vec<(i64, Option<i64>)> = decision
            .places
            .iter()
            .map(|place| {
                let story = place.story.map(|story| match story {
                    StoryRef::Known(id) => Some(id),
                    StoryRef::New(_) => created.get(&story).copied(),
                });
                (place.article, story.flatten())
            })
            .collect();
        write::move_articles(self.connection, &places, self.now).await
    }
}

/// All terms of a fingerprint. Its text includes those of headline, lead and names.
fn terms(fingerprint: &StoryFingerprint) -> impl Iterator<Item = Term> + '_ {
    fingerprint.terms.iter().copied()
}
