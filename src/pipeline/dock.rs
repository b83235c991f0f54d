//! The dock: where the one suspect is that this process has in hand.
//!
//! A thing that was in hand when somebody died is a suspect (see `store::lease`). If two of them were in hand when
//! somebody dies again, nobody could tell which it was; so there is one at a time, feeds and entries together, from
//! the statement that leases it to the record of its outcome.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::store::{Lease, StoreError};

/// Empty, claimed for a lease statement, or taken by a suspect. A place ends by itself, in case whoever was to
/// leave it panicked.
#[derive(Default)]
pub(super) struct Dock(Mutex<Option<(Uuid, DateTime<Utc>)>>);

impl Dock {
    /// Claims the dock for a statement that may lease a suspect. None: it is taken.
    pub(super) fn claim(&self, now: DateTime<Utc>, until: DateTime<Utc>) -> Option<Uuid> {
        let mut place = self.place();
        if place.is_some_and(|(_, until)| until > now) {
            return None;
        }
        let claim = Uuid::new_v4();
        *place = Some((claim, until));
        Some(claim)
    }

    /// Turns a claim into the place of the suspect that was leased, if one was.
    pub(super) fn settle<T>(
        &self,
        claim: Option<Uuid>,
        leased: &Result<Vec<Lease<T>>, StoreError>,
    ) {
        let Some(claim) = claim else { return };
        let suspect = leased.iter().flatten().find(|lease| lease.is_suspect());
        let mut place = self.place();
        if place.is_some_and(|(token, _)| token == claim) {
            *place = suspect.map(|lease| (lease.token, lease.expires_at));
        }
    }

    /// Frees the place of a lease whose outcome is recorded. Whoever is no suspect has none.
    pub(super) fn leave(&self, token: Uuid) {
        let mut place = self.place();
        if place.is_some_and(|(taken, _)| taken == token) {
            *place = None;
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<(Uuid, DateTime<Utc>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
