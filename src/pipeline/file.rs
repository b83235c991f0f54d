//! Step 3: filing, in batches.
//!
//! The read step hands its outcomes to one filer per process. The filer takes all that has gathered
//! while the last batch was committed. So a quiet daemon files each article at once, and a busy one
//! files a hundred with one flush of the disk, without a delay that anybody has to configure.

use tokio::sync::mpsc;

use crate::filing::EntryCause;
use crate::filing::judge::Verdict;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::{Metrics, Pipeline};
use crate::store::{Filing, Outcome, Politeness, Recorded, Store};

/// Most outcomes in one transaction. A larger batch is not faster, and one refused value makes it
/// slower.
const BATCH: usize = 100;

/// The way from the read step to the filer. It is bounded: readers wait while the database is slow.
#[must_use]
pub fn queue() -> (mpsc::Sender<Filing>, mpsc::Receiver<Filing>) {
    mpsc::channel(2 * BATCH)
}

/// Files what the read step hands in.
pub struct Filer {
    store: Store,
    recorder: Recorder,
    politeness: Politeness,
    metrics: Metrics,
}

impl Filer {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            recorder: pipeline.recorder.clone(),
            politeness: pipeline.politeness,
            metrics: pipeline.metrics.clone(),
        }
    }

    /// Runs until the last sender is gone and all is filed. `filed` is called after each batch.
    pub async fn run(self, mut inbox: mpsc::Receiver<Filing>, filed: impl Fn()) {
        let mut batch = Vec::with_capacity(BATCH);
        while inbox.recv_many(&mut batch, BATCH).await > 0 {
            self.file(&batch).await;
            batch.clear();
            filed();
        }
    }

    /// Files a batch. An entry that cannot be recorded before its lease ends is read again by the
    /// next holder of the lease.
    pub async fn file(&self, batch: &[Filing]) -> Vec<Recorded> {
        let Some(expires_at) = batch.iter().map(|filing| filing.lease.expires_at).max() else {
            return Vec::new();
        };
        let recorded = self
            .recorder
            .record(expires_at, || self.store.file(batch, &self.politeness))
            .await
            .unwrap_or_default();
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
        let is_quarantined =
            matches!(filing.outcome, Outcome::Abandoned { cause: EntryCause::Quarantined });
        if is_quarantined || matches!(recorded, Recorded::Refused(_)) {
            Metrics::count(&self.metrics.set_aside, "filing");
        }
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
