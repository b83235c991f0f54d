//! Stored pages, and their deletion by age.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;

use crate::store::{Store, StoreError};

/// Rows deleted by one statement, so that no statement runs long.
const BATCH: i64 = 1000;

/// A page that others are compressed with.
#[derive(Debug, Clone, FromRow)]
pub struct PageDictionary {
    pub id: i64,
    /// Compressed with zstd.
    pub body: Vec<u8>,
    /// When it was chosen.
    pub made_at: DateTime<Utc>,
}

impl Store {
    /// The end of the day that begins with the oldest page. `None`: there are no pages.
    pub async fn first_day_of_pages(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let oldest: Option<DateTime<Utc>> =
            sqlx::query_scalar("/* first_day_of_pages */ SELECT min(fetched_at) FROM pages")
                .fetch_one(&self.pool)
                .await?;
        Ok(oldest.map(|at| at.checked_add_signed(TimeDelta::days(1)).unwrap_or(at)))
    }

    /// The page that new pages of a source are compressed with: its id, itself compressed, and when it
    /// was chosen.
    pub async fn page_dictionary(
        &self,
        source: &str,
    ) -> Result<Option<PageDictionary>, StoreError> {
        let found = sqlx::query_as(
            "/* page_dictionary */ SELECT id, body, made_at FROM page_dictionaries
             WHERE source = $1 ORDER BY id DESC LIMIT 1",
        )
        .bind(source)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found)
    }

    /// The same, by its id.
    pub async fn page_dictionary_by_id(
        &self,
        id: i64,
    ) -> Result<Option<PageDictionary>, StoreError> {
        let found = sqlx::query_as(
            "/* page_dictionary_by_id */ SELECT id, body, made_at FROM page_dictionaries
             WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found)
    }

    /// Compresses new pages of a source with this one from now on. Returns its id.
    pub async fn add_page_dictionary(
        &self,
        source: &str,
        body: &[u8],
        at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "/* add_page_dictionary */ INSERT INTO page_dictionaries (source, made_at, body)
             VALUES ($1, $2, $3) RETURNING id",
        )
        .bind(source)
        .bind(at)
        .bind(body)
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// Deletes dictionaries that no page is compressed with any more and that were replaced before
    /// `limit`, a bounded number. To be called until it returns zero.
    pub async fn purge_page_dictionaries(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = sqlx::query(
            "/* purge_page_dictionaries */ DELETE FROM page_dictionaries WHERE id IN (
                 SELECT d.id FROM page_dictionaries d
                 WHERE EXISTS (SELECT FROM page_dictionaries n
                               WHERE n.source = d.source AND n.id > d.id
                                 AND n.made_at < $1)
                   AND NOT EXISTS (SELECT FROM pages p WHERE p.dictionary_id = d.id)
                 LIMIT $2)",
        )
        .bind(limit)
        .bind(BATCH)
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected())
    }

    /// The newest stored page of these entries, with what it is compressed with.
    pub async fn newest_page(
        &self,
        entries: &[i64],
    ) -> Result<Option<(Vec<u8>, Option<i64>)>, StoreError> {
        let found = sqlx::query_as(
            "/* newest_page */ SELECT body, dictionary_id FROM pages
             WHERE entry_id = ANY($1) AND body IS NOT NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(entries)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found)
    }

    /// Deletes pages that were fetched before `limit`, a bounded number. To be called until it
    /// returns zero.
    pub async fn purge_pages(&self, limit: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = sqlx::query(
            "/* purge_pages */ DELETE FROM pages WHERE id IN (
                 SELECT id FROM pages WHERE fetched_at < $1 ORDER BY fetched_at LIMIT $2)",
        )
        .bind(limit)
        .bind(BATCH)
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected())
    }
}
