//! What people say about how often to poll: section `[poll]`, and what the feed list says of single feeds.

use std::time::Duration;

use serde::Deserialize;

use crate::units;

/// Section `[poll]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PollSettings {
    /// Pause between two polls of a feed that publishes one entry an hour. Busier feeds are polled more often and quieter
    /// ones less, by the square root of their rate.
    #[serde(with = "units::duration")]
    pub every: Duration,
    /// No feed is polled more often, unless its list entry says so.
    #[serde(with = "units::duration")]
    pub min_every: Duration,
    /// No feed is polled less often and no failing one waits longer, unless its list entry says so.
    #[serde(with = "units::duration")]
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

/// What the feed list says of one feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// A fixed pause, whatever the feed's own rhythm.
    pub every: Option<Duration>,
    /// In place of the section's.
    pub min_every: Option<Duration>,
    /// In place of the section's.
    pub max_every: Option<Duration>,
}

/// The bounds that hold for one feed; `shortest` is never above `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
}

impl Bounds {
    /// Where the two contradict each other, the floor wins: it is what courtesy asks.
    pub(super) fn of(terms: &Terms, settings: &PollSettings) -> Self {
        let shortest = terms.min_every.unwrap_or(settings.min_every);
        Self { shortest, longest: terms.max_every.unwrap_or(settings.max_every).max(shortest) }
    }

    pub(super) fn clamp(&self, pause: Duration) -> Duration {
        pause.clamp(self.shortest, self.longest)
    }
}
