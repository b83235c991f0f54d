//! The articles of the feeds that the console offers, with their whole texts.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::store::StoreError;
use crate::store::console::Look;

/// Characters of a text.
const TEXT: i32 = 200_000;

/// An original as a feed shows it.
#[derive(Debug, Clone, FromRow)]
pub struct Published {
    pub id: i64,
    pub url: String,
    pub host: String,
    pub title: String,
    /// Simple, safe HTML.
    pub html: String,
    pub summary: Option<String>,
    pub byline: Vec<String>,
    pub agency: Vec<String>,
    pub site_name: Option<String>,
    pub language: Option<String>,
    pub tags: Vec<String>,
    pub licence: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub first_seen_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Look {
    /// The originals that were filed last, before `before`, at most `most`: the last one first.
    pub async fn filed_before(&mut self, before: i64, most: i64) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar(
            "/* filed_before */ SELECT id FROM articles WHERE copy_of IS NULL AND id < $1
             ORDER BY id DESC LIMIT $2",
        )
        .bind(before)
        .bind(most)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(ids)
    }

    /// These articles with their texts, the one that was filed last first. A text that is very long
    /// is cut and loses its markup.
    pub async fn published(&mut self, ids: &[i64]) -> Result<Vec<Published>, StoreError> {
        let articles = sqlx::query_as(
            "/* published */ SELECT id, url, host, title,
                    CASE WHEN length(body) <= $2 THEN body_html(body, markup)
                         ELSE body_html(left(body, $2), NULL) END AS html,
                    left(summary, 4000) AS summary, byline, coalesce(agency, '{}') AS agency,
                    site_name, language, tags, licence, published_at, first_seen_at, updated_at
             FROM articles WHERE id = ANY($1) ORDER BY id DESC",
        )
        .bind(ids)
        .bind(TEXT)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(articles)
    }
}
