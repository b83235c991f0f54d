//! A lease: the right to work on one row until an instant, without an open transaction.
//!
//! # Protocol
//!
//! One statement leases. It picks rows that are due with `SKIP LOCKED`, writes a token and an
//! expiry into each, moves the row's due time to the expiry, and takes a request slot of the row's
//! site. After that, one of three things happens:
//!
//! 1. The holder records an outcome. The statement compares the token, sets the next due time,
//!    clears the lease and frees the slot.
//! 2. The holder dies. At the expiry the row is due again and the slot no longer counts. Nothing
//!    has to be repaired.
//! 3. The holder is late. Another holder has leased the row, the token no longer matches, and the
//!    late outcome is dropped.
//!
//! Because the lease moves the due time itself, no other query has to look at leases: a row is due
//! or it is not.
//!
//! # Suspects and quarantine
//!
//! `attempts` counts the leases since the last recorded outcome. It is not the number of failures:
//! a failure is a recorded outcome, and an attempt without an outcome means that the process died.
//! A row with more than [`SUSPECT_AFTER`] attempts is a suspect: its bytes may kill the process
//! that parses them. If a process that holds two suspects dies, nobody can tell which one killed
//! it. So a process works on one suspect at a time, feeds and entries together:
//!
//! - [`SuspectLimit`] hands out one [`SuspectPermit`]. A lease statement without the permit passes
//!   over suspects; one with the permit leases at most one.
//! - The permit travels in the suspect's [`Lease`] and is freed when the lease is dropped: after
//!   its outcome is recorded, or when its holder panics or is cancelled.
//!
//! A process can die for reasons of its own, and then every suspect in progress gets the blame. So
//! a death during parsing, which takes a moment only, counts [`PARSING_ADDS`] more than a death
//! while an answer is awaited. A row with more than [`QUARANTINE_AFTER`] attempts is not parsed
//! again.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;
pub use wiresift_text::limits::later;

/// A row that this process may work on until `expires_at`.
#[derive(Debug, Clone)]
pub struct Lease<T> {
    pub item: T,
    /// The row holds the same token as long as the lease is ours.
    pub token: Uuid,
    /// The end of the lease. The site's slot that belongs to the lease has this instant as its
    /// name.
    pub expires_at: DateTime<Utc>,
    /// Leases since the last recorded outcome, including this one.
    pub attempts: u32,
    /// Present if and only if the row is a suspect that was leased by [`SuspectLimit`].
    pub permit: Option<SuspectPermit>,
}

impl<T> Lease<T> {
    /// Whether so many attempts ended in a death that the row must not be parsed again.
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        i64::from(self.attempts) > i64::from(QUARANTINE_AFTER)
    }

    /// Whether earlier attempts ended in a death.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        is_suspect(self.attempts)
    }
}

pub(super) fn is_suspect(attempts: u32) -> bool {
    i64::from(attempts) > i64::from(SUSPECT_AFTER)
}

/// Attempts without an outcome after which a row is a suspect.
pub(super) const SUSPECT_AFTER: i32 = 2;

/// Attempts without an outcome after which a row is quarantined: five deaths while it was parsed,
/// or eighteen at other moments.
pub(super) const QUARANTINE_AFTER: i32 = 20;

/// What the start of parsing adds to the attempts of a suspect.
pub(super) const PARSING_ADDS: i32 = 3;

/// Limits one process to one suspect at a time. Clones share the limit.
#[derive(Debug, Clone)]
pub struct SuspectLimit(Arc<Semaphore>);

impl Default for SuspectLimit {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl SuspectLimit {
    /// The permit to lease one suspect. `None` while another suspect is in progress.
    #[must_use]
    pub fn try_acquire(&self) -> Option<SuspectPermit> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(SuspectPermit(Arc::new(permit)))
    }
}

/// The permit to work on one suspect. It is freed when its last clone is dropped.
#[derive(Debug, Clone)]
pub struct SuspectPermit(
    #[expect(dead_code, reason = "held for its drop")] Arc<OwnedSemaphorePermit>,
);

/// How requests to one site are spaced, and how long a lease lasts.
#[derive(Debug, Clone, Copy)]
pub struct Politeness {
    /// Pause between the end of one request and the start of the next.
    pub spacing: Duration,
    /// Requests in progress at once.
    pub concurrency: u32,
    /// Longer than a fetch with all its time limits, plus extraction.
    pub lease: Duration,
}

impl Politeness {
    /// The end of a lease that starts now.
    #[must_use]
    pub fn expiry(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        later(now, self.lease)
    }
}

/// A duration in the milliseconds that the database stores.
#[must_use]
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_suspect_at_a_time_and_a_panic_frees_the_permit() {
        let limit = SuspectLimit::default();
        let permit = limit.try_acquire();
        assert!(permit.is_some());
        assert!(limit.clone().try_acquire().is_none());
        let lease = Lease {
            item: (),
            token: Uuid::nil(),
            expires_at: DateTime::UNIX_EPOCH,
            attempts: 3,
            permit,
        };
        let copy = lease.clone();
        drop(copy);
        assert!(limit.try_acquire().is_none(), "a clone shares the permit");
        let held = std::panic::catch_unwind(move || {
            assert!(!lease.is_suspect(), "a panic while the lease is held");
        });
        assert!(held.is_err());
        assert!(limit.try_acquire().is_some());
    }
}
