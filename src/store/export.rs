//! Export of articles as a stream of JSON lines.

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};

use crate::store::{Store, StoreError};

#[derive(Debug, Clone, Default)]
pub struct ExportFilter {
    /// Only articles changed at or after this.
    pub since: Option<DateTime<Utc>>,
    /// Include copies.
    pub copies: bool,
}

/// One article as a line of JSON. The keys are the columns of the contract.
pub type Exported = String;

impl Store {
    /// The number of lines, for a progress bar.
    pub async fn count_export(&self, filter: &ExportFilter) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar(
            "/* count_export */ SELECT count(*) FROM news.all_articles
             WHERE ($1::timestamptz IS NULL OR updated_at >= $1) AND ($2 OR copy_of IS NULL)",
        )
        .bind(filter.since)
        .bind(filter.copies)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    /// The lines in the order of ids.
    pub fn export(
        &self,
        filter: &ExportFilter,
    ) -> impl Stream<Item = Result<Exported, StoreError>> + '_ {
        let statement = if filter.copies {
            "/* export */ SELECT row_to_json(a)::text FROM news.all_articles a
             WHERE $1::timestamptz IS NULL OR updated_at >= $1 ORDER BY id"
        } else {
            "/* export */ SELECT row_to_json(a)::text FROM news.articles a
             WHERE $1::timestamptz IS NULL OR updated_at >= $1 ORDER BY id"
        };
        sqlx::query_scalar(statement)
            .bind(filter.since)
            .fetch(&self.pool)
            .map(|line| line.map_err(StoreError::from))
    }
}
