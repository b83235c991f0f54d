//! The end of step 2: filing in batches.
//!
//! Readers hand their outcomes to one filer per process. It takes whatever has gathered while the last batch was
//! committed, so a quiet daemon files each article at once and a busy one files a hundred with one flush of the
//! disk, without a delay that somebody would have to choose.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::filing::judge::Verdict;
use crate::pipeline::{Ingest, Metrics};
use crate::store::{Filing, Outcome, Recorded};

/// Most outcomes in one transaction. Beyond a hundred nothing is gained and a refusal costs more.
const BATCH: usize = 100;

/// Files what readers hand in, until all of them are gone.
pub struct Filer {
    ingest: Arc<Ingest>,
    inbox: mpsc::Receiver<Filing>,
}

impl Filer {
    /// A filer and the way to hand it outcomes. The way is bounded: readers wait when the database is slow.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>) -> (mpsc::Sender<Filing>, Self) {
        let (outbox, inbox) = mpsc::channel(2 * BATCH);
        (outbox, Self { ingest, inbox })
    }

    /// Runs until the last sender is gone and all is filed. `turned` is called after each batch.
    pub async fn run(mut self, turned: impl Fn()) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.inbox.recv_many(&mut batch, BATCH).await > 0 {
            self.ingest.file(&batch).await;
            batch.clear();
            turned();
        }
    }
}

impl Ingest {
    /// Files a batch. What cannot be recorded before its lease ends is read again by whoever leases it then.
    pub async fn file(&self, batch: &[Filing]) -> Vec<Recorded> {
        let Some(expires_at) = batch.iter().map(|filing| filing.lease.expires_at).max() else {
            return Vec::new();
        };
        let politeness = self.politeness();
        let recorded = self
            .record(expires_at, || self.store.file(batch, &politeness))
            .await
            .unwrap_or_default();
        for filing in batch {
            self.dock.leave(filing.lease.token);
        }
        self.metrics.batches.inc();
        for (filing, recorded) in batch.iter().zip(&recorded) {
            self.count(filing, recorded);
            log(filing, recorded);
        }
        recorded
    }

    fn count(&self, filing: &Filing, recorded: &Recorded) {
        let outcome = match &filing.outcome {
            Outcome::Article(_) => "article",
            Outcome::Unchanged => "unchanged",
            Outcome::Missing => "missing",
            Outcome::Moved { .. } => "moved",
            Outcome::Later { .. } => "later",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Abandoned { .. } => "abandoned",
        };
        Metrics::count(&self.metrics.reads, outcome);
        if let Recorded::Judged { verdict, .. } = recorded {
            Metrics::count(&self.metrics.judged, word(*verdict));
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Same { .. } => "same",
        Verdict::Revision { .. } => "revision",
        Verdict::Copy { .. } => "copy",
    }
}

fn log(filing: &Filing, recorded: &Recorded) {
    let entry = &filing.lease.item;
    let (id, url) = (entry.id, entry.url.as_deref());
    match recorded {
        Recorded::Judged { article, verdict } => {
            let verdict = word(*verdict);
            tracing::info!(entry.id = id, url, article.id = article, verdict, "filed");
        }
        Recorded::Noted => tracing::debug!(entry.id = id, url, outcome = ?filing.outcome, "noted"),
        Recorded::LeaseLost => tracing::info!(entry.id = id, url, "lease lost, outcome dropped"),
        Recorded::Refused(error) => {
            tracing::error!(
                entry.id = id,
                url,
                error,
                "the database refused the article; abandoned"
            );
        }
    }
}
