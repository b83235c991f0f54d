//! CPU work off the async threads, in a bounded number of places.

use std::sync::Arc;

use tokio::sync::Semaphore;

use wiresift_extract::Limits;

use crate::budget::{Reservation, Shortage, page_need};

/// Runs parsing and other CPU work on blocking threads. Clones share the bound.
#[derive(Clone)]
pub(super) struct Parsers(Arc<Semaphore>);

impl Parsers {
    /// At most `workers` pieces of work run at once.
    pub(super) fn new(workers: usize) -> Self {
        Self(Arc::new(Semaphore::new(workers)))
    }

    /// Runs work that needs `need` bytes besides what `memory` holds now. The caller gives back
    /// what the result does not need. `None`: the work panicked.
    pub(super) async fn run_within<T: Send + 'static>(
        &self,
        memory: &Arc<Reservation>,
        need: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Shortage> {
        // The semaphore is never closed, so this never fails.
        let Ok(permit) = self.0.acquire().await else { return Ok(None) };
        let _permit = if memory.try_grow_by(need) {
            permit
        } else {
            // A task that waits for memory must not hold a place that others need to finish.
            drop(permit);
            memory.grow_by(need).await?;
            let Ok(permit) = self.0.acquire().await else { return Ok(None) };
            permit
        };
        // The work holds the memory while it runs, also if nobody waits for it any more.
        let held = Arc::clone(memory);
        let worked = spawn(move || {
            let result = work();
            drop(held);
            result
        });
        Ok(worked.await)
    }

    /// `None`: the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The semaphore is never closed, so this never fails.
        let _permit = self.0.acquire().await.ok()?;
        spawn(work).await
    }
}

/// The memory that it takes to parse HTML, within the limits of the extractor.
pub(super) fn html_need(html: &[u8]) -> u64 {
    let limits = Limits::default();
    let read = html.get(..limits.max_bytes).unwrap_or(html);
    let tags = memchr::memchr_iter(b'<', read).count().min(limits.max_nodes / 2);
    page_need(read.len() as u64, tags as u64)
}

async fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!(%error, "parsing panicked; the input is recorded as unreadable");
            None
        }
    }
}
