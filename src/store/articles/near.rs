//! What near-duplicate judgement needs from the database, and what it leaves there.
//!
//! One round trip follows the keys of a whole batch, one fetches what they lead to, and from there on the pure room
//! judges. Both happen at the bench: a lock that those who judge articles take in turn. Two that judged one text at
//! once would both call it New, and unlike a digest a resemblance is nothing that an index could forbid. Batches make
//! the turns cheap, and nothing but the judgement and its record is done in them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{FromRow, PgConnection};

use crate::store::StoreError;
use crate::store::articles::Filing;
use crate::store::articles::identity::Identities;
use wiresift_dedup::copy::WINDOW_DAYS;
use wiresift_dedup::fingerprint::Key;
use wiresift_dedup::index::{DuplicateIndex, day};
use wiresift_dedup::key_index::{FingerprintId, PROBES, STOP_KEY_COUNT};

/// Days that partitions are kept: the window, and one for clocks that differ.
const DAYS_KEPT: i32 = WINDOW_DAYS + 1;

/// Takes the bench until the end of the transaction.
pub(super) async fn acquire_filing_lock(
    connection: &mut PgConnection,
    filings: &[Filing],
    identities: &Identities,
) -> Result<(), StoreError> {
    let days: BTreeSet<i32> = filings
        .iter()
        .zip(&identities.of)
        .filter(|(_, one)| one.is_some())
        .map(|(f, _)| day(f.at))
        .collect();
    let retracts = filings.iter().any(|filing| filing.lease.item.revisit.is_some());
    if days.is_empty() && !retracts {
        return Ok(());
    }
    bench(connection, &days.into_iter().collect::<Vec<_>>()).await
}

/// The same for who writes no prints.
pub(in crate::store) async fn bench(
    connection: &mut PgConnection,
    days: &[i32],
) -> Result<(), StoreError> {
    sqlx::query("/* acquire_filing_lock */ SELECT acquire_filing_lock($1, $2)")
        .bind(days)
        .bind(DAYS_KEPT)
        .execute(connection)
        .await?;
    Ok(())
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
    let texts =
        texts.filter_map(|(filing, one)| Some((filing, one.as_ref()?.fingerprinted.as_ref()?)));
    texts
        .map(|(filing, fingerprinted)| Asked { keys: &fingerprinted.keys, day: day(filing.at) })
        .collect()
}

/// Follows the keys of the batch. A key that turns out to be hot gives way to the text's next one, which is a round
/// trip more, once for each such key in two weeks. The answer is the keys that were found to be hot, with their day.
pub(in crate::store) async fn follow_keys(
    connection: &mut PgConnection,
    asked: &[Asked<'_>],
    duplicates: &mut DuplicateIndex,
) -> Result<BTreeMap<i32, i32>, StoreError> {
    let mut hot = BTreeMap::new();
    let mut known = BTreeSet::new();
    loop {
        let rows = keys_of(connection, asked, &hot).await?;
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.article_id.is_some()) {
            *counts.entry(row.key).or_default() += 1;
        }
        let grown: Vec<i32> = counts
            .into_iter()
            .filter(|(_, count)| *count >= STOP_KEY_COUNT)
            .map(|(key, _)| key)
            .collect();
        for row in rows {
            match row.article_id {
                Some(article) if known.insert((row.key, row.day, article)) => {
                    duplicates
                        .keys_index
                        .post(Key(row.key), FingerprintId { day: row.day, article });
                }
                Some(_) => {}
                None => duplicates.keys_index.mark_stop_key(Key(row.key), row.day),
            }
        }
        let Some(today) = asked.iter().map(|text| text.day).max().filter(|_| !grown.is_empty())
        else {
            return Ok(hot);
        };
        for key in grown {
            duplicates.keys_index.mark_stop_key(Key(key), today);
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
    let Some((first, last)) = days.clone().min().zip(days.max()).filter(|_| !keys.is_empty())
    else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query_as(
        "/* keys_of */
         WITH asked AS (
             SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS u (place, rank, key)
         ), hot AS (
             SELECT h.key, h.day FROM stop_keys h WHERE h.key = ANY($3) AND h.day >= $5
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
             SELECT article_id, day FROM fingerprint_keys WHERE key = f.key AND day >= $5 AND day <= $7 LIMIT $8) AS n",
    )
    .bind(places)
    .bind(ranks)
    .bind(keys)
    .bind(hot.keys().copied().collect::<Vec<_>>())
    .bind(first - WINDOW_DAYS)
    .bind(i64::try_from(PROBES).unwrap_or(i64::MAX))
    .bind(last)
    .bind(i64::try_from(STOP_KEY_COUNT).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
