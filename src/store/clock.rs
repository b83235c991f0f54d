//! Due times that a wrong clock has left in the future.
//!
//! A clock that was ahead, by a minute or by years, writes due times that lie as far ahead, and
//! after it is set right they would hold up their rows until then. No lawful due time lies beyond
//! the longest pause ([`wiresift_text::limits`]). So all that do are brought back to now: at the
//! start, with the first lease after each minute, and at once when the clock has gone back. What
//! another instance with a wrong clock writes meanwhile is brought back as well.
//!
//! A due time is a decision, and can be taken again. Instants that record what happened are left as
//! they are, because it may be this clock that is wrong. Code that reads those allows for instants
//! in the future.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::limits;

use crate::store::{Store, StoreError};

/// How often due times are looked at.
const EVERY: TimeDelta = TimeDelta::minutes(1);

/// What brings back the due times of one table: `$1` is now, `$2` the instant after which no due
/// time lies, `$3` the one after which no site is held, `$4` the one after which no lease ends.
///
/// Each condition is answered by an index, except for the one on sites, which are few. Feeds and
/// entries wake their sites.
const STATEMENTS: [(&str, &str); 6] = [
    (
        "sites",
        "UPDATE sites SET
             poll_at = CASE WHEN poll_at > $2 THEN $1 ELSE poll_at END,
             read_at = CASE WHEN read_at > $2 THEN $1 ELSE read_at END,
             next_request_at = CASE WHEN next_request_at > $3 THEN $1 ELSE next_request_at END,
             hold_reason = CASE WHEN next_request_at > $3 THEN NULL ELSE hold_reason END,
             slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(slots) AS slot
                      WHERE slot <= $4)
         WHERE host IN (
             SELECT host FROM sites
             WHERE poll_at > $2 OR read_at > $2 OR next_request_at > $3 OR $4 < ANY (slots)
             ORDER BY host FOR UPDATE)",
    ),
    (
        "feeds",
        "WITH back AS (
             UPDATE feeds SET next_poll_at = $1, last_poll_at = least(last_poll_at, $1)
             WHERE state <> 'paused' AND next_poll_at > $2 RETURNING host)
         UPDATE sites SET poll_at = least(poll_at, $1) WHERE host IN (SELECT host FROM back)",
    ),
    (
        "entries",
        "WITH back AS (
             UPDATE entries SET next_try_at = $1
             WHERE state = 'pending' AND next_try_at > $2 RETURNING host)
         UPDATE sites SET read_at = least(read_at, $1) WHERE host IN (SELECT host FROM back)",
    ),
    (
        "entries",
        "WITH back AS (
             UPDATE entries SET next_try_at = $1
             WHERE state <> 'pending' AND next_try_at IS NOT NULL AND next_try_at > $2
             RETURNING host)
         UPDATE sites SET read_at = least(read_at, $1) WHERE host IN (SELECT host FROM back)",
    ),
    ("subscriptions", "UPDATE subscriptions SET next_action_at = $1 WHERE next_action_at > $2"),
    (
        "feed_discoveries",
        "UPDATE feed_discoveries SET next_action_at = $1 WHERE next_action_at > $2",
    ),
];

/// When the due times were last looked at. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct ClockWatch(Arc<Mutex<Option<DateTime<Utc>>>>);

impl ClockWatch {
    /// Whether to look again. Only the first of several callers gets `true`.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| {
            let passed = now.signed_duration_since(last);
            passed < TimeDelta::zero() || passed >= EVERY
        });
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

impl Store {
    /// Brings due times back that lie beyond any lawful pause, if they were not looked at within
    /// the last minute, or the clock has gone back since then.
    pub(super) async fn watch_clock(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if !self.clock_watch.is_due(now) {
            return Ok(());
        }
        match self.bring_back(now).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_passing() => Err(error),
            Err(error) => {
                tracing::error!(%error, "cannot look for due times that a wrong clock has left");
                Ok(())
            }
        }
    }

    /// Brings due times back that lie beyond any lawful pause: they are due now. Returns their
    /// number.
    pub async fn bring_back(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut brought_back = 0;
        for (table, statement) in STATEMENTS {
            let statement = sqlx::AssertSqlSafe(format!("/* bring_back */ {statement}"));
            let mut query = sqlx::query(statement).bind(now).bind(limits::far(now));
            if table == "sites" {
                query = query
                    .bind(limits::after_all(now, limits::LONGEST_HOLD))
                    .bind(limits::after_all(now, limits::LONGEST_LEASE));
            }
            let rows = query.execute(&self.pool).await?.rows_affected();
            if rows > 0 {
                tracing::warn!(
                    table,
                    rows,
                    "due times lay further ahead than any pause, so a clock was wrong; \
                     they are due now"
                );
            }
            brought_back += rows;
        }
        Ok(brought_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_times_are_looked_at_each_minute_and_when_the_clock_has_gone_back() {
        let watch = ClockWatch::default();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let looks: Vec<bool> =
            [100, 101, 159, 160, 161, 150, 151, 9_999, 9_998].map(|s| watch.is_due(at(s))).into();
        assert_eq!(looks, [true, false, false, true, false, true, false, true, true]);
    }
}
