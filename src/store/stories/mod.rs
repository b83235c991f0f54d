//! Stories: which articles tell one event, judged after they are filed.
//!
//! Filing does not wait for it. A trigger queues every article that is new or has another text, language or original;
//! this step takes a few from the queue, judges them one after another and records the outcome, all in one transaction,
//! so a crash leaves them in the queue. Why not in the filing transaction: that one is held up by nothing but its own
//! rows, and an article is worth having before its story is known (it is, a moment later).
//!
//! Two instances must not make two stories of one event, and a resemblance is nothing that an index could forbid.
//! So judging stories is one seat: whoever finds it taken leaves the queue to the one who sits there. One seat judges
//! some hundred articles a second, which is far more than a fleet of pollers brings.
//!
//! Stories do not appear in `news.changes`: an article's `story_id` says where it is now, and
//! `news.stories.updated_at` which stories have changed.

mod read;
mod write;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

use crate::store::stories::read::{Queued, WordCounts};
use crate::store::{Store, StoreError};
use wiresift_dedup::index::day;
use wiresift_dedup::story::{
    Decision, Rarity, StoryFingerprint, StoryMember, StoryRef, Term, VERSION, Weighed, decide,
    language_of,
};

/// Articles judged in one transaction.
const BATCH: i64 = 16;

/// The seat: an advisory lock of this program's class.
const SEAT: (i32, i32) = (1_463_898_705, 2);

impl Store {
    /// Judges what is queued, a batch of it. The answer is how many articles were taken from the queue; none where it
    /// is empty or somebody else is at it.
    pub async fn assign_stories(
        &self,
        now: DateTime<Utc>,
        window: TimeDelta,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let seated: bool =
            sqlx::query_scalar("/* assign_stories */ SELECT pg_try_advisory_xact_lock($1, $2)")
                .bind(SEAT.0)
                .bind(SEAT.1)
                .fetch_one(&mut *transaction)
                .await?;
        if !seated {
            return Ok(0);
        }
        let queued = read::take_queued(&mut transaction, BATCH).await?;
        if queued.is_empty() {
            return Ok(0);
        }
        let today = day(now);
        let days = i32::try_from(window.num_days()).unwrap_or(i32::MAX - 1);
        write::open_partition(&mut transaction, today, days.saturating_add(1)).await?;
        let mut teller = StoryAssignment {
            connection: &mut transaction,
            now,
            today,
            oldest: today.saturating_sub(days),
            window,
            words: HashMap::new(),
        };
        let taken = queued.len();
        for article in queued {
            teller.tell(article).await?;
        }
        transaction.commit().await?;
        Ok(taken)
    }

    /// Articles whose story is still to be looked for.
    pub async fn unassigned(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("/* untold */ SELECT count(*) FROM story_queue")
            .fetch_one(&self.pool)
            .await?)
    }
}

/// One transaction at the seat.
struct StoryAssignment<'a> {
    connection: &'a mut PgConnection,
    now: DateTime<Utc>,
    today: i32,
    /// Oldest day that is looked at.
    oldest: i32,
    window: TimeDelta,
    /// Word counts of the languages of this batch, as far as they were needed.
    words: HashMap<String, WordCounts>,
}

impl StoryAssignment<'_> {
    async fn tell(&mut self, article: Queued) -> Result<(), StoreError> {
        let known = write::withdraw(self.connection, article.id).await?;
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
        write::enter(self.connection, &article, &language, self.today, &member.fingerprint, &keys)
            .await?;
        self.record(article.id, &language, &decision).await
    }

    /// What is known of the words of some prints.
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
        write::count_words(self.connection, language, self.today, &fingerprint.told).await?;
        if let Some(words) = self.words.get_mut(language) {
            words.add(&fingerprint.told);
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
                json!({"article": other, "lead": score.lead, "names": score.names, "told": score.told, "in_row": score.in_row,
                       "log_odds": score.log_odds()})
            })
            .collect();
        write::keep_scores(self.connection, article, self.now, VERSION, &scores.into()).await?;
        let mut begun = HashMap::new();
        for (story, central) in &decision.central {
            let id = match story {
                StoryRef::Known(id) => {
                    write::headline(self.connection, *id, *central, self.now).await?;
                    *id
                }
                StoryRef::New(_) => {
                    write::begin(self.connection, language, *central, self.now).await?
                }
            };
            begun.insert(*story, id);
        }
        let places: Vec<(i64, Option<i64>)> = decision
            .places
            .iter()
            .map(|place| {
                let story = place.story.map(|story| match story {
                    StoryRef::Known(id) => Some(id),
                    StoryRef::New(_) => begun.get(&story).copied(),
                });
                (place.article, story.flatten())
            })
            .collect();
        write::place(self.connection, &places, self.now).await
    }
}

/// All terms of a print: what is told, in which headline, lead and names are.
fn terms(fingerprint: &StoryFingerprint) -> impl Iterator<Item = Term> + '_ {
    fingerprint.told.iter().copied()
}
