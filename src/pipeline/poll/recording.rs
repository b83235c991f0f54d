//! From a poll to what the store records of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{self, AddressChange, Backfill, Plan};
use crate::store::{DueFeed, FeedChange, NextRequest, Recording, SiteStep, later};
use wiresift_feed::address::Host;

/// What an older page means. The plan of the feed's own poll stays as it is.
pub(super) fn after_page(feed: &DueFeed, walk: Backfill, poll: &Poll) -> Plan {
    let page = match (&poll.outcome, &poll.address) {
        (PollOutcome::Parsed { feed, .. }, Some(address)) => Some((&**feed, address)),
        _ => None,
    };
    let walk = walk.after(page, &feed.history.window);
    let pause =
        feed.history.habits.interval.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    schedule::after_page(&feed.history, walk, pause.unwrap_or_default())
}

pub(super) fn recording<'a>(
    feed: &DueFeed,
    poll: &'a Poll,
    plan: &'a Plan,
    site: SiteStep,
) -> Recording<'a> {
    let change = match (&poll.outcome, &feed.backfill) {
        (PollOutcome::Parsed { feed: page, .. }, Some(walk)) => {
            FeedChange::Page { feed: page, is_own: walk.is_own_page() }
        }
        // If an older page cannot be fetched, the feed has not failed.
        (_, Some(_)) => FeedChange::Pending,
        // The next feed of a listed page is tried.
        (PollOutcome::Page { .. } | PollOutcome::Failed { .. }, None)
            if plan.habits.stated_feeds.is_some() =>
        {
            FeedChange::Pending
        }
        (outcome, None) => own_change(outcome),
    };
    Recording {
        at: poll.at,
        status: poll.status,
        plan,
        next: next_request(feed, poll, plan),
        change,
        site,
    }
}

/// The same request is made again after a pause. Nothing else changes.
pub(super) fn postponed<'a>(
    feed: &DueFeed,
    plan: &'a Plan,
    at: DateTime<Utc>,
    pause: Duration,
    site: SiteStep,
) -> Recording<'a> {
    let next = NextRequest {
        at: later(at, pause),
        host: feed.host.clone(),
        url: feed.fetch_url.clone(),
        hops: feed.history.hops,
        cookies: feed.cookies.clone(),
    };
    Recording { at, status: None, plan, next, change: FeedChange::Pending, site }
}

fn own_change(outcome: &PollOutcome) -> FeedChange<'_> {
    match outcome {
        PollOutcome::Parsed { feed, validators, digest, .. } => {
            FeedChange::Parsed { feed, validators, digest }
        }
        PollOutcome::Unchanged { validators } => FeedChange::Unchanged { validators },
        PollOutcome::Moved { .. } => FeedChange::Pending,
        PollOutcome::Page { error, .. } | PollOutcome::Failed { error, .. } => {
            FeedChange::Failed { error }
        }
    }
}

/// The next request follows a redirect, or reads an older page, or polls the feed again.
fn next_request(feed: &DueFeed, poll: &Poll, plan: &Plan) -> NextRequest {
    let request = |url: &str, pause: Duration, hops| NextRequest {
        at: later(poll.at, pause),
        host: host_of(url).unwrap_or_else(|| feed.host.clone()),
        url: url.to_owned(),
        hops,
        cookies: None,
    };
    if let Some(walk) = &plan.backfill {
        return request(&walk.page, Duration::ZERO, 0);
    }
    if let Some(feeds) = &plan.habits.stated_feeds
        && !matches!(poll.outcome, PollOutcome::Moved { .. })
    {
        // As long as a request follows from another one, the poll goes on.
        return request(feeds.address(), Duration::ZERO, 1);
    }
    match (&poll.outcome, &plan.address) {
        (PollOutcome::Moved { to, .. }, _) if feed.backfill.is_none() => {
            let next = request(to.as_str(), Duration::ZERO, feed.history.hops + 1);
            NextRequest { cookies: poll.cookies.clone(), ..next }
        }
        (_, AddressChange::Adopt(to)) => request(to, plan.pause, 0),
        (_, AddressChange::Return) => request(&feed.url, plan.pause, 0),
        _ => request(feed.history.adopted.as_deref().unwrap_or(&feed.url), plan.pause, 0),
    }
}

fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Host::of(&url).map(|host| host.as_str().to_owned())
}
