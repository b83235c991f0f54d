//! The cluster of an article.

use crate::store::console::Look;
use crate::store::{Relative, StoreError};

/// Members on a page.
const MOST: i64 = 200;

impl Look {
    /// The cluster of an article, first seen first, at most 200. Empty if it is neither a copy nor
    /// has one.
    pub async fn cluster(&mut self, article: i64) -> Result<Vec<Relative>, StoreError> {
        let relatives = sqlx::query_as(
            "/* cluster */ SELECT original_id, position, article_id, url, title, published_at,
                    first_seen_at, similarity::real, kept::real, added::real, joined_to
             FROM news.lineage
             WHERE original_id = (SELECT coalesce(copy_of, id) FROM articles WHERE id = $1)
             ORDER BY position LIMIT $2",
        )
        .bind(article)
        .bind(MOST)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(relatives)
    }
}
