//! Who ran a text first, and what each made of it: for `wiresift copies`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use url::Url;

use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::{IdentityKey, canonical};

/// One article of a cluster.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct Relative {
    /// The original of all.
    pub original_id: i64,
    /// 1 is who ran it first.
    pub position: i64,
    /// Its id.
    pub article_id: i64,
    /// Its address.
    pub url: String,
    /// Headline.
    pub title: String,
    /// When it says it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// Runs of four words in common with the original, of all of both.
    pub similarity: f32,
    /// Share of the original that it kept.
    pub kept: f32,
    /// Share of it that the original has not.
    pub added: f32,
    /// Whom it joined by.
    pub joined_to: Option<i64>,
}

impl Store {
    /// The id of the article that is known under an address.
    pub async fn article_at(&self, url: &Url) -> Result<Option<i64>, StoreError> {
        let key = clean::key(IdentityKey::of(&canonical(url)).as_str());
        let id = sqlx::query_scalar(
            "/* article_at */ SELECT article_id FROM article_keys WHERE key = $1",
        )
        .bind(key)
        .fetch_optional(&self.pool)
        .await?;
        Ok(id)
    }

    /// An article's cluster, first seen first. Empty where it neither is nor has a copy.
    pub async fn lineage(&self, article: i64) -> Result<Vec<Relative>, StoreError> {
        let relatives = sqlx::query_as(
            "/* lineage */ SELECT original_id, position, article_id, url, title, published_at, first_seen_at,
                    similarity::real, kept::real, added::real, joined_to
             FROM news.lineage
             WHERE original_id = (SELECT coalesce(copy_of, id) FROM articles WHERE id = $1) ORDER BY position",
        )
        .bind(article)
        .fetch_all(&self.pool)
        .await?;
        Ok(relatives)
    }
}
