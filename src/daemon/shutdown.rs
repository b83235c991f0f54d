//! From signals to tokens: drain, then halt.
//!
//! Drain means: lease no more, finish what is in hand. Halt means: stop now, leases run out by themselves and
//! nothing is lost. The first SIGTERM or SIGINT drains; a second one, or the drain's time limit, halts. The limit
//! must stay below systemd's `TimeoutStopSec`, so that we end ourselves and are not killed.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two stages.
#[derive(Debug, Clone, Default)]
pub(super) struct Shutdown {
    /// Lease no more.
    pub(super) drain: CancellationToken,
    /// Stop now.
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

/// The signals that end the daemon, and the one that reloads.
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
    /// Starts to listen.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
