//! Step 3: filing, in batches.
//!
//! The read step hands its outcomes to one filer per process. The filer takes all that has gathered
//! while the last batch was committed. So a quiet daemon files each article at once, and a busy one
//! files a hundred with one flush of the disk, without a delay that anybody has to configure.
//!
//! What waits to be filed holds its memory, so the queue is bounded by the memory budget. A batch
//! is bounded by bytes too: it must be written long before its leases end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::budget::Reservation;
use crate::clock::Clock;
use crate::filing::EntryCause;
use crate::filing::judge::Verdict;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::{Metrics, Pipeline, Progress};
use crate::store::{Filing, Origin, Outcome, Politeness, Recorded, Store};

/// Most outcomes in one transaction. A larger batch is not faster, and one refused value makes it
/// slower.
const BATCH: usize = 100;

/// Bytes of text after which a batch is complete.
const BATCH_BYTES: usize = 4 << 20;

/// The outcome of an entry on its way to the filer, with the memory that it takes.
#[derive(Debug)]
pub struct ReadEntry {
    pub filing: Filing,
    pub memory: Arc<Reservation>,
}

/// The way from the read step to the filer. It is bounded: readers wait while the database is slow.
#[must_use]
pub fn queue() -> (mpsc::Sender<ReadEntry>, mpsc::Receiver<ReadEntry>) {
    mpsc::channel(2 * BATCH)
}

/// The name of this step.
const STEP: &str = "file";

/// How long the filer waits for work before it turns.
const IDLE_TURN: Duration = Duration::from_secs(10);

/// Files what the read step hands in.
pub struct Filer {
    store: Store,
    clock: Arc<dyn Clock>,
    recorder: Recorder,
    politeness: Politeness,
    metrics: Metrics,
    progress: Progress,
}

impl Filer {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            clock: Arc::clone(&pipeline.clock),
            recorder: pipeline.recorder.clone(),
            politeness: pipeline.politeness,
            metrics: pipeline.metrics.clone(),
            progress: pipeline.progress.clone(),
        }
    }

    /// Runs until the last sender is gone and all is filed. `filed` is called after each batch, and
    /// `heartbeat` at each turn: a batch, an attempt to file it, a while without one.
    pub async fn run(
        self,
        mut inbox: mpsc::Receiver<ReadEntry>,
        filed: impl Fn(),
        heartbeat: impl Fn(),
    ) {
        loop {
            heartbeat();
            let first = match tokio::time::timeout(IDLE_TURN, inbox.recv()).await {
                Ok(Some(first)) => first,
                Ok(None) => return,
                Err(_) => continue,
            };
            let (batch, memory) = gather(first, &mut inbox);
            self.file_with(&batch, &heartbeat).await;
            drop((batch, memory));
            filed();
        }
    }

    /// Files a batch. An entry that cannot be recorded before its lease ends is read again by the
    /// next holder of the lease.
    pub async fn file(&self, batch: &[Filing]) -> Vec<Recorded> {
        self.file_with(batch, &|| {}).await
    }

    async fn file_with(&self, batch: &[Filing], heartbeat: &impl Fn()) -> Vec<Recorded> {
        let Some(expires_at) = batch.iter().map(|filing| filing.lease.expires_at).max() else {
            return Vec::new();
        };
        self.progress.waits(STEP, Instant::now());
        let attempt = || async {
            heartbeat();
            let answer = self.store.file(batch, &self.politeness).await;
            if let Err(error) = &answer {
                self.progress.failed(STEP, Instant::now(), error.to_string());
            }
            answer
        };
        let started = Instant::now();
        let recorded = self.recorder.record(expires_at, attempt).await;
        self.metrics.file_seconds.observe(started.elapsed().as_secs_f64());
        let now = self.clock.now();
        if recorded.is_some() {
            self.progress.moved(STEP);
            self.metrics.succeeded(STEP, now);
        }
        let recorded = recorded.unwrap_or_default();
        self.metrics.batches.inc();
        for (filing, recorded) in batch.iter().zip(&recorded) {
            self.count(filing, recorded, now);
            log(filing, recorded);
        }
        recorded
    }

    fn count(&self, filing: &Filing, recorded: &Recorded, now: DateTime<Utc>) {
        // Stored pages are counted by the steps that extract them again.
        if matches!(&filing.outcome, Outcome::Article(read) if read.origin != Origin::Source) {
            return;
        }
        let outcome = match &filing.outcome {
            Outcome::Article(_) => "article",
            Outcome::Unchanged => "unchanged",
            Outcome::Missing => "missing",
            Outcome::Moved { .. } => "moved",
            Outcome::Held { .. } => "held",
            Outcome::Later { .. } => "later",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Abandoned { .. } => "abandoned",
        };
        Metrics::count(&self.metrics.reads, outcome);
        let is_quarantined =
            matches!(filing.outcome, Outcome::Abandoned { cause: EntryCause::Quarantined, .. });
        if is_quarantined || matches!(recorded, Recorded::Refused(_)) {
            Metrics::count(&self.metrics.set_aside, "filing");
        }
        if let Recorded::Judged { verdict, .. } = recorded {
            Metrics::count(&self.metrics.judged, word(*verdict));
            if *verdict == Verdict::New {
                self.observe_delay(filing, now);
            }
        }
        if matches!(filing.outcome, Outcome::Article(_) | Outcome::Unchanged) {
            self.metrics.succeeded("read", now);
        }
    }

    /// How long after its publication a new article is on file. A date in the future counts as now.
    fn observe_delay(&self, filing: &Filing, now: DateTime<Utc>) {
        let Outcome::Article(read) = &filing.outcome else { return };
        if let Some(published) = &read.article.published {
            let delay = (now - published.at).num_seconds().max(0);
            self.metrics.delay_seconds.observe(delay as f64);
        }
    }
}

/// A batch with its memory: the first outcome, and what else has arrived, within the bounds.
fn gather(
    first: ReadEntry,
    inbox: &mut mpsc::Receiver<ReadEntry>,
) -> (Vec<Filing>, Vec<Arc<Reservation>>) {
    let bytes = |filing: &Filing| filing.outcome.text_bytes() + filing.outcome.page_bytes();
    let mut sum = bytes(&first.filing);
    let (mut batch, mut memory) = (vec![first.filing], vec![first.memory]);
    while batch.len() < BATCH && sum < BATCH_BYTES {
        let Ok(next) = inbox.try_recv() else { break };
        sum += bytes(&next.filing);
        batch.push(next.filing);
        memory.push(next.memory);
    }
    (batch, memory)
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
            tracing::debug!(entry.id = id, url, article.id = article, verdict, "filed");
        }
        Recorded::Noted => tracing::debug!(entry.id = id, url, outcome = ?filing.outcome, "noted"),
        Recorded::LeaseLost => tracing::debug!(entry.id = id, url, "lease lost, outcome dropped"),
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
