//! Decides whether a feed that redirects has moved for good.
//!
//! Every redirect is followed when it occurs, and a temporary one (302, 307) has no further effect.
//! A permanent one (301, 308) claims that the address has changed. That is not believed at once:
//! parked domains, log-in pages and faulty proxies send it too. A new address is adopted once a
//! chain of permanent redirects has led to it five times over three days or more, if it shared
//! entries with the old address when it was first seen. The listed address is kept. An adopted
//! address that fails for a day, or responds 410, is dropped again in favour of the listed one. An
//! address that the operator rejected is never adopted
//! ([`Habits::reject_address`](super::Habits::reject_address)).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wiresift_text::limits;

/// Redirects before a new address is adopted.
const MIN_REDIRECTS: u32 = 5;

/// Least time from the first redirect to the adoption.
const MIN_TRIAL: TimeDelta = TimeDelta::days(3);

/// How long, and how often, an adopted address may fail.
const MAX_FAILING: TimeDelta = TimeDelta::days(1);
const MIN_FAILURES: u32 = 3;

/// An address to which a feed seems to have moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMove {
    /// The new address.
    pub to: String,
    since: DateTime<Utc>,
    redirects: u32,
    /// Whether it shared entries with the old address when it was first seen.
    shares_entries: bool,
}

/// The effect of one more redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MoveStep {
    /// The first redirect to this address.
    FirstSeen,
    /// One more redirect to it.
    SeenAgain,
    /// The redirect that completes the trial.
    Adopted,
}

impl PendingMove {
    /// Records that a chain of permanent redirects led to a feed at `to`. `shares_entries` says
    /// whether some of its entries are known.
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
        moving.since = moving.since.min(now);
        moving.redirects = moving.redirects.saturating_add(1);
        if moving.shares_entries
            && moving.redirects >= MIN_REDIRECTS
            && limits::age(moving.since, now) >= MIN_TRIAL
        {
            *slot = None;
            return MoveStep::Adopted;
        }
        MoveStep::SeenAgain
    }
}

/// Whether an adopted address is dropped.
pub(super) fn is_dropped(
    failures: u32,
    is_gone: bool,
    last_success_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let is_long = last_success_at
        .is_none_or(|at| limits::is_ahead(at, now) || limits::age(at, now) >= MAX_FAILING);
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
    fn five_redirects_over_three_days_adopt() {
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
    fn few_redirects_or_unknown_entries_do_not() {
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
    fn an_adopted_address_that_fails_is_dropped() {
        assert!(!is_dropped(3, false, Some(day(0)), day(0) + TimeDelta::hours(5)));
        assert!(!is_dropped(2, false, Some(day(0)), day(5)));
        assert!(is_dropped(3, false, Some(day(0)), day(1)));
        assert!(is_dropped(1, true, Some(day(0)), day(0)));
    }
}
