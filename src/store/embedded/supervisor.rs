//! The thread that owns the server: it starts it, restarts it when it dies, and stops it.
//!
//! It is a thread and not a task, because the server's parent-death signal is bound to the thread
//! that started it, and because it must not depend on the state of the async runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::error::ClusterError;
use super::kept;
use super::layout::Condition;
use super::postmaster::Postmaster;
use super::prepare::Prepared;
use super::processes::end_leftovers;
use super::server_log::ServerLog;
use super::{ClusterSettings, Started};

/// How often the supervisor checks whether the server runs.
const CHECK_EVERY: Duration = Duration::from_millis(200);

/// How often it checks the size of the log.
const LOG_CHECK_EVERY: Duration = Duration::from_secs(30);

/// Bounds of the pause before a restart; it doubles from one to the other.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// After this run time the pause starts small again.
const STABLE_AFTER: Duration = Duration::from_mins(1);

/// Asks the supervisor to stop the server. The supervisor replies when it has stopped.
pub(super) type StopRequest = oneshot::Sender<()>;

/// State of the server that other threads may read.
#[derive(Debug, Default)]
pub(super) struct ServerStatus {
    /// Process id; zero while it is down.
    pub(super) pid: AtomicI32,
    /// Number of restarts.
    pub(super) restarts: AtomicU64,
}

/// The main function of the supervisor thread.
pub(super) fn run(
    settings: &ClusterSettings,
    ready: oneshot::Sender<Result<Started, ClusterError>>,
    inbox: Receiver<StopRequest>,
    status: Arc<ServerStatus>,
) {
    let launched = Prepared::new(settings).and_then(|prepared| {
        Postmaster::launch(&prepared, || ready.is_closed()).map(|server| (prepared, server))
    });
    match launched {
        Ok((prepared, postmaster)) => {
            status.pid.store(postmaster.pid(), Ordering::Relaxed);
            prepared.note(None);
            let started = Started::of(&prepared);
            let supervisor = Supervisor { prepared, inbox, status, pause: MIN_PAUSE };
            // If the caller is gone, the inbox is closed too, and the loop ends at once.
            let _ = ready.send(Ok(started));
            supervisor.supervise(postmaster);
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    }
}

struct Supervisor {
    prepared: Prepared,
    inbox: Receiver<StopRequest>,
    status: Arc<ServerStatus>,
    pause: Duration,
}

impl Supervisor {
    fn supervise(mut self, mut postmaster: Postmaster) {
        let log = ServerLog::at(self.prepared.layout.log());
        let mut launched = Instant::now();
        let mut log_checked = launched;
        // A cluster that lives for a minute has data worth reading.
        let mut programs_due = self.prepared.durable;
        loop {
            if let Some(stop) = self.asked_to_stop(CHECK_EVERY) {
                postmaster.end();
                self.finish(stop);
                return;
            }
            if let Some(status) = postmaster.exited() {
                tracing::warn!(%status, "the embedded database ended unexpectedly; restarting it");
                self.status.pid.store(0, Ordering::Relaxed);
                if launched.elapsed() > STABLE_AFTER {
                    self.pause = MIN_PAUSE;
                }
                let Some(server) = self.launch_again() else { return };
                postmaster = server;
                launched = Instant::now();
            }
            if programs_due && launched.elapsed() > STABLE_AFTER {
                programs_due = false;
                self.keep_programs();
            }
            if log_checked.elapsed() > LOG_CHECK_EVERY {
                log.rotate();
                log_checked = Instant::now();
            }
        }
    }

    /// Keeps a copy of the server's programs, on a thread of its own, because it takes seconds.
    fn keep_programs(&self) {
        let Prepared { layout, server, .. } = &self.prepared;
        let (layout, server) = (layout.clone(), server.clone());
        let work = move || {
            if let Err(error) = kept::keep(&layout, &server) {
                tracing::warn!(
                    %error,
                    "the programs of the database server cannot be kept; do not remove them \
                     before `wiresift upgrade-database`"
                );
            }
        };
        let _ = thread::Builder::new().name("keep-programs".into()).spawn(work);
    }

    /// Tries until the server runs; `None` if it was asked to stop meanwhile.
    fn launch_again(&mut self) -> Option<Postmaster> {
        self.prepared.note(Some(&Condition::Starting));
        loop {
            if let Some(stop) = self.asked_to_stop(self.pause) {
                self.finish(stop);
                return None;
            }
            self.pause = (self.pause * 2).min(MAX_PAUSE);
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
                    self.status.pid.store(postmaster.pid(), Ordering::Relaxed);
                    self.status.restarts.fetch_add(1, Ordering::Relaxed);
                    self.prepared.note(None);
                    tracing::info!("the embedded database runs again");
                    return Some(postmaster);
                }
                Err(error) => {
                    self.prepared.note(Some(&Condition::Failing(error.to_string())));
                    tracing::error!(%error, "restarting the embedded database failed; trying again");
                }
            }
            if let Some(stop) = stop {
                self.finish(stop);
                return None;
            }
        }
    }

    /// Waits for a stop request. A dropped handle counts as a request without a reply.
    fn asked_to_stop(&self, wait: Duration) -> Option<StopRequest> {
        match self.inbox.recv_timeout(wait) {
            Ok(stop) => Some(stop),
            Err(RecvTimeoutError::Disconnected) => Some(oneshot::channel().0),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Releases the lock, then replies, so that the caller may start a new cluster at once.
    fn finish(&self, stop: StopRequest) {
        self.status.pid.store(0, Ordering::Relaxed);
        self.prepared.release();
        let _ = stop.send(());
    }
}
