//! What near-duplicate judgement needs from the database, and what it leaves there.
//!
//! One round trip follows the keys of a whole batch, one fetches what they lead to, and from there on the pure room
//! judges. Two instances that judge like texts at one moment would both call theirs New, and unlike a digest a
//! resemblance is nothing that an index could forbid. A lock around the judgement would let one stuck writer stop all.
//! So each looks once more just before it commits, when it has the head of the change log and with it its turn: who
//! finds that somebody was faster judges again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{FromRow, PgConnection};

use crate::news::copy::WINDOW_DAYS;
use crate::news::fingerprint::Key;
use crate::news::kin::{Kinship, day};
use crate::news::neighbours::{HOT, PROBES, PrintId};
use crate::store::articles::Filing;
use crate::store::articles::identity::Identities;
use crate::store::articles::prints::Posted;
use crate::store::{Store, StoreError};

/// Days that partitions are kept: the window, and one for clocks that differ.
const DAYS_KEPT: i32 = WINDOW_DAYS + 1;

impl Store {
    /// Opens the days that texts are to be posted on, in a transaction of its own: a new day changes the tables that
    /// all who judge read, and nobody must wait for that until a batch is through.
    pub(in crate::store) async fn open_days(&self, days: &BTreeSet<i32>) -> Result<(), StoreError> {
        for day in days {
            if !self.days.is_open(*day) {
                sqlx::query("/* open_days */ SELECT open_day($1, $2)")
                    .bind(day)
                    .bind(DAYS_KEPT)
                    .execute(&self.pool)
                    .await?;
                self.days.open(*day);
            }
        }
        Ok(())
    }
}

/// Days that are known to be open.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct OpenDays(Arc<Mutex<BTreeSet<i32>>>);

impl OpenDays {
    fn is_open(&self, day: i32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&day)
    }

    fn open(&self, day: i32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
    }

    /// Forgets all: the database may have been replaced.
    pub(in crate::store) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The days on which a batch posts texts.
pub(super) fn days(filings: &[Filing], identities: &Identities) -> BTreeSet<i32> {
    asked(filings, identities).iter().map(|text| text.day).collect()
}

/// Makes sure that nobody has posted a text under the batch's keys since they were followed. The head of the log is
/// locked first, which all who post do last: whoever was before us is visible by now, and whoever comes after us
/// will see us. What was not known is contention, and the batch is judged again.
pub(super) async fn recheck(connection: &mut PgConnection, posted: &Posted) -> Result<(), StoreError> {
    let Some(first) = posted.keys.iter().map(|(_, print)| print.day).min() else { return Ok(()) };
    sqlx::query("/* recheck */ SELECT FROM change_head FOR UPDATE").execute(&mut *connection).await?;
    let keys: BTreeSet<i32> = posted.keys.iter().map(|(key, _)| key.0).collect();
    let rows: Vec<(i32, i64)> = sqlx::query_as(
        "/* recheck */ SELECT key, article_id FROM near_keys WHERE key = ANY($1) AND day >= $2",
    )
    .bind(keys.into_iter().collect::<Vec<_>>())
    .bind(first - 1)
    .fetch_all(connection)
    .await?;
    if rows.iter().all(|row| posted.known.contains(row)) {
        return Ok(());
    }
    Err(StoreError::Contended(sqlx::Error::Protocol("a like text was filed at the same moment".to_owned())))
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
