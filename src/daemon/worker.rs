//! The one loop that drives any step: first the permit, then the lease, then the work.
//!
//! A permit is taken before anything is leased, and as many things are leased as permits are in hand, so no lease
//! ever waits for a place to be worked on while it runs out. Work happens in tasks of the worker's own set: a task
//! that panics is noticed, and draining is waiting for the set.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::daemon::systemd::Heartbeat;
use crate::pipeline::Step;
use crate::store::{Lease, StoreError};

/// Most things leased by one statement.
const MOST_LEASED: usize = 64;

/// How often an idle worker looks for work that nobody announced: retries, spacing that ran out, other instances.
const TICK: Duration = Duration::from_millis(200);

/// Pause after a failed statement.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);

/// Drives one step.
pub(super) struct Worker<S> {
    /// The step.
    pub(super) step: Arc<S>,
    /// How many things are worked on at once.
    pub(super) places: usize,
    /// Announces work.
    pub(super) wake: Arc<Notify>,
    /// No more leases.
    pub(super) drain: CancellationToken,
    /// Tells the watchdog that the loop turns.
    pub(super) heartbeat: Heartbeat,
}

impl<S: Step> Worker<S> {
    /// Runs until drained: leases no more and finishes what is in hand.
    pub(super) async fn run(self) {
        let permits = Arc::new(Semaphore::new(self.places));
        let mut tasks = JoinSet::new();
        let mut outage = Outage::default();
        while !self.drain.is_cancelled() {
            self.heartbeat.mark(Instant::now());
            reap(&mut tasks);
            let Some(in_hand) = self.permits(&permits).await else { continue };
            match self.step.lease(in_hand.len()).await {
                Ok(leases) if leases.is_empty() => {
                    outage.over(self.step.name());
                    drop(in_hand);
                    self.idle().await;
                }
                Ok(leases) => {
                    outage.over(self.step.name());
                    self.start(&mut tasks, leases, in_hand);
                }
                Err(error) => {
                    outage.noticed(self.step.name(), &error);
                    drop(in_hand);
                    self.pause(OUTAGE_PAUSE).await;
                }
            }
        }
        self.finish(tasks).await;
    }

    /// At least one permit, and as many more as are free. None: draining, or nothing came free for a while; the
    /// loop turns either way.
    async fn permits(&self, permits: &Arc<Semaphore>) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = tokio::select! {
            permit = Arc::clone(permits).acquire_owned() => permit.ok()?,
            () = self.drain.cancelled() => return None,
            () = tokio::time::sleep(OUTAGE_PAUSE) => return None,
        };
        let mut in_hand = vec![first];
        while in_hand.len() < MOST_LEASED {
            let Ok(permit) = Arc::clone(permits).try_acquire_owned() else { break };
            in_hand.push(permit);
        }
        Some(in_hand)
    }

    fn start(
        &self,
        tasks: &mut JoinSet<()>,
        leases: Vec<Lease<S::Item>>,
        mut in_hand: Vec<OwnedSemaphorePermit>,
    ) {
        for lease in leases {
            let step = Arc::clone(&self.step);
            let permit = in_hand.pop();
            tasks.spawn(async move {
                step.run(lease).await;
                drop(permit);
            });
        }
    }

    async fn idle(&self) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.drain.cancelled() => {}
            () = tokio::time::sleep(TICK) => {}
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
        tracing::debug!(step = name, under_way = tasks.len(), "draining");
        while let Some(ended) = tasks.join_next().await {
            self.heartbeat.mark(Instant::now());
            report(ended);
        }
    }
}

/// Takes the results of tasks that have ended, so that the set does not grow.
fn reap(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.try_join_next() {
        report(ended);
    }
}

/// A task that panicked loses its lease in time; the thing is then tried again and, if need be, quarantined.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a task panicked; its lease will run out and the work be done again");
    }
}

/// Logs an outage once, not at every turn.
#[derive(Default)]
struct Outage(Option<Instant>);

impl Outage {
    fn noticed(&mut self, step: &'static str, error: &StoreError) {
        if self.0.is_none() {
            tracing::error!(step, %error, "the database is away; waiting for it");
            self.0 = Some(Instant::now());
        }
    }

    fn over(&mut self, step: &'static str) {
        if let Some(since) = self.0.take() {
            tracing::info!(step, seconds = since.elapsed().as_secs(), "the database is back");
        }
    }
}
