//! Recording an outcome until it works or the lease ends.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;

use crate::clock::Clock;
use crate::store::{ANSWER_LIMIT, StoreError, answer_within};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Repeats a failed record until the lease ends. So an outage of the database costs at most a
/// repeated request, and never an entry.
#[derive(Clone)]
pub(super) struct Recorder {
    clock: Arc<dyn Clock>,
    outages: Counter,
}

impl Recorder {
    pub(super) fn new(clock: Arc<dyn Clock>, outages: Counter) -> Self {
        Self { clock, outages }
    }

    /// Calls `attempt` until it succeeds. `None`: the lease is lost, it ended, or the database
    /// refused the statement. The work is then done again by the next holder of the lease.
    pub(super) async fn record<T, F>(
        &self,
        expires_at: DateTime<Utc>,
        mut attempt: impl FnMut() -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            match answer_within(ANSWER_LIMIT, Box::pin(attempt())).await {
                Ok(value) => return Some(value),
                Err(error) if error.is_passing() && self.clock.now() < expires_at => {
                    self.outages.inc();
                    tracing::debug!(%error, "cannot record yet, trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error @ StoreError::LeaseLost { .. }) => {
                    tracing::debug!(%error, "dropped the outcome");
                    return None;
                }
                Err(error) => {
                    tracing::error!(
                        %error,
                        "could not record; the lease will run out and the work be done again"
                    );
                    return None;
                }
            }
        }
    }
}
