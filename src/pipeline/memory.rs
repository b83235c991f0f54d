//! The memory of the steps: one budget for the process, and its shares.

use std::time::Duration;

use wiresift_extract::Limits;

use crate::budget::{Budget, Reservation, Shares, Sizes, TooLittle};
use crate::http::HttpSettings;

/// The least pause before work is tried again for which there was no memory.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// The pause before work is tried again for which there was no memory. It varies, so that tasks
/// which gave up together do not return together.
pub(super) fn retry_pause() -> Duration {
    RETRY_PAUSE.mul_f64(1.0 + rand::random::<f64>())
}

/// The budget of the steps. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory {
    pub budget: Budget,
    shares: Shares,
}

impl Memory {
    #[must_use]
    pub fn new(shares: Shares) -> Self {
        Self { budget: Budget::new(shares.work), shares }
    }

    /// The bytes of the budget.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.shares.work
    }

    /// A reservation for a task that starts. `None` if there is no memory for it now.
    #[must_use]
    pub fn start(&self) -> Option<Reservation> {
        self.budget.try_reserve(self.shares.start, self.shares.claim)
    }

    /// A reservation for a poll that starts. `None` if there is no memory for it now.
    #[must_use]
    pub fn start_poll(&self) -> Option<Reservation> {
        self.budget.try_reserve(self.shares.poll_start, self.shares.claim)
    }
}

/// The shares of `bytes`. Fails if one document that `http` lets through may need more.
pub fn shares(bytes: u64, http: &HttpSettings) -> Result<Shares, TooLittle> {
    let limits = Limits::default();
    let sizes = Sizes {
        wire: http.max_wire_bytes,
        body: http.max_body_bytes,
        page: limits.max_bytes as u64,
        tags: (limits.max_nodes / 2) as u64,
    };
    Shares::of(bytes, &sizes)
}
