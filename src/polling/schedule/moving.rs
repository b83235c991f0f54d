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
const SIGHTINGS: u32 = 5;

/// Time from the first sighting to the adoption, at least.
const TRIAL: TimeDelta = TimeDelta::days(3);

/// How long an adopted address may fail, and how often.
const PATIENCE: TimeDelta = TimeDelta::days(1);
const FAILURES: u32 = 3;

/// Where a feed seems to have moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The new address.
    pub to: String,
    since: DateTime<Utc>,
    sightings: u32,
    /// Whether its entries were those of the old address.
    is_kin: bool,
}

/// What a sighting comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sighting {
    /// The first of this address.
    First,
    /// One more.
    Revisit,
    /// The last that it took.
    Adopted,
}

impl Moving {
    /// Takes in that a chain of permanent redirects led to `to`, where there was a feed. `is_kin`: with entries that are
    /// known.
    pub(super) fn seen(
        slot: &mut Option<Self>,
        to: &str,
        is_kin: bool,
        now: DateTime<Utc>,
    ) -> Sighting {
        let Some(moving) = slot.as_mut().filter(|moving| moving.to == to) else {
            *slot = Some(Self { to: to.to_owned(), since: now, sightings: 1, is_kin });
            return Sighting::First;
        };
        moving.sightings = moving.sightings.saturating_add(1);
        if moving.is_kin && moving.sightings >= SIGHTINGS && now - moving.since >= TRIAL {
            *slot = None;
            return Sighting::Adopted;
        }
        Sighting::Revisit
    }
}

/// Whether an adopted address is given up.
pub(super) fn is_given_up(
    failures: u32,
    is_gone: bool,
    last_success_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let is_long = last_success_at.is_none_or(|at| now - at >= PATIENCE);
    is_gone || (failures >= FAILURES && is_long)
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
        assert_eq!(Moving::seen(&mut moving, NEW, true, day(0)), Sighting::First);
        for _ in 0..10 {
            assert_eq!(Moving::seen(&mut moving, NEW, true, day(2)), Sighting::Revisit);
        }
        assert_eq!(Moving::seen(&mut moving, NEW, false, day(3)), Sighting::Adopted);
        assert_eq!(moving, None);
    }

    #[test]
    fn rare_sightings_of_strangers_do_not() {
        let mut moving = None;
        for number in 0..4 {
            assert_ne!(Moving::seen(&mut moving, NEW, true, day(number * 10)), Sighting::Adopted);
        }
        assert_eq!(
            Moving::seen(&mut moving, "https://other.example/", false, day(50)),
            Sighting::First
        );
        for number in 51..80 {
            let sighting = Moving::seen(&mut moving, "https://other.example/", true, day(number));
            assert_eq!(sighting, Sighting::Revisit);
        }
    }

    #[test]
    fn an_adopted_address_that_fails_is_given_up() {
        assert!(!is_given_up(3, false, Some(day(0)), day(0) + TimeDelta::hours(5)));
        assert!(!is_given_up(2, false, Some(day(0)), day(5)));
        assert!(is_given_up(3, false, Some(day(0)), day(1)));
        assert!(is_given_up(1, true, Some(day(0)), day(0)));
    }
}
