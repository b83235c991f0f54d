//! Step 4: Article -> Story, after each batch that is filed.
//!
//! This step has no leases. The articles whose story is to be assigned are in a queue of the
//! database, and the story lock makes the instances take turns: one transaction takes a few
//! articles from the queue, assigns their stories and removes them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::pipeline::{Metrics, Pipeline, Progress};
use crate::store::{ANSWER_LIMIT, Assigned, Store, StoreError, answer_within};

/// How often the queue is looked at without a wake-up: other instances add to it too.
const TICK: Duration = Duration::from_secs(1);

/// Pause after a failed transaction.
const OUTAGE_PAUSE: Duration = Duration::from_secs(5);

/// Pause after articles that could not be assigned.
const FAILURE_PAUSE: Duration = Duration::from_millis(200);

/// The name of this step.
const STEP: &str = "stories";

/// The step that assigns stories.
pub struct AssignStoriesStep {
    store: Store,
    clock: Arc<dyn Clock>,
    window: TimeDelta,
    metrics: Metrics,
    progress: Progress,
}

impl AssignStoriesStep {
    /// `window` is how long after its last article a story may get another one.
    #[must_use]
    pub fn new(pipeline: &Pipeline, window: TimeDelta) -> Self {
        Self {
            store: pipeline.store.clone(),
            clock: Arc::clone(&pipeline.clock),
            window,
            metrics: pipeline.metrics.clone(),
            progress: pipeline.progress.clone(),
        }
    }

    /// Assigns the stories of one batch.
    pub async fn assign(&self) -> Result<Assigned, StoreError> {
        let assigned = self.store.assign_stories(self.clock.now(), self.window).await?;
        match assigned {
            Assigned::Nothing | Assigned::Articles(_) => {
                self.progress.moved(STEP);
                self.metrics.succeeded(STEP, self.clock.now());
            }
            Assigned::SetAside => Metrics::count(&self.metrics.set_aside, "stories"),
            Assigned::Failed => {}
        }
        Ok(assigned)
    }

    /// Assigns stories until drained. `filed` wakes it; `heartbeat` is called at each turn.
    /// Articles that are left in the queue wait for the next start.
    pub async fn run(
        self,
        filed: Arc<Notify>,
        drain: CancellationToken,
        heartbeat: impl Fn() + Send,
    ) {
        let mut is_away = false;
        while !drain.is_cancelled() {
            heartbeat();
            let pause = match answer_within(ANSWER_LIMIT, self.assign()).await {
                Ok(Assigned::Nothing) => {
                    is_away = false;
                    TICK
                }
                Ok(Assigned::Failed) => FAILURE_PAUSE,
                Ok(Assigned::Articles(articles)) => {
                    is_away = false;
                    tracing::debug!(articles, "assigned stories");
                    continue;
                }
                Ok(Assigned::SetAside) => continue,
                Err(error) => {
                    self.progress.failed(STEP, Instant::now(), error.to_string());
                    if !is_away {
                        tracing::warn!(%error, "cannot assign stories now");
                    }
                    is_away = true;
                    OUTAGE_PAUSE
                }
            };
            tokio::select! {
                () = filed.notified() => {}
                () = drain.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
