//! Settings of stories.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::units;

/// Section `[stories]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorySettings {
    /// How long an event goes on being told: articles further apart are not put into one story.
    #[serde(with = "units::duration")]
    pub window: Duration,
}

impl Default for StorySettings {
    fn default() -> Self {
        Self { window: Duration::from_hours(7 * 24) }
    }
}

impl StorySettings {
    /// The window as a difference of times.
    #[must_use]
    pub fn window(&self) -> TimeDelta {
        TimeDelta::from_std(self.window).unwrap_or(TimeDelta::MAX)
    }
}
