//! From signals to tokens: drain, then halt.
//!
//! Drain: lease nothing more and finish the work in progress. Halt: stop now; leases expire by
//! themselves and nothing is lost. The first SIGTERM or SIGINT drains. A second one halts, and so
//! does the drain's time limit. The limit must stay below systemd's `TimeoutStopSec`, or systemd
//! kills the process first.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

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

/// The signals that the daemon listens to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

impl Signals {
    /// From here on these signals no longer end the process by themselves.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
