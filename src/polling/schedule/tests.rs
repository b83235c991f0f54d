use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use url::Url;

use super::window::tests::entry;
use super::*;
use wiresift_feed::{ParsedFeed, Validators};

const HOUR: Duration = Duration::from_hours(1);

/// A feed that shows entries by number, newest first.
pub(super) fn shows(numbers: std::ops::RangeInclusive<u32>) -> ParsedFeed {
    ParsedFeed { entries: numbers.rev().map(entry).collect(), ..ParsedFeed::default() }
}

fn at(hour: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(100) + TimeDelta::seconds((hour * 3600.0) as i64)
}

fn parsed(numbers: std::ops::RangeInclusive<u32>) -> PollOutcome {
    // Undated, so that none counts as backdated.
    let mut feed = shows(numbers);
    for entry in &mut feed.entries {
        entry.published = None;
    }
    PollOutcome::Parsed {
        feed: Box::new(feed),
        validators: Validators::default(),
        digest: Vec::new(),
        complete: true,
    }
}

fn unchanged_answer() -> PollOutcome {
    PollOutcome::Unchanged { validators: Validators::default() }
}

fn failure(cause: Cause) -> PollOutcome {
    PollOutcome::Failed { cause, error: cause.as_str().to_owned() }
}

fn poll(hour: f64, outcome: PollOutcome) -> Poll {
    Poll::new(at(hour), Url::parse("https://a.example/feed").ok(), outcome)
}

/// A feed that is polled, with its latest plan.
struct Feed {
    history: FeedHistory,
    plan: Option<Plan>,
}

impl Feed {
    fn new() -> Self {
        Self { history: FeedHistory::of_new("https://a.example/feed"), plan: None }
    }

    fn sees(&mut self, poll: &Poll) -> &Plan {
        let plan = after(&self.history, poll, &PollSettings::default(), 0.5);
        let history = &mut self.history;
        history.health = plan.health.or(history.health);
        history.failures = plan.failures;
        history.habits = plan.habits.clone();
        if let Some(window) = &plan.window {
            history.window = window.clone();
        }
        if matches!(poll.outcome, PollOutcome::Parsed { .. } | PollOutcome::Unchanged { .. }) {
            history.last_success_at = Some(poll.at);
        }
        match &plan.address {
            AddressChange::None => {}
            AddressChange::Adopt(to) => history.adopted = Some(to.clone()),
            AddressChange::Return => history.adopted = None,
        }
        self.plan.insert(plan)
    }

    fn at(&mut self, hour: f64, outcome: PollOutcome) -> &Plan {
        self.sees(&poll(hour, outcome))
    }
}

fn is_gap(plan: &Plan) -> bool {
    plan.notices.iter().any(|notice| matches!(notice, Notice::Gap { .. }))
}

#[test]
fn a_new_feed_is_polled_as_the_settings_say_and_then_by_its_own_rhythm() {
    let mut feed = Feed::new();
    assert_eq!(feed.at(0.0, parsed(1..=10)).pause, Duration::from_mins(15));
    for quarter in 1..=96 {
        feed.at(f64::from(quarter) / 4.0, unchanged_answer());
    }
    let quiet = feed.at(24.5, unchanged_answer()).pause;
    assert!(quiet > 2 * Duration::from_mins(15), "{quiet:?}");
    let plan = feed.at(25.0, unchanged_answer());
    assert_eq!((plan.health, plan.failures), (Some(Health::Active), 0));
}

#[test]
fn a_gap_is_reported_once_and_brings_the_next_poll_forward() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=20));
    let before = feed.at(0.5, parsed(2..=21)).pause;
    let plan = feed.at(1.0, parsed(30..=49));
    assert!(is_gap(plan) && plan.pause < before, "{:?}", plan.pause);
    assert_eq!(plan.habits.continuity.gaps, 1);
    assert!(!is_gap(feed.at(1.1, parsed(31..=50))));
    assert!(!is_gap(feed.at(1.2, unchanged_answer())));
}

#[test]
fn a_truncated_response_is_no_gap_and_forgets_nothing() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=20));
    let PollOutcome::Parsed { feed: parsed_feed, validators, digest, .. } = parsed(21..=40) else {
        panic!()
    };
    let cut = PollOutcome::Parsed { feed: parsed_feed, validators, digest, complete: false };
    assert!(!is_gap(feed.at(0.5, cut)));
    let plan = feed.at(1.0, parsed(1..=40));
    assert_eq!((is_gap(plan), plan.habits.continuity.coverage), (false, Some(1.0)));
}

#[test]
fn a_fixed_interval_is_kept_within_the_bounds() {
    let mut feed = Feed::new();
    feed.history.intervals.every = Some(2 * HOUR);
    let pause = feed.at(0.0, parsed(1..=10)).pause;
    assert!(pause >= 2 * HOUR * 9 / 10 && pause <= 2 * HOUR * 11 / 10, "{pause:?}");
    feed.history.intervals.every = Some(Duration::from_secs(1));
    assert!(feed.at(1.0, unchanged_answer()).pause >= Duration::from_mins(5));
    feed.history.intervals =
        PollIntervals { min_every: Some(3 * HOUR), ..PollIntervals::default() };
    assert_eq!(feed.at(2.0, unchanged_answer()).pause, 3 * HOUR);
    feed.history.intervals =
        PollIntervals { max_every: Some(Duration::from_mins(6)), ..PollIntervals::default() };
    assert_eq!(feed.at(3.0, unchanged_answer()).pause, Duration::from_mins(6));
}

#[test]
fn the_feed_and_its_server_may_ask_for_longer_pauses() {
    let mut feed = Feed::new();
    let answer = Poll { fresh_for: Some(HOUR / 2), ..poll(0.0, parsed(1..=10)) };
    assert_eq!(feed.sees(&answer).pause, HOUR / 2);
    let lying = Poll { fresh_for: Some(9000 * HOUR), ..poll(0.5, unchanged_answer()) };
    assert!(feed.sees(&lying).pause < 2 * HOUR);
    let asked = Poll { retry_after: Some(20 * HOUR), ..poll(1.0, unchanged_answer()) };
    assert_eq!(feed.sees(&asked).pause, 20 * HOUR);
}

#[test]
fn failures_slow_down_and_an_answer_heals() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=10));
    let mut last = Duration::ZERO;
    for failures in 1..=5 {
        let plan = feed.at(f64::from(failures), failure(Cause::Timeout));
        assert_eq!((plan.health, plan.failures), (Some(Health::Failing), failures));
        assert!(plan.pause >= last);
        last = plan.pause;
    }
    let plan = feed.at(9.0, unchanged_answer());
    assert_eq!((plan.health, plan.failures), (Some(Health::Active), 0));
}

#[test]
fn throttling_is_no_failure_and_lengthens_the_pause() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=10));
    let first = feed.at(1.0, failure(Cause::Throttled)).clone();
    assert_eq!((first.health, first.failures), (None, 0));
    let second = feed.at(2.0, failure(Cause::Throttled)).pause;
    assert!(second > first.pause);
    assert_eq!(feed.at(3.0, unchanged_answer()).habits.throttled, 0);
}

#[test]
fn gone_and_blocked_are_states_of_their_own_and_reported_once() {
    for (cause, health) in [(Cause::Gone, Health::Gone), (Cause::Blocked, Health::Blocked)] {
        let mut feed = Feed::new();
        feed.at(0.0, parsed(1..=10));
        let plan = feed.at(1.0, failure(cause)).clone();
        assert_eq!((plan.health, plan.notices.len()), (Some(health), 1));
        assert!(plan.pause >= HOUR);
        assert_eq!(feed.at(800.0, failure(cause)).notices, []);
        assert_eq!(feed.at(1600.0, unchanged_answer()).health, Some(Health::Active));
    }
}

/// A poll by way of a redirect.
fn elsewhere(feed: &mut Feed, hour: f64, permanent: bool) -> Plan {
    let to = Url::parse("https://new.example/feed").unwrap();
    feed.at(hour, PollOutcome::Moved { to: to.clone(), permanent });
    feed.sees(&Poll { address: Some(to), ..poll(hour, unchanged_answer()) }).clone()
}

#[test]
fn a_permanent_redirect_is_adopted_after_days_and_dropped_when_it_fails() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=10));
    for day in 1..=4 {
        assert_eq!(elsewhere(&mut feed, f64::from(day) * 24.0, true).address, AddressChange::None);
    }
    let adopted = AddressChange::Adopt("https://new.example/feed".to_owned());
    assert_eq!(elsewhere(&mut feed, 120.0, true).address, adopted);
    for hour in 1..=2 {
        assert_eq!(
            feed.at(130.0 + f64::from(hour), failure(Cause::Dns)).address,
            AddressChange::None
        );
    }
    let plan = feed.at(150.0, failure(Cause::Dns));
    assert_eq!((&plan.address, plan.pause), (&AddressChange::Return, Duration::from_mins(5)));
    assert_eq!(feed.history.adopted, None);
}

#[test]
fn a_redirect_that_is_temporary_or_rejected_is_never_adopted() {
    for is_rejected in [false, true] {
        let mut feed = Feed::new();
        feed.at(0.0, parsed(1..=10));
        if is_rejected {
            feed.history.habits.reject_address("https://new.example/feed");
        }
        for day in 1..=50 {
            assert_eq!(
                elsewhere(&mut feed, f64::from(day) * 24.0, is_rejected).address,
                AddressChange::None
            );
        }
    }
}

#[test]
fn unreliable_validators_are_no_longer_sent() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=10));
    for hour in 1..=30 {
        let not_modified = Poll { status: Some(304), ..poll(f64::from(hour), unchanged_answer()) };
        feed.sees(&not_modified);
    }
    assert!(!feed.history.habits.trust.sends_validators(at(30.0)));
    let test =
        Poll { withheld_validators: true, same_validators: true, ..poll(31.0, parsed(3..=12)) };
    let plan = feed.sees(&test);
    assert!(matches!(plan.notices[..], [Notice::Lied { until: Some(_) }]), "{:?}", plan.notices);
    assert!(!feed.history.habits.trust.sends_validators(at(60.0)));
}

#[test]
fn a_feed_beyond_its_usual_silence_is_silent() {
    let mut feed = Feed::new();
    feed.at(0.0, parsed(1..=20));
    for day in 1..=20 {
        feed.at(f64::from(day) * 24.0, parsed(1 + day..=20 + day));
    }
    let plan = feed.at(25.0 * 24.0, unchanged_answer()).clone();
    assert_eq!(plan.health, Some(Health::Silent));
    assert!(matches!(plan.notices[..], [Notice::Silent { .. }]));
    assert_eq!(feed.at(26.0 * 24.0, unchanged_answer()).notices, []);
    assert_eq!(feed.at(27.0 * 24.0, parsed(30..=49)).health, Some(Health::Active));
}

fn outcomes() -> impl Strategy<Value = PollOutcome> {
    let causes =
        [Cause::Timeout, Cause::Missing, Cause::Unreadable, Cause::Blocked, Cause::Throttled];
    prop_oneof![
        Just(()).prop_map(|()| unchanged_answer()),
        (0u32..200, 0u32..60).prop_map(|(first, count)| parsed(first..=first + count)),
        proptest::sample::select(causes.to_vec()).prop_map(failure),
    ]
}

proptest! {
    #[test]
    fn every_pause_lies_within_the_bounds(
        polls in proptest::collection::vec(
            (0.0..50.0f64, outcomes(), proptest::option::of(0u64..u64::MAX)),
            1..30,
        ),
        every in proptest::option::of(0u64..1_000_000),
        chance in 0.0..1.0f64,
    ) {
        let settings = PollSettings::default();
        let mut feed = Feed::new();
        feed.history.intervals.every = every.map(Duration::from_secs);
        let mut hour = 0.0;
        for (pause, outcome, fresh_s) in polls {
            hour += pause;
            let fresh_for = fresh_s.map(Duration::from_secs);
            let poll = Poll { fresh_for, ..poll(hour, outcome) };
            let plan = after(&feed.history, &poll, &settings, chance);
            prop_assert!(plan.pause >= settings.min_every, "{:?}", plan.pause);
            prop_assert!(plan.pause <= settings.max_every.mul_f64(1.11), "{:?}", plan.pause);
            feed.sees(&poll);
        }
    }

    #[test]
    fn what_is_stored_comes_back(
        polls in proptest::collection::vec((0.0..50.0f64, outcomes()), 1..10),
    ) {
        let mut feed = Feed::new();
        let mut hour = 0.0;
        for (pause, outcome) in polls {
            hour += pause;
            feed.at(hour, outcome);
            let habits = &feed.history.habits;
            let stored = serde_json::to_value(habits).unwrap();
            let back: Habits = serde_json::from_value(stored).unwrap();
            // JSON decimals differ from binary fractions in the last digit.
            let text = |habits| serde_json::to_string(habits).unwrap();
            prop_assert_eq!(text(&back), text(habits));
        }
    }
}
