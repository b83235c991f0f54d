//! The place of a task among those of its step that make requests at the same time.
//!
//! A task that has nothing more to ask gives its place back, and the next one asks while it is
//! recorded. So the settings `daemon.polls` and `daemon.reads` count requests, and a database that
//! takes a moment for each batch does not slow them down.

use tokio::sync::OwnedSemaphorePermit;

/// A place. It is given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// A place that is counted by a semaphore.
    #[must_use]
    pub fn of(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: Some(permit) }
    }

    /// A place that nobody counts.
    #[must_use]
    pub fn uncounted() -> Self {
        Self { _permit: None }
    }
}
