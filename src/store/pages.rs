//! Stored pages, and their deletion by age.

use chrono::{DateTime, Utc};

use crate::store::{Store, StoreError};

/// Rows deleted by one statement, so that no statement runs long.
const BATCH: i64 = 1000;

impl Store {
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
