//! Fresh statistics for the planner of Postgres while the database is young.
//!
//! Autovacuum analyses a table some time after it has grown, and looks only once a minute. The
//! statements of a filing transaction keep their plans. Those that were made for an empty table scan
//! it as a whole, and with the first thousands of articles each batch is slower than the one before.

use crate::store::{Store, StoreError};

/// A table has statistics that mislead if it has this many times the rows of its last analysis.
const GROWTH: f64 = 5.0;

/// Smaller tables are scanned as fast as any index.
const LEAST_ROWS: f64 = 200.0;

impl Store {
    /// Analyses the tables that have grown much since the last time. Returns their names. Another
    /// instance may do the same at the same time.
    pub async fn analyze_grown_tables(&self) -> Result<Vec<String>, StoreError> {
        let tables: Vec<String> = sqlx::query_scalar(
            "/* analyze_grown_tables */ SELECT format('wiresift.%I', s.relname)
             FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
             WHERE s.schemaname = 'wiresift' AND s.n_live_tup >= $2
               AND s.n_live_tup >= $1 * greatest(c.reltuples, 1)",
        )
        .bind(GROWTH)
        .bind(LEAST_ROWS)
        .fetch_all(&self.pool)
        .await?;
        if !tables.is_empty() {
            // The names come from the catalogue of Postgres, quoted.
            let statement = format!("ANALYZE {}", tables.join(", "));
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&self.pool).await?;
        }
        Ok(tables)
    }
}
