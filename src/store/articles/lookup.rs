//! Takes the filing lock, and looks up texts by their fingerprint keys.
//!
//! One round trip follows the keys of a whole batch, another loads the fingerprints to which they
//! lead, and the planner judges. All of this happens under the filing lock. Without it, two
//! transactions that judge similar texts at the same time would find both new, and no unique index
//! can prevent that. The lock costs little, because it is taken once for a batch, and only for
//! judging and writing.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{FromRow, PgConnection};
use wiresift_dedup::copy::WINDOW_DAYS;
use wiresift_dedup::fingerprint::Key;
use wiresift_dedup::index::{DuplicateIndex, day};
use wiresift_dedup::key_index::{FingerprintId, PROBES, STOP_KEY_COUNT};

use crate::filing::Submission;
use crate::store::StoreError;

/// The number of days for which partitions are kept: the window, and one day for differing clocks.
const DAYS_KEPT: i32 = WINDOW_DAYS + 1;

/// Takes the filing lock until the end of the transaction, if the batch may write texts or
/// clusters.
pub(super) async fn lock_filing_for(
    connection: &mut PgConnection,
    submissions: &[Submission<'_>],
) -> Result<(), StoreError> {
    let read = submissions.iter().filter(|one| one.lookup.is_some());
    let days: BTreeSet<i32> = read.map(|one| day(one.at)).collect();
    let may_retract = submissions.iter().any(|one| one.entry.revisit.is_some());
    if days.is_empty() && !may_retract {
        return Ok(());
    }
    lock_filing(connection, &days.into_iter().collect::<Vec<_>>()).await
}

/// Takes the filing lock until the end of the transaction, and creates the partitions of the days
/// on which fingerprints will be written.
pub(in crate::store) async fn lock_filing(
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

/// A text that is looked up: its keys, and the day on which it was seen.
#[derive(Debug, Clone, Copy)]
struct Text<'a> {
    keys: &'a [Key],
    day: i32,
}

fn texts<'a>(submissions: &[Submission<'a>]) -> Vec<Text<'a>> {
    let texts = submissions.iter().filter_map(|one| {
        let fingerprinted = one.lookup?.fingerprinted.as_ref()?;
        Some(Text { keys: &fingerprinted.keys, day: day(one.at) })
    });
    texts.collect()
}

#[derive(FromRow)]
struct KeyRow {
    key: i32,
    /// `None` if the key is a stop key since `day`.
    article_id: Option<i64>,
    day: i32,
}

/// Follows the keys of the batch. If a key has become a stop key, the text's next key is followed
/// instead. This takes one more round trip, once for each such key in two weeks. Returns the new
/// stop keys, with the day.
pub(super) async fn follow_keys(
    connection: &mut PgConnection,
    submissions: &[Submission<'_>],
    duplicates: &mut DuplicateIndex,
) -> Result<BTreeMap<Key, i32>, StoreError> {
    let texts = texts(submissions);
    let mut stop_keys = BTreeMap::new();
    let mut known = BTreeSet::new();
    loop {
        let rows = keys_of(connection, &texts, &stop_keys).await?;
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.article_id.is_some()) {
            *counts.entry(row.key).or_default() += 1;
        }
        for row in rows {
            match row.article_id {
                Some(article) if known.insert((row.key, row.day, article)) => {
                    duplicates.keys.post(Key(row.key), FingerprintId { day: row.day, article });
                }
                Some(_) => {}
                None => duplicates.keys.mark_stop_key(Key(row.key), row.day),
            }
        }
        let common = counts.into_iter().filter(|(_, count)| *count >= STOP_KEY_COUNT);
        let common: Vec<Key> = common.map(|(key, _)| Key(key)).collect();
        let today = texts.iter().map(|text| text.day).max();
        let Some(today) = today.filter(|_| !common.is_empty()) else { return Ok(stop_keys) };
        for key in common {
            duplicates.keys.mark_stop_key(key, today);
            stop_keys.insert(key, today);
        }
    }
}

async fn keys_of(
    connection: &mut PgConnection,
    texts: &[Text<'_>],
    new_stop_keys: &BTreeMap<Key, i32>,
) -> Result<Vec<KeyRow>, StoreError> {
    let (mut numbers, mut ranks, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (number, text) in (0_i32..).zip(texts) {
        for (rank, key) in (0_i32..).zip(text.keys) {
            numbers.push(number);
            ranks.push(rank);
            keys.push(key.0);
        }
    }
    let days = texts.iter().map(|text| text.day);
    let days = days.clone().min().zip(days.max()).filter(|_| !keys.is_empty());
    let Some((first, last)) = days else { return Ok(Vec::new()) };
    let rows = sqlx::query_as(
        "/* keys_of */
         WITH wanted AS (
             SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[])
                 AS u (text, rank, key)
         ), stop AS (
             SELECT s.key, s.day FROM stop_keys s WHERE s.key = ANY($3)
               AND s.day BETWEEN $5 AND $7
             UNION ALL SELECT key, $7 FROM unnest($4::integer[]) AS u (key)
         ), followed AS (
             SELECT DISTINCT key FROM (
                 SELECT key, row_number() OVER (PARTITION BY text ORDER BY rank) AS position
                 FROM wanted WHERE key NOT IN (SELECT key FROM stop)) AS rest
             WHERE position <= $6
         )
         SELECT key, NULL::bigint AS article_id, day FROM stop
         UNION ALL
         SELECT f.key, n.article_id, n.day FROM followed f CROSS JOIN LATERAL (
             SELECT article_id, day FROM fingerprint_keys
             WHERE key = f.key AND day >= $5 AND day <= $7 LIMIT $8) AS n",
    )
    .bind(numbers)
    .bind(ranks)
    .bind(keys)
    .bind(new_stop_keys.keys().map(|key| key.0).collect::<Vec<_>>())
    .bind(first - WINDOW_DAYS)
    .bind(i64::try_from(PROBES).unwrap_or(i64::MAX))
    .bind(last)
    .bind(i64::try_from(STOP_KEY_COUNT).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
