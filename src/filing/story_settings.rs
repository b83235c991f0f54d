//! The settings of stories.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::units;

/// Section `[stories]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorySettings {
    /// The longest time between two articles about one event. Articles that are further apart in
    /// time do not count as about one event.
    #[serde(with = "units::interval")]
    pub window: Duration,
}

impl Default for StorySettings {
    fn default() -> Self {
        Self { window: Duration::from_hours(7 * 24) }
    }
}

impl StorySettings {
    #[must_use]
    pub fn window(&self) -> TimeDelta {
        TimeDelta::from_std(self.window).unwrap_or(TimeDelta::MAX)
    }
}
