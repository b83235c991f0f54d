//! Writes clusters of copies: edges, clusters that move, numbers of copies, similarities.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::Fingerprint;

use crate::filing::records::{EdgeRecord, Move, Records};
use crate::store::StoreError;
use crate::store::articles::rows::{EdgeRow, json};

/// Writes the edges and the moves of a batch. Adds the changes of the clusters that move to
/// `records`.
pub(super) async fn relate(
    connection: &mut PgConnection,
    records: &mut Records<'_>,
) -> Result<(), StoreError> {
    insert_edges(connection, &records.edges).await?;
    for one in std::mem::take(&mut records.moves) {
        let moved = move_cluster(connection, one).await?;
        records.measure.extend(moved.iter().map(|(id, _)| *id));
        records.recount.extend([one.from, one.to]);
        let changes = moved.into_iter().map(|(article, revision)| one.change_of(article, revision));
        records.changes.extend(changes);
    }
    measure(connection, &records.measure).await?;
    recount(connection, &records.recount).await
}

/// Takes copies out of their clusters. Deletes their edges, and the fingerprints of their old
/// texts.
pub(super) async fn leave_clusters(
    connection: &mut PgConnection,
    left: &[i64],
) -> Result<(), StoreError> {
    if left.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* leave_clusters */ WITH gone AS (DELETE FROM fingerprints WHERE article_id = ANY($1))
         DELETE FROM copy_edges WHERE article_id = ANY($1) OR other_id = ANY($1)",
    )
    .bind(left)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_edges(
    connection: &mut PgConnection,
    edges: &[EdgeRecord],
) -> Result<(), StoreError> {
    if edges.is_empty() {
        return Ok(());
    }
    let rows: Vec<EdgeRow> = edges.iter().map(EdgeRow::of).collect::<Result<_, _>>()?;
    sqlx::query(
        "/* insert_edges */
         INSERT INTO copy_edges (article_id, other_id, joined_at, rule, strength, evidence)
         SELECT article_id, other_id, joined_at, rule, strength, evidence
         FROM jsonb_to_recordset($1) AS r (
             article_id bigint, other_id bigint, joined_at timestamptz, rule smallint,
             strength real, evidence jsonb)",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves an original and its copies to another original. The new original stops being a copy only
/// after that, because two originals cannot have one text at any time.
async fn move_cluster(
    connection: &mut PgConnection,
    one: Move,
) -> Result<Vec<(i64, i32)>, StoreError> {
    let moved: Vec<(i64, i32)> = sqlx::query_as(
        "/* move_cluster */
         WITH moved AS (
             UPDATE articles SET copy_of = $2, similarity = coalesce(similarity, $3::float8)
             WHERE (id = $1 OR copy_of = $1) AND id <> $2 RETURNING id, revision
         )
         SELECT id, revision FROM moved ORDER BY id <> $1, id",
    )
    .bind(one.from)
    .bind(one.to)
    .bind(one.similarity)
    .fetch_all(&mut *connection)
    .await?;
    make_original(connection, one.to).await?;
    Ok(moved)
}

/// Makes an article an original, if it is a copy.
pub(in crate::store) async fn make_original(
    connection: &mut PgConnection,
    article: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "/* make_original */
         UPDATE articles SET copy_of = NULL, similarity = NULL, kept = NULL, added = NULL
         WHERE id = $1 AND copy_of IS NOT NULL",
    )
    .bind(article)
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the copies of articles again.
pub(in crate::store) async fn recount(
    connection: &mut PgConnection,
    articles: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    if articles.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* recount */ UPDATE articles AS a SET copies = r.copies
         FROM (SELECT u.id, (SELECT count(*) FROM articles c WHERE c.copy_of = u.id) AS copies
               FROM unnest($1::bigint[]) AS u (id)) AS r
         WHERE a.id = r.id AND a.copies <> r.copies",
    )
    .bind(articles.iter().copied().collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Compares copies with their originals and writes their similarity. If a fingerprint has left the
/// window, the copy keeps its old values.
pub(in crate::store) async fn measure(
    connection: &mut PgConnection,
    copies: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    if copies.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "/* measure */ SELECT a.id, c.fingerprint, o.fingerprint FROM articles a
         CROSS JOIN LATERAL (
             SELECT fingerprint FROM fingerprints WHERE article_id = a.id
             ORDER BY day DESC LIMIT 1) AS c
         CROSS JOIN LATERAL (
             SELECT fingerprint FROM fingerprints WHERE article_id = a.copy_of
             ORDER BY day DESC LIMIT 1) AS o
         WHERE a.id = ANY($1)",
    )
    .bind(copies.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let (mut ids, mut similarity, mut kept, mut added) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, copy, original) in rows {
        let fingerprints = Fingerprint::from_stored(&copy).zip(Fingerprint::from_stored(&original));
        let Some((copy, original)) = fingerprints else { continue };
        ids.push(id);
        similarity.push(Agreement::of(&copy, &original).resemblance);
        kept.push(original.body.share_in(&copy.body).unwrap_or(0.0));
        added.push(1.0 - copy.body.share_in(&original.body).unwrap_or(0.0));
    }
    sqlx::query(
        "/* measure: write */ UPDATE articles AS a
         SET similarity = r.similarity, kept = r.kept, added = r.added
         FROM unnest($1::bigint[], $2::float8[], $3::float8[], $4::float8[])
              AS r (id, similarity, kept, added)
         WHERE a.id = r.id",
    )
    .bind(ids)
    .bind(similarity)
    .bind(kept)
    .bind(added)
    .execute(connection)
    .await?;
    Ok(())
}
