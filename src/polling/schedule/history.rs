//! What is known of a feed before a poll.

use chrono::{DateTime, Utc};

use crate::polling::schedule::habits::Habits;
use crate::polling::schedule::health::Health;
use crate::polling::schedule::settings::Terms;
use crate::polling::schedule::window::{Window, mark};

/// A feed's past, as the schedule needs it.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// A digest of the feed's address: its place among feeds of one interval.
    pub phase: i64,
    /// What the list says of it.
    pub terms: Terms,
    /// How it was doing; none for a feed that is paused.
    pub health: Option<Health>,
    /// Failures in a row.
    pub failures: u32,
    /// Redirects followed in a row.
    pub hops: i32,
    /// The address that it moved to and is asked at, in place of the listed one.
    pub adopted: Option<String>,
    /// When it last answered with a feed.
    pub last_success_at: Option<DateTime<Utc>>,
    /// What the last look showed.
    pub window: Window,
    /// What polls have taught.
    pub habits: Habits,
}

impl History {
    /// That of a feed that has never been polled.
    #[must_use]
    pub fn of_new(url: &str) -> Self {
        Self { phase: phase(url), ..Self::default() }
    }
}

/// A feed's place among others of one interval.
#[must_use]
pub fn phase(url: &str) -> i64 {
    mark(url)
}
