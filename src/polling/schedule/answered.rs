//! What an answer means that is the feed, or says that nothing changed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::polling::poll::Poll;
use crate::polling::schedule::backfill::{Backfill, OpenGap};
use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::health::Health;
use crate::polling::schedule::hints::Hints;
use crate::polling::schedule::history::History;
use crate::polling::schedule::interval::interval;
use crate::polling::schedule::moving::{Moving, Sighting};
use crate::polling::schedule::notice::Notice;
use crate::polling::schedule::rhythm::hours;
use crate::polling::schedule::settings::PollSettings;
use crate::polling::schedule::trust::Whole;
use crate::polling::schedule::window::Window;
use crate::polling::schedule::{AddressChange, Plan};
use wiresift_feed::ParsedFeed;

/// An entry that is new to us and dated so long before the last look was not published since then.
const BACKDATED: TimeDelta = TimeDelta::days(1);

/// What one look at the entries found.
#[derive(Default)]
struct Look {
    window: Option<Window>,
    fresh_dates: Vec<DateTime<Utc>>,
    is_broken: bool,
    is_kin: bool,
}

/// The plan after an answer. `shown` is the feed and whether all of it came; none where nothing changed.
pub(super) fn answered(
    history: &History,
    poll: &Poll,
    shown: Option<(&ParsedFeed, bool)>,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let now = poll.at;
    let mut plan = Plan::unchanged(history);
    plan.failures = 0;
    plan.habits.is_list = false;
    let since = plan.habits.rhythm.seen_at();
    let look = look(history, &mut plan.habits, shown, now);
    if test_validators(&mut plan.habits, poll, shown.is_some(), &look) {
        plan.notices.push(Notice::Lied { until: plan.habits.trust.distrusted_until });
    }
    if look.is_broken
        && let (Some((feed, _)), Some(address)) = (shown, &poll.address)
    {
        plan.notices.push(Notice::Gap { since, shown: feed.entries.len() });
        plan.backfill = Backfill::begin(feed, address, &history.window, plan.habits.unpaged);
        if plan.backfill.is_none() {
            plan.open_gap = OpenGap::of(feed, address, &history.window, since);
        }
    }
    plan.window = look.window;
    judge_address(&mut plan, poll, look.is_kin);
    judge_silence(&mut plan, history, now);
    plan.habits.throttled = 0;
    let interval = interval(history, &plan.habits, settings, poll.fresh_for, now, chance);
    plan.habits.interval = Some(interval.regular.as_secs_f64());
    plan.pause = interval.drawn.max(poll.retry_after.unwrap_or_default());
    plan
}

/// Takes in what was shown, or that nothing changed.
fn look(
    history: &History,
    habits: &mut Habits,
    shown: Option<(&ParsedFeed, bool)>,
    now: DateTime<Utc>,
) -> Look {
    let since = habits.rhythm.seen_at();
    let passed = since.map_or(0.0, |at| hours(at, now));
    let Some((feed, complete)) = shown else {
        habits.rhythm.observe(now, 0);
        habits.continuity.relax(passed);
        return Look { is_kin: true, ..Look::default() };
    };
    habits.hints = Hints::of(feed);
    let entries = &feed.entries;
    if history.window.is_empty() {
        let dates: Vec<_> = entries.iter().filter_map(|entry| entry.published).collect();
        habits.rhythm.begin(now, &dates);
        habits.continuity.begin(entries.len(), &dates);
        habits.silence.begin(now, &dates);
        return Look { window: Some(Window::of(entries)), is_kin: true, ..Look::default() };
    }
    let overlap = history.window.compare(entries, habits.continuity.size);
    let fresh: Vec<_> = overlap.fresh.iter().filter_map(|at| entries.get(*at)).collect();
    let earliest = since.map(|at| at - BACKDATED);
    let arrived = fresh
        .iter()
        .filter(|entry| entry.published.is_none() || entry.published >= earliest)
        .count();
    let is_broken = overlap.is_broken && complete;
    habits.rhythm.observe(now, arrived);
    habits.continuity.observe(passed, entries.len(), fresh.len(), is_broken);
    if arrived > 0 {
        habits.silence.arrived(now);
    }
    let window = match (entries.is_empty(), complete) {
        (true, _) => None,
        (false, true) => Some(Window::of(entries)),
        // What an answer that was cut short does not show is not gone.
        (false, false) => Some(Window::of(entries).joined(&history.window)),
    };
    Look {
        window,
        fresh_dates: fresh.iter().filter_map(|entry| entry.published).collect(),
        is_broken,
        is_kin: fresh.len() < entries.len(),
    }
}

/// Holds the validators against the answer; true if they are caught lying.
fn test_validators(habits: &mut Habits, poll: &Poll, is_changed: bool, look: &Look) -> bool {
    if poll.status == Some(304) {
        habits.trust.relied(poll.at);
        return false;
    }
    let whole = Whole {
        is_test: poll.withheld_validators,
        is_changed,
        same_validators: poll.same_validators,
        fresh: &look.fresh_dates,
    };
    habits.trust.hold_against(poll.at, &whole)
}

fn judge_address(plan: &mut Plan, poll: &Poll, is_kin: bool) {
    let to = poll.address.as_ref().map(Url::as_str).unwrap_or_default();
    if plan.habits.chain.take() != Some(true) || plan.habits.refuses(to) {
        plan.habits.moving = None;
        return;
    }
    match Moving::seen(&mut plan.habits.moving, to, is_kin, poll.at) {
        Sighting::First => plan.notices.push(Notice::Moved { to: to.to_owned(), adopted: false }),
        Sighting::Revisit => {}
        Sighting::Adopted => {
            plan.notices.push(Notice::Moved { to: to.to_owned(), adopted: true });
            plan.address = AddressChange::Adopt(to.to_owned());
        }
    }
}

fn judge_silence(plan: &mut Plan, history: &History, now: DateTime<Utc>) {
    let Some(quiet) = plan.habits.silence.silent_for(now) else {
        plan.health = Some(Health::Active);
        return;
    };
    if history.health != Some(Health::Silent) {
        plan.notices.push(Notice::Silent { quiet: Duration::from_secs((quiet * 3600.0) as u64) });
    }
    plan.health = Some(Health::Silent);
}
