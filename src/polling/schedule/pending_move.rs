//! Whether a feed that redirects has moved for good.
//!
//! A redirect is followed each time it is met, and a temporary one (302, 307) is no more than that. A permanent one (301,
//! 308) says that the address has changed, and is not taken at its word: parked domains, log-in pages and faulty proxies
//! say so too. The new address is adopted once a chain of permanent redirects has led to it five times over three days or
//! more, and what it showed at the first of these had entries in common with what was known. The listed address is kept; an
//! adopted address that fails for a day, or says that it is gone, is given up again for the listed one. One that somebody
//! gave up by hand is not adopted again ([`Habits::refuse`](super::Habits::refuse)).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Sightings before a new address is adopted.
const MIN_REDIRECTS: u32 = 5;

/// Time from the first step to the adoption, at least.
const MIN_TRIAL: TimeDelta = TimeDelta::days(3);

/// How long an adopted address may fail, and how often.
const MAX_FAILING: TimeDelta = TimeDelta::days(1);
const MIN_FAILURES: u32 = 3;

/// Where a feed seems to have moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMove {
    /// The new address.
    pub to: String,
    since: DateTime<Utc>,
    redirects: u32,
    /// Whether its entries were those of the old address.
    shares_entries: bool,
}

/// What a step comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MoveStep {
    /// The first of this address.
    FirstSeen,
    /// One more.
    SeenAgain,
    /// The last that it took.
    Adopted,
}

impl PendingMove {
    /// Takes in that a chain of permanent redirects led to `to`, where there was a feed. `shares_entries`: with entries that are
    /// known.
    pub(super) fn redirected(
        slot: &mut Option<Self>,
        to: &str,
        shares_entries: bool,
        now: DateTime<Utc>,
    ) -> MoveStep {
        let Some(moving) = slot.as_mut().filter(|moving| moving.to == to) else {
            *slot = Some(Self { to: to.to_owned(), since: now, redirects: 1, shares_entries });
            return MoveStep::FirstSeen;
        };
        moving.redirects = moving.redirects.saturating_add(1);
        if moving.shares_entries
            && moving.redirects >= MIN_REDIRECTS
            && now - moving.since >= MIN_TRIAL
        {
            *slot = None;
            return MoveStep::Adopted;
        }
        MoveStep::SeenAgain
    }
}

/// Whether an adopted address is given up.
pub(super) fn is_abandoned(
    failures: u32,
    is_gone: bool,
    last_success_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let is_long = last_success_at.is_none_or(|at| now - at >= MAX_FAILING);
    is_gone || (failures >= MIN_FAILURES && is_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "https://new.example/feed";

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    #[test]
    fn five_sightings_over_three_days_adopt() {
        let mut moving = None;
        assert_eq!(PendingMove::redirected(&mut moving, NEW, true, day(0)), MoveStep::FirstSeen);
        for _ in 0..10 {
            assert_eq!(
                PendingMove::redirected(&mut moving, NEW, true, day(2)),
                MoveStep::SeenAgain
            );
        }
        assert_eq!(PendingMove::redirected(&mut moving, NEW, false, day(3)), MoveStep::Adopted);
        assert_eq!(moving, None);
    }

    #[test]
    fn rare_sightings_of_strangers_do_not() {
        let mut moving = None;
        for number in 0..4 {
            assert_ne!(
                PendingMove::redirected(&mut moving, NEW, true, day(number * 10)),
                MoveStep::Adopted
            );
        }
        assert_eq!(
            PendingMove::redirected(&mut moving, "https://other.example/", false, day(50)),
            MoveStep::FirstSeen
        );
        for number in 51..80 {
            let step =
                PendingMove::redirected(&mut moving, "https://other.example/", true, day(number));
            assert_eq!(step, MoveStep::SeenAgain);
        }
    }

    #[test]
    fn an_adopted_address_that_fails_is_abandoned() {
        assert!(!is_abandoned(3, false, Some(day(0)), day(0) + TimeDelta::hours(5)));
        assert!(!is_abandoned(2, false, Some(day(0)), day(5)));
        assert!(is_abandoned(3, false, Some(day(0)), day(1)));
        assert!(is_abandoned(1, true, Some(day(0)), day(0)));
    }
}
