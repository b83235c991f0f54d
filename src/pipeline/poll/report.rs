//! What the log says of a poll.
//!
//! An operator has to hear of a feed that fails once, and once more when it works again, not at
//! each try. The first failures of a feed that worked before are hardly ever worth a line: most are
//! over at the next poll. So such a feed is told of when it has failed three times in a row, and a
//! feed that never worked at its first failure. All else is there at the level debug.
//!
//! If no host is reached at all, that is one line for all feeds ([`Network`]).

use std::time::{Duration, Instant};

use crate::pipeline::network::{Line, Network, Reach, Silence};
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{FeedHistory, Plan};
use crate::store::DueFeed;

/// Failures in a row after which a feed that worked before is told of.
const TOLD_AFTER: u32 = 3;

/// The change that is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The feed fails, from now on.
    Fails,
    /// The feed works again, after this many failures.
    Heals(u32),
}

/// The number of failures at which a feed with this history is told of.
fn told_after(history: &FeedHistory) -> u32 {
    if history.last_success_at.is_some() { TOLD_AFTER } else { 1 }
}

fn turn(history: &FeedHistory, failures: u32) -> Option<Turn> {
    let limit = told_after(history);
    match (history.failures, failures) {
        (before, 0) if before >= limit => Some(Turn::Heals(before)),
        (before, now) if before < limit && now >= limit => Some(Turn::Fails),
        _ => None,
    }
}

/// Logs a poll. `began` is when its request began.
pub(super) fn log(network: &Network, feed: &DueFeed, poll: &Poll, plan: &Plan, began: Instant) {
    details(feed, poll, plan);
    let turn = turn(&feed.history, plan.failures);
    let (cause, error) = match &poll.outcome {
        PollOutcome::Failed { cause, error } => (Some(*cause), error.as_str()),
        PollOutcome::Page { error, .. } => (None, error.as_str()),
        _ => (None, ""),
    };
    // A feed that was not told of while the network was away still fails.
    let is_due = turn == Some(Turn::Fails) || plan.failures > 0 && network.is_untold(feed.id);
    let line = (is_due && !error.is_empty()).then(|| line(feed, poll, plan, error));
    match Reach::of(poll.status, cause) {
        Reach::Silent => {
            network.silent(&Silence { host: &feed.host, error, began }, line, Instant::now());
        }
        Reach::Answered => {
            if let Some(Turn::Heals(failures)) = turn
                && !network.forget(feed.id)
            {
                tracing::info!(url = feed.fetch_url, failures, "feed works again");
            }
            network.answered(Instant::now());
            if let Some(line) = line {
                network.tell(line);
            }
        }
        Reach::Unknown => line.into_iter().for_each(|line| network.tell(line)),
    }
    for notice in &plan.notices {
        let kind = notice.as_str();
        if notice.is_warning() {
            tracing::warn!(url = feed.url, kind, "{}", notice.sentence());
        } else {
            tracing::info!(url = feed.url, kind, "{}", notice.sentence());
        }
    }
}

fn line(feed: &DueFeed, poll: &Poll, plan: &Plan, error: &str) -> Line {
    Line {
        feed: feed.id,
        url: feed.fetch_url.clone(),
        status: poll.status,
        failures: plan.failures,
        next: pause(plan).to_string(),
        error: error.to_owned(),
    }
}

fn details(feed: &DueFeed, poll: &Poll, plan: &Plan) {
    let (status, next, url) = (poll.status, pause(plan), &feed.fetch_url);
    match &poll.outcome {
        PollOutcome::Parsed { feed, .. } => {
            tracing::debug!(status, entries = feed.entries.len(), %next, "polled");
        }
        PollOutcome::Unchanged { .. } => tracing::debug!(status, %next, "unchanged"),
        PollOutcome::Moved { to, permanent } => {
            tracing::debug!(status, %to, permanent, "redirected");
        }
        PollOutcome::Page { error, .. } => tracing::debug!(url, status, "{error}"),
        PollOutcome::Failed { cause, error } => {
            let (cause, failures) = (cause.as_str(), plan.failures);
            tracing::debug!(url, status, cause, failures, %next, "{error}");
        }
    }
}

fn pause(plan: &Plan) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(plan.pause.as_secs()))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn turns(worked: bool, failures: &[u32]) -> Vec<Option<Turn>> {
        let mut history = FeedHistory {
            last_success_at: worked.then_some(DateTime::UNIX_EPOCH),
            ..FeedHistory::of_new("https://example.com/feed")
        };
        let mut turns = Vec::new();
        for count in failures {
            turns.push(turn(&history, *count));
            history.failures = *count;
        }
        turns
    }

    #[test]
    fn a_feed_that_fails_is_one_line_and_one_when_it_heals() {
        let told = turns(true, &[1, 2, 3, 4, 5, 0, 0]);
        let (fails, heals) = (Some(Turn::Fails), Some(Turn::Heals(5)));
        assert_eq!(told, [None, None, fails, None, None, heals, None]);
    }

    #[test]
    fn a_hiccup_is_no_line() {
        assert_eq!(turns(true, &[1, 0, 1, 2, 0]), [None; 5]);
    }

    #[test]
    fn a_new_feed_is_told_of_at_once() {
        let told = turns(false, &[1, 2, 0]);
        assert_eq!(told, [Some(Turn::Fails), None, Some(Turn::Heals(2))]);
    }
}
