//! A feed's health, and how often a failing feed is polled.
//!
//! No feed is given up, since dead feeds do come back. A failure slows polling down by its class. A
//! timeout, a broken connection or a 5xx doubles the pause. A 404 or a body that is not a feed
//! lengthens it less: live feeds do that for an hour while a site is rebuilt or a template is
//! broken. 410 is deliberate; such a feed is polled monthly. A bot wall is not a failure of the
//! feed and does not improve by being asked often; its pause starts at hours, and nothing is done
//! to get around it. A throttled poll is not a failure.

use std::time::Duration;

use crate::polling::failure::{Cause, FailureClass, MAX_RETRY_AFTER, RetryPolicy, next_try};
use crate::polling::schedule::settings::Bounds;

/// Pause between two polls of a feed that is gone.
const GONE_EVERY: Duration = Duration::from_hours(30 * 24);

/// First pause at a bot wall.
const WALL_PAUSE: Duration = Duration::from_hours(2);

/// First pause of a throttled feed without `Retry-After`; it doubles.
const THROTTLED_PAUSE: Duration = Duration::from_mins(5);

/// The health of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answers.
    Active,
    /// It answers, but has been silent for longer than usual.
    Silent,
    Failing,
    /// A bot wall or a consent page blocks it.
    Blocked,
    /// The server says that it is gone for good (410).
    Gone,
}

impl Health {
    /// The stored word.
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

    /// Reads the stored word; `None` for a paused feed.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Active, Self::Silent, Self::Failing, Self::Blocked, Self::Gone]
            .into_iter()
            .find(|health| health.as_str() == word)
    }
}

/// The effect of a failed poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    pub(super) pause: Duration,
    /// `None` leaves it as it is.
    pub(super) health: Option<Health>,
    /// Whether the feed is at fault, so that the failure counts.
    pub(super) is_fault: bool,
}

/// The effect of a failure after `before` failures in a row. `own` is the feed's regular pause.
pub(super) fn backoff(
    cause: Cause,
    before: u32,
    retry_after: Option<Duration>,
    own: Duration,
    bounds: &Bounds,
    chance: f64,
) -> Backoff {
    let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
    let back_off = |first: Duration, factor: f64| {
        let longest = bounds.longest.max(own).max(first);
        let policy = RetryPolicy { first, factor, longest, attempts: u32::MAX };
        let failure =
            FailureClass::Transient { retry_after: Some(asked).filter(|asked| !asked.is_zero()) };
        next_try(before.saturating_add(1), failure, &policy, chance)
            .unwrap_or(longest)
            .max(bounds.shortest)
    };
    let fault = |health, pause| Backoff { pause, health: Some(health), is_fault: true };
    match (cause, cause.failure(None)) {
        (Cause::Gone, _) => fault(Health::Gone, GONE_EVERY),
        (Cause::Blocked, _) => fault(Health::Blocked, back_off(own.max(WALL_PAUSE), 2.0)),
        // A server that states when to come back is in working order.
        _ if !asked.is_zero() => {
            Backoff { pause: back_off(own, 1.0).max(own), health: None, is_fault: false }
        }
        (Cause::Throttled, _) => Backoff {
            pause: back_off(own.max(THROTTLED_PAUSE), 2.0),
            health: None,
            is_fault: false,
        },
        (_, FailureClass::Soft) => fault(Health::Failing, back_off(own, 1.5)),
        (_, FailureClass::Transient { .. } | FailureClass::Permanent) => {
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

    fn after(cause: Cause, before: u32) -> Backoff {
        backoff(cause, before, None, QUARTER, &BOUNDS, 1.0)
    }

    #[test]
    fn failures_slow_down_by_their_class_and_never_stop() {
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
    fn retry_after_and_throttling_are_no_fault_of_the_feed() {
        let hour = Duration::from_hours(1);
        for cause in [Cause::Throttled, Cause::Forbidden, Cause::Missing, Cause::Unavailable] {
            let backoff = backoff(cause, 3, Some(hour), QUARTER, &BOUNDS, 0.0);
            assert_eq!(
                (backoff.pause, backoff.health, backoff.is_fault),
                (hour, None, false),
                "{cause:?}"
            );
        }
        let year = backoff(Cause::Throttled, 0, Some(hour * 9000), QUARTER, &BOUNDS, 0.0);
        assert_eq!(year.pause, MAX_RETRY_AFTER);
        assert_eq!(after(Cause::Throttled, 1).pause, QUARTER * 2);
        assert!(!after(Cause::Throttled, 1).is_fault);
    }

    #[test]
    fn stored_words_are_read_back() {
        for health in
            [Health::Active, Health::Silent, Health::Failing, Health::Blocked, Health::Gone]
        {
            assert_eq!(Health::from_stored(health.as_str()), Some(health));
        }
        assert_eq!(Health::from_stored("paused"), None);
    }
}
