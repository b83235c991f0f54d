//! Loads the fingerprints with which a batch is compared, with their articles. Writes those of the
//! batch for later ones.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::filing::Records;
use crate::filing::publication::trusted;
use crate::store::StoreError;
use wiresift_dedup::cluster::Member;
use wiresift_dedup::fingerprint::Fingerprint;
use wiresift_dedup::index::DuplicateIndex;
use wiresift_dedup::key_index::FingerprintId;
use wiresift_extract::article::{DateSource, Dated};

/// An article as a member of a cluster.
#[derive(Debug, Clone, FromRow)]
pub(super) struct MemberRow {
    pub(super) id: i64,
    pub(super) copy_of: Option<i64>,
    pub(super) copies: i32,
    pub(super) first_seen_at: DateTime<Utc>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) published_source: String,
}

impl MemberRow {
    /// Enters the article into the index. The row of an original has the size of its cluster.
    pub(super) fn enter(&self, duplicates: &mut DuplicateIndex) {
        let source = match self.published_source.as_str() {
            "json-ld" => Some(DateSource::JsonLd),
            "meta" => Some(DateSource::Meta),
            "feed" => Some(DateSource::Feed),
            _ => None,
        };
        let published =
            self.published_at.zip(source).map(|(at, source)| Dated { at, zone: None, source });
        let member = Member {
            article: self.id,
            original: self.copy_of.unwrap_or(self.id),
            first_seen_at: self.first_seen_at,
            published_at: trusted(published, self.first_seen_at),
        };
        if self.copy_of.is_some() {
            duplicates.clusters.enter_copy(member);
        } else {
            duplicates.clusters.enter(member, usize::try_from(self.copies).unwrap_or(0) + 1);
        }
    }
}

/// A fingerprint with its article. The rows that only add the originals have no fingerprint.
#[derive(FromRow)]
struct FingerprintRow {
    #[sqlx(flatten)]
    member: MemberRow,
    day: Option<i32>,
    seen_at: Option<DateTime<Utc>>,
    fingerprint: Option<Vec<u8>>,
    /// Whether any cluster was split by hand.
    any_splits: bool,
}

/// Loads the fingerprints with which the batch is compared: the candidates, and the newest one of
/// each anchor. Also loads their articles, the originals of these, and the splits that were made by
/// hand.
pub(super) async fn fetch(
    connection: &mut PgConnection,
    candidates: &BTreeSet<FingerprintId>,
    anchors: &BTreeSet<i64>,
    duplicates: &mut DuplicateIndex,
) -> Result<(), StoreError> {
    if candidates.is_empty() && anchors.is_empty() {
        return Ok(());
    }
    let rows: Vec<FingerprintRow> = sqlx::query_as(
        "/* fetch_fingerprints */
         WITH seen AS MATERIALIZED (
             SELECT p.article_id, p.day, p.seen_at, p.fingerprint
             FROM unnest($1::bigint[], $2::integer[]) AS u (article_id, day)
             JOIN fingerprints p ON p.article_id = u.article_id AND p.day = u.day
             UNION ALL
             SELECT p.article_id, p.day, p.seen_at, p.fingerprint
             FROM unnest($3::bigint[]) AS u (article_id) CROSS JOIN LATERAL (
                 SELECT * FROM fingerprints n WHERE n.article_id = u.article_id
                 ORDER BY n.day DESC LIMIT 1) AS p
         ), members AS MATERIALIZED (
             SELECT a.id, a.copy_of, a.copies, a.first_seen_at, a.published_at, a.published_source,
                    p.day, p.seen_at, p.fingerprint
             FROM seen p JOIN articles a ON a.id = p.article_id
         )
         SELECT m.*, EXISTS (SELECT FROM cluster_splits) AS any_splits FROM members m
         UNION ALL
         SELECT o.id, o.copy_of, o.copies, o.first_seen_at, o.published_at, o.published_source,
                NULL, NULL, NULL, false
         FROM articles o
         WHERE o.id = ANY(ARRAY(SELECT copy_of FROM members WHERE copy_of IS NOT NULL))",
    )
    .bind(candidates.iter().map(|id| id.article).collect::<Vec<_>>())
    .bind(candidates.iter().map(|id| id.day).collect::<Vec<_>>())
    .bind(anchors.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut any_splits = false;
    for row in rows {
        any_splits |= row.any_splits;
        row.member.enter(duplicates);
        let Some((day, seen_at)) = row.day.zip(row.seen_at) else { continue };
        if let Some(fingerprint) =
            row.fingerprint.and_then(|fingerprint| Fingerprint::from_stored(&fingerprint))
        {
            duplicates
                .fingerprints
                .insert(FingerprintId { day, article: row.member.id }, (fingerprint, seen_at));
        }
    }
    if any_splits { fetch_splits(connection, duplicates).await } else { Ok(()) }
}

/// Loads all splits that were made by hand, with their articles. They are few.
async fn fetch_splits(
    connection: &mut PgConnection,
    duplicates: &mut DuplicateIndex,
) -> Result<(), StoreError> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "/* fetch_splits: articles */
         SELECT id, copy_of, copies, first_seen_at, published_at, published_source
         FROM articles
         WHERE id = ANY(ARRAY(SELECT unnest(ARRAY[one_id, other_id]) FROM cluster_splits))",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        row.enter(duplicates);
    }
    let splits: Vec<(i64, i64)> =
        sqlx::query_as("/* fetch_splits */ SELECT one_id, other_id FROM cluster_splits")
            .fetch_all(connection)
            .await?;
    for (one, other) in splits {
        duplicates.clusters.split(one, other);
    }
    Ok(())
}

/// Loads the edges of articles.
pub(super) async fn edges_of(
    connection: &mut PgConnection,
    articles: &BTreeSet<i64>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    if articles.is_empty() {
        return Ok(Vec::new());
    }
    let edges = sqlx::query_as(
        "/* edges_of */ SELECT article_id, other_id FROM copy_edges WHERE article_id = ANY($1)
         UNION SELECT article_id, other_id FROM copy_edges WHERE other_id = ANY($1)",
    )
    .bind(articles.iter().copied().collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    Ok(edges)
}

/// Writes the fingerprints of a batch, their keys, and the new stop keys.
pub(super) async fn insert(
    connection: &mut PgConnection,
    records: &Records<'_>,
) -> Result<(), StoreError> {
    if !records.stop_keys.is_empty() {
        sqlx::query(
            "/* insert_stop_keys */ INSERT INTO stop_keys (key, day)
             SELECT * FROM unnest($1::integer[], $2::integer[])
             ON CONFLICT (key) DO UPDATE SET day = excluded.day",
        )
        .bind(records.stop_keys.keys().map(|key| key.0).collect::<Vec<_>>())
        .bind(records.stop_keys.values().copied().collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
    }
    if records.fingerprints.is_empty() {
        return Ok(());
    }
    let ids = || records.fingerprints.keys();
    let seen = || records.fingerprints.values();
    let keys = || records.fingerprint_keys.iter();
    sqlx::query(
        "/* insert_fingerprints */ WITH keys AS (
             INSERT INTO fingerprint_keys (article_id, key, day)
             SELECT * FROM unnest($5::bigint[], $6::integer[], $7::integer[])
         )
         INSERT INTO fingerprints (article_id, day, seen_at, fingerprint)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::bytea[])
         ON CONFLICT (article_id, day)
             DO UPDATE SET seen_at = excluded.seen_at, fingerprint = excluded.fingerprint",
    )
    .bind(ids().map(|id| id.article).collect::<Vec<_>>())
    .bind(ids().map(|id| id.day).collect::<Vec<_>>())
    .bind(seen().map(|(seen_at, _)| *seen_at).collect::<Vec<_>>())
    .bind(seen().map(|(_, fingerprint)| fingerprint.to_stored()).collect::<Vec<_>>())
    .bind(keys().map(|(_, id)| id.article).collect::<Vec<_>>())
    .bind(keys().map(|(key, _)| key.0).collect::<Vec<_>>())
    .bind(keys().map(|(_, id)| id.day).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
