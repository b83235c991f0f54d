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
    Decision, Rarity, StoryPrint, StoryRef, Telling, Term, VERSION, Weighed, decide, language_of,
};

/// Articles judged in one transaction.
const BATCH: i64 = 16;

/// The seat: an advisory lock of this program's class.
const SEAT: (i32, i32) = (1_463_898_705, 2);

impl Store {
    /// Judges what is queued, a batch of it. The answer is how many articles were taken from the queue; none where it
    /// is empty or somebody else is at it.
    pub async fn tell_stories(
        &self,
        now: DateTime<Utc>,
        window: TimeDelta,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let seated: bool =
            sqlx::query_scalar("/* tell_stories */ SELECT pg_try_advisory_xact_lock($1, $2)")
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
        write::open_day(&mut transaction, today, days.saturating_add(1)).await?;
        let mut teller = Teller {
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
    pub async fn untold(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("/* untold */ SELECT count(*) FROM story_queue")
            .fetch_one(&self.pool)
            .await?)
    }
}

/// One transaction at the seat.
struct Teller<'a> {
    connection: &'a mut PgConnection,
    now: DateTime<Utc>,
    today: i32,
    /// Oldest day that is looked at.
    oldest: i32,
    window: TimeDelta,
    /// Word counts of the languages of this batch, as far as they were needed.
    words: HashMap<String, WordCounts>,
}

impl Teller<'_> {
    async fn tell(&mut self, article: Queued) -> Result<(), StoreError> {
        let known = write::withdraw(self.connection, article.id).await?;
        if let Some(original) = article.copy_of {
            return write::follow_original(self.connection, article.id, original, self.now).await;
        }
        let language = language_of(article.language.as_deref());
        let Some(print) = StoryPrint::of(&article.title, &article.body, &language) else {
            return Ok(());
        };
        let telling = Telling { print, at: Some(article.told_at), story: article.story_id };
        if !known {
            self.count_words(&language, &telling.print).await?;
        }
        let keys =
            Weighed::of(&telling.print, &self.rarity(&language, [&telling.print]).await?).keys();
        let near = read::near(
            self.connection,
            &language,
            &keys,
            self.oldest,
            article.id,
            article.story_id,
        )
        .await?;
        let prints = near.tellings.values().map(|telling| &telling.print).chain([&telling.print]);
        let rarity = self.rarity(&language, prints).await?;
        let decision = decide(article.id, &telling, &near, &rarity, self.window);
        write::enter(self.connection, &article, &language, self.today, &telling.print, &keys)
            .await?;
        self.record(article.id, &language, &decision).await
    }

    /// What is known of the words of some prints.
    async fn rarity<'p>(
        &mut self,
        language: &str,
        prints: impl IntoIterator<Item = &'p StoryPrint>,
    ) -> Result<Rarity, StoreError> {
        let words = self.words.entry(language.to_owned()).or_default();
        let mut wanted: Vec<Term> =
            prints.into_iter().flat_map(terms).filter(|term| !words.knows(*term)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        read::count(self.connection, language, self.today, &wanted, words).await?;
        Ok(words.rarity(language))
    }

    async fn count_words(&mut self, language: &str, print: &StoryPrint) -> Result<(), StoreError> {
        write::count_words(self.connection, language, self.today, &print.told).await?;
        if let Some(words) = self.words.get_mut(language) {
            words.add(&print.told);
        }
        Ok(())
    }

    async fn record(
        &mut self,
        article: i64,
        language: &str,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let ties: Vec<serde_json::Value> = decision
            .ties
            .iter()
            .map(|(other, tie)| {
                json!({"article": other, "lead": tie.lead, "names": tie.names, "told": tie.told, "in_row": tie.in_row,
                       "log_odds": tie.log_odds()})
            })
            .collect();
        write::keep_ties(self.connection, article, self.now, VERSION, &ties.into()).await?;
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
fn terms(print: &StoryPrint) -> impl Iterator<Item = Term> + '_ {
    print.told.iter().copied()
}
