//! A Lease: the right to work on one thing until an instant, without a transaction held open.
//!
//! The statement that leases picks rows with `SKIP LOCKED`, stamps a token and an expiry, moves the row's turn
//! to the expiry, and takes a slot of the row's site, all at once. From then on three things can happen. The
//! holder records an outcome: the statement is guarded by the token, sets the next turn and frees the slot. The
//! holder dies: at the expiry the row's turn comes again by itself and the slot counts as free, so there is
//! nothing to repair. The holder is late: its token no longer matches, its outcome is dropped, and whoever
//! leased the row meanwhile does the work.
//!
//! Because the turn itself is moved, no query needs to look at leases: a row is due or it is not.
//!
//! Attempts count leases since the last recorded outcome, apart from failures: a failure is an answer, an
//! attempt without outcome is a death. A row that was there when somebody died is a suspect; suspects are
//! leased one at a time per instance, so that the one that kills is found and the bystanders are cleared.
//!
//! Daemons also die for reasons of their own, again and again where memory is short, and whichever suspect is being
//! waited for at the time is innocent. So a death counts four times where the suspect's bytes were being parsed,
//! which takes a moment only: see [`suspects`](crate::store::suspects).

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;

/// A thing that is ours until `expires_at`.
#[derive(Debug, Clone)]
pub struct Lease<T> {
    /// What is leased.
    pub item: T,
    /// Proof that it is us.
    pub token: Uuid,
    /// When it falls back. Also names the slot of the site that goes with it.
    pub expires_at: DateTime<Utc>,
    /// Leases since the last recorded outcome, this one included.
    pub attempts: u32,
}

impl<T> Lease<T> {
    /// Whether whoever worked on it died so often that it must not be worked on again.
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        i64::from(self.attempts) > i64::from(QUARANTINE_AFTER)
    }

    /// Whether somebody died with it in hand.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        i64::from(self.attempts) > i64::from(SUSPECT_AFTER)
    }
}

/// Leases that ended in a death after which a row counts as a suspect.
pub(super) const SUSPECT_AFTER: i32 = 2;

/// Attempts without outcome after which a row is given up: five deaths of those who parsed it alone, or eighteen of those
/// who were alone with it at some other point.
pub(super) const QUARANTINE_AFTER: i32 = 20;

/// What parsing adds to an attempt of a suspect.
pub(super) const PARSING_ADDS: i32 = 3;

/// How requests to one site are held apart, and how long a lease runs.
#[derive(Debug, Clone, Copy)]
pub struct Politeness {
    /// Pause between the end of one request and the start of the next.
    pub spacing: Duration,
    /// Requests under way at once.
    pub concurrency: u32,
    /// Longer than a fetch with all its time limits, plus extraction.
    pub lease: Duration,
}

impl Politeness {
    /// When a lease that starts now falls back.
    #[must_use]
    pub fn expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        later(now, self.lease)
    }
}

/// Furthest that anything is put off: a bound that no arithmetic of Postgres or ours overflows.
const FURTHEST: TimeDelta = TimeDelta::days(3650);

/// `now + by`, ten years at most, to the microsecond that Postgres keeps.
#[must_use]
pub fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(FURTHEST).min(FURTHEST);
    (now + by).trunc_subsecs(6)
}

/// A duration as the database's milliseconds.
#[must_use]
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
