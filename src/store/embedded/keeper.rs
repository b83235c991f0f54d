//! The thread that owns the server: it launches it, launches it again when it dies, and ends it.
//!
//! A thread and not a task, because the server's parent-death signal is tied to the thread that launched it, and
//! because nothing here may depend on whether the runtime still turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::error::ClusterError;
use super::postmaster::Postmaster;
use super::prepare::Prepared;
use super::processes::end_leftovers;
use super::server_log::ServerLog;
use super::{ClusterSettings, Started};

/// How often the keeper looks whether the server still runs.
const TURN: Duration = Duration::from_millis(200);

/// How often it looks at the size of the log.
const TIDY: Duration = Duration::from_secs(30);

/// Bounds of the pause before another launch; it doubles from one to the other.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A server that lived this long had recovered: the pause starts small again.
const SETTLED: Duration = Duration::from_mins(1);

/// Asks the keeper to end the server; answered when it has gone.
pub(super) type Stop = oneshot::Sender<()>;

/// What others may read of the server while the keeper has it.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Process id; zero while it is down.
    pub(super) pid: AtomicI32,
    /// How often it was launched again.
    pub(super) restarts: AtomicU64,
}

/// The life of the keeper thread.
pub(super) fn keep(
    settings: &ClusterSettings,
    ready: oneshot::Sender<Result<Started, ClusterError>>,
    inbox: Receiver<Stop>,
    pulse: Arc<Pulse>,
) {
    let launched = Prepared::new(settings).and_then(|prepared| {
        Postmaster::launch(&prepared, || ready.is_closed()).map(|server| (prepared, server))
    });
    match launched {
        Ok((prepared, postmaster)) => {
            pulse.pid.store(postmaster.pid(), Ordering::Relaxed);
            let started = Started::of(&prepared);
            let keeper = Keeper { prepared, inbox, pulse, pause: SHORTEST_PAUSE };
            // If nobody waits for this answer any more the inbox is closed too, and the loop ends at once.
            let _ = ready.send(Ok(started));
            keeper.supervise(postmaster);
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    }
}

struct Keeper {
    prepared: Prepared,
    inbox: Receiver<Stop>,
    pulse: Arc<Pulse>,
    pause: Duration,
}

impl Keeper {
    fn supervise(mut self, mut postmaster: Postmaster) {
        let log = ServerLog::at(self.prepared.layout.log());
        let mut launched = Instant::now();
        let mut tidied = launched;
        loop {
            if let Some(stop) = self.asked_to_stop(TURN) {
                postmaster.end();
                self.finish(stop);
                return;
            }
            if let Some(status) = postmaster.exited() {
                tracing::warn!(%status, "the embedded database died; starting it again");
                self.pulse.pid.store(0, Ordering::Relaxed);
                if launched.elapsed() > SETTLED {
                    self.pause = SHORTEST_PAUSE;
                }
                let Some(server) = self.launch_again() else { return };
                postmaster = server;
                launched = Instant::now();
            }
            if tidied.elapsed() > TIDY {
                log.trim();
                tidied = Instant::now();
            }
        }
    }

    /// Tries until it succeeds; `None` if it was told to stop meanwhile.
    fn launch_again(&mut self) -> Option<Postmaster> {
        loop {
            if let Some(stop) = self.asked_to_stop(self.pause) {
                self.finish(stop);
                return None;
            }
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            let Prepared { layout, account, socket_dir, .. } = &self.prepared;
            let mut stop = None;
            let given_up = || {
                stop = stop.take().or_else(|| self.asked_to_stop(Duration::ZERO));
                stop.is_some()
            };
            let launched = end_leftovers(&layout.data(), socket_dir, account)
                .and_then(|()| Postmaster::launch(&self.prepared, given_up));
            match launched {
                Ok(postmaster) => {
                    self.pulse.pid.store(postmaster.pid(), Ordering::Relaxed);
                    self.pulse.restarts.fetch_add(1, Ordering::Relaxed);
                    tracing::info!("the embedded database is back");
                    return Some(postmaster);
                }
                Err(error) => tracing::error!(%error, "the embedded database did not start again"),
            }
            if let Some(stop) = stop {
                self.finish(stop);
                return None;
            }
        }
    }

    /// Waits for a request; a handle that was dropped is a request that nobody awaits.
    fn asked_to_stop(&self, wait: Duration) -> Option<Stop> {
        match self.inbox.recv_timeout(wait) {
            Ok(stop) => Some(stop),
            Err(RecvTimeoutError::Disconnected) => Some(oneshot::channel().0),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Gives the lock back, then answers, so that whoever waited may start again at once.
    fn finish(&self, stop: Stop) {
        self.pulse.pid.store(0, Ordering::Relaxed);
        self.prepared.release();
        let _ = stop.send(());
    }
}
