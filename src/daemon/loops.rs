//! The set of long-lived loops, each with its name.

use std::collections::HashMap;

use tokio::task::JoinSet;

/// Name of the loop that outlives the drain.
pub(super) const WATCHDOG: &str = "watchdog";

#[derive(Default)]
pub(super) struct Loops {
    set: JoinSet<()>,
    names: HashMap<tokio::task::Id, &'static str>,
}

impl Loops {
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let handle = self.set.spawn(work);
        self.names.insert(handle.id(), name);
    }

    /// Waits until a loop ends, and returns its name.
    pub(super) async fn next(&mut self) -> &'static str {
        match self.set.join_next_with_id().await {
            Some(Ok((id, ()))) => self.names.remove(&id).unwrap_or("unknown"),
            Some(Err(error)) => {
                let name = self.names.remove(&error.id()).unwrap_or("unknown");
                tracing::error!(name, %error, "a loop panicked");
                name
            }
            None => std::future::pending().await,
        }
    }

    /// Waits for all loops but the watchdog, which runs until the halt.
    pub(super) async fn drained(&mut self) {
        while self.names.values().any(|name| *name != WATCHDOG) {
            self.next().await;
        }
    }

    pub(super) async fn abort(&mut self) {
        self.set.shutdown().await;
    }
}
