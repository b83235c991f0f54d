//! The life of one subscription: asked for, verified, renewed, refused, given up.
//!
//! What is ours to decide is when to ask next. A hub answers twice: at once, that it has taken the request, and then
//! by calling back to see whether it was we who made it. It may call before it answers, so each event is a function
//! of the state that it meets, and an answer that finds the subscription verified already changes nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::polling::failure::{Failure, RetryPolicy, next_try};
use crate::polling::websub::Mode;

/// Where a subscription stands. What is asked for and by whom is beside it, in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The state.
    pub state: State,
    /// When the hub was last asked.
    pub requested_at: Option<DateTime<Utc>>,
    /// Until when the hub has promised to deliver.
    pub lease_ends_at: Option<DateTime<Utc>>,
    /// Requests in a row that came to nothing.
    pub failures: u32,
    /// When to ask (again).
    pub next_action_at: DateTime<Utc>,
}

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A feed names a hub; it has not been asked.
    Wanted,
    /// Asked; the hub has not called back.
    Requested,
    /// Verified.
    Active,
    /// Verified, and asked again before the lease ends.
    Renewing,
    /// The hub said no, or nothing that could be understood.
    Refused,
    /// To be given up: the feed left the list, or names another hub.
    Unsubscribing,
}

/// How a hub answered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It will call back.
    Accepted,
    /// It did not take the request.
    Failed(Failure),
}

/// Pause after a first request that came to nothing, and how long a hub may take to call back at first.
const FIRST_RETRY: Duration = Duration::from_mins(10);

/// The longest pause between requests that come to nothing.
const LONGEST_RETRY: Duration = Duration::from_hours(24);

/// A hub that denies means it: it is asked again after days, and at last monthly.
const DENIED: RetryPolicy = RetryPolicy {
    first: Duration::from_hours(2 * 24),
    factor: 2.0,
    longest: Duration::from_hours(30 * 24),
    attempts: u32::MAX,
};

/// How long after a request the hub may call back, again too: an answer of ours may have been lost on its way.
const PENDING: TimeDelta = TimeDelta::hours(1);

/// Requests to be let go after which a hub is left to find out by itself.
const MOST_FAREWELLS: u32 = 3;

/// Part of a lease after which it is renewed, plus up to [`RENEWAL_SPREAD`]: what is left is for second tries.
const RENEWAL: f64 = 0.65;

/// See [`RENEWAL`]. Leases that began together are not renewed together.
const RENEWAL_SPREAD: f64 = 0.15;

/// No lease is renewed more often, however short it is.
const SHORTEST_RENEWAL: Duration = Duration::from_mins(1);

/// A longer lease is renewed as if it were this long: hubs forget subscriptions, and say nothing.
const LONGEST_LEASE: Duration = Duration::from_hours(15 * 24);

impl State {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Renewing => "renewing",
            Self::Refused => "denied",
            Self::Unsubscribing => "unsubscribing",
        }
    }

    /// The state of a word of the database.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [
            Self::Wanted,
            Self::Requested,
            Self::Active,
            Self::Renewing,
            Self::Refused,
            Self::Unsubscribing,
        ];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

impl Subscription {
    /// One that is wanted from now on.
    #[must_use]
    pub fn wanted(now: DateTime<Utc>) -> Self {
        Self {
            state: State::Wanted,
            requested_at: None,
            lease_ends_at: None,
            failures: 0,
            next_action_at: now,
        }
    }

    /// What the next request is for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.state == State::Unsubscribing { Mode::Unsubscribe } else { Mode::Subscribe }
    }

    /// Whether the hub delivers, as far as it has said.
    #[must_use]
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, State::Active | State::Renewing)
            && self.lease_ends_at.is_some_and(|end| now < end)
    }

    /// The hub is about to be asked. Noted before it is, since it may call back before it answers.
    #[must_use]
    pub fn asked(&self, now: DateTime<Utc>) -> Self {
        let (state, failures) = match self.state {
            State::Active if self.is_active(now) => (State::Renewing, self.failures),
            // It took the last request and never called.
            State::Renewing if self.is_active(now) => {
                (State::Renewing, self.failures.saturating_add(1))
            }
            State::Requested | State::Renewing => {
                (State::Requested, self.failures.saturating_add(1))
            }
            State::Wanted | State::Active | State::Refused => (State::Requested, self.failures),
            State::Unsubscribing => (State::Unsubscribing, self.failures),
        };
        Self { state, failures, requested_at: Some(now), ..self.clone() }
    }

    /// The hub has answered. None: nothing is left to be done, and the subscription goes.
    #[must_use]
    pub fn answered(&self, answer: Answer, now: DateTime<Utc>, chance: f64) -> Option<Self> {
        match (self.state, answer) {
            // It called before it answered: what it said then holds.
            (State::Wanted | State::Active | State::Refused, _) => Some(self.clone()),
            (State::Requested | State::Renewing, Answer::Accepted) => {
                // A first answer is no failure, and what counts so far are failures.
                let patience =
                    FIRST_RETRY.max(pause(self.failures.saturating_add(1), PASSING, chance));
                Some(Self { next_action_at: self.within_lease(now, patience), ..self.clone() })
            }
            (State::Requested | State::Renewing, Answer::Failed(failure)) => {
                let failures = self.failures.saturating_add(1);
                let state = if self.is_active(now) { State::Active } else { State::Refused };
                let next_action_at = self.within_lease(now, pause(failures, failure, chance));
                Some(Self { state, failures, next_action_at, ..self.clone() })
            }
            (State::Unsubscribing, _) => {
                let failures = self.failures.saturating_add(1);
                let next_action_at = after(now, pause(failures, PASSING, chance));
                (failures < MOST_FAREWELLS).then_some(Self {
                    failures,
                    next_action_at,
                    ..self.clone()
                })
            }
        }
    }

    /// When to act again: after `wait`, but before a lease that runs ends, if that is not at once.
    fn within_lease(&self, now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
        let next = after(now, wait);
        match self.lease_ends_at.filter(|_| self.is_active(now)) {
            Some(end) => next.min(end.max(after(now, SHORTEST_RENEWAL))),
            None => next,
        }
    }

    /// The hub wants the request made elsewhere: at once, and as if it had not been made.
    #[must_use]
    pub fn redirected(&self, now: DateTime<Utc>) -> Self {
        let state = match self.state {
            State::Requested => State::Wanted,
            State::Renewing => State::Active,
            State::Unsubscribing => State::Unsubscribing,
            State::Wanted | State::Active | State::Refused => return self.clone(),
        };
        Self { state, next_action_at: now, ..self.clone() }
    }

    /// Whether we asked for that: the challenge is echoed only for what is pending (WebSub, section 5.3.1).
    #[must_use]
    pub fn intends(&self, mode: Mode, now: DateTime<Utc>) -> bool {
        let asked_lately = self.requested_at.is_some_and(|at| now - at < PENDING);
        match (self.state, mode) {
            (State::Unsubscribing, Mode::Unsubscribe)
            | (State::Requested | State::Renewing, Mode::Subscribe) => true,
            (State::Active | State::Refused, Mode::Subscribe) => asked_lately,
            (State::Unsubscribing | State::Wanted, Mode::Subscribe)
            | (
                State::Wanted | State::Requested | State::Active | State::Renewing | State::Refused,
                Mode::Unsubscribe,
            ) => false,
        }
    }

    /// The hub called, and will deliver for `lease`.
    #[must_use]
    pub fn verified(&self, lease: Duration, now: DateTime<Utc>, chance: f64) -> Self {
        let share = RENEWAL + RENEWAL_SPREAD * unit(chance);
        let renewal = lease.min(LONGEST_LEASE).mul_f64(share).max(SHORTEST_RENEWAL);
        Self {
            state: State::Active,
            lease_ends_at: Some(after(now, lease)),
            failures: 0,
            next_action_at: after(now, renewal),
            ..self.clone()
        }
    }

    /// The hub called, and will not deliver, or no longer.
    #[must_use]
    pub fn denied(&self, now: DateTime<Utc>, chance: f64) -> Self {
        if self.state == State::Unsubscribing {
            return self.clone();
        }
        let failures = self.failures.saturating_add(1);
        let pause = next_try(failures, PASSING, &DENIED, chance).unwrap_or(DENIED.longest);
        Self {
            state: State::Refused,
            requested_at: None,
            lease_ends_at: None,
            failures,
            next_action_at: after(now, pause),
        }
    }

    /// To be given up from now on. None: the hub knows of nothing, so there is nobody to tell.
    #[must_use]
    pub fn leaving(&self, now: DateTime<Utc>) -> Option<Self> {
        match self.state {
            State::Unsubscribing => Some(self.clone()),
            State::Wanted | State::Refused => None,
            State::Requested | State::Active | State::Renewing => Some(Self {
                state: State::Unsubscribing,
                failures: 0,
                next_action_at: now,
                ..self.clone()
            }),
        }
    }
}

const PASSING: Failure = Failure::Transient { retry_after: None };

/// Pause after so many failures in a row. A hub is never given up as long as a feed names it.
fn pause(failures: u32, failure: Failure, chance: f64) -> Duration {
    let policy =
        RetryPolicy { first: FIRST_RETRY, factor: 4.0, longest: LONGEST_RETRY, attempts: u32::MAX };
    next_try(failures, failure, &policy, chance).unwrap_or(LONGEST_RETRY)
}

fn unit(chance: f64) -> f64 {
    if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 }
}

/// `now + wait`, ten years at most: a bound that no arithmetic overflows.
fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let most = TimeDelta::days(3650);
    now + TimeDelta::from_std(wait).unwrap_or(most).min(most)
}

#[cfg(test)]
mod tests;
