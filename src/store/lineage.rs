//! Clusters of copies: who published a text first, and how each copy differs. For `wiresift
//! copies`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use url::Url;

use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::{IdentityKey, canonical};

/// One article of a cluster.
#[derive(Debug, Clone, Serialize, FromRow)]
pub struct Relative {
    /// The original of the cluster.
    pub original_id: i64,
    /// 1 is the first.
    pub position: i64,
    pub article_id: i64,
    pub url: String,
    pub title: String,
    pub published_at: Option<DateTime<Utc>>,
    pub first_seen_at: DateTime<Utc>,
    /// Similarity to the original: shared runs of four words, as a share of those of both.
    pub similarity: f32,
    /// Share of the original that is in the copy.
    pub kept: f32,
    /// Share of the copy that is not in the original.
    pub added: f32,
    /// The article whose similarity made it a member.
    pub joined_to: Option<i64>,
}

impl Store {
    /// The id of the article at an address.
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

    /// The cluster of an article, first seen first. Empty if the article is neither a copy nor has
    /// one.
    pub async fn lineage(&self, article: i64) -> Result<Vec<Relative>, StoreError> {
        let relatives = sqlx::query_as(
            "/* lineage */ SELECT original_id, position, article_id, url, title, published_at,
                    first_seen_at, similarity::real, kept::real, added::real, joined_to
             FROM news.lineage
             WHERE original_id = (SELECT coalesce(copy_of, id) FROM articles WHERE id = $1)
             ORDER BY position",
        )
        .bind(article)
        .fetch_all(&self.pool)
        .await?;
        Ok(relatives)
    }
}
