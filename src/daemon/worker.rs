//! The loop that drives any step: first the permits, then the leases, then the work.
//!
//! The worker takes permits and memory before it leases, and leases at most one item for each. So no
//! lease runs out while its item waits for a free permit or for memory to start with. A step may give
//! its place back when it has made its requests, and the worker leases more while the outcome is
//! recorded. The work runs in tasks of the worker's own set: a task that panics is noticed, and
//! draining means to wait for the set.
//!
//! A task ends soon after its lease, whatever it waits for: its outcome is of no use any more, and
//! its permit would be lost for good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::budget::Reservation;
use crate::daemon::heartbeat::Heartbeat;
use crate::pipeline::{Memory, Place, Step};
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

/// Tasks for each place. Those that have given their place back are being recorded.
const TASKS_PER_PLACE: usize = 2;

/// What one item needs to be worked on.
struct Permit {
    place: Place,
    memory: Reservation,
}

pub(super) struct Worker<S> {
    pub(super) step: Arc<S>,
    pub(super) memory: Memory,
    /// How long a lease lasts.
    pub(super) lease: Duration,
    /// Items for which requests are made at the same time.
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
            let room = self.concurrency.saturating_mul(TASKS_PER_PLACE).saturating_sub(tasks.len());
            if room == 0 {
                self.task_end(&mut tasks).await;
                continue;
            }
            let Some(taken) = self.permits(&permits, room, leased_at + LEASE_PAUSE).await else {
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

    /// One permit, and as many more as are free at the `earliest` time for another lease, but at most
    /// `room`. `None` when draining, and when no permit became free for a while: the loop must turn
    /// all the same, or the watchdog takes it for hung.
    async fn permits(
        &self,
        permits: &Arc<Semaphore>,
        room: usize,
        earliest: tokio::time::Instant,
    ) -> Option<Vec<Permit>> {
        let first = tokio::select! {
            permit = Arc::clone(permits).acquire_owned() => permit.ok()?,
            () = self.drain.cancelled() => return None,
            () = tokio::time::sleep(OUTAGE_PAUSE) => return None,
        };
        let memory = self.memory().await?;
        tokio::time::sleep_until(earliest).await;
        let mut taken = vec![Permit { place: Place::of(first), memory }];
        while taken.len() < room.min(MAX_LEASES) {
            let Ok(place) = Arc::clone(permits).try_acquire_owned() else { break };
            let Some(memory) = self.step.reserve(&self.memory) else { break };
            taken.push(Permit { place: Place::of(place), memory });
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
                if tokio::time::timeout(limit, step.run(lease, memory, place)).await.is_err() {
                    let step = step.name();
                    tracing::warn!(step, "a task outlived its lease; its item is tried again");
                }
            });
        }
    }

    /// Waits until a task ends, or for a while.
    async fn task_end(&self, tasks: &mut JoinSet<()>) {
        tokio::select! {
            Some(ended) = tasks.join_next() => report(ended),
            () = self.drain.cancelled() => {}
            () = tokio::time::sleep(OUTAGE_PAUSE) => {}
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use chrono::DateTime;
    use tokio::sync::Barrier;
    use uuid::Uuid;

    use super::*;
    use crate::daemon::heartbeat::Heartbeats;
    use crate::http::HttpSettings;
    use crate::pipeline::shares;

    const ITEMS: usize = 60;

    /// A step whose tasks wait until `together` of them run at the same time.
    struct Recording {
        gives_place_back: bool,
        together: Barrier,
        left: AtomicUsize,
        running: AtomicUsize,
        most: AtomicUsize,
        ended: AtomicUsize,
        drain: CancellationToken,
    }

    impl Step for Recording {
        type Item = ();

        fn name(&self) -> &'static str {
            "recording"
        }

        async fn lease(&self, room: usize) -> Result<Vec<Lease<()>>, StoreError> {
            let count = self.left.load(Ordering::SeqCst).min(room);
            self.left.fetch_sub(count, Ordering::SeqCst);
            let lease = |_| Lease {
                item: (),
                token: Uuid::nil(),
                expires_at: DateTime::UNIX_EPOCH,
                attempts: 1,
                permit: None,
            };
            Ok((0..count).map(lease).collect())
        }

        async fn run(&self, _lease: Lease<()>, _memory: Reservation, place: Place) {
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            let place = Some(place).filter(|_| !self.gives_place_back);
            self.together.wait().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            if self.ended.fetch_add(1, Ordering::SeqCst) + 1 == ITEMS {
                self.drain.cancel();
            }
            drop(place);
        }
    }

    /// The most tasks that run at the same time with three places, if `together` of them must.
    async fn most_at_once(gives_place_back: bool, together: usize) -> usize {
        let drain = CancellationToken::new();
        let step = Arc::new(Recording {
            gives_place_back,
            together: Barrier::new(together),
            left: AtomicUsize::new(ITEMS),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            drain: drain.clone(),
        });
        let worker = Worker {
            step: Arc::clone(&step),
            memory: Memory::new(shares(256_000_000, &HttpSettings::default()).unwrap()),
            lease: Duration::from_mins(10),
            concurrency: 3,
            wake: Arc::new(Notify::new()),
            drain,
            heartbeat: Heartbeats::default().register(
                "recording",
                Duration::from_mins(10),
                Instant::now(),
            ),
        };
        worker.run().await;
        step.most.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_place_that_is_given_back_is_used_while_its_task_goes_on() {
        assert_eq!(most_at_once(true, 6).await, 6);
        assert_eq!(most_at_once(false, 3).await, 3);
    }
}
