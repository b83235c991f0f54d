//! What near-duplicate judgement needs from the database, and what it leaves there.
//!
//! One round trip follows the keys of a whole batch, one fetches what they lead to, and from there on the pure room
//! judges. Both happen at the bench: a lock that those who judge articles take in turn. Two that judged one text at
//! once would both call it New, and unlike a digest a resemblance is nothing that an index could forbid. Batches make
//! the turns cheap, and nothing but the judgement and its record is done in them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::news::article::{DateSource, Dated};
use crate::news::cluster::{Member, trusted};
use crate::news::copy::{Agreement, WINDOW_DAYS};
use crate::news::fingerprint::{Fingerprint, Key};
use crate::news::kin::{Kinship, day};
use crate::news::neighbours::{HOT, PROBES, PrintId};
use crate::store::StoreError;
use crate::store::articles::Filing;
use crate::store::articles::identity::Identities;

/// Days that partitions are kept: the window, and one for clocks that differ.
const DAYS_KEPT: i32 = WINDOW_DAYS + 1;

/// Takes the bench until the end of the transaction.
pub(super) async fn take_bench(
    connection: &mut PgConnection,
    filings: &[Filing],
    identities: &Identities,
) -> Result<(), StoreError> {
    let days: BTreeSet<i32> =
        filings.iter().zip(&identities.of).filter(|(_, one)| one.is_some()).map(|(f, _)| day(f.at)).collect();
    if days.is_empty() {
        return Ok(());
    }
    bench(connection, &days.into_iter().collect::<Vec<_>>()).await
}

/// The same for who writes no prints.
pub(in crate::store) async fn bench(connection: &mut PgConnection, days: &[i32]) -> Result<(), StoreError> {
    sqlx::query("/* take_bench */ SELECT take_bench($1, $2)")
        .bind(days)
        .bind(DAYS_KEPT)
        .execute(connection)
        .await?;
    Ok(())
}

/// What a batch leaves for those after it to find.
#[derive(Debug, Default)]
pub(in crate::store) struct Posted {
    /// When each text was seen, and its print.
    pub(in crate::store) prints: BTreeMap<PrintId, (DateTime<Utc>, Vec<u8>)>,
    pub(in crate::store) keys: Vec<(Key, PrintId)>,
    /// Keys that were found to be hot, with their day.
    pub(in crate::store) hot: BTreeMap<i32, i32>,
}

#[derive(FromRow)]
struct KeyRow {
    key: i32,
    /// None: hot since the day.
    article_id: Option<i64>,
    day: i32,
}

/// A text that is looked up: its keys, and the day it was seen on.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Asked<'a> {
    pub(in crate::store) keys: &'a [Key],
    pub(in crate::store) day: i32,
}

/// What a batch looks up.
pub(super) fn asked<'a>(filings: &[Filing], identities: &'a Identities) -> Vec<Asked<'a>> {
    let texts = filings.iter().zip(&identities.of);
    let texts = texts.filter_map(|(filing, one)| Some((filing, one.as_ref()?.printed.as_ref()?)));
    texts.map(|(filing, printed)| Asked { keys: &printed.keys, day: day(filing.at) }).collect()
}

/// Follows the keys of the batch. A key that turns out to be hot gives way to the text's next one, which is a round
/// trip more, once for each such key in two weeks. The answer is the keys that were found to be hot, with their day.
pub(in crate::store) async fn follow_keys(
    connection: &mut PgConnection,
    asked: &[Asked<'_>],
    kinship: &mut Kinship,
) -> Result<BTreeMap<i32, i32>, StoreError> {
    let mut hot = BTreeMap::new();
    let mut known = BTreeSet::new();
    loop {
        let rows = keys_of(connection, asked, &hot).await?;
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.article_id.is_some()) {
            *counts.entry(row.key).or_default() += 1;
        }
        let grown: Vec<i32> =
            counts.into_iter().filter(|(_, count)| *count >= HOT).map(|(key, _)| key).collect();
        for row in rows {
            match row.article_id {
                Some(article) if known.insert((row.key, row.day, article)) => {
                    kinship.neighbours.post(Key(row.key), PrintId { day: row.day, article });
                }
                Some(_) => {}
                None => kinship.neighbours.heat(Key(row.key), row.day),
            }
        }
        let Some(today) = asked.iter().map(|text| text.day).max().filter(|_| !grown.is_empty()) else {
            return Ok(hot);
        };
        for key in grown {
            kinship.neighbours.heat(Key(key), today);
            hot.insert(key, today);
        }
    }
}

async fn keys_of(
    connection: &mut PgConnection,
    asked: &[Asked<'_>],
    hot: &BTreeMap<i32, i32>,
) -> Result<Vec<KeyRow>, StoreError> {
    let (mut places, mut ranks, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (place, text) in (0_i32..).zip(asked) {
        for (rank, key) in (0_i32..).zip(text.keys) {
            places.push(place);
            ranks.push(rank);
            keys.push(key.0);
        }
    }
    let days = asked.iter().map(|text| text.day);
    let Some((first, last)) = days.clone().min().zip(days.max()).filter(|_| !keys.is_empty()) else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query_as(
        "/* keys_of */
         WITH asked AS (
             SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS u (place, rank, key)
         ), hot AS (
             SELECT h.key, h.day FROM hot_keys h WHERE h.key = ANY($3) AND h.day >= $5
             UNION ALL SELECT key, $7 FROM unnest($4::integer[]) AS u (key)
         ), followed AS (
             SELECT DISTINCT key FROM (
                 SELECT key, row_number() OVER (PARTITION BY place ORDER BY rank) AS turn
                 FROM asked WHERE key NOT IN (SELECT key FROM hot)) AS cold
             WHERE turn <= $6
         )
         SELECT key, NULL::bigint AS article_id, day FROM hot
         UNION ALL
         SELECT f.key, n.article_id, n.day FROM followed f CROSS JOIN LATERAL (
             SELECT article_id, day FROM near_keys WHERE key = f.key AND day >= $5 AND day <= $7 LIMIT $8) AS n",
    )
    .bind(places)
    .bind(ranks)
    .bind(keys)
    .bind(hot.keys().copied().collect::<Vec<_>>())
    .bind(first - WINDOW_DAYS)
    .bind(i64::try_from(PROBES).unwrap_or(i64::MAX))
    .bind(last)
    .bind(i64::try_from(HOT).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
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
    pub(super) fn enter(&self, kinship: &mut Kinship) {
        let source = match self.published_source.as_str() {
            "json-ld" => Some(DateSource::JsonLd),
            "meta" => Some(DateSource::Meta),
            "feed" => Some(DateSource::Feed),
            _ => None,
        };
        let published = self.published_at.zip(source).map(|(at, source)| Dated { at, source });
        let member = Member {
            article: self.id,
            original: self.copy_of.unwrap_or(self.id),
            first_seen_at: self.first_seen_at,
            published_at: trusted(published, self.first_seen_at),
        };
        if self.copy_of.is_some() {
            kinship.clusters.enter_copy(member);
        } else {
            kinship.clusters.enter(member, usize::try_from(self.copies).unwrap_or(0) + 1);
        }
    }
}

#[derive(FromRow)]
struct PrintRow {
    article_id: i64,
    day: i32,
    seen_at: DateTime<Utc>,
    print: Vec<u8>,
}

/// Fetches what is to be compared: the prints that the keys led to, and those that copies which may be revised were
/// joined by, with their articles, their originals, and what was parted by hand.
pub(in crate::store) async fn fetch_prints(
    connection: &mut PgConnection,
    candidates: &BTreeSet<PrintId>,
    joined_to: &BTreeSet<i64>,
    kinship: &mut Kinship,
) -> Result<(), StoreError> {
    if candidates.is_empty() && joined_to.is_empty() {
        return Ok(());
    }
    let rows: Vec<PrintRow> = sqlx::query_as(
        "/* fetch_prints */
         SELECT p.article_id, p.day, p.seen_at, p.print
         FROM unnest($1::bigint[], $2::integer[]) AS u (article_id, day)
         JOIN near_prints p ON p.article_id = u.article_id AND p.day = u.day
         UNION ALL
         SELECT p.article_id, p.day, p.seen_at, p.print
         FROM unnest($3::bigint[]) AS u (article_id) CROSS JOIN LATERAL (
             SELECT * FROM near_prints n WHERE n.article_id = u.article_id ORDER BY n.day DESC LIMIT 1) AS p",
    )
    .bind(candidates.iter().map(|print| print.article).collect::<Vec<_>>())
    .bind(candidates.iter().map(|print| print.day).collect::<Vec<_>>())
    .bind(joined_to.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut articles = BTreeSet::new();
    for row in rows {
        if let Some(print) = Fingerprint::from_stored(&row.print) {
            articles.insert(row.article_id);
            let id = PrintId { day: row.day, article: row.article_id };
            kinship.prints.insert(id, (print, row.seen_at));
        }
    }
    fetch_members(connection, &articles, kinship).await
}

/// Fetches articles with their originals, locked like all that a judgement relies on, and what is apart from them.
async fn fetch_members(
    connection: &mut PgConnection,
    articles: &BTreeSet<i64>,
    kinship: &mut Kinship,
) -> Result<(), StoreError> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "/* fetch_members */ SELECT id, copy_of, copies, first_seen_at, published_at, published_source FROM articles
         WHERE id = ANY(ARRAY(
             SELECT unnest($1::bigint[])
             UNION SELECT copy_of FROM articles WHERE id = ANY($1) AND copy_of IS NOT NULL
             UNION SELECT unnest(ARRAY[one_id, other_id]) FROM copies_apart))
         ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(articles.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        row.enter(kinship);
    }
    let apart: Vec<(i64, i64)> =
        sqlx::query_as("/* fetch_members */ SELECT one_id, other_id FROM copies_apart")
            .fetch_all(connection)
            .await?;
    for (one, other) in apart {
        kinship.clusters.part(one, other);
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
pub(in crate::store) async fn insert_prints(
    connection: &mut PgConnection,
    posted: &Posted,
) -> Result<(), StoreError> {
    if !posted.hot.is_empty() {
        sqlx::query(
            "/* insert_prints */ INSERT INTO hot_keys (key, day) SELECT * FROM unnest($1::integer[], $2::integer[])
             ON CONFLICT (key) DO UPDATE SET day = excluded.day",
        )
        .bind(posted.hot.keys().copied().collect::<Vec<_>>())
        .bind(posted.hot.values().copied().collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
    }
    if posted.prints.is_empty() {
        return Ok(());
    }
    let articles: Vec<i64> = posted.prints.keys().map(|print| print.article).collect();
    let days: Vec<i32> = posted.prints.keys().map(|print| print.day).collect();
    let (seen_at, prints): (Vec<DateTime<Utc>>, Vec<Vec<u8>>) = posted.prints.values().cloned().unzip();
    sqlx::query(
        "/* insert_prints */ WITH keys AS (
             INSERT INTO near_keys (article_id, key, day)
             SELECT * FROM unnest($5::bigint[], $6::integer[], $7::integer[])
         )
         INSERT INTO near_prints (article_id, day, seen_at, print)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::bytea[])
         ON CONFLICT (article_id, day) DO UPDATE SET seen_at = excluded.seen_at, print = excluded.print",
    )
    .bind(articles)
    .bind(days)
    .bind(seen_at)
    .bind(prints)
    .bind(posted.keys.iter().map(|(_, print)| print.article).collect::<Vec<_>>())
    .bind(posted.keys.iter().map(|(key, _)| key.0).collect::<Vec<_>>())
    .bind(posted.keys.iter().map(|(_, print)| print.day).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Measures copies against their originals. What has no print any more keeps what it was measured at.
pub(in crate::store) async fn measure(
    connection: &mut PgConnection,
    copies: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    if copies.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "/* measure */ SELECT a.id, c.print, o.print FROM articles a
         CROSS JOIN LATERAL (SELECT print FROM near_prints WHERE article_id = a.id ORDER BY day DESC LIMIT 1) AS c
         CROSS JOIN LATERAL (SELECT print FROM near_prints WHERE article_id = a.copy_of ORDER BY day DESC LIMIT 1) AS o
         WHERE a.id = ANY($1)",
    )
    .bind(copies.iter().copied().collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let (mut ids, mut similarity, mut kept, mut added) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, copy, original) in rows {
        let prints = Fingerprint::from_stored(&copy).zip(Fingerprint::from_stored(&original));
        let Some((copy, original)) = prints else { continue };
        ids.push(id);
        similarity.push(Agreement::of(&copy, &original).resemblance);
        kept.push(original.body.share_in(&copy.body).unwrap_or(0.0));
        added.push(1.0 - copy.body.share_in(&original.body).unwrap_or(0.0));
    }
    sqlx::query(
        "/* measure */ UPDATE articles AS a SET similarity = r.similarity, kept = r.kept, added = r.added
         FROM unnest($1::bigint[], $2::float8[], $3::float8[], $4::float8[]) AS r (id, similarity, kept, added)
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
