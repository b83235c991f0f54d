//! Counters by the hour: what became of entries, and what feeds did. The console shows them.
//!
//! They are written in the transaction whose work they count, so they neither miss nor repeat
//! anything. No page of the console counts rows of large tables instead.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use wiresift_text::limits;

use crate::filing::judge::Verdict;
use crate::store::{Store, StoreError};

/// How long outcomes are kept.
const OUTCOMES_KEPT: Duration = Duration::from_hours(24 * 35);

/// How long the hours of feeds are kept: a week and the day before.
const FEEDS_KEPT: Duration = Duration::from_hours(24 * 8);

/// Rows that one statement deletes.
const ROWS: i64 = 10_000;

/// What became of an entry that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HourlyOutcome {
    New,
    Revision,
    Copy,
    /// It is a further sighting of an article, or its article has not changed.
    Same,
    Skipped,
    Abandoned,
}

impl HourlyOutcome {
    pub const ALL: [Self; 6] =
        [Self::New, Self::Revision, Self::Copy, Self::Same, Self::Skipped, Self::Abandoned];

    /// The value in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revision => "revision",
            Self::Copy => "copy",
            Self::Same => "same",
            Self::Skipped => "skipped",
            Self::Abandoned => "abandoned",
        }
    }

    pub(super) fn from_stored(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == value)
    }

    pub(super) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::New => Self::New,
            Verdict::Revision { .. } => Self::Revision,
            Verdict::Copy { .. } => Self::Copy,
            Verdict::Same { .. } => Self::Same,
        }
    }
}

/// Counts the outcomes of a batch with their causes, and the entries that `waited` to be read at
/// addresses that are known now. The rows are written in a fixed order.
pub(super) async fn count_outcomes(
    connection: &mut PgConnection,
    at: DateTime<Utc>,
    outcomes: &[(HourlyOutcome, &'static str)],
    waited: u64,
) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(HourlyOutcome, &str), i64> = BTreeMap::new();
    for key in outcomes {
        *sums.entry(*key).or_default() += 1;
    }
    if waited > 0 {
        *sums.entry((HourlyOutcome::Same, "")).or_default() += waited as i64;
    }
    if sums.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* count_outcomes */ INSERT INTO outcome_hours AS h (hour, outcome, cause, entries)
         SELECT date_trunc('hour', $1), r.outcome, r.cause, r.entries
         FROM unnest($2::text[], $3::text[], $4::bigint[]) AS r (outcome, cause, entries)
         ON CONFLICT (hour, outcome, cause) DO UPDATE SET entries = h.entries + excluded.entries",
    )
    .bind(at)
    .bind(sums.keys().map(|(outcome, _)| outcome.as_str()).collect::<Vec<_>>())
    .bind(sums.keys().map(|(_, cause)| *cause).collect::<Vec<_>>())
    .bind(sums.values().copied().collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the new entries of a feed, and those of them that are not read.
pub(super) async fn count_entries(
    connection: &mut PgConnection,
    feed_id: i64,
    at: DateTime<Utc>,
    entries: u64,
    ended: u64,
) -> Result<(), StoreError> {
    if entries == 0 {
        return Ok(());
    }
    let bounded = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query(
        "/* count_entries */ INSERT INTO feed_hours AS h (feed_id, hour, entries, ended)
         VALUES ($1, date_trunc('hour', $2), $3, $4)
         ON CONFLICT (feed_id, hour) DO UPDATE SET
             entries = h.entries + excluded.entries, ended = h.ended + excluded.ended",
    )
    .bind(feed_id)
    .bind(at)
    .bind(bounded(entries))
    .bind(bounded(ended))
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Deletes counters that are older than the console shows. Returns how many rows it deleted.
    pub async fn forget_hours(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let outcomes = sqlx::query(
            "/* forget_hours */ DELETE FROM outcome_hours WHERE ctid = ANY(ARRAY(
                 SELECT ctid FROM outcome_hours WHERE hour < $1 ORDER BY hour LIMIT $2))",
        )
        .bind(limits::earlier(now, OUTCOMES_KEPT))
        .bind(ROWS)
        .execute(&self.pool)
        .await?;
        let feeds = sqlx::query(
            "/* forget_hours */ DELETE FROM feed_hours WHERE ctid = ANY(ARRAY(
                 SELECT ctid FROM feed_hours WHERE hour < $1 ORDER BY hour LIMIT $2))",
        )
        .bind(limits::earlier(now, FEEDS_KEPT))
        .bind(ROWS)
        .execute(&self.pool)
        .await?;
        Ok(outcomes.rows_affected() + feeds.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_from_their_stored_values() {
        for outcome in HourlyOutcome::ALL {
            assert_eq!(HourlyOutcome::from_stored(outcome.as_str()), Some(outcome));
        }
        assert_eq!(HourlyOutcome::from_stored("lost"), None);
    }
}
