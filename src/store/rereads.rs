//! Stored pages that are to be extracted again.
//!
//! The entry of a page is leased, so that nobody reads the page on the web at the same time. The
//! lease takes no slot of the site, since nothing is requested, and does not move the entry's due
//! time: whatever leases the entry after the lease has expired gets it, and a late outcome is dropped.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::lease::{Lease, Politeness, SUSPECT_AFTER};
use crate::store::entries::{PendingRow, entry_columns};
use crate::store::lease::Leasable as _;
use crate::store::{PendingEntry, Store, StoreError};

/// A stored page that an article on file was read from.
#[derive(Debug, Clone, FromRow)]
pub struct StoredPage {
    #[sqlx(rename = "page_id")]
    pub id: i64,
    #[sqlx(rename = "page_url")]
    pub url: String,
    #[sqlx(rename = "page_fetched_at")]
    pub fetched_at: DateTime<Utc>,
    #[sqlx(rename = "page_content_type")]
    pub content_type: Option<String>,
    /// Compressed. `None`: the text is that of the feed.
    #[sqlx(rename = "page_body")]
    pub body: Option<Vec<u8>>,
    /// What the body is compressed with.
    #[sqlx(rename = "page_dictionary_id")]
    pub dictionary: Option<i64>,
    /// Compressed.
    #[sqlx(rename = "page_context")]
    pub context: Vec<u8>,
    /// The revision of the article that was read from it, which is the newest one.
    #[sqlx(rename = "page_revision")]
    pub revision: i32,
}

/// A page with the leased entry that it belongs to.
#[derive(Debug)]
pub struct StoredReading {
    pub lease: Lease<PendingEntry>,
    pub page: StoredPage,
}

/// Which pages are to be extracted again.
#[derive(Debug, Clone, Default)]
pub struct PageSelection {
    /// The host of the articles.
    pub host: Option<String>,
    /// The feed that showed them.
    pub feed: Option<i64>,
    /// Fetched at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// A site memory has removed something.
    pub with_memory: bool,
}

impl PageSelection {
    /// The pages of a source of site memory: a host, or the texts of a feed.
    #[must_use]
    pub fn of_source(source: &str) -> Self {
        let feed = source.strip_prefix("feed:").and_then(|id| id.parse().ok());
        let host = feed.is_none().then(|| source.to_owned());
        Self { host, feed, ..Self::default() }
    }
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    entry: PendingRow,
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    #[sqlx(flatten)]
    page: StoredPage,
}

impl Store {
    /// Leases entries together with the stored pages that their articles were read from. Left out
    /// are entries that somebody else has leased, and pages from which nothing on file comes.
    pub async fn lease_stored_pages(
        &self,
        entries: &[i64],
        now: DateTime<Utc>,
        politeness: &Politeness,
    ) -> Result<Vec<StoredReading>, StoreError> {
        let statement = concat!(
            "/* lease_stored_pages */
             WITH page AS (
                 SELECT p.*, r.revision FROM pages p
                 JOIN entries e ON e.id = p.entry_id
                 JOIN articles a ON a.id = e.article_id AND a.retracted_at IS NULL
                 JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision AND r.page_id = p.id
                 WHERE p.entry_id = ANY($1)
             ), free AS (
                 SELECT id FROM entries
                 WHERE id IN (SELECT entry_id FROM page) AND state <> 'pending'
                   AND (lease_token IS NULL OR lease_expires_at <= $2) AND lease_attempts < $4
                 ORDER BY id FOR UPDATE SKIP LOCKED
             )
             UPDATE entries AS t SET lease_token = gen_random_uuid(), lease_expires_at = $3,
                    lease_attempts = t.lease_attempts + 1
             FROM page p WHERE p.entry_id = t.id AND t.id IN (SELECT id FROM free)
             RETURNING ",
            entry_columns!(),
            ", t.lease_token, t.lease_expires_at, p.id AS page_id, p.url AS page_url,
               p.fetched_at AS page_fetched_at, p.content_type AS page_content_type,
               p.body AS page_body, p.context AS page_context,
               p.dictionary_id AS page_dictionary_id, p.revision AS page_revision"
        );
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(statement))
            .bind(entries)
            .bind(now)
            .bind(politeness.expiry(now))
            .bind(SUSPECT_AFTER)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::reading).collect()
    }

    /// Ends leases on stored pages without an outcome.
    pub async fn release_stored_pages(
        &self,
        leases: &[Lease<PendingEntry>],
    ) -> Result<(), StoreError> {
        for lease in leases {
            match crate::store::lease::release(&mut *self.pool.acquire().await?, lease).await {
                Ok(()) | Err(StoreError::LeaseLost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The articles of entries: id, address, title, body.
    pub async fn texts_of_entries(
        &self,
        entries: &[i64],
    ) -> Result<Vec<(i64, String, String, String)>, StoreError> {
        let texts = sqlx::query_as(
            "/* texts_of_entries */ SELECT id, url, title, body FROM articles
             WHERE id IN (SELECT article_id FROM entries WHERE id = ANY($1))",
        )
        .bind(entries)
        .fetch_all(&self.pool)
        .await?;
        Ok(texts)
    }

    /// The entries after `after`, in their order, whose articles come from stored pages, at most
    /// `most`.
    pub async fn entries_with_pages(
        &self,
        selection: &PageSelection,
        after: i64,
        most: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let entries = sqlx::query_scalar(
            "/* entries_with_pages */
             SELECT DISTINCT p.entry_id FROM pages p
             JOIN entries e ON e.id = p.entry_id
             JOIN articles a ON a.id = e.article_id AND a.retracted_at IS NULL
             JOIN revisions r ON r.article_id = a.id AND r.revision = a.revision AND r.page_id = p.id
             WHERE p.entry_id > $1
               AND ($2::text IS NULL OR a.host = $2)
               AND ($3::bigint IS NULL OR (e.feed_id = $3 AND p.body IS NULL))
               AND ($4::timestamptz IS NULL OR p.fetched_at >= $4)
               AND (NOT $5 OR r.memory_id IS NOT NULL)
             ORDER BY p.entry_id LIMIT $6",
        )
        .bind(after)
        .bind(&selection.host)
        .bind(selection.feed)
        .bind(selection.since)
        .bind(selection.with_memory)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(entries)
    }
}

impl Row {
    fn reading(self) -> Result<StoredReading, StoreError> {
        let lease = Lease {
            item: PendingEntry::of_row(self.entry)?,
            token: self.lease_token,
            expires_at: self.lease_expires_at,
            attempts: 1,
            permit: None,
        };
        Ok(StoredReading { lease, page: self.page })
    }
}
