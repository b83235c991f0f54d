//! Stored pages, and their deletion by age.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Store, StoreError};

/// Rows deleted by one statement, so that no statement runs long.
const BATCH: i64 = 1000;

impl Store {
    /// The end of the day that begins with the oldest page. `None`: there are no pages.
    pub async fn first_day_of_pages(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let oldest: Option<DateTime<Utc>> =
            sqlx::query_scalar("/* first_day_of_pages */ SELECT min(fetched_at) FROM pages")
                .fetch_one(&self.pool)
                .await?;
        Ok(oldest.map(|at| at.checked_add_signed(TimeDelta::days(1)).unwrap_or(at)))
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
