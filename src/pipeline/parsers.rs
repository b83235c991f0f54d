//! CPU work off the async threads, in a bounded number of places.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Runs parsing and other CPU work on blocking threads. Clones share the bound.
#[derive(Clone)]
pub(super) struct Parsers(Arc<Semaphore>);

impl Parsers {
    /// At most `workers` pieces of work run at once.
    pub(super) fn new(workers: usize) -> Self {
        Self(Arc::new(Semaphore::new(workers)))
    }

    /// `None`: the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The semaphore is never closed, so this never fails.
        let _permit = self.0.acquire().await.ok()?;
        match tokio::task::spawn_blocking(work).await {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::error!(%error, "parsing panicked; the input is recorded as unreadable");
                None
            }
        }
    }
}
