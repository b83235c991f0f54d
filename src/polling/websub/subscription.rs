//! The state machine of one subscription.
//!
//! It decides when to send the next request. A hub responds twice: at once, that it accepted the
//! request, and later with a callback that verifies it. The callback may come before the response.
//! So each event is a function of the state that it meets, and a response that finds the
//! subscription already verified changes nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::limits::{self, later};

use crate::polling::failure::{FailureClass, RetryPolicy, next_try};
use crate::polling::websub::Mode;

/// The state of a subscription. Hub and topic are stored beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub state: SubscriptionState,
    /// Time of the latest request to the hub.
    pub requested_at: Option<DateTime<Utc>>,
    /// End of the lease that the hub granted.
    pub lease_ends_at: Option<DateTime<Utc>>,
    /// Failed requests in a row.
    pub failures: u32,
    /// Time of the next request.
    pub next_action_at: DateTime<Utc>,
}

/// The states of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionState {
    /// A feed names the hub; no request was sent yet.
    Wanted,
    /// A request was sent; the hub has not called back.
    Requested,
    /// Verified by the hub.
    Active,
    /// Verified, and a request to renew the lease was sent.
    Renewing,
    /// The hub denied it, or its response could not be understood.
    Denied,
    /// To be cancelled: the feed left the list, or names another hub.
    Unsubscribing,
}

/// The result of a request to a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestResult {
    /// The hub accepted the request and will call back.
    Accepted,
    /// The hub did not accept the request.
    Failed(FailureClass),
}

/// Pause after the first failed request, and how long a hub may take for its first callback.
const FIRST_RETRY: Duration = Duration::from_mins(10);

/// The longest pause between failing requests.
const LONGEST_RETRY: Duration = Duration::from_hours(24);

/// A denial is deliberate, so the next request follows after days, and finally monthly.
const DENIED: RetryPolicy = RetryPolicy {
    first: Duration::from_hours(2 * 24),
    factor: 2.0,
    longest: Duration::from_hours(30 * 24),
    attempts: u32::MAX,
};

/// How long after a request the hub may call back, also repeatedly: our response to it may have
/// been lost.
const PENDING_FOR: TimeDelta = TimeDelta::hours(1);

/// Requests to unsubscribe before the hub is left to notice by itself.
const MAX_UNSUBSCRIBE_REQUESTS: u32 = 3;

/// Share of a lease after which it is renewed, plus up to [`RENEWAL_SPREAD`]. The rest is for
/// retries.
const RENEWAL: f64 = 0.65;

/// See [`RENEWAL`]. It keeps leases that began together from being renewed together.
const RENEWAL_SPREAD: f64 = 0.15;

/// Shortest time before a renewal, however short the lease is.
const SHORTEST_RENEWAL: Duration = Duration::from_mins(1);

/// Longer leases are renewed as if they were this long, because hubs forget subscriptions silently.
const LONGEST_LEASE: Duration = Duration::from_hours(15 * 24);

impl SubscriptionState {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Renewing => "renewing",
            Self::Denied => "denied",
            Self::Unsubscribing => "unsubscribing",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        let all = [
            Self::Wanted,
            Self::Requested,
            Self::Active,
            Self::Renewing,
            Self::Denied,
            Self::Unsubscribing,
        ];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

impl Subscription {
    /// A subscription that is wanted from now on.
    #[must_use]
    pub fn wanted(now: DateTime<Utc>) -> Self {
        Self {
            state: SubscriptionState::Wanted,
            requested_at: None,
            lease_ends_at: None,
            failures: 0,
            next_action_at: now,
        }
    }

    /// What the next request asks for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.state == SubscriptionState::Unsubscribing {
            Mode::Unsubscribe
        } else {
            Mode::Subscribe
        }
    }

    /// Whether the hub has promised to deliver.
    #[must_use]
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, SubscriptionState::Active | SubscriptionState::Renewing)
            && self.lease_ends_at.is_some_and(|end| !limits::is_due(end, now))
    }

    /// A request is about to be sent. This is stored first, since the hub may call back before it
    /// responds.
    #[must_use]
    pub fn request_sent(&self, now: DateTime<Utc>) -> Self {
        let (state, failures) = match self.state {
            SubscriptionState::Active if self.is_active(now) => {
                (SubscriptionState::Renewing, self.failures)
            }
            // The hub accepted the last request and never called back.
            SubscriptionState::Renewing if self.is_active(now) => {
                (SubscriptionState::Renewing, self.failures.saturating_add(1))
            }
            SubscriptionState::Requested | SubscriptionState::Renewing => {
                (SubscriptionState::Requested, self.failures.saturating_add(1))
            }
            SubscriptionState::Wanted | SubscriptionState::Active | SubscriptionState::Denied => {
                (SubscriptionState::Requested, self.failures)
            }
            SubscriptionState::Unsubscribing => (SubscriptionState::Unsubscribing, self.failures),
        };
        Self { state, failures, requested_at: Some(now), ..self.clone() }
    }

    /// The hub responded. `None`: nothing is left to do, and the subscription is deleted.
    #[must_use]
    pub fn request_answered(
        &self,
        answer: RequestResult,
        now: DateTime<Utc>,
        chance: f64,
    ) -> Option<Self> {
        match (self.state, answer) {
            // The hub called back before it responded; its callback counts.
            (
                SubscriptionState::Wanted | SubscriptionState::Active | SubscriptionState::Denied,
                _,
            ) => Some(self.clone()),
            (
                SubscriptionState::Requested | SubscriptionState::Renewing,
                RequestResult::Accepted,
            ) => {
                // An accepted request is not a failure, so it does not raise `failures` itself.
                let patience =
                    FIRST_RETRY.max(pause(self.failures.saturating_add(1), PASSING, chance));
                Some(Self { next_action_at: self.within_lease(now, patience), ..self.clone() })
            }
            (
                SubscriptionState::Requested | SubscriptionState::Renewing,
                RequestResult::Failed(failure),
            ) => {
                let failures = self.failures.saturating_add(1);
                let state = if self.is_active(now) {
                    SubscriptionState::Active
                } else {
                    SubscriptionState::Denied
                };
                let next_action_at = self.within_lease(now, pause(failures, failure, chance));
                Some(Self { state, failures, next_action_at, ..self.clone() })
            }
            (SubscriptionState::Unsubscribing, _) => {
                let failures = self.failures.saturating_add(1);
                let next_action_at = later(now, pause(failures, PASSING, chance));
                (failures < MAX_UNSUBSCRIBE_REQUESTS).then_some(Self {
                    failures,
                    next_action_at,
                    ..self.clone()
                })
            }
        }
    }

    /// The next action: after `wait`, but before a running lease ends, and not at once.
    fn within_lease(&self, now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
        let next = later(now, wait);
        match self.lease_ends_at.filter(|_| self.is_active(now)) {
            Some(end) => next.min(end.max(later(now, SHORTEST_RENEWAL))),
            None => next,
        }
    }

    /// The hub redirects the request: it is sent again at once, as if it had not been sent.
    #[must_use]
    pub fn request_redirected(&self, now: DateTime<Utc>) -> Self {
        let state = match self.state {
            SubscriptionState::Requested => SubscriptionState::Wanted,
            SubscriptionState::Renewing => SubscriptionState::Active,
            SubscriptionState::Unsubscribing => SubscriptionState::Unsubscribing,
            SubscriptionState::Wanted | SubscriptionState::Active | SubscriptionState::Denied => {
                return self.clone();
            }
        };
        Self { state, next_action_at: now, ..self.clone() }
    }

    /// Whether we requested this. Only a pending request is confirmed by its challenge (section
    /// 5.3.1).
    #[must_use]
    pub fn expects(&self, mode: Mode, now: DateTime<Utc>) -> bool {
        let asked_lately = self.asked_lately(now);
        match (self.state, mode) {
            (SubscriptionState::Unsubscribing, Mode::Unsubscribe)
            | (SubscriptionState::Requested | SubscriptionState::Renewing, Mode::Subscribe) => true,
            (SubscriptionState::Active | SubscriptionState::Denied, Mode::Subscribe) => {
                asked_lately
            }
            (SubscriptionState::Unsubscribing | SubscriptionState::Wanted, Mode::Subscribe)
            | (
                SubscriptionState::Wanted
                | SubscriptionState::Requested
                | SubscriptionState::Active
                | SubscriptionState::Renewing
                | SubscriptionState::Denied,
                Mode::Unsubscribe,
            ) => false,
        }
    }

    fn asked_lately(&self, now: DateTime<Utc>) -> bool {
        self.requested_at.is_some_and(|at| limits::is_recent(at, now, PENDING_FOR))
    }

    /// The hub verified the subscription and will deliver for `lease`.
    #[must_use]
    pub fn verified(&self, lease: Duration, now: DateTime<Utc>, chance: f64) -> Self {
        let share = RENEWAL + RENEWAL_SPREAD * unit(chance);
        let renewal = lease.min(LONGEST_LEASE).mul_f64(share).max(SHORTEST_RENEWAL);
        Self {
            state: SubscriptionState::Active,
            lease_ends_at: Some(later(now, lease)),
            failures: 0,
            next_action_at: later(now, renewal),
            ..self.clone()
        }
    }

    /// Somebody who knows the callback says that the hub denied the subscription, or ended it.
    ///
    /// A denial has no signature and no challenge. So it never ends a running lease: the hub is
    /// asked to renew it now, once within [`PENDING_FOR`]. A hub that meant it does not verify the
    /// renewal, and the lease runs out.
    #[must_use]
    pub fn denied(&self, now: DateTime<Utc>, chance: f64) -> Self {
        if self.state == SubscriptionState::Unsubscribing {
            return self.clone();
        }
        if self.is_active(now) {
            let next_action_at = if self.asked_lately(now) { self.next_action_at } else { now };
            return Self {
                next_action_at: self.next_action_at.min(next_action_at),
                ..self.clone()
            };
        }
        let failures = self.failures.saturating_add(1);
        let pause = next_try(failures, PASSING, &DENIED, chance).unwrap_or(DENIED.longest);
        Self {
            state: SubscriptionState::Denied,
            requested_at: self.requested_at,
            lease_ends_at: None,
            failures,
            next_action_at: later(now, pause),
        }
    }

    /// Cancels the subscription. `None`: the hub knows nothing of it, so it is deleted at once.
    #[must_use]
    pub fn unsubscribe(&self, now: DateTime<Utc>) -> Option<Self> {
        match self.state {
            SubscriptionState::Unsubscribing => Some(self.clone()),
            SubscriptionState::Wanted | SubscriptionState::Denied => None,
            SubscriptionState::Requested
            | SubscriptionState::Active
            | SubscriptionState::Renewing => Some(Self {
                state: SubscriptionState::Unsubscribing,
                failures: 0,
                next_action_at: now,
                ..self.clone()
            }),
        }
    }
}

const PASSING: FailureClass = FailureClass::Transient { retry_after: None };

/// Pause after that many failures in a row. Requests never stop while a feed names the hub.
fn pause(failures: u32, failure: FailureClass, chance: f64) -> Duration {
    let policy =
        RetryPolicy { first: FIRST_RETRY, factor: 4.0, longest: LONGEST_RETRY, attempts: u32::MAX };
    next_try(failures, failure, &policy, chance).unwrap_or(LONGEST_RETRY)
}

fn unit(chance: f64) -> f64 {
    if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 }
}

#[cfg(test)]
mod tests;
