//! The loop that looks for the stories of what has been filed: after each batch, and now and then for what other
//! instances have filed and left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::daemon::heartbeat::Heartbeat;
use crate::store::Store;

/// How often the queue is looked at that nobody announced.
const TICK: Duration = Duration::from_secs(1);

/// Pause after a failed transaction.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);

/// What the loop needs.
pub(super) struct StoryWorker {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) window: TimeDelta,
    /// A batch was filed.
    pub(super) filed: Arc<Notify>,
    pub(super) drain: CancellationToken,
    pub(super) heartbeat: Heartbeat,
}

impl StoryWorker {
    /// Runs until drained. What is left in the queue then is looked at after the next start.
    pub(super) async fn run(self) {
        while !self.drain.is_cancelled() {
            self.heartbeat.mark(Instant::now());
            let pause = match self.store.assign_stories(self.clock.now(), self.window).await {
                Ok(0) => TICK,
                Ok(articles) => {
                    tracing::debug!(articles, "looked for stories");
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot look for stories now");
                    OUTAGE_PAUSE
                }
            };
            tokio::select! {
                () = self.filed.notified() => {}
                () = self.drain.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
