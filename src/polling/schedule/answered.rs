//! The plan after a successful poll: a feed, or the news that nothing changed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::polling::poll::Poll;
use crate::polling::schedule::backfill::{Backfill, OpenGap};
use crate::polling::schedule::feed_history::FeedHistory;
use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::health::Health;
use crate::polling::schedule::hints::Hints;
use crate::polling::schedule::interval::interval;
use crate::polling::schedule::notice::Notice;
use crate::polling::schedule::pending_move::{MoveStep, PendingMove};
use crate::polling::schedule::rhythm::hours;
use crate::polling::schedule::settings::PollSettings;
use crate::polling::schedule::validator_trust::FullAnswer;
use crate::polling::schedule::window::Window;
use crate::polling::schedule::{AddressChange, Plan};
use wiresift_feed::ParsedFeed;

/// A new entry dated longer than this before the last poll was not published since then.
const BACKDATED: TimeDelta = TimeDelta::days(1);

/// What one poll showed of the entries.
#[derive(Default)]
struct Observation {
    window: Option<Window>,
    fresh_dates: Vec<DateTime<Utc>>,
    is_gap: bool,
    shares_entries: bool,
}

/// The plan after a successful poll. `shown` is the feed and whether the whole of it arrived;
/// `None` if nothing changed.
pub(super) fn answered(
    history: &FeedHistory,
    poll: &Poll,
    shown: Option<(&ParsedFeed, bool)>,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let now = poll.at;
    let mut plan = Plan::unchanged(history);
    plan.failures = 0;
    plan.habits.is_sitemap_index = false;
    let since = plan.habits.rhythm.seen_at();
    let observed = observe(history, &mut plan.habits, shown, now);
    if test_validators(&mut plan.habits, poll, shown.is_some(), &observed) {
        plan.notices
            .push(Notice::ValidatorsDistrusted { until: plan.habits.trust.distrusted_until });
    }
    if observed.is_gap
        && let (Some((feed, _)), Some(address)) = (shown, &poll.address)
    {
        plan.notices.push(Notice::Gap { since, shown: feed.entries.len() });
        plan.backfill = Backfill::begin(feed, address, &history.window, plan.habits.ignores_paging);
        if plan.backfill.is_none() {
            plan.open_gap = OpenGap::of(feed, address, &history.window, since);
        }
    }
    plan.window = observed.window;
    judge_address(&mut plan, poll, observed.shares_entries);
    judge_silence(&mut plan, history, now);
    plan.habits.throttled = 0;
    let interval = interval(history, &plan.habits, settings, poll.fresh_for, now, chance);
    plan.habits.interval = Some(interval.regular.as_secs_f64());
    plan.pause = interval.drawn.max(poll.retry_after.unwrap_or_default());
    plan
}

/// Updates the habits with what was shown, or that nothing changed.
fn observe(
    history: &FeedHistory,
    habits: &mut Habits,
    shown: Option<(&ParsedFeed, bool)>,
    now: DateTime<Utc>,
) -> Observation {
    let since = habits.rhythm.seen_at();
    let passed = since.map_or(0.0, |at| hours(at, now));
    let Some((feed, complete)) = shown else {
        habits.rhythm.observe(now, 0);
        habits.continuity.relax(passed);
        return Observation { shares_entries: true, ..Observation::default() };
    };
    habits.hints = Hints::of(feed);
    let entries = &feed.entries;
    if history.window.is_empty() {
        let dates: Vec<_> = entries.iter().filter_map(|entry| entry.published).collect();
        habits.rhythm.begin(now, &dates);
        habits.continuity.begin(entries.len(), &dates);
        habits.silence.begin(now, &dates);
        return Observation {
            window: Some(Window::of(entries)),
            shares_entries: true,
            ..Observation::default()
        };
    }
    let overlap = history.window.compare(entries, habits.continuity.size);
    let fresh: Vec<_> = overlap.fresh.iter().filter_map(|at| entries.get(*at)).collect();
    let earliest = since.and_then(|at| at.min(now).checked_sub_signed(BACKDATED));
    let arrived = fresh
        .iter()
        .filter(|entry| entry.published.is_none() || entry.published >= earliest)
        .count();
    let is_gap = overlap.is_gap && complete;
    habits.rhythm.observe(now, arrived);
    habits.continuity.observe(passed, entries.len(), fresh.len(), is_gap);
    if arrived > 0 {
        habits.silence.arrived(now);
    }
    let window = match (entries.is_empty(), complete) {
        (true, _) => None,
        (false, true) => Some(Window::of(entries)),
        // Entries that a truncated response does not show may still be in the feed.
        (false, false) => Some(Window::of(entries).joined(&history.window)),
    };
    Observation {
        window,
        fresh_dates: fresh.iter().filter_map(|entry| entry.published).collect(),
        is_gap,
        shares_entries: fresh.len() < entries.len(),
    }
}

/// Checks the validators against the response. True if they are found to be unreliable.
fn test_validators(
    habits: &mut Habits,
    poll: &Poll,
    is_changed: bool,
    observed: &Observation,
) -> bool {
    if poll.status == Some(304) {
        habits.trust.observe_not_modified(poll.at);
        return false;
    }
    let whole = FullAnswer {
        is_test: poll.withheld_validators,
        is_changed,
        same_validators: poll.same_validators,
        fresh: &observed.fresh_dates,
    };
    habits.trust.observe_full(poll.at, &whole)
}

fn judge_address(plan: &mut Plan, poll: &Poll, shares_entries: bool) {
    let to = poll.address.as_ref().map(Url::as_str).unwrap_or_default();
    if plan.habits.permanent_chain.take() != Some(true) || plan.habits.rejects(to) {
        plan.habits.pending_move = None;
        return;
    }
    match PendingMove::redirected(&mut plan.habits.pending_move, to, shares_entries, poll.at) {
        MoveStep::FirstSeen => {
            plan.notices.push(Notice::Moved { to: to.to_owned(), adopted: false });
        }
        MoveStep::SeenAgain => {}
        MoveStep::Adopted => {
            plan.notices.push(Notice::Moved { to: to.to_owned(), adopted: true });
            plan.address = AddressChange::Adopt(to.to_owned());
        }
    }
}

fn judge_silence(plan: &mut Plan, history: &FeedHistory, now: DateTime<Utc>) {
    let Some(quiet) = plan.habits.silence.silent_for(now) else {
        plan.health = Some(Health::Active);
        return;
    };
    if history.health != Some(Health::Silent) {
        let of_hours = |hours: f64| Duration::from_secs((hours * 3600.0) as u64);
        let longest = of_hours(plan.habits.silence.longest());
        plan.notices.push(Notice::Silent { quiet: of_hours(quiet), longest });
    }
    plan.health = Some(Health::Silent);
}
