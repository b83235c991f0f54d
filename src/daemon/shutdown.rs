//! From signals and requests to tokens: drain, then halt.
//!
//! Drain: lease nothing more and finish the work in progress. Halt: stop now; leases expire by
//! themselves and nothing is lost. The first SIGTERM or SIGINT drains. A second one halts, and so
//! does the drain's time limit. The limit must stay below systemd's `TimeoutStopSec`, or systemd
//! kills the process first.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::daemon::control::Reply;

/// Reloads that may wait for the one in progress.
const WAITING_RELOADS: usize = 4;

#[derive(Debug, Clone, Default)]
pub(super) struct Shutdown {
    pub(super) drain: CancellationToken,
    pub(super) halt: CancellationToken,
}

impl Shutdown {
    /// Starts draining, and halts after `limit`.
    pub(super) async fn drain_within(&self, limit: Duration) {
        self.drain.cancel();
        tokio::time::sleep(limit).await;
        tracing::warn!(seconds = limit.as_secs(), "draining took too long; halting");
        self.halt.cancel();
    }
}

/// The signals that the daemon listens to, and the requests of its control socket.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    ask: mpsc::Sender<Reply>,
    asked: mpsc::Receiver<Reply>,
}

/// What a signal or a request asks for.
#[derive(Debug)]
pub(super) enum Asked {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP or `wiresift reload`.
    Reload(Reply),
}

impl Signals {
    /// From here on these signals no longer end the process by themselves.
    pub(super) fn new() -> std::io::Result<Self> {
        let (ask, asked) = mpsc::channel(WAITING_RELOADS);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            ask,
            asked,
        })
    }

    /// Where the control socket sends its requests.
    pub(super) fn reloads(&self) -> mpsc::Sender<Reply> {
        self.ask.clone()
    }

    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload(Reply::nobody()),
            Some(reply) = self.asked.recv() => Asked::Reload(reply),
        }
    }

    /// Waits for a signal to stop. A reload makes no sense any more.
    pub(super) async fn stop(&mut self) {
        while !matches!(self.next().await, Asked::Stop) {}
    }
}
