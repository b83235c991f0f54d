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
    assert_eq!((taken.state, taken.is_active(now())), (State::Requested, false));
    assert!(taken.next_action_at > now());
    let active = taken.verified(10 * DAY, now(), 0.5);
    assert!(active.is_active(now()) && !active.is_active(now() + 10 * DAY));
    assert!(active.next_action_at > now() + 6 * DAY && active.next_action_at < now() + 8 * DAY);
    let renewing = active.asked(active.next_action_at);
    assert_eq!(
        (renewing.state, renewing.is_active(active.next_action_at)),
        (State::Renewing, true)
    );
    assert_eq!(active.asked(now() + 11 * DAY).state, State::Requested);
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
    assert!(!subscribe(&active().leaving(now()).unwrap(), now()));
    assert!(!subscribe(&asked().denied(now(), 0.5), now()));
    for state in [asked(), active()] {
        assert!(!state.intends(Mode::Unsubscribe, now()));
        assert!(state.leaving(now()).unwrap().intends(Mode::Unsubscribe, now()));
    }
    assert_eq!(Subscription::wanted(now()).leaving(now()), None);
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
    let mut left = active().leaving(now());
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
