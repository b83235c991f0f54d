//! The prints that keys lead to, with their articles: fetched to be compared, and left for those after.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::filing::publication::trusted;
use crate::store::StoreError;
use wiresift_dedup::cluster::Member;
use wiresift_dedup::fingerprint::{Fingerprint, Key};
use wiresift_dedup::index::DuplicateIndex;
use wiresift_dedup::key_index::FingerprintId;
use wiresift_extract::article::{DateSource, Dated};

/// What a batch leaves for those after it to find.
#[derive(Debug, Default)]
pub(in crate::store) struct Posted {
    /// When each text was seen, and its print.
    pub(in crate::store) fingerprints: BTreeMap<FingerprintId, (DateTime<Utc>, Vec<u8>)>,
    pub(in crate::store) keys: Vec<(Key, FingerprintId)>,
    /// Keys that were found to be hot, with their day.
    pub(in crate::store) hot: BTreeMap<i32, i32>,
}

/// An article as clusters see it.
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
    /// Enters it; the size of a copy's cluster is told by its original.
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

/// A print with its article; an original that was not asked for comes without one.
#[derive(FromRow)]
struct FingerprintRow {
    #[sqlx(flatten)]
    member: MemberRow,
    day: Option<i32>,
    seen_at: Option<DateTime<Utc>>,
    fingerprint: Option<Vec<u8>>,
    /// Somebody was parted by hand, whoever it was.
    any_apart: bool,
}

/// Fetches what is to be compared: the prints that the keys led to, and those that copies which may be revised were
/// joined by, with their articles, their originals, and what was parted by hand.
pub(in crate::store) async fn fetch_fingerprints(
    connection: &mut PgConnection,
    candidates: &BTreeSet<FingerprintId>,
    joined_to: &BTreeSet<i64>,
    duplicates: &mut DuplicateIndex,
) -> Result<(), StoreError> {
    if candidates.is_empty() && joined_to.is_empty() {
        return Ok(());
    }
    let rows: Vec<FingerprintRow> = sqlx::query_as(
        "/* fetch_fingerprints */
         WITH prints AS MATERIALIZED (
             SELECT p.article_id, p.day, p.seen_at, p.fingerprint
             FROM unnest($1::bigint[], $2::integer[]) AS u (article_id, day)
             JOIN fingerprints p ON p.article_id = u.article_id AND p.day = u.day
             UNION ALL
             SELECT p.article_id, p.day, p.seen_at, p.fingerprint
             FROM unnest($3::bigint[]) AS u (article_id) CROSS JOIN LATERAL (
                 SELECT * FROM fingerprints n WHERE n.article_id = u.article_id ORDER BY n.day DESC LIMIT 1) AS p
         ), members AS MATERIALIZED (
             SELECT a.id, a.copy_of, a.copies, a.first_seen_at, a.published_at, a.published_source,
                    p.day, p.seen_at, p.fingerprint
             FROM prints p JOIN articles a ON a.id = p.article_id
         )
         SELECT m.*, EXISTS (SELECT FROM cluster_splits) AS any_apart FROM members m
         UNION ALL
         SELECT o.id, o.copy_of, o.copies, o.first_seen_at, o.published_at, o.published_source,
                NULL, NULL, NULL, false
         FROM articles o WHERE o.id = ANY(ARRAY(SELECT copy_of FROM members WHERE copy_of IS NOT NULL))",
    )
    .bind(candidates.iter().map(|fingerprint| fingerprint.article).collect::<Vec<_>>())
    .bind(candidates.iter().map(|fingerprint| fingerprint.day).collect::<Vec<_>>())
    .bind(joined_to.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut any_apart = false;
    for row in rows {
        any_apart |= row.any_apart;
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
    if any_apart { fetch_apart(connection, duplicates).await } else { Ok(()) }
}

/// Fetches who was parted from whom, with their articles: few, since people did it.
async fn fetch_apart(
    connection: &mut PgConnection,
    duplicates: &mut DuplicateIndex,
) -> Result<(), StoreError> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "/* fetch_apart */ SELECT id, copy_of, copies, first_seen_at, published_at, published_source FROM articles
         WHERE id = ANY(ARRAY(SELECT unnest(ARRAY[one_id, other_id]) FROM cluster_splits))",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        row.enter(duplicates);
    }
    let apart: Vec<(i64, i64)> =
        sqlx::query_as("/* fetch_apart */ SELECT one_id, other_id FROM cluster_splits")
            .fetch_all(connection)
            .await?;
    for (one, other) in apart {
        duplicates.clusters.part(one, other);
    }
    Ok(())
}

/// The edges of copies that may be revised.
pub(super) async fn edges_of(
    connection: &mut PgConnection,
    articles: &[i64],
) -> Result<Vec<(i64, i64)>, StoreError> {
    if articles.is_empty() {
        return Ok(Vec::new());
    }
    let edges = sqlx::query_as(
        "/* edges_of */ SELECT article_id, other_id FROM copy_edges WHERE article_id = ANY($1)
         UNION SELECT article_id, other_id FROM copy_edges WHERE other_id = ANY($1)",
    )
    .bind(articles)
    .fetch_all(connection)
    .await?;
    Ok(edges)
}

/// Writes prints, keys, and the keys that were found to be hot.
pub(in crate::store) async fn insert_fingerprints(
    connection: &mut PgConnection,
    posted: &Posted,
) -> Result<(), StoreError> {
    if !posted.hot.is_empty() {
        sqlx::query(
            "/* insert_fingerprints */ INSERT INTO stop_keys (key, day) SELECT * FROM unnest($1::integer[], $2::integer[])
             ON CONFLICT (key) DO UPDATE SET day = excluded.day",
        )
        .bind(posted.hot.keys().copied().collect::<Vec<_>>())
        .bind(posted.hot.values().copied().collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
    }
    if posted.fingerprints.is_empty() {
        return Ok(());
    }
    let articles: Vec<i64> =
        posted.fingerprints.keys().map(|fingerprint| fingerprint.article).collect();
    let days: Vec<i32> = posted.fingerprints.keys().map(|fingerprint| fingerprint.day).collect();
    let (seen_at, fingerprints): (Vec<DateTime<Utc>>, Vec<Vec<u8>>) =
        posted.fingerprints.values().cloned().unzip();
    sqlx::query(
        "/* insert_fingerprints */ WITH keys AS (
             INSERT INTO fingerprint_keys (article_id, key, day)
             SELECT * FROM unnest($5::bigint[], $6::integer[], $7::integer[])
         )
         INSERT INTO fingerprints (article_id, day, seen_at, fingerprint)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::bytea[])
         ON CONFLICT (article_id, day) DO UPDATE SET seen_at = excluded.seen_at, fingerprint = excluded.fingerprint",
    )
    .bind(articles)
    .bind(days)
    .bind(seen_at)
    .bind(fingerprints)
    .bind(posted.keys.iter().map(|(_, fingerprint)| fingerprint.article).collect::<Vec<_>>())
    .bind(posted.keys.iter().map(|(key, _)| key.0).collect::<Vec<_>>())
    .bind(posted.keys.iter().map(|(_, fingerprint)| fingerprint.day).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
