//! When to poll next, and how a Feed's health changes: one pure function of (history, poll, now).
//!
//! The interval is fixed per feed. A failure slows the feed down by a graded back-off; nothing ever stops for
//! good, because feeds do return from the dead: a feed that says 410 Gone is looked at once a month. A rate
//! limit is the server's word about us, not a fault of the feed, and counts as none.

use std::time::Duration;

use serde::Deserialize;

use crate::news::failure::{Cause, RetryPolicy, next_try};
use crate::news::poll::{Poll, PollOutcome};
use crate::units;

/// Section `[poll]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollSettings {
    /// Pause between two polls of a feed that names none of its own.
    #[serde(with = "units::duration")]
    pub every: Duration,
    /// No feed is polled more often.
    #[serde(with = "units::duration")]
    pub min_every: Duration,
    /// No healthy feed is polled less often, and no failing one waits longer.
    #[serde(with = "units::duration")]
    pub max_every: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(15),
            min_every: Duration::from_mins(5),
            max_every: Duration::from_hours(24),
        }
    }
}

/// How often a feed that is gone is looked at again.
const GONE_EVERY: Duration = Duration::from_hours(30 * 24);

/// How far a planned poll may be moved either way, so that feeds added together do not stay together.
const JITTER: f64 = 0.1;

/// What is known of a feed before a poll.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// The feed's own interval, if its list entry has one.
    pub every: Option<Duration>,
    /// Failures in a row.
    pub failures: u32,
    /// Redirects followed in a row.
    pub hops: i32,
}

/// How a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Answers.
    Active,
    /// The last polls failed.
    Failing,
    /// The server says it is gone for good (410).
    Gone,
}

impl Health {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// What a poll means for the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Pause before the next poll, counted from the end of this one.
    pub pause: Duration,
    /// Health from now on; none leaves it as it is.
    pub health: Option<Health>,
    /// Failures in a row from now on.
    pub failures: u32,
}

/// Plans the next poll. `chance` is uniform in 0..1.
#[must_use]
pub fn after(history: &History, poll: &Poll, settings: &PollSettings, chance: f64) -> Plan {
    let regular = regular_pause(history, settings, chance);
    match &poll.outcome {
        PollOutcome::Parsed { .. } | PollOutcome::Unchanged { .. } => {
            let pause = regular.max(poll.retry_after.unwrap_or_default());
            Plan { pause, health: Some(Health::Active), failures: 0 }
        }
        PollOutcome::Moved { .. } => Plan { pause: Duration::ZERO, health: None, failures: history.failures },
        PollOutcome::Failed { cause, .. } => {
            after_failure(history, *cause, poll.retry_after, regular, settings, chance)
        }
    }
}

fn after_failure(
    history: &History,
    cause: Cause,
    retry_after: Option<Duration>,
    regular: Duration,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let failure = cause.failure(retry_after);
    if cause == Cause::Gone {
        let failures = history.failures.saturating_add(1);
        return Plan { pause: GONE_EVERY, health: Some(Health::Gone), failures };
    }
    if cause == Cause::Throttled {
        let pause = retry_after.unwrap_or(regular).max(regular);
        return Plan { pause, health: None, failures: history.failures };
    }
    let failures = history.failures.saturating_add(1);
    let policy = RetryPolicy {
        first: regular,
        factor: 2.0,
        longest: settings.max_every.max(regular),
        attempts: u32::MAX,
    };
    let pause = next_try(failures, failure, &policy, chance).unwrap_or(policy.longest).max(regular);
    Plan { pause, health: Some(Health::Failing), failures }
}

/// The feed's interval within the bounds, jittered.
fn regular_pause(history: &History, settings: &PollSettings, chance: f64) -> Duration {
    let longest = settings.max_every.max(settings.min_every);
    let pause = history.every.unwrap_or(settings.every).clamp(settings.min_every, longest);
    let jittered = pause.mul_f64(1.0 + JITTER * (2.0 * chance - 1.0));
    jittered.max(settings.min_every)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::news::feed::Validators;

    const FRESH: History = History { every: None, failures: 0, hops: 0 };

    fn poll(outcome: PollOutcome, retry_after: Option<Duration>) -> Poll {
        Poll { at: DateTime::UNIX_EPOCH, status: None, retry_after, outcome }
    }

    fn failed(cause: Cause) -> PollOutcome {
        PollOutcome::Failed { cause, error: String::new() }
    }

    #[test]
    fn a_healthy_feed_keeps_its_interval() {
        let unchanged = poll(PollOutcome::Unchanged { validators: Validators::default() }, None);
        let plan = after(&FRESH, &unchanged, &PollSettings::default(), 0.5);
        assert_eq!(plan, Plan { pause: Duration::from_mins(15), health: Some(Health::Active), failures: 0 });
    }

    #[test]
    fn a_rate_limit_is_nobody_s_fault() {
        let hour = Duration::from_hours(1);
        let plan = after(&FRESH, &poll(failed(Cause::Throttled), Some(hour)), &PollSettings::default(), 0.5);
        assert_eq!(plan, Plan { pause: hour, health: None, failures: 0 });
    }

    #[test]
    fn gone_is_looked_at_monthly() {
        let plan = after(&FRESH, &poll(failed(Cause::Gone), None), &PollSettings::default(), 0.5);
        assert_eq!((plan.pause, plan.health), (GONE_EVERY, Some(Health::Gone)));
    }

    #[test]
    fn failures_slow_down_and_never_stop() {
        let settings = PollSettings::default();
        let pause = |failures| {
            let history = History { failures, ..FRESH };
            after(&history, &poll(failed(Cause::Connect), None), &settings, 1.0).pause
        };
        assert!(pause(0) < pause(3));
        assert!(pause(1000) <= settings.max_every);
    }

    proptest! {
        #[test]
        fn every_plan_lies_within_the_bounds(
            every in proptest::option::of(0u64..1_000_000),
            failures in 0u32..100,
            chance in 0.0..1.0f64,
        ) {
            let settings = PollSettings::default();
            let history = History { every: every.map(Duration::from_secs), failures, hops: 0 };
            for cause in [Cause::Timeout, Cause::Missing, Cause::Unreadable] {
                let plan = after(&history, &poll(failed(cause), None), &settings, chance);
                prop_assert!(plan.pause >= settings.min_every);
                prop_assert!(plan.pause <= settings.max_every.mul_f64(1.0 + JITTER));
            }
        }
    }
}
