//! What is known about a feed before a poll.

use chrono::{DateTime, Utc};

use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::health::Health;
use crate::polling::schedule::settings::PollIntervals;
use crate::polling::schedule::window::{Window, short_digest};

/// A feed's past, as far as the schedule uses it.
#[derive(Debug, Clone, Default)]
pub struct FeedHistory {
    /// A digest of the feed's address: its phase among feeds with the same fixed interval.
    pub phase: i64,
    /// The intervals that the feed list sets.
    pub intervals: PollIntervals,
    /// The health; `None` for a paused feed.
    pub health: Option<Health>,
    /// Failures in a row.
    pub failures: u32,
    /// Redirects followed in a row.
    pub hops: i32,
    /// The address that is polled instead of the listed one, after a permanent move.
    pub adopted: Option<String>,
    /// Time of the last successful poll.
    pub last_success_at: Option<DateTime<Utc>>,
    /// The window of the last poll.
    pub window: Window,
    pub habits: Habits,
}

impl FeedHistory {
    /// The history of a feed that has never been polled.
    #[must_use]
    pub fn of_new(url: &str) -> Self {
        Self { phase: phase(url), ..Self::default() }
    }
}

/// A feed's phase among feeds with the same fixed interval.
#[must_use]
pub fn phase(url: &str) -> i64 {
    short_digest(url)
}
