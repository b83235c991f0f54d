//! Stories, and who told them when.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;

use crate::store::console::Look;
use crate::store::{Score, StoreError};

/// Stories on a page.
const PAGE: i64 = 40;

/// Articles of a story on its page.
const TELLERS: i64 = 400;

/// Articles whose scores are looked at.
const SCORED: i64 = 100;

/// A story.
#[derive(Debug, Clone, FromRow)]
pub struct StoryLine {
    pub id: i64,
    pub title: String,
    pub language: String,
    /// Without copies.
    pub articles: i64,
    pub sources: i64,
    pub first_published_at: Option<DateTime<Utc>>,
    pub last_published_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// An article of a story.
#[derive(Debug, Clone, FromRow)]
pub struct Teller {
    pub id: i64,
    pub title: String,
    pub host: String,
    pub copy_of: Option<i64>,
    /// When it was published, or else filed.
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct StoryDetail {
    pub line: StoryLine,
    /// In the order of time.
    pub tellers: Vec<Teller>,
    /// An article with the score of another one.
    pub scores: Vec<(i64, Score)>,
}

impl Look {
    /// Stories before one, newest first, and whether more follow.
    pub async fn stories(
        &mut self,
        before: Option<i64>,
    ) -> Result<(Vec<StoryLine>, bool), StoreError> {
        let mut stories: Vec<StoryLine> = sqlx::query_as(
            "/* stories */ SELECT id, title, language, articles, sources, first_published_at,
                    last_published_at, updated_at
             FROM news.stories WHERE id < $1 ORDER BY id DESC LIMIT $2 + 1",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(PAGE)
        .fetch_all(&mut *self.transaction)
        .await?;
        let has_more = stories.len() as i64 > PAGE;
        stories.truncate(PAGE as usize);
        Ok((stories, has_more))
    }

    /// A story by its id.
    pub async fn story(&mut self, id: i64) -> Result<Option<StoryDetail>, StoreError> {
        let line: Option<StoryLine> = sqlx::query_as(
            "/* story */ SELECT id, title, language, articles, sources, first_published_at,
                    last_published_at, updated_at
             FROM news.stories WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(line) = line else { return Ok(None) };
        let tellers = self.tellers(id).await?;
        let scores = self.scores_of_story(id).await?;
        Ok(Some(StoryDetail { line, tellers, scores }))
    }

    async fn tellers(&mut self, story: i64) -> Result<Vec<Teller>, StoreError> {
        let tellers = sqlx::query_as(
            "/* tellers */ SELECT a.id, a.title, a.host, a.copy_of,
                    coalesce(a.published_at, a.first_seen_at) AS at
             FROM story_articles s JOIN articles a ON a.id = s.article_id
             WHERE s.story_id = $1 ORDER BY at, a.id LIMIT $2",
        )
        .bind(story)
        .bind(TELLERS)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(tellers)
    }

    async fn scores_of_story(&mut self, story: i64) -> Result<Vec<(i64, Score)>, StoreError> {
        let stored: Vec<(i64, Value)> = sqlx::query_as(
            "/* scores_of_story */ SELECT p.article_id, p.scores
             FROM story_articles s JOIN story_pair_scores p ON p.article_id = s.article_id
             WHERE s.story_id = $1 ORDER BY p.article_id LIMIT $2",
        )
        .bind(story)
        .bind(SCORED)
        .fetch_all(&mut *self.transaction)
        .await?;
        let scores = stored.iter().flat_map(|(article, scores)| {
            Score::all(scores).into_iter().map(|score| (*article, score))
        });
        Ok(scores.collect())
    }
}
