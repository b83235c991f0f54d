//! Failures: what was observed, whether another try makes sense, and when it is due.
//!
//! Two questions are kept apart. A [`Cause`] is the observation: one of a few fixed words, which
//! label counters and fill `cause` columns. A [`FailureClass`] says whether another try makes
//! sense. It has three grades, because live feeds do answer 404 for a day and come back, whereas a
//! 410 is deliberate. [`next_try`] is the one place that turns a failure into a waiting time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units;

/// The longest `Retry-After` that is obeyed. A value of a year is a mistake or an attack.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(7 * 24);

/// What was observed. [`Cause::as_str`] gives the fixed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The host name did not resolve.
    Dns,
    /// No connection could be made.
    Connect,
    /// The certificate or the TLS handshake is bad.
    Tls,
    /// The request took longer than the limit, or the server sent 408.
    Timeout,
    /// The connection broke, or the response is not HTTP.
    Interrupted,
    /// 429, or 503 with a `Retry-After`: the server asks us to slow down. The feed is not at fault.
    Throttled,
    /// Another 5xx.
    Unavailable,
    /// 401, 402, 403, 407 or 451: access is denied.
    Forbidden,
    /// A bot wall or a consent page stands in for the content.
    Blocked,
    /// 404.
    Missing,
    /// 410: removed on purpose.
    Gone,
    /// Any other status without content.
    Refused,
    /// Too many redirects, or a redirect without a usable target.
    Redirect,
    /// More bytes than the limits allow, on the wire or unpacked.
    TooLarge,
    /// The body cannot be unpacked, or ends too early.
    Damaged,
    /// Not a text: a video, an image, an archive.
    MediaType,
    /// The text is not a feed, or not an article.
    Unreadable,
    /// The site's robots.txt forbids the request.
    Robots,
    /// The address is not on the public internet.
    Address,
    /// Not an http or https address, or one that contains a password.
    Url,
}

impl Cause {
    /// Each of them.
    pub const ALL: [Self; 20] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Interrupted,
        Self::Throttled,
        Self::Unavailable,
        Self::Forbidden,
        Self::Blocked,
        Self::Missing,
        Self::Gone,
        Self::Refused,
        Self::Redirect,
        Self::TooLarge,
        Self::Damaged,
        Self::MediaType,
        Self::Unreadable,
        Self::Robots,
        Self::Address,
        Self::Url,
    ];

    /// The fixed word: a counter's label, a row's `cause`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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

    /// The cause that an HTTP status without a usable body stands for (RFC 9110, section 15).
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

    /// Whether another try makes sense. `retry_after` is what the server asked for; it is capped at
    /// [`MAX_RETRY_AFTER`].
    #[must_use]
    pub fn failure(self, retry_after: Option<Duration>) -> FailureClass {
        let retry_after = retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
        match self {
            Cause::Dns
            | Cause::Connect
            | Cause::Timeout
            | Cause::Interrupted
            | Cause::Throttled
            | Cause::Unavailable => FailureClass::Transient { retry_after },
            // A 403 or 404 with `Retry-After` also asks to come back later.
            _ if retry_after.is_some() && self != Cause::Gone => {
                FailureClass::Transient { retry_after }
            }
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
            | Cause::Robots => FailureClass::Soft,
            Cause::Gone | Cause::Address | Cause::Url => FailureClass::Permanent,
        }
    }
}

/// Whether a failed request is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Passes by itself: a timeout, a 503, a broken connection.
    Transient {
        /// The wait that the server asked for. The next try is not earlier.
        retry_after: Option<Duration>,
    },
    /// May be repaired, but hardly within minutes: a 404, a bad certificate, an unreadable body.
    Soft,
    /// Stays as it is: a 410, a private address.
    Permanent,
}

impl FailureClass {
    /// The fixed word for logs and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FailureClass::Transient { .. } => "transient",
            FailureClass::Soft => "soft",
            FailureClass::Permanent => "permanent",
        }
    }
}

/// How often and how long something is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Wait after the first transient failure.
    #[serde(with = "units::pause")]
    pub first: Duration,
    /// Factor by which each further wait grows; below 1 counts as 1.
    pub factor: f64,
    /// The longest wait by this policy. A server's `Retry-After` may exceed it.
    #[serde(with = "units::pause")]
    pub longest: Duration,
    /// Number of tries. `u32::MAX` means no limit, as for feeds.
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

/// A soft failure starts this many steps up, because it is hardly repaired within minutes.
const SOFT_HEAD_START: u32 = 2;

/// A wait by `Retry-After` is lengthened by up to this share, since the server gave the same
/// instant to every client.
const OVERSLEEP: f64 = 0.1;

/// The wait before the next try, or `None` to give up.
///
/// `failures` counts the failures in a row, this one included. `chance` is uniform in 0..1. The
/// wait grows by `factor` with each failure up to `longest`. Its upper half is random ("equal
/// jitter"), so feeds do not stay in step and none comes back at once. The wait is never shorter
/// than what the server asked for.
#[must_use]
pub fn next_try(
    failures: u32,
    failure: FailureClass,
    policy: &RetryPolicy,
    chance: f64,
) -> Option<Duration> {
    if failures >= policy.attempts && policy.attempts != u32::MAX {
        return None;
    }
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 };
    let steps = failures.saturating_sub(1);
    match failure {
        FailureClass::Permanent => None,
        FailureClass::Soft => Some(back_off(steps.saturating_add(SOFT_HEAD_START), policy, chance)),
        FailureClass::Transient { retry_after } => {
            let own = back_off(steps, policy, chance);
            let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
            Some(own.max(asked.mul_f64(1.0 + OVERSLEEP * chance)))
        }
    }
}

fn back_off(steps: u32, policy: &RetryPolicy, chance: f64) -> Duration {
    let factor = if policy.factor.is_finite() { policy.factor.max(1.0) } else { 1.0 };
    let longest = policy.longest.as_secs_f64();
    // The power may be infinite; the minimum is not.
    let grown = (policy.first.as_secs_f64() * factor.powf(f64::from(steps))).min(longest);
    Duration::try_from_secs_f64(grown * (0.5 + 0.5 * chance)).unwrap_or(policy.longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn each_status_has_its_cause_and_class() {
        let transient = FailureClass::Transient { retry_after: None };
        for (status, label, failure) in [
            (404, "missing", FailureClass::Soft),
            (410, "gone", FailureClass::Permanent),
            (429, "throttled", transient),
            (401, "forbidden", FailureClass::Soft),
            (403, "forbidden", FailureClass::Soft),
            (451, "forbidden", FailureClass::Soft),
            (500, "unavailable", transient),
            (503, "unavailable", transient),
            (521, "unavailable", transient),
            (408, "timeout", transient),
            (418, "refused", FailureClass::Soft),
            (204, "refused", FailureClass::Soft),
            (304, "refused", FailureClass::Soft),
            (999, "refused", FailureClass::Soft),
        ] {
            let cause = Cause::of_status(status, false);
            assert_eq!((cause.as_str(), cause.failure(None)), (label, failure), "{status}");
        }
    }

    #[test]
    fn retry_after_counts_on_any_status_but_gone() {
        let asked = FailureClass::Transient { retry_after: Some(HOUR) };
        assert_eq!(Cause::of_status(503, true), Cause::Throttled);
        for status in [403, 404, 429, 500, 503] {
            assert_eq!(Cause::of_status(status, true).failure(Some(HOUR)), asked, "{status}");
        }
        assert_eq!(Cause::Gone.failure(Some(HOUR)), FailureClass::Permanent);
        assert_eq!(
            Cause::Throttled.failure(Some(HOUR * 24 * 365)),
            FailureClass::Transient { retry_after: Some(MAX_RETRY_AFTER) }
        );
    }

    #[test]
    fn waits_grow_as_documented() {
        let policy = RetryPolicy {
            first: Duration::from_mins(1),
            factor: 4.0,
            longest: HOUR * 24,
            attempts: 6,
        };
        let transient = FailureClass::Transient { retry_after: None };
        let wait =
            |failures, failure| next_try(failures, failure, &policy, 1.0).map(|w| w.as_secs());
        assert_eq!(
            (1..=6).map(|n| wait(n, transient)).collect::<Vec<_>>(),
            [Some(60), Some(240), Some(960), Some(3840), Some(15_360), None]
        );
        assert_eq!(wait(1, FailureClass::Soft), Some(960));
        assert_eq!(wait(5, FailureClass::Soft), Some(86_400));
        assert_eq!(wait(1, FailureClass::Permanent), None);
        assert_eq!(next_try(1, transient, &policy, 0.0), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_feed_is_never_given_up() {
        let policy = RetryPolicy { attempts: u32::MAX, ..RetryPolicy::default() };
        assert_eq!(next_try(u32::MAX, FailureClass::Soft, &policy, 1.0), Some(policy.longest));
    }

    fn failures() -> impl Strategy<Value = FailureClass> {
        prop_oneof![
            Just(FailureClass::Soft),
            proptest::option::of(0_u64..100 * 24 * 3600)
                .prop_map(|s| FailureClass::Transient { retry_after: s.map(Duration::from_secs) }),
        ]
    }

    proptest! {
        #[test]
        fn waits_are_bounded_and_not_below_retry_after(
            n in 0..u32::MAX, failure in failures(), factor in proptest::num::f64::ANY,
            first in 0_u64..10_000_000, longest in 0_u64..10_000_000,
            chance in proptest::num::f64::ANY,
        ) {
            let policy = RetryPolicy {
                first: Duration::from_secs(first), factor,
                longest: Duration::from_secs(longest), attempts: u32::MAX,
            };
            let wait = next_try(n, failure, &policy, chance).unwrap();
            prop_assert!(wait <= policy.longest.max(MAX_RETRY_AFTER.mul_f64(1.0 + OVERSLEEP)));
            if let FailureClass::Transient { retry_after: Some(asked) } = failure {
                prop_assert!(wait >= asked.min(MAX_RETRY_AFTER));
            }
        }

        #[test]
        fn more_failures_never_wait_less(
            n in 1_u32..1000, failure in failures(), chance in 0.0..1.0_f64,
        ) {
            let policy = RetryPolicy { attempts: u32::MAX, ..RetryPolicy::default() };
            let wait = |failures| next_try(failures, failure, &policy, chance);
            prop_assert!(wait(n) <= wait(n + 1));
        }
    }
}
