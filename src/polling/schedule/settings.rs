//! How often to poll: section `[poll]` of the settings, and the intervals that the feed list sets.

use std::time::Duration;

use serde::Deserialize;

use crate::units;

/// Section `[poll]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollSettings {
    /// Pause between two polls of a feed that publishes one entry an hour. Busier feeds are polled
    /// more often and quieter ones less, by the square root of their rate.
    #[serde(with = "units::interval")]
    pub every: Duration,
    /// Shortest pause between two polls of a feed, unless the feed list sets another.
    #[serde(with = "units::interval")]
    pub min_every: Duration,
    /// Longest pause between two polls, also of a failing feed, unless the feed list sets another.
    #[serde(with = "units::interval")]
    pub max_every: Duration,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(15),
            min_every: Duration::from_mins(5),
            max_every: Duration::from_hours(24),
        }
    }
}

/// The intervals that the feed list sets for one feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollIntervals {
    /// A fixed pause instead of the feed's own rhythm.
    pub every: Option<Duration>,
    /// Overrides `poll.min_every`.
    pub min_every: Option<Duration>,
    /// Overrides `poll.max_every`.
    pub max_every: Option<Duration>,
}

/// The bounds that hold for one feed; `shortest` is never above `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
}

impl Bounds {
    /// If the two contradict each other, the shorter bound wins, because it protects the server.
    pub(super) fn of(intervals: &PollIntervals, settings: &PollSettings) -> Self {
        let shortest = intervals.min_every.unwrap_or(settings.min_every);
        Self { shortest, longest: intervals.max_every.unwrap_or(settings.max_every).max(shortest) }
    }

    pub(super) fn clamp(&self, pause: Duration) -> Duration {
        pause.clamp(self.shortest, self.longest)
    }
}
