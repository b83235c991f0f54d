//! When to poll next, and what a poll means for a Feed: one pure function of (history, poll, settings, chance).
//!
//! The pause comes from the feed's own rate ([`rhythm`]), is bounded by what its window bears ([`continuity`]), stretched by
//! what the feed and its server ask for ([`hints`]), and drawn apart from that of its neighbours (`spread`). The feed list may
//! fix it. A failure slows the feed down by its grade ([`health`]); nothing ever stops for good.
//!
//! Besides, each poll is evidence: for a gap and what closes it ([`window`], [`backfill`]), against validators that lie
//! ([`trust`]), for a new address ([`moving`]), for a silence that is not like the feed ([`silence`]). What an operator should
//! hear of that is a [`Notice`].

pub mod backfill;
pub mod continuity;
mod habits;
pub mod health;
pub mod hints;
mod history;
mod interval;
pub mod moving;
mod notice;
pub mod rhythm;
mod settings;
pub mod silence;
mod spread;
pub mod trust;
pub mod window;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

pub use backfill::{Backfill, Walk};
pub use habits::Habits;
pub use health::Health;
pub use history::{History, phase};
pub use notice::Notice;
pub use settings::{PollSettings, Terms};
pub use window::Window;

use crate::news::failure::Cause;
use crate::news::feed::ParsedFeed;
use crate::news::poll::{Poll, PollOutcome};
use crate::news::schedule::health::setback;
use crate::news::schedule::hints::Hints;
use crate::news::schedule::interval::interval;
use crate::news::schedule::moving::{Moving, Sighting, is_given_up};
use crate::news::schedule::rhythm::hours;
use crate::news::schedule::settings::Bounds;
use crate::news::schedule::trust::Whole;

/// An entry that is new to us and dated so long before the last look was not published since then.
const BACKDATED: TimeDelta = TimeDelta::days(1);

/// What a poll means for the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Pause before the next poll, counted from the end of this one.
    pub pause: Duration,
    /// Health from now on; none leaves it as it is.
    pub health: Option<Health>,
    /// Failures in a row from now on.
    pub failures: u32,
    /// What it has taught.
    pub habits: Habits,
    /// What it showed; none leaves what was known.
    pub window: Option<Window>,
    /// Where the feed is asked from now on.
    pub address: AddressChange,
    /// Older pages to read before that.
    pub backfill: Option<Backfill>,
    /// What somebody should hear of.
    pub notices: Vec<Notice>,
}

impl Plan {
    /// A plan that changes nothing and loses no time.
    #[must_use]
    pub fn unchanged(history: &History) -> Self {
        Self {
            pause: Duration::ZERO,
            health: None,
            failures: history.failures,
            habits: history.habits.clone(),
            window: None,
            address: AddressChange::None,
            backfill: None,
            notices: Vec::new(),
        }
    }
}

/// Whether the feed is asked elsewhere from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AddressChange {
    /// Where it was.
    #[default]
    None,
    /// Where permanent redirects have led for days.
    Adopt(String),
    /// At the listed address, as the adopted one failed.
    Return,
}

/// Plans the next poll. `chance` is uniform in 0..1.
#[must_use]
pub fn after(history: &History, poll: &Poll, settings: &PollSettings, chance: f64) -> Plan {
    match &poll.outcome {
        PollOutcome::Moved { permanent, .. } => redirected(history, *permanent),
        PollOutcome::Parsed { feed, complete, .. } => {
            answered(history, poll, Some((feed, *complete)), settings, chance)
        }
        PollOutcome::Unchanged { .. } => answered(history, poll, None, settings, chance),
        PollOutcome::Failed { cause, error } => failed(history, poll, *cause, error, settings, chance),
    }
}

/// What a page of the feed's past means: the walk goes on, or ends and leaves the next poll as it was planned, `pause` away.
#[must_use]
pub fn after_page(history: &History, walk: Walk, pause: Duration) -> Plan {
    let mut plan = Plan::unchanged(history);
    match walk {
        Walk::On(backfill) => plan.backfill = Some(backfill),
        Walk::Over { pages, closed, is_unpaged } => {
            plan.habits.unpaged |= is_unpaged;
            plan.pause = pause;
            plan.notices = vec![Notice::Backfilled { pages, closed }];
        }
    }
    plan
}

fn redirected(history: &History, permanent: bool) -> Plan {
    let mut plan = Plan::unchanged(history);
    plan.habits.chain = Some(plan.habits.chain.unwrap_or(true) && permanent);
    plan
}

/// What one look at the entries found.
#[derive(Default)]
struct Look {
    window: Option<Window>,
    fresh_dates: Vec<DateTime<Utc>>,
    is_broken: bool,
    is_kin: bool,
}

fn answered(
    history: &History,
    poll: &Poll,
    shown: Option<(&ParsedFeed, bool)>,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let now = poll.at;
    let mut plan = Plan::unchanged(history);
    plan.failures = 0;
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
    let arrived =
        fresh.iter().filter(|entry| entry.published.is_none() || entry.published >= earliest).count();
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
    if plan.habits.chain.take() != Some(true) {
        plan.habits.moving = None;
        return;
    }
    match Moving::seen(&mut plan.habits.moving, to, is_kin, poll.at) {
        Sighting::First => plan.notices.push(Notice::Moved { to: to.to_owned(), adopted: false }),
        Sighting::Again => {}
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

fn failed(
    history: &History,
    poll: &Poll,
    cause: Cause,
    error: &str,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let mut plan = Plan::unchanged(history);
    plan.habits.chain = None;
    let own = interval(history, &plan.habits, settings, None, poll.at, chance).regular;
    let bounds = Bounds::of(&history.terms, settings);
    let before = if cause == Cause::Throttled { plan.habits.throttled } else { history.failures };
    let setback = setback(cause, before, poll.retry_after, own, &bounds, chance);
    plan.pause = setback.pause;
    plan.health = setback.health;
    if !setback.is_fault {
        plan.habits.throttled = plan.habits.throttled.saturating_add(1);
        return plan;
    }
    plan.failures = history.failures.saturating_add(1);
    let is_news = setback.health != history.health;
    match setback.health {
        Some(Health::Blocked) if is_news => plan.notices.push(Notice::Blocked { error: error.to_owned() }),
        Some(Health::Gone) if is_news => plan.notices.push(Notice::Gone),
        _ => {}
    }
    let is_gone = cause == Cause::Gone;
    if let Some(adopted) = &history.adopted
        && is_given_up(plan.failures, is_gone, history.last_success_at, poll.at)
    {
        plan.notices.push(Notice::Returned { from: adopted.clone() });
        plan.address = AddressChange::Return;
        plan.health = Some(Health::Failing);
        plan.pause = bounds.shortest;
    }
    plan
}

#[cfg(test)]
mod tests;
