//! One article with all that belongs to it, each part bounded.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::FromRow;

use crate::store::console::Look;
use crate::store::explain::links_of;
use crate::store::{ExplainedLink, StoreError, StoredPage};

/// Rows of each part.
const MOST: i64 = 50;

/// Characters of a text.
const TEXT: i32 = 60_000;

/// An article.
#[derive(Debug, Clone)]
pub struct ArticleDetail {
    pub row: ArticleRow,
    /// Newest first.
    pub revisions: Vec<RevisionLine>,
    pub copies: Vec<CopyLine>,
    /// Feed and its number, first seen first.
    pub feeds: Vec<(i64, String)>,
    pub pairs: Vec<PairLine>,
    /// The most alike first.
    pub links: Vec<ExplainedLink>,
}

#[derive(Debug, Clone, FromRow)]
pub struct ArticleRow {
    pub id: i64,
    pub url: String,
    pub host: String,
    pub has_page: bool,
    pub kind: String,
    pub title: String,
    /// The beginning of a long text.
    pub body: String,
    pub body_source: String,
    pub word_count: i32,
    pub quality: f32,
    pub doubt: Option<String>,
    pub summary: Option<String>,
    pub byline: Vec<String>,
    pub agency: Vec<String>,
    pub language: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub published_source: String,
    pub modified_at: Option<DateTime<Utc>>,
    pub tags: Vec<String>,
    pub site_name: Option<String>,
    pub section: Option<String>,
    pub rights: Value,
    pub revision: i32,
    pub first_seen_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub retracted_at: Option<DateTime<Utc>>,
    pub copy_of: Option<i64>,
    pub similarity: Option<f32>,
    pub copies: i32,
    pub story_id: Option<i64>,
    pub story_title: Option<String>,
}

#[derive(Debug, Clone, FromRow)]
pub struct RevisionLine {
    pub revision: i32,
    pub kind: String,
    pub reason: String,
    pub seen_at: DateTime<Utc>,
}

#[derive(Debug, Clone, FromRow)]
pub struct CopyLine {
    pub id: i64,
    pub title: String,
    pub host: String,
    pub similarity: Option<f32>,
}

/// How likely it is that an article and another are about one event.
#[derive(Debug, Clone)]
pub struct PairLine {
    pub article: i64,
    pub title: String,
    pub story_id: Option<i64>,
    pub score: Score,
}

/// A score as it is stored. What a version does not know is left out, and what it lacks is zero.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Score {
    pub article: i64,
    /// What speaks for one event and against it: parts of the log-odds, by name.
    pub parts: BTreeMap<String, f64>,
    pub log_odds: f64,
}

impl Score {
    /// Stored scores. Those that cannot be read are left out.
    #[must_use]
    pub fn all(stored: &Value) -> Vec<Self> {
        let scores = stored.as_array().map(Vec::as_slice).unwrap_or_default().iter();
        scores.filter_map(|score| Self::deserialize(score).ok()).collect()
    }
}

impl Look {
    /// An article by its id.
    pub async fn article(&mut self, id: i64) -> Result<Option<ArticleDetail>, StoreError> {
        let row: Option<ArticleRow> = sqlx::query_as(
            "/* article */ SELECT a.id, a.url, a.host, a.has_page, a.kind, a.title,
                    left(a.body, $2) AS body, a.body_source, a.word_count, a.quality, a.doubt,
                    left(a.summary, 2000) AS summary, a.byline,
                    coalesce(a.agency, '{}') AS agency, a.language, a.published_at,
                    a.published_source, a.modified_at, a.tags, a.site_name, a.section, a.rights,
                    a.revision, a.first_seen_at, a.updated_at, a.retracted_at, a.copy_of,
                    a.similarity, a.copies, s.story_id, h.title AS story_title
             FROM articles a LEFT JOIN story_articles s ON s.article_id = a.id
             LEFT JOIN stories t ON t.id = s.story_id LEFT JOIN articles h ON h.id = t.headline_id
             WHERE a.id = $1",
        )
        .bind(id)
        .bind(TEXT)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let original = row.copy_of.unwrap_or(id);
        Ok(Some(ArticleDetail {
            row,
            revisions: self.revisions_of(id).await?,
            copies: self.copies_of(original, id).await?,
            feeds: self.feeds_of_article(id).await?,
            pairs: self.pairs_of(id).await?,
            links: links_of(&mut self.transaction, id).await?,
        }))
    }

    async fn revisions_of(&mut self, id: i64) -> Result<Vec<RevisionLine>, StoreError> {
        let revisions = sqlx::query_as(
            "/* revisions_of */ SELECT revision, kind::text, reason::text, seen_at FROM revisions
             WHERE article_id = $1 ORDER BY revision DESC LIMIT $2",
        )
        .bind(id)
        .bind(MOST)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(revisions)
    }

    /// The others of the cluster of an original, without one article.
    async fn copies_of(&mut self, original: i64, id: i64) -> Result<Vec<CopyLine>, StoreError> {
        let copies = sqlx::query_as(
            "/* copies_of */ SELECT id, title, host, similarity FROM articles
             WHERE (copy_of = $1 OR id = $1) AND id <> $2 ORDER BY first_seen_at, id LIMIT $3",
        )
        .bind(original)
        .bind(id)
        .bind(MOST)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(copies)
    }

    async fn feeds_of_article(&mut self, id: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let feeds = sqlx::query_as(
            "/* feeds_of_article */ SELECT f.id, coalesce(f.name, f.title, f.url)
             FROM entries e JOIN feeds f ON f.id = e.feed_id
             WHERE e.article_id = $1 ORDER BY e.first_seen_at, e.id LIMIT $2",
        )
        .bind(id)
        .bind(MOST)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(feeds)
    }

    async fn pairs_of(&mut self, id: i64) -> Result<Vec<PairLine>, StoreError> {
        let stored: Option<Value> = sqlx::query_scalar(
            "/* pairs_of */ SELECT scores FROM story_pair_scores WHERE article_id = $1",
        )
        .bind(id)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let mut scores = Score::all(&stored.unwrap_or_default());
        scores.sort_by(|one, other| other.log_odds.total_cmp(&one.log_odds));
        scores.truncate(MOST as usize);
        let ids: Vec<i64> = scores.iter().map(|score| score.article).collect();
        let titles: Vec<(i64, String, Option<i64>)> = sqlx::query_as(
            "/* pairs_of */ SELECT a.id, a.title, s.story_id FROM articles a
             LEFT JOIN story_articles s ON s.article_id = a.id WHERE a.id = ANY($1)",
        )
        .bind(&ids)
        .fetch_all(&mut *self.transaction)
        .await?;
        let line = |score: Score| {
            let (article, title, story_id) =
                titles.iter().find(|(id, ..)| *id == score.article)?.clone();
            Some(PairLine { article, title, story_id, score })
        };
        Ok(scores.into_iter().filter_map(line).collect())
    }

    /// Headline and text of a revision, and of the one before it.
    pub async fn revision_texts(
        &mut self,
        id: i64,
        revision: i32,
    ) -> Result<Vec<(i32, String, String)>, StoreError> {
        let texts = sqlx::query_as(
            "/* revision_texts */ SELECT r.revision, coalesce(r.title, a.title),
                    left(coalesce(r.body, a.body), $3)
             FROM revisions r JOIN articles a ON a.id = r.article_id
             WHERE r.article_id = $1 AND r.revision <= $2 ORDER BY r.revision DESC LIMIT 2",
        )
        .bind(id)
        .bind(revision)
        .bind(TEXT)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(texts)
    }

    /// The newest other articles of a site, at most `most`.
    pub async fn others_of_site(
        &mut self,
        host: &str,
        id: i64,
        most: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let others = sqlx::query_as(
            "/* others_of_site */ SELECT id, title FROM articles
             WHERE host = $1 AND copy_of IS NULL AND id <> $2
             ORDER BY published_at DESC NULLS LAST, id DESC LIMIT $3",
        )
        .bind(host)
        .bind(id)
        .bind(most)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(others)
    }

    /// The newest stored page of an article, rather the one that its text was read from.
    pub async fn stored_page(&mut self, id: i64) -> Result<Option<StoredPage>, StoreError> {
        let page = sqlx::query_as(
            "/* stored_page */ SELECT p.id AS page_id, p.url AS page_url,
                    p.fetched_at AS page_fetched_at, p.content_type AS page_content_type,
                    p.body AS page_body, p.context AS page_context,
                    p.dictionary_id AS page_dictionary_id, a.revision AS page_revision
             FROM articles a
             JOIN entries e ON e.article_id = a.id JOIN pages p ON p.entry_id = e.id
             LEFT JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision
             WHERE a.id = $1 ORDER BY (p.id = r.page_id) DESC NULLS LAST, p.id DESC LIMIT 1",
        )
        .bind(id)
        .fetch_optional(&mut *self.transaction)
        .await?;
        Ok(page)
    }
}
