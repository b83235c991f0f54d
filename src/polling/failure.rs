//! What went wrong, what that means for the next try, and when the next try is.
//!
//! Two questions that are often mixed up are kept apart. A [`Cause`] is the observation, one of a few fixed words,
//! fit for a counter's label or a row's `cause` column. A [`Failure`] is the judgement: whether the thing is worth
//! trying again. The judgement is graded, because live feeds do answer 404 for a day and come back, whereas a 410
//! is meant. [`next_try`] is the one place where a failure becomes a waiting time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units;

/// The longest that anybody may make us wait: a `Retry-After` of a year is a mistake or a trick.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(7 * 24);

/// What was observed, in fixed words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The name has no address, or the resolver did not answer.
    Dns,
    /// Nobody answers at the address.
    Connect,
    /// The certificate or the handshake is bad.
    Tls,
    /// The time was up.
    Timeout,
    /// The connection broke, or what came over it is not HTTP.
    Interrupted,
    /// 429, or 503 with a `Retry-After`: we are asked to slow down. No fault of the feed.
    Throttled,
    /// Another 5xx.
    Unavailable,
    /// 401, 402, 403, 407 or 451: not for us.
    Forbidden,
    /// A wall for robots, or a question of consent, stands in the way.
    Blocked,
    /// 404.
    Missing,
    /// 410: gone, and meant.
    Gone,
    /// Another status that carries nothing for us.
    Refused,
    /// Too many redirects, or one that leads nowhere.
    Redirect,
    /// More bytes than we take, on the wire or unpacked.
    TooLarge,
    /// The body cannot be unpacked, or ends too early.
    Damaged,
    /// A film, a picture, an archive: not a text.
    MediaType,
    /// The text is not what it should be: no feed, no article.
    Unreadable,
    /// The rules of the site's robots.txt.
    Robots,
    /// The address is private, or otherwise not on the public internet.
    Address,
    /// Not an http or https address, or one that carries a password.
    Url,
}

impl Cause {
    /// The fixed word: a counter's label, a row's `cause`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Cause::Dns => "dns",
            Cause::Connect => "connect",
            Cause::Tls => "tls",
            Cause::Timeout => "timeout",
            Cause::Interrupted => "interrupted",
            Cause::Throttled => "throttled",
            Cause::Unavailable => "unavailable",
            Cause::Forbidden => "forbidden",
            Cause::Blocked => "blocked",
            Cause::Missing => "missing",
            Cause::Gone => "gone",
            Cause::Refused => "refused",
            Cause::Redirect => "redirect",
            Cause::TooLarge => "too_large",
            Cause::Damaged => "damaged",
            Cause::MediaType => "media_type",
            Cause::Unreadable => "unreadable",
            Cause::Robots => "robots",
            Cause::Address => "address",
            Cause::Url => "url",
        }
    }

    /// What an HTTP status means that brought no body for us (RFC 9110, section 15).
    #[must_use]
    pub fn of_status(status: u16, has_retry_after: bool) -> Cause {
        match status {
            429 => Cause::Throttled,
            503 if has_retry_after => Cause::Throttled,
            401 | 402 | 403 | 407 | 451 => Cause::Forbidden,
            404 => Cause::Missing,
            410 => Cause::Gone,
            408 => Cause::Timeout,
            300..=303 | 305..=399 => Cause::Redirect,
            500..=599 => Cause::Unavailable,
            _ => Cause::Refused,
        }
    }

    /// The judgement. `retry_after` is what the server asked for, if it did; it is capped at
    /// [`LONGEST_RETRY_AFTER`].
    #[must_use]
    pub fn failure(self, retry_after: Option<Duration>) -> Failure {
        let retry_after = retry_after.map(|wait| wait.min(LONGEST_RETRY_AFTER));
        match self {
            Cause::Dns
            | Cause::Connect
            | Cause::Timeout
            | Cause::Interrupted
            | Cause::Throttled
            | Cause::Unavailable => Failure::Transient { retry_after },
            // "On any status that carries it" is the promise: a 403 or 404 with Retry-After asks for patience too.
            _ if retry_after.is_some() && self != Cause::Gone => Failure::Transient { retry_after },
            Cause::Tls
            | Cause::Forbidden
            | Cause::Blocked
            | Cause::Missing
            | Cause::Refused
            | Cause::Redirect
            | Cause::TooLarge
            | Cause::Damaged
            | Cause::MediaType
            | Cause::Unreadable
            | Cause::Robots => Failure::Soft,
            Cause::Gone | Cause::Address | Cause::Url => Failure::Permanent,
        }
    }
}

/// What a cause means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Will pass by itself: a time-out, a 503, a broken connection.
    Transient {
        /// What the server asked for; the next try is not before that.
        retry_after: Option<Duration>,
    },
    /// May mend, but hardly in minutes: a 404, a bad certificate, a body that nobody can read.
    Soft,
    /// Will not mend: a 410, a private address.
    Permanent,
}

impl Failure {
    /// The fixed word for logs and labels.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Failure::Transient { .. } => "transient",
            Failure::Soft => "soft",
            Failure::Permanent => "permanent",
        }
    }
}

/// How patiently something is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Wait after the first transient failure.
    #[serde(with = "units::duration")]
    pub first: Duration,
    /// How much longer each further wait is; below 1 counts as 1.
    pub factor: f64,
    /// The longest wait of our own; a server's `Retry-After` may go beyond it.
    #[serde(with = "units::duration")]
    pub longest: Duration,
    /// How often it is tried at all. A feed is never given up: `u32::MAX`.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_mins(1),
            factor: 4.0,
            longest: Duration::from_hours(24),
            attempts: 6,
        }
    }
}

/// A soft failure starts this many steps up the ladder: it hardly mends in minutes.
const SOFT_HEAD_START: u32 = 2;

/// A server's `Retry-After` is kept whole, and overslept by up to this share: it told everybody the same instant.
const OVERSLEEP: f64 = 0.1;

/// How long to wait before the next try, or `None` to give up.
///
/// `failures` counts the failures in a row, this one included; `chance` is drawn evenly from 0..1. The wait grows
/// by `factor` with each failure up to `longest`, of which the upper half is random ("equal jitter": no two feeds
/// stay in step, and nobody comes back at once). It is never shorter than what the server asked for.
#[must_use]
pub fn next_try(
    failures: u32,
    failure: Failure,
    policy: &RetryPolicy,
    chance: f64,
) -> Option<Duration> {
    if failures >= policy.attempts && policy.attempts != u32::MAX {
        return None;
    }
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 };
    let steps = failures.saturating_sub(1);
    match failure {
        Failure::Permanent => None,
        Failure::Soft => Some(back_off(steps.saturating_add(SOFT_HEAD_START), policy, chance)),
        Failure::Transient { retry_after } => {
            let own = back_off(steps, policy, chance);
            let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
            Some(own.max(asked.mul_f64(1.0 + OVERSLEEP * chance)))
        }
    }
}

fn back_off(steps: u32, policy: &RetryPolicy, chance: f64) -> Duration {
    let factor = if policy.factor.is_finite() { policy.factor.max(1.0) } else { 1.0 };
    let longest = policy.longest.as_secs_f64();
    // The power may be infinite; the smaller of the two is not.
    let grown = (policy.first.as_secs_f64() * factor.powf(f64::from(steps))).min(longest);
    Duration::try_from_secs_f64(grown * (0.5 + 0.5 * chance)).unwrap_or(policy.longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn statuses_are_judged_by_one_table() {
        let transient = Failure::Transient { retry_after: None };
        for (status, label, failure) in [
            (404, "missing", Failure::Soft),
            (410, "gone", Failure::Permanent),
            (429, "throttled", transient),
            (401, "forbidden", Failure::Soft),
            (403, "forbidden", Failure::Soft),
            (451, "forbidden", Failure::Soft),
            (500, "unavailable", transient),
            (503, "unavailable", transient),
            (521, "unavailable", transient),
            (408, "timeout", transient),
            (418, "refused", Failure::Soft),
            (204, "refused", Failure::Soft),
            (304, "refused", Failure::Soft),
            (999, "refused", Failure::Soft),
        ] {
            let cause = Cause::of_status(status, false);
            assert_eq!((cause.label(), cause.failure(None)), (label, failure), "{status}");
        }
    }

    #[test]
    fn retry_after_counts_on_any_status_but_gone() {
        let asked = Failure::Transient { retry_after: Some(HOUR) };
        assert_eq!(Cause::of_status(503, true), Cause::Throttled);
        for status in [403, 404, 429, 500, 503] {
            assert_eq!(Cause::of_status(status, true).failure(Some(HOUR)), asked, "{status}");
        }
        assert_eq!(Cause::Gone.failure(Some(HOUR)), Failure::Permanent);
        assert_eq!(
            Cause::Throttled.failure(Some(HOUR * 24 * 365)),
            Failure::Transient { retry_after: Some(LONGEST_RETRY_AFTER) }
        );
    }

    #[test]
    fn the_ladder_is_as_documented() {
        let policy = RetryPolicy {
            first: Duration::from_mins(1),
            factor: 4.0,
            longest: HOUR * 24,
            attempts: 6,
        };
        let transient = Failure::Transient { retry_after: None };
        let wait =
            |failures, failure| next_try(failures, failure, &policy, 1.0).map(|w| w.as_secs());
        assert_eq!(
            (1..=6).map(|n| wait(n, transient)).collect::<Vec<_>>(),
            [Some(60), Some(240), Some(960), Some(3840), Some(15_360), None]
        );
        assert_eq!(wait(1, Failure::Soft), Some(960));
        assert_eq!(wait(5, Failure::Soft), Some(86_400));
        assert_eq!(wait(1, Failure::Permanent), None);
        assert_eq!(next_try(1, transient, &policy, 0.0), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_feed_is_never_given_up() {
        let policy = RetryPolicy { attempts: u32::MAX, ..RetryPolicy::default() };
        assert_eq!(next_try(u32::MAX, Failure::Soft, &policy, 1.0), Some(policy.longest));
    }

    fn failures() -> impl Strategy<Value = Failure> {
        prop_oneof![
            Just(Failure::Soft),
            proptest::option::of(0_u64..100 * 24 * 3600)
                .prop_map(|s| Failure::Transient { retry_after: s.map(Duration::from_secs) }),
        ]
    }

    proptest! {
        #[test]
        fn waits_are_bounded_and_keep_what_was_asked(
            n in 0..u32::MAX, failure in failures(), factor in proptest::num::f64::ANY,
            first in 0_u64..10_000_000, longest in 0_u64..10_000_000, chance in proptest::num::f64::ANY,
        ) {
            let policy = RetryPolicy {
                first: Duration::from_secs(first), factor, longest: Duration::from_secs(longest), attempts: u32::MAX,
            };
            let wait = next_try(n, failure, &policy, chance).unwrap();
            prop_assert!(wait <= policy.longest.max(LONGEST_RETRY_AFTER.mul_f64(1.0 + OVERSLEEP)));
            if let Failure::Transient { retry_after: Some(asked) } = failure {
                prop_assert!(wait >= asked.min(LONGEST_RETRY_AFTER));
            }
        }

        #[test]
        fn more_failures_never_wait_less(n in 1_u32..1000, failure in failures(), chance in 0.0..1.0_f64) {
            let policy = RetryPolicy { attempts: u32::MAX, ..RetryPolicy::default() };
            prop_assert!(next_try(n, failure, &policy, chance) <= next_try(n + 1, failure, &policy, chance));
        }
    }
}
