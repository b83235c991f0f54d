//! Time as an argument.
//!
//! The daemon asks a [`Clock`] and never the system, so that a test can step through a day of
//! polling without waiting. Only `pipeline`, `server`, `daemon` and `commands` hold a clock;
//! everything below takes `now` as a value.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
        Utc::now()
    }
}

/// A clock that is slow by a fixed time, for what is to be shown as of another day.
#[derive(Debug, Clone, Copy)]
pub struct SlowClock(pub TimeDelta);

impl Clock for SlowClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() - self.0
    }
}

/// A clock that only moves when a test advances it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    #[must_use]
    pub fn at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// Sets the clock to any instant, forwards or back.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
