//! Undoing a wrong merge: two articles of one cluster are split, and stay so.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Connection as _, FromRow};

use crate::filing::{Change, ChangeKind};
use crate::store::articles::{lock_filing, make_original, measure, recount};
use crate::store::changes::{ChangeRow, Head, append_changes, notify};
use crate::store::{Store, StoreError};
use wiresift_dedup::cluster::{Cut, Link, cut};

/// The result of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSplit {
    /// The original of the new cluster.
    pub original: i64,
    /// Its copies.
    pub moved: Vec<i64>,
    /// The edge that was cut.
    pub cut: Link,
}

#[derive(FromRow)]
struct LinkRow {
    article_id: i64,
    other_id: i64,
    strength: f32,
}

impl Store {
    /// Splits an article from another one of its cluster, at the weakest edge between them. The
    /// side without the original of the cluster becomes a cluster of its own. `None`: they are not
    /// in one cluster, or they have the same text, and then every later judgement would join them
    /// again.
    pub async fn split_copies(
        &self,
        article: i64,
        from: i64,
        at: DateTime<Utc>,
    ) -> Result<Option<ClusterSplit>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        lock_filing(&mut transaction, &[]).await?;
        let links: Vec<LinkRow> = sqlx::query_as(
            "/* split_copies */ SELECT e.article_id, e.other_id, e.strength FROM copy_edges e
             JOIN articles a ON a.id = e.article_id
             WHERE coalesce(a.copy_of, a.id) = (
                 SELECT coalesce(copy_of, id) FROM articles WHERE id = $1)",
        )
        .bind(article)
        .fetch_all(&mut *transaction)
        .await?;
        let links: Vec<Link> = links
            .into_iter()
            .map(|row| Link {
                article: row.article_id,
                other: row.other_id,
                strength: row.strength.into(),
            })
            .collect();
        let Some(found) = cut(&links, article, from).filter(|cut| cut.link.strength < 1.0) else {
            return Ok(None);
        };
        let written = write(&mut transaction, &links, article, from, &found, at).await?;
        let Some((split, head)) = written else { return Ok(None) };
        transaction.commit().await?;
        notify(&mut connection, head).await;
        Ok(Some(split))
    }
}

async fn write(
    connection: &mut sqlx::PgConnection,
    links: &[Link],
    article: i64,
    from: i64,
    found: &Cut,
    at: DateTime<Utc>,
) -> Result<Option<(ClusterSplit, Option<Head>)>, StoreError> {
    let all: Vec<i64> = links.iter().flat_map(|link| [link.article, link.other]).collect();
    let rows: Vec<(i64, Option<i64>, i32)> = sqlx::query_as(
        "/* split_copies */ SELECT id, copy_of, revision FROM articles WHERE id = ANY($1)
         ORDER BY first_seen_at, id",
    )
    .bind(all)
    .fetch_all(&mut *connection)
    .await?;
    let Some(before) = rows.iter().find(|(_, copy_of, _)| copy_of.is_none()).map(|(id, ..)| *id)
    else {
        return Ok(None);
    };
    // The side without the original leaves the cluster.
    let with_original = found.side.contains(&before);
    let leaving: Vec<&(i64, Option<i64>, i32)> =
        rows.iter().filter(|(id, ..)| found.side.contains(id) != with_original).collect();
    let Some((original, ..)) = leaving.first().map(|row| **row) else { return Ok(None) };
    let moved: Vec<i64> = leaving.iter().map(|(id, ..)| *id).filter(|id| *id != original).collect();
    sqlx::query(
        "/* split_copies */ DELETE FROM copy_edges WHERE article_id = $1 AND other_id = $2",
    )
    .bind(found.link.article)
    .bind(found.link.other)
    .execute(&mut *connection)
    .await?;
    let Link { article: one, other, strength } = found.link;
    let edge = json!({"article_id": one, "other_id": other, "strength": strength});
    sqlx::query(
        "/* split_copies */ INSERT INTO cluster_splits (one_id, other_id, split_at, edge)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(article)
    .bind(from)
    .bind(at)
    .bind(edge)
    .execute(&mut *connection)
    .await?;
    make_original(connection, original).await?;
    sqlx::query("/* split_copies */ UPDATE articles SET copy_of = $2 WHERE id = ANY($1)")
        .bind(&moved)
        .bind(original)
        .execute(&mut *connection)
        .await?;
    measure(connection, &moved.iter().copied().collect()).await?;
    recount(connection, &[before, original].into()).await?;
    let changes: Vec<ChangeRow> = leaving
        .iter()
        .map(|(id, _, revision)| {
            let (kind, other) = if *id == original {
                (ChangeKind::New, None)
            } else {
                (ChangeKind::Merged, Some(original))
            };
            ChangeRow::from(&Change { kind, article: *id, revision: *revision, other })
        })
        .collect();
    let head = append_changes(connection, &changes, at).await?;
    Ok(Some((ClusterSplit { original, moved, cut: found.link }, head)))
}
