//! When to poll next, and what a poll means for a Feed: one pure function of (history, poll, settings, chance).
//!
//! The pause comes from the feed's own rate ([`rhythm`]), is bounded by what its window bears ([`continuity`]), stretched by
//! what the feed and its server ask for ([`hints`]), and drawn apart from that of its neighbours (`spread`). The feed list may
//! fix it. A failure slows the feed down by its grade ([`health`]); nothing ever stops for good.
//!
//! Besides, each poll is evidence: for a gap and what closes it ([`window`], [`backfill`]), against validators that lie
//! ([`trust`]), for a new address ([`moving`]), for a silence that is not like the feed ([`silence`]). What an operator should
//! hear of that is a [`Notice`].

mod answered;
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
mod scope;
mod settings;
pub mod silence;
mod spread;
pub mod trust;
pub mod window;

use std::time::Duration;

pub use backfill::{Backfill, OpenGap, Walk};
pub use habits::Habits;
pub use health::Health;
pub use history::{History, phase};
pub use notice::Notice;
pub use settings::{PollSettings, Terms};
pub use window::Window;

use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::answered::answered;
use crate::polling::schedule::health::setback;
use crate::polling::schedule::interval::interval;
use crate::polling::schedule::moving::is_given_up;
use crate::polling::schedule::settings::Bounds;

/// Pause between two looks at a list of sitemaps. Papers that begin a new sitemap do so daily at most, and its articles
/// wait no longer than this.
const LIST_EVERY: Duration = Duration::from_hours(1);

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
    /// A gap that the feed itself has no pages for: whoever knows a news sitemap of the site may send a walk there.
    pub open_gap: Option<OpenGap>,
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
            open_gap: None,
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
        PollOutcome::Parsed { feed, .. } if feed.is_index => {
            listed(history, poll, settings, chance)
        }
        PollOutcome::Parsed { feed, complete, .. } => {
            answered(history, poll, Some((feed, *complete)), settings, chance)
        }
        PollOutcome::Unchanged { .. } if history.habits.is_list => {
            listed(history, poll, settings, chance)
        }
        PollOutcome::Unchanged { .. } => answered(history, poll, None, settings, chance),
        PollOutcome::Failed { cause, error } => {
            failed(history, poll, *cause, error, settings, chance)
        }
    }
}

/// A list of sitemaps publishes nothing itself, so it has no rhythm; it is looked at in case it names another one.
fn listed(history: &History, poll: &Poll, settings: &PollSettings, chance: f64) -> Plan {
    let mut plan = Plan::unchanged(history);
    (plan.failures, plan.health) = (0, Some(Health::Active));
    let interval = interval(history, &plan.habits, settings, poll.fresh_for, poll.at, chance);
    plan.habits.is_list = true;
    let longest = LIST_EVERY.max(Bounds::of(&history.terms, settings).shortest);
    plan.pause = interval.drawn.min(longest).max(poll.retry_after.unwrap_or_default());
    plan
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
        Some(Health::Blocked) if is_news => {
            plan.notices.push(Notice::Blocked { error: error.to_owned() })
        }
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
