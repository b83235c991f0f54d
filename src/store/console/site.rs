//! What is known of a site.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;

use crate::store::StoreError;
use crate::store::console::Look;

/// Articles that tell of the quality, and those whose removed blocks are counted.
const ARTICLES: i64 = 300;
const COUNTED: i64 = 100;

/// Removed texts on the page.
const TEXTS: i64 = 40;

/// Pages that are extracted again to try something.
const PAGES: i64 = 16;

#[derive(Debug, Clone)]
pub struct SiteDetail {
    /// `None`: no request was made there.
    pub row: Option<SiteRow>,
    /// Newest first.
    pub articles: Vec<SiteArticle>,
    pub removed: Vec<RemovedLine>,
    /// Texts that a curator keeps.
    pub kept: Vec<String>,
}

#[derive(Debug, Clone, FromRow)]
pub struct SiteRow {
    pub first_seen_at: DateTime<Utc>,
    pub next_request_at: Option<DateTime<Utc>>,
    pub hold_reason: Option<String>,
    pub crawl_delay_ms: Option<i32>,
    pub limits: Option<Value>,
    pub throttled_at: Option<DateTime<Utc>>,
    pub robots: Option<String>,
    pub robots_verdict: Option<String>,
    pub robots_fetched_at: Option<DateTime<Utc>>,
    pub agreement: Option<f32>,
    pub doubtful: Option<i32>,
    pub changed_at: Option<DateTime<Utc>>,
    /// What its articles have taught.
    pub known_blocks: Option<i32>,
    pub taught_by: Option<i32>,
    pub learned_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, FromRow)]
pub struct SiteArticle {
    pub id: i64,
    pub title: String,
    pub at: DateTime<Utc>,
    pub quality: f32,
    pub is_doubtful: bool,
    pub word_count: i32,
}

/// A text that was removed from some articles for a reason.
#[derive(Debug, Clone, FromRow)]
pub struct RemovedLine {
    /// The word of the reason, without its detail.
    pub reason: String,
    /// Blocks that were removed for it.
    pub blocks: i64,
    pub articles: i64,
    /// The text that was removed most often.
    pub example: String,
}

impl Look {
    /// A site by its host. `None`: it is not known.
    pub async fn site(&mut self, host: &str) -> Result<Option<SiteDetail>, StoreError> {
        let row: Option<SiteRow> = sqlx::query_as(
            "/* site */ SELECT s.first_seen_at, s.next_request_at, s.hold_reason, s.crawl_delay_ms,
                    s.limits, s.throttled_at, left(s.robots, 20000) AS robots, s.robots_verdict,
                    s.robots_fetched_at, h.agreement, h.doubtful, h.changed_at,
                    m.blocks AS known_blocks, m.articles AS taught_by, m.made_at AS learned_at
             FROM sites s LEFT JOIN site_health h ON h.source = s.host
             LEFT JOIN LATERAL (
                 SELECT blocks, articles, made_at FROM site_memories
                 WHERE source = s.host ORDER BY id DESC LIMIT 1) AS m ON true
             WHERE s.host = $1",
        )
        .bind(host)
        .fetch_optional(&mut *self.transaction)
        .await?;
        let articles = self.site_articles(host).await?;
        if row.is_none() && articles.is_empty() {
            return Ok(None);
        }
        let ids: Vec<i64> = articles.iter().take(COUNTED as usize).map(|one| one.id).collect();
        let removed = self.removed_of(&ids).await?;
        let kept = sqlx::query_scalar(
            "/* site */ SELECT left(text, 300) FROM site_exceptions WHERE source = $1 LIMIT $2",
        )
        .bind(host)
        .bind(TEXTS)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(Some(SiteDetail { row, articles, removed, kept }))
    }

    async fn site_articles(&mut self, host: &str) -> Result<Vec<SiteArticle>, StoreError> {
        let articles = sqlx::query_as(
            "/* site_articles */ SELECT id, title, coalesce(published_at, first_seen_at) AS at,
                    quality, doubt IS NOT NULL AS is_doubtful, word_count
             FROM articles WHERE host = $1 AND copy_of IS NULL
             ORDER BY published_at DESC NULLS LAST, id DESC LIMIT $2",
        )
        .bind(host)
        .bind(ARTICLES)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(articles)
    }

    async fn removed_of(&mut self, ids: &[i64]) -> Result<Vec<RemovedLine>, StoreError> {
        let removed = sqlx::query_as(
            "/* removed_of */
             SELECT split_part(split_part(b.reason, ':', 1), ' p=', 1) AS reason,
                    count(*) AS blocks, count(DISTINCT r.article_id) AS articles,
                    left(mode() WITHIN GROUP (ORDER BY left(b.text, 200)), 200) AS example
             FROM articles a JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision
             CROSS JOIN LATERAL removed_blocks(r.removed) AS b
             WHERE a.id = ANY($1) AND b.reason IS NOT NULL
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
        )
        .bind(ids)
        .bind(TEXTS)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(removed)
    }

    /// Entries of the newest articles of a site whose pages are stored, each with its article.
    pub async fn site_entries(&mut self, host: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let entries = sqlx::query_as(
            "/* site_entries */ SELECT p.entry_id, a.id FROM (
                 SELECT id, revision, retracted_at FROM articles
                 WHERE host = $1 AND copy_of IS NULL
                 ORDER BY published_at DESC NULLS LAST, id DESC LIMIT $2) AS a
             JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision
             JOIN pages p ON p.id = r.page_id
             WHERE a.retracted_at IS NULL ORDER BY a.id DESC LIMIT $3",
        )
        .bind(host)
        .bind(ARTICLES)
        .bind(PAGES)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(entries)
    }
}
