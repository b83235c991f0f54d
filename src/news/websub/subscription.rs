//! The life of one subscription: asked for, verified, renewed, refused, given up.
//!
//! What is ours to decide is when to ask next. A hub answers twice: at once, that it has taken the request, and then
//! by calling back to see whether it was we who made it. It may call before it answers, so each event is a function
//! of the state that it meets, and an answer that finds the subscription verified already changes nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::news::failure::{Failure, RetryPolicy, next_try};
use crate::news::websub::Mode;

/// Where a subscription stands. What is asked for and by whom is beside it, in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The state.
    pub state: State,
    /// When the hub was last asked.
    pub asked_at: Option<DateTime<Utc>>,
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
    Asked,
    /// Verified.
    Active,
    /// Verified, and asked again before the lease ends.
    Renewing,
    /// The hub said no, or nothing that could be understood.
    Refused,
    /// To be given up: the feed left the list, or names another hub.
    Leaving,
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
            Self::Asked => "asked",
            Self::Active => "active",
            Self::Renewing => "renewing",
            Self::Refused => "refused",
            Self::Leaving => "leaving",
        }
    }

    /// The state of a word of the database.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Wanted, Self::Asked, Self::Active, Self::Renewing, Self::Refused, Self::Leaving];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

impl Subscription {
    /// One that is wanted from now on.
    #[must_use]
    pub fn wanted(now: DateTime<Utc>) -> Self {
        Self { state: State::Wanted, asked_at: None, lease_ends_at: None, failures: 0, next_action_at: now }
    }

    /// What the next request is for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.state == State::Leaving { Mode::Unsubscribe } else { Mode::Subscribe }
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
            State::Renewing if self.is_active(now) => (State::Renewing, self.failures.saturating_add(1)),
            State::Asked | State::Renewing => (State::Asked, self.failures.saturating_add(1)),
            State::Wanted | State::Active | State::Refused => (State::Asked, self.failures),
            State::Leaving => (State::Leaving, self.failures),
        };
        Self { state, failures, asked_at: Some(now), ..self.clone() }
    }

    /// The hub has answered. None: nothing is left to be done, and the subscription goes.
    #[must_use]
    pub fn answered(&self, answer: Answer, now: DateTime<Utc>, chance: f64) -> Option<Self> {
        match (self.state, answer) {
            // It called before it answered: what it said then holds.
            (State::Wanted | State::Active | State::Refused, _) => Some(self.clone()),
            (State::Asked | State::Renewing, Answer::Accepted) => {
                // A first answer is no failure, and what counts so far are failures.
                let patience = FIRST_RETRY.max(pause(self.failures.saturating_add(1), PASSING, chance));
                Some(Self { next_action_at: self.within_lease(now, patience), ..self.clone() })
            }
            (State::Asked | State::Renewing, Answer::Failed(failure)) => {
                let failures = self.failures.saturating_add(1);
                let state = if self.is_active(now) { State::Active } else { State::Refused };
                let next_action_at = self.within_lease(now, pause(failures, failure, chance));
                Some(Self { state, failures, next_action_at, ..self.clone() })
            }
            (State::Leaving, _) => {
                let failures = self.failures.saturating_add(1);
                let next_action_at = after(now, pause(failures, PASSING, chance));
                (failures < MOST_FAREWELLS).then_some(Self { failures, next_action_at, ..self.clone() })
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
            State::Asked => State::Wanted,
            State::Renewing => State::Active,
            State::Leaving => State::Leaving,
            State::Wanted | State::Active | State::Refused => return self.clone(),
        };
        Self { state, next_action_at: now, ..self.clone() }
    }

    /// Whether we asked for that: the challenge is echoed only for what is pending (WebSub, section 5.3.1).
    #[must_use]
    pub fn intends(&self, mode: Mode, now: DateTime<Utc>) -> bool {
        let asked_lately = self.asked_at.is_some_and(|at| now - at < PENDING);
        match (self.state, mode) {
            (State::Leaving, Mode::Unsubscribe) | (State::Asked | State::Renewing, Mode::Subscribe) => true,
            (State::Active | State::Refused, Mode::Subscribe) => asked_lately,
            (State::Leaving | State::Wanted, Mode::Subscribe) => false,
            (
                State::Wanted | State::Asked | State::Active | State::Renewing | State::Refused,
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
        if self.state == State::Leaving {
            return self.clone();
        }
        let failures = self.failures.saturating_add(1);
        let pause = next_try(failures, PASSING, &DENIED, chance).unwrap_or(DENIED.longest);
        Self {
            state: State::Refused,
            asked_at: None,
            lease_ends_at: None,
            failures,
            next_action_at: after(now, pause),
        }
    }

    /// To be given up from now on.
    #[must_use]
    pub fn leaving(&self, now: DateTime<Utc>) -> Self {
        if self.state == State::Leaving {
            return self.clone();
        }
        Self { state: State::Leaving, failures: 0, next_action_at: now, ..self.clone() }
    }
}

const PASSING: Failure = Failure::Transient { retry_after: None };

/// Pause after so many failures in a row. A hub is never given up as long as a feed names it.
fn pause(failures: u32, failure: Failure, chance: f64) -> Duration {
    let policy = RetryPolicy { first: FIRST_RETRY, factor: 4.0, longest: LONGEST_RETRY, attempts: u32::MAX };
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn asked() -> Subscription {
        Subscription::wanted(now()).asked(now())
    }

    fn active() -> Subscription {
        asked().verified(10 * DAY, now(), 0.5)
    }

    #[test]
    fn a_hub_is_asked_calls_back_and_is_asked_again_before_the_lease_ends() {
        let taken = asked().answered(Answer::Accepted, now(), 0.5).unwrap();
        assert_eq!((taken.state, taken.is_active(now())), (State::Asked, false));
        assert!(taken.next_action_at > now());
        let active = taken.verified(10 * DAY, now(), 0.5);
        assert!(active.is_active(now()) && !active.is_active(now() + 10 * DAY));
        assert!(active.next_action_at > now() + 6 * DAY && active.next_action_at < now() + 8 * DAY);
        let renewing = active.asked(active.next_action_at);
        assert_eq!((renewing.state, renewing.is_active(active.next_action_at)), (State::Renewing, true));
        assert_eq!(active.asked(now() + 11 * DAY).state, State::Asked);
    }

    #[test]
    fn a_call_before_the_answer_holds() {
        for answer in [Answer::Accepted, Answer::Failed(Failure::Permanent)] {
            assert_eq!(active().answered(answer, now(), 0.5), Some(active()));
        }
        let denied = asked().denied(now(), 0.5);
        assert_eq!(denied.answered(Answer::Accepted, now(), 0.5), Some(denied));
    }

    #[test]
    fn only_what_is_pending_is_confirmed() {
        let subscribe = |of: &Subscription, at| of.intends(Mode::Subscribe, at);
        assert!(!subscribe(&Subscription::wanted(now()), now()));
        assert!(subscribe(&asked(), now() + DAY));
        // Our first answer may have been lost, so the hub calls again; later nobody has asked.
        assert!(subscribe(&active(), now()) && !subscribe(&active(), now() + DAY));
        assert!(!subscribe(&active().leaving(now()), now()));
        assert!(!subscribe(&asked().denied(now(), 0.5), now()));
        for state in [asked(), active(), Subscription::wanted(now())] {
            assert!(!state.intends(Mode::Unsubscribe, now()));
            assert!(state.leaving(now()).intends(Mode::Unsubscribe, now()));
        }
    }

    #[test]
    fn a_failed_renewal_keeps_what_is_left_of_the_lease() {
        let near = now() + 9 * DAY;
        let failed = active().asked(near).answered(Answer::Failed(Failure::Soft), near, 1.0).unwrap();
        assert_eq!(failed.state, State::Active);
        assert!(failed.is_active(near) && failed.next_action_at <= now() + 10 * DAY);
        let over = now() + 11 * DAY;
        let failed = active().asked(over).answered(Answer::Failed(Failure::Soft), over, 1.0).unwrap();
        assert_eq!((failed.state, failed.failures), (State::Refused, 1));
    }

    #[test]
    fn a_hub_that_never_calls_is_asked_less_and_less() {
        let mut subscription = Subscription::wanted(now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let at = subscription.next_action_at;
            subscription = subscription.asked(at).answered(Answer::Accepted, at, 1.0).unwrap();
            pauses.push(subscription.next_action_at - at);
        }
        assert!(pauses.is_sorted() && pauses.first() < pauses.last());
        assert_eq!(pauses.last(), Some(&TimeDelta::hours(24)));
    }

    #[test]
    fn a_farewell_is_said_a_few_times_and_no_more() {
        let mut left = Some(active().leaving(now()));
        let mut said = 0;
        while let Some(subscription) = left {
            said += 1;
            let at = subscription.next_action_at;
            left = subscription.asked(at).answered(Answer::Accepted, at, 0.5);
        }
        assert_eq!(said, MOST_FAREWELLS);
    }

    proptest! {
        #[test]
        fn whatever_happens_there_is_a_next_action_within_bounds(
            events in proptest::collection::vec((0u8..6, 0u64..=u64::MAX, -1.0..2.0f64), 0..30),
        ) {
            let mut subscription = Subscription::wanted(now());
            let mut at = now();
            for (event, seconds, chance) in events {
                at = at.max(subscription.next_action_at.min(at + TimeDelta::days(400)));
                subscription = match event {
                    0 => subscription.asked(at),
                    1 => match subscription.answered(Answer::Accepted, at, chance) {
                        Some(next) => next,
                        None => return Ok(()),
                    },
                    2 => match subscription.answered(Answer::Failed(Failure::Permanent), at, chance) {
                        Some(next) => next,
                        None => return Ok(()),
                    },
                    3 if subscription.intends(Mode::Subscribe, at) => {
                        let verified = subscription.verified(Duration::from_secs(seconds), at, chance);
                        prop_assert!(verified.next_action_at >= at + TimeDelta::minutes(1));
                        verified
                    }
                    4 => subscription.denied(at, chance),
                    _ => subscription,
                };
                prop_assert!(subscription.next_action_at <= at + TimeDelta::days(366));
                prop_assert!(!subscription.is_active(at) || subscription.lease_ends_at > Some(at));
            }
        }
    }
}
