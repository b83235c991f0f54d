//! The loop that drives any step: first the permits, then the leases, then the work.
//!
//! The worker takes permits and memory before it leases, and leases at most one item for each. So no
//! lease runs out while its item waits for a free permit or for memory to start with. The work runs
//! in tasks of the worker's own set: a task that panics is noticed, and draining means to wait for the set.
//!
//! A task ends soon after its lease, whatever it waits for: its outcome is of no use any more, and
//! its permit would be lost for good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::budget::Reservation;
use crate::daemon::heartbeat::Heartbeat;
use crate::pipeline::{Memory, Step};
use crate::store::{ANSWER_LIMIT, Lease, StoreError, answer_within};

/// Most items leased by one statement.
const MAX_LEASES: usize = 256;

/// The longest time before an idle worker looks for work without being woken: retries that are due,
/// entries of other instances. It looks earlier if a site's pause between two requests ends earlier.
const IDLE_PAUSE: Duration = Duration::from_millis(200);

/// Pause after a failed statement, and the longest wait for a permit before the loop turns.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// The least time between two statements that lease. One that leases many items costs the database
/// hardly more than one that leases a single item, and permits become free one by one.
const LEASE_PAUSE: Duration = Duration::from_millis(5);

/// What one item needs to be worked on.
struct Permit {
    place: OwnedSemaphorePermit,
    memory: Reservation,
}

pub(super) struct Worker<S> {
    pub(super) step: Arc<S>,
    pub(super) memory: Memory,
    /// How long a lease lasts.
    pub(super) lease: Duration,
    /// Items worked on at the same time.
    pub(super) concurrency: usize,
    /// Wakes the worker when there may be work.
    pub(super) wake: Arc<Notify>,
    pub(super) drain: CancellationToken,
    pub(super) heartbeat: Heartbeat,
}

impl<S: Step> Worker<S> {
    /// Runs until drained, then finishes the work in progress.
    pub(super) async fn run(self) {
        let permits = Arc::new(Semaphore::new(self.concurrency));
        let mut tasks = JoinSet::new();
        let mut outage = Outage::default();
        let mut leased_at = tokio::time::Instant::now();
        while !self.drain.is_cancelled() {
            self.heartbeat.mark(Instant::now());
            reap(&mut tasks);
            let Some(taken) = self.permits(&permits, leased_at + LEASE_PAUSE).await else {
                continue;
            };
            leased_at = tokio::time::Instant::now();
            match answer_within(ANSWER_LIMIT, self.step.lease(taken.len())).await {
                Ok(leases) if leases.is_empty() => {
                    outage.ended(self.step.name());
                    drop(taken);
                    let pause = self.step.pause(IDLE_PAUSE);
                    let pause = answer_within(ANSWER_LIMIT, async { Ok(pause.await) }).await;
                    self.idle(pause.unwrap_or(IDLE_PAUSE)).await;
                }
                Ok(leases) => {
                    outage.ended(self.step.name());
                    self.start(&mut tasks, leases, taken);
                }
                Err(error) => {
                    outage.began(self.step.name(), &error);
                    drop(taken);
                    self.pause(OUTAGE_PAUSE).await;
                }
            }
        }
        self.finish(tasks).await;
    }

    /// One permit, and as many more as are free at the `earliest` time for another lease. `None` when
    /// draining, and when no permit became free for a while: the loop must turn all the same, or the
    /// watchdog takes it for hung.
    async fn permits(
        &self,
        permits: &Arc<Semaphore>,
        earliest: tokio::time::Instant,
    ) -> Option<Vec<Permit>> {
        let first = tokio::select! {
            permit = Arc::clone(permits).acquire_owned() => permit.ok()?,
            () = self.drain.cancelled() => return None,
            () = tokio::time::sleep(OUTAGE_PAUSE) => return None,
        };
        let memory = self.memory().await?;
        tokio::time::sleep_until(earliest).await;
        let mut taken = vec![Permit { place: first, memory }];
        while taken.len() < MAX_LEASES {
            let Ok(place) = Arc::clone(permits).try_acquire_owned() else { break };
            let Some(memory) = self.step.reserve(&self.memory) else { break };
            taken.push(Permit { place, memory });
        }
        Some(taken)
    }

    /// Memory for one item. `None` when draining, and when none became free for a while.
    async fn memory(&self) -> Option<Reservation> {
        let late = tokio::time::Instant::now() + OUTAGE_PAUSE;
        loop {
            let freed = self.memory.budget.freed();
            if let Some(memory) = self.step.reserve(&self.memory) {
                return Some(memory);
            }
            tokio::select! {
                () = freed => {}
                () = self.drain.cancelled() => return None,
                () = tokio::time::sleep_until(late) => return None,
            }
        }
    }

    fn start(&self, tasks: &mut JoinSet<()>, leases: Vec<Lease<S::Item>>, taken: Vec<Permit>) {
        for (lease, Permit { place, memory }) in leases.into_iter().zip(taken) {
            let step = Arc::clone(&self.step);
            // The outcome may be on its way to the database when the lease ends.
            let limit = self.lease.saturating_add(ANSWER_LIMIT);
            tasks.spawn(async move {
                if tokio::time::timeout(limit, step.run(lease, memory)).await.is_err() {
                    let step = step.name();
                    tracing::warn!(step, "a task outlived its lease; its item is tried again");
                }
                drop(place);
            });
        }
    }

    async fn idle(&self, pause: Duration) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.drain.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = self.drain.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    async fn finish(&self, mut tasks: JoinSet<()>) {
        let name = self.step.name();
        tracing::debug!(step = name, in_progress = tasks.len(), "draining");
        while let Some(ended) = tasks.join_next().await {
            self.heartbeat.mark(Instant::now());
            report(ended);
        }
    }
}

/// Removes ended tasks, so that the set does not grow.
fn reap(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.try_join_next() {
        report(ended);
    }
}

/// The lease of a task that panicked expires. Then its item is tried again, or quarantined if that
/// happens often.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a task panicked; its item is tried again when the lease expires");
    }
}

/// Logs an outage of the database once, not at every turn.
#[derive(Default)]
struct Outage(Option<Instant>);

impl Outage {
    fn began(&mut self, step: &'static str, error: &StoreError) {
        if self.0.is_none() {
            tracing::error!(step, %error, "the database cannot be reached; waiting for it");
            self.0 = Some(Instant::now());
        }
    }

    fn ended(&mut self, step: &'static str) {
        if let Some(since) = self.0.take() {
            tracing::info!(step, seconds = since.elapsed().as_secs(), "the database is back");
        }
    }
}
