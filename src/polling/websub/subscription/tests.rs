use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn asked() -> Subscription {
    Subscription::wanted(now()).request_sent(now())
}

fn active() -> Subscription {
    asked().verified(10 * DAY, now(), 0.5)
}

#[test]
fn a_subscription_is_requested_verified_and_renewed_before_the_lease_ends() {
    let taken = asked().request_answered(RequestResult::Accepted, now(), 0.5).unwrap();
    assert_eq!((taken.state, taken.is_active(now())), (SubscriptionState::Requested, false));
    assert!(taken.next_action_at > now());
    let active = taken.verified(10 * DAY, now(), 0.5);
    assert!(active.is_active(now()) && !active.is_active(now() + 10 * DAY));
    assert!(active.next_action_at > now() + 6 * DAY && active.next_action_at < now() + 8 * DAY);
    let renewing = active.request_sent(active.next_action_at);
    assert_eq!(
        (renewing.state, renewing.is_active(active.next_action_at)),
        (SubscriptionState::Renewing, true)
    );
    assert_eq!(active.request_sent(now() + 11 * DAY).state, SubscriptionState::Requested);
}

#[test]
fn a_callback_before_the_response_counts() {
    for answer in [RequestResult::Accepted, RequestResult::Failed(FailureClass::Permanent)] {
        assert_eq!(active().request_answered(answer, now(), 0.5), Some(active()));
    }
    let denied = asked().denied(now(), 0.5);
    assert_eq!(denied.request_answered(RequestResult::Accepted, now(), 0.5), Some(denied));
}

#[test]
fn only_pending_requests_are_confirmed() {
    let subscribe = |of: &Subscription, at| of.expects(Mode::Subscribe, at);
    assert!(!subscribe(&Subscription::wanted(now()), now()));
    assert!(subscribe(&asked(), now() + DAY));
    // Our first response may have been lost, so the hub calls again. Later no request is pending.
    assert!(subscribe(&active(), now()) && !subscribe(&active(), now() + DAY));
    assert!(!subscribe(&active().unsubscribe(now()).unwrap(), now()));
    // A denial may come from anybody, so it does not keep the hub from verifying.
    let denied = asked().denied(now(), 0.5);
    assert!(subscribe(&denied, now()) && !subscribe(&denied, now() + DAY));
    for state in [asked(), active()] {
        assert!(!state.expects(Mode::Unsubscribe, now()));
        assert!(state.unsubscribe(now()).unwrap().expects(Mode::Unsubscribe, now()));
    }
    assert_eq!(Subscription::wanted(now()).unsubscribe(now()), None);
}

#[test]
fn a_denial_is_a_reason_to_ask_and_no_end() {
    let at = now() + 2 * DAY;
    let doubted = active().denied(at, 0.5);
    assert_eq!((doubted.state, doubted.next_action_at), (SubscriptionState::Active, at));
    assert_eq!(doubted.lease_ends_at, active().lease_ends_at);
    // However often it comes, the hub is asked once an hour, and may verify at any time.
    let asked = doubted.request_sent(at).request_answered(RequestResult::Accepted, at, 0.5);
    let asked = asked.unwrap();
    assert_eq!(asked.denied(at + TimeDelta::minutes(5), 0.5), asked);
    assert!(asked.expects(Mode::Subscribe, at) && asked.is_active(at));
    // After the lease it ends.
    assert_eq!(asked.denied(at + 10 * DAY, 0.5).state, SubscriptionState::Denied);
}

#[test]
fn a_failed_renewal_keeps_what_is_left_of_the_lease() {
    let near = now() + 9 * DAY;
    let failed = active()
        .request_sent(near)
        .request_answered(RequestResult::Failed(FailureClass::Soft), near, 1.0)
        .unwrap();
    assert_eq!(failed.state, SubscriptionState::Active);
    assert!(failed.is_active(near) && failed.next_action_at <= now() + 10 * DAY);
    let over = now() + 11 * DAY;
    let failed = active()
        .request_sent(over)
        .request_answered(RequestResult::Failed(FailureClass::Soft), over, 1.0)
        .unwrap();
    assert_eq!((failed.state, failed.failures), (SubscriptionState::Denied, 1));
}

#[test]
fn a_hub_that_never_calls_back_is_asked_less_often() {
    let mut subscription = Subscription::wanted(now());
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let at = subscription.next_action_at;
        subscription = subscription
            .request_sent(at)
            .request_answered(RequestResult::Accepted, at, 1.0)
            .unwrap();
        pauses.push(subscription.next_action_at - at);
    }
    assert!(pauses.is_sorted() && pauses.first() < pauses.last());
    assert_eq!(pauses.last(), Some(&TimeDelta::hours(24)));
}

#[test]
fn unsubscribing_is_tried_a_few_times() {
    let mut left = active().unsubscribe(now());
    let mut said = 0;
    while let Some(subscription) = left {
        said += 1;
        let at = subscription.next_action_at;
        left = subscription.request_sent(at).request_answered(RequestResult::Accepted, at, 0.5);
    }
    assert_eq!(said, MAX_UNSUBSCRIBE_REQUESTS);
}

proptest! {
    #[test]
    fn after_any_events_there_is_a_next_action_within_bounds(
        events in proptest::collection::vec((0u8..6, 0u64..=u64::MAX, -1.0..2.0f64), 0..30),
    ) {
        let failed = RequestResult::Failed(FailureClass::Permanent);
        let mut subscription = Subscription::wanted(now());
        let mut at = now();
        for (event, seconds, chance) in events {
            at = at.max(subscription.next_action_at.min(at + TimeDelta::days(400)));
            subscription = match event {
                0 => subscription.request_sent(at),
                1 => match subscription.request_answered(RequestResult::Accepted, at, chance) {
                    Some(next) => next,
                    None => return Ok(()),
                },
                2 => match subscription.request_answered(failed, at, chance) {
                    Some(next) => next,
                    None => return Ok(()),
                },
                3 if subscription.expects(Mode::Subscribe, at) => {
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
