//! Plans the next poll of a feed: a pure function of (history, poll, settings, chance).
//!
//! The pause comes from the feed's own rate ([`rhythm`]). Its window bounds it ([`continuity`]),
//! hints of the feed and its server may lengthen it ([`hints`]), and jitter keeps feeds out of step
//! (`spread`). The feed list may set a fixed pause. A failure slows polling down by its class
//! ([`health`]); polling never stops for good.
//!
//! Each poll is evidence as well: of a gap and how to close it ([`window`], [`backfill`]), of
//! unreliable validators ([`validator_trust`]), of a new address ([`pending_move`]), of an unusual
//! silence ([`silence`]). What an operator should know of it becomes a [`Notice`].

mod answered;
pub mod backfill;
pub mod continuity;
mod feed_history;
mod habits;
pub mod health;
pub mod hints;
mod interval;
mod notice;
pub mod pending_move;
pub mod rhythm;
mod settings;
pub mod silence;
mod sitemap_gap;
mod spread;
mod stated_feeds;
pub mod validator_trust;
pub mod window;

use std::time::Duration;

pub use backfill::{Backfill, BackfillStep, OpenGap};
pub use feed_history::{FeedHistory, phase};
pub use habits::Habits;
pub use health::Health;
pub use notice::Notice;
pub use settings::{PollIntervals, PollSettings};
pub use stated_feeds::StatedFeeds;
pub use window::Window;

use url::Url;

use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::answered::answered;
use crate::polling::schedule::health::backoff;
use crate::polling::schedule::interval::interval;
use crate::polling::schedule::pending_move::is_dropped;
use crate::polling::schedule::settings::Bounds;

/// Pause between two polls of a sitemap index. Sites begin at most one new sitemap a day, and the
/// articles in it wait no longer than this.
const LIST_EVERY: Duration = Duration::from_hours(1);

/// The consequences of a poll for the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Pause before the next poll, counted from the end of this one.
    pub pause: Duration,
    /// Health from now on; `None` leaves it as it is.
    pub health: Option<Health>,
    pub failures: u32,
    pub habits: Habits,
    /// The new window; `None` keeps the stored one.
    pub window: Option<Window>,
    /// Whether another address is polled from now on.
    pub address: AddressChange,
    /// Older pages to read before the next poll.
    pub backfill: Option<Backfill>,
    /// A gap for which the feed has no older pages. The caller may know a news sitemap of the site.
    pub open_gap: Option<OpenGap>,
    /// Events for the operator.
    pub notices: Vec<Notice>,
}

impl Plan {
    /// A plan without changes and without a pause.
    #[must_use]
    pub fn unchanged(history: &FeedHistory) -> Self {
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

/// Whether another address is polled from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AddressChange {
    /// The same address.
    #[default]
    None,
    /// The address to which permanent redirects have led for days, or the feed of a listed page.
    Adopt(String),
    /// The listed address again, because the adopted one failed.
    Return,
}

/// Plans the next poll. `chance` is uniform in 0..1.
#[must_use]
pub fn after(history: &FeedHistory, poll: &Poll, settings: &PollSettings, chance: f64) -> Plan {
    match &poll.outcome {
        PollOutcome::Moved { permanent, .. } => redirected(history, *permanent),
        PollOutcome::Parsed { feed, .. } if feed.is_index => {
            found(listed(history, poll, settings, chance))
        }
        PollOutcome::Parsed { feed, complete, .. } => {
            let shown = Some((&**feed, *complete));
            found(answered(history, poll, shown, settings, chance))
        }
        PollOutcome::Unchanged { .. } if history.habits.is_sitemap_index => {
            found(listed(history, poll, settings, chance))
        }
        PollOutcome::Unchanged { .. } => found(answered(history, poll, None, settings, chance)),
        PollOutcome::Page { feeds, error } => match trial(history, feeds) {
            Some(plan) => plan,
            None => failed(history, poll, Cause::Unreadable, error, settings, chance),
        },
        PollOutcome::Failed { cause, error } => match trial(history, &[]) {
            Some(plan) => plan,
            None => failed(history, poll, *cause, error, settings, chance),
        },
    }
}

/// The plan that requests the next feed of a listed page: the first of those that the page states,
/// or the one after a feed that failed.
fn trial(history: &FeedHistory, stated: &[Url]) -> Option<Plan> {
    let mut plan = Plan::unchanged(history);
    plan.habits.permanent_chain = None;
    let habits = &history.habits;
    let may_begin =
        history.adopted.is_none() && (habits.is_page || history.last_success_at.is_none());
    plan.habits.stated_feeds = match &habits.stated_feeds {
        Some(feeds) => feeds.clone().next(),
        None if may_begin => StatedFeeds::begin(stated, |feed| habits.rejects(feed)),
        None => None,
    };
    plan.habits.stated_feeds.is_some().then_some(plan)
}

/// Adopts the feed of a listed page that has answered.
fn found(mut plan: Plan) -> Plan {
    if let Some(feeds) = plan.habits.stated_feeds.take() {
        let (to, others) = feeds.found();
        plan.habits.is_page = true;
        plan.address = AddressChange::Adopt(to.clone());
        plan.notices.push(Notice::FeedOfPage { to, others });
    }
    plan
}

/// A sitemap index publishes nothing itself, so it has no rhythm. It is polled for new sitemaps in
/// it.
fn listed(history: &FeedHistory, poll: &Poll, settings: &PollSettings, chance: f64) -> Plan {
    let mut plan = Plan::unchanged(history);
    (plan.failures, plan.health) = (0, Some(Health::Active));
    let interval = interval(history, &plan.habits, settings, poll.fresh_for, poll.at, chance);
    plan.habits.is_sitemap_index = true;
    let longest = LIST_EVERY.max(Bounds::of(&history.intervals, settings).shortest);
    plan.pause = interval.drawn.min(longest).max(poll.retry_after.unwrap_or_default());
    plan
}

/// What a page of a backfill means: read on, or end and poll again after `pause` as planned.
#[must_use]
pub fn after_page(history: &FeedHistory, step: BackfillStep, pause: Duration) -> Plan {
    let mut plan = Plan::unchanged(history);
    match step {
        BackfillStep::Next(backfill) => plan.backfill = Some(backfill),
        BackfillStep::Done { pages, closed, ignores_paging } => {
            plan.habits.ignores_paging |= ignores_paging;
            plan.pause = pause;
            plan.notices = vec![Notice::Backfilled { pages, closed }];
        }
    }
    plan
}

fn redirected(history: &FeedHistory, permanent: bool) -> Plan {
    let mut plan = Plan::unchanged(history);
    plan.habits.permanent_chain = Some(plan.habits.permanent_chain.unwrap_or(true) && permanent);
    plan
}

fn failed(
    history: &FeedHistory,
    poll: &Poll,
    cause: Cause,
    error: &str,
    settings: &PollSettings,
    chance: f64,
) -> Plan {
    let mut plan = Plan::unchanged(history);
    (plan.habits.permanent_chain, plan.habits.stated_feeds) = (None, None);
    let own = interval(history, &plan.habits, settings, None, poll.at, chance).regular;
    let bounds = Bounds::of(&history.intervals, settings);
    let before = if cause == Cause::Throttled { plan.habits.throttled } else { history.failures };
    let backoff = backoff(cause, before, poll.retry_after, own, &bounds, chance);
    plan.pause = backoff.pause;
    plan.health = backoff.health;
    if !backoff.is_fault {
        plan.habits.throttled = plan.habits.throttled.saturating_add(1);
        return plan;
    }
    plan.failures = history.failures.saturating_add(1);
    let is_news = backoff.health != history.health;
    match backoff.health {
        Some(Health::Blocked) if is_news => {
            plan.notices.push(Notice::Blocked { error: error.to_owned() });
        }
        Some(Health::Gone) if is_news => plan.notices.push(Notice::Gone),
        _ => {}
    }
    let is_gone = cause == Cause::Gone;
    if let Some(adopted) = &history.adopted
        && is_dropped(plan.failures, is_gone, history.last_success_at, poll.at)
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
