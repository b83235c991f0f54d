//! How a feed is doing, and how patiently one that fails is asked again.
//!
//! Nothing ever stops: feeds do return from the dead. A failure slows down, by its grade. A time-out, a broken connection or
//! a 5xx doubles the pause. A 404 or a body that is no feed counts for less: live feeds answer so for an hour and come back,
//! when a site is rebuilt or a template breaks. 410 says that it is meant, and is looked at monthly. A wall for robots is no
//! failure of the feed and gets no better by being asked often; it starts at hours, and nothing is done to get around it.
//! To be asked to slow down is no fault at all.

use std::time::Duration;

use crate::polling::failure::{Cause, Failure, LONGEST_RETRY_AFTER, RetryPolicy, next_try};
use crate::polling::schedule::settings::Bounds;

/// How often a feed that is gone is looked at again.
const GONE_EVERY: Duration = Duration::from_hours(30 * 24);

/// First pause at a wall.
const WALL_PAUSE: Duration = Duration::from_hours(2);

/// First pause of a feed that is throttled and not told for how long; it doubles.
const THROTTLED_PAUSE: Duration = Duration::from_mins(5);

/// How a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Answers.
    Active,
    /// Answers, and has been quieter than it ever is.
    Silent,
    /// The last polls failed.
    Failing,
    /// A wall for robots or a question of consent stands before it.
    Blocked,
    /// The server says it is gone for good (410).
    Gone,
}

impl Health {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silent => "silent",
            Self::Failing => "failing",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
        }
    }

    /// Read back; `None` for a paused feed.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Silent, Self::Failing, Self::Blocked, Self::Gone]
            .into_iter()
            .find(|health| health.as_str() == word)
    }
}

/// What a failure comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setback {
    pub(super) pause: Duration,
    /// None leaves it as it is.
    pub(super) health: Option<Health>,
    /// Whether the feed is at fault.
    pub(super) is_fault: bool,
}

/// The pause after a failure, of which `before` came in a row already. `own` is the feed's regular pause.
pub(super) fn setback(
    cause: Cause,
    before: u32,
    retry_after: Option<Duration>,
    own: Duration,
    bounds: &Bounds,
    chance: f64,
) -> Setback {
    let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
    let back_off = |first: Duration, factor: f64| {
        let longest = bounds.longest.max(own).max(first);
        let policy = RetryPolicy { first, factor, longest, attempts: u32::MAX };
        let failure =
            Failure::Transient { retry_after: Some(asked).filter(|asked| !asked.is_zero()) };
        next_try(before.saturating_add(1), failure, &policy, chance)
            .unwrap_or(longest)
            .max(bounds.shortest)
    };
    let fault = |health, pause| Setback { pause, health: Some(health), is_fault: true };
    match (cause, cause.failure(None)) {
        (Cause::Gone, _) => fault(Health::Gone, GONE_EVERY),
        (Cause::Blocked, _) => fault(Health::Blocked, back_off(own.max(WALL_PAUSE), 2.0)),
        // Whoever says when to come back is alive and well.
        _ if !asked.is_zero() => {
            Setback { pause: back_off(own, 1.0).max(own), health: None, is_fault: false }
        }
        (Cause::Throttled, _) => Setback {
            pause: back_off(own.max(THROTTLED_PAUSE), 2.0),
            health: None,
            is_fault: false,
        },
        (_, Failure::Soft) => fault(Health::Failing, back_off(own, 1.5)),
        (_, Failure::Transient { .. } | Failure::Permanent) => {
            fault(Health::Failing, back_off(own, 2.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds =
        Bounds { shortest: Duration::from_mins(5), longest: Duration::from_hours(24) };
    const QUARTER: Duration = Duration::from_mins(15);

    fn after(cause: Cause, before: u32) -> Setback {
        setback(cause, before, None, QUARTER, &BOUNDS, 1.0)
    }

    #[test]
    fn failures_slow_down_by_their_grade_and_never_stop() {
        let minutes = |cause, before| after(cause, before).pause.as_secs() / 60;
        assert_eq!(
            (0..4).map(|n| minutes(Cause::Timeout, n)).collect::<Vec<_>>(),
            [15, 30, 60, 120]
        );
        assert_eq!(
            (0..4).map(|n| minutes(Cause::Missing, n)).collect::<Vec<_>>(),
            [15, 22, 33, 50]
        );
        assert_eq!(
            (0..4).map(|n| minutes(Cause::Blocked, n)).collect::<Vec<_>>(),
            [120, 240, 480, 960]
        );
        for cause in [Cause::Timeout, Cause::Missing, Cause::Blocked, Cause::Address, Cause::Url] {
            assert_eq!(after(cause, u32::MAX).pause, BOUNDS.longest, "{cause:?}");
        }
        assert_eq!(after(Cause::Gone, 0).pause, GONE_EVERY);
    }

    #[test]
    fn to_be_asked_for_patience_is_nobodys_fault() {
        let hour = Duration::from_hours(1);
        for cause in [Cause::Throttled, Cause::Forbidden, Cause::Missing, Cause::Unavailable] {
            let setback = setback(cause, 3, Some(hour), QUARTER, &BOUNDS, 0.0);
            assert_eq!(
                (setback.pause, setback.health, setback.is_fault),
                (hour, None, false),
                "{cause:?}"
            );
        }
        let year = setback(Cause::Throttled, 0, Some(hour * 9000), QUARTER, &BOUNDS, 0.0);
        assert_eq!(year.pause, LONGEST_RETRY_AFTER);
        assert_eq!(after(Cause::Throttled, 1).pause, QUARTER * 2);
        assert!(!after(Cause::Throttled, 1).is_fault);
    }

    #[test]
    fn words_are_read_back() {
        for health in
            [Health::Active, Health::Silent, Health::Failing, Health::Blocked, Health::Gone]
        {
            assert_eq!(Health::of_word(health.as_str()), Some(health));
        }
        assert_eq!(Health::of_word("paused"), None);
    }
}
