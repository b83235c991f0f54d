//! Step: Traces -> Site memory, and revisions by it.
//!
//! Filing adds a trace for each new article. When a source has enough new ones, this step learns a
//! memory from the newest of them. If it knows other blocks than the one in use, it becomes a new
//! memory, and the articles on which the two differ are extracted again from their stored pages:
//! the first pages of a site are read before anything can be known about it.
//!
//! The step has no leases and no locks. It may end anywhere and be repeated: a memory is added before
//! its pages are extracted again, the traces are marked last, and each trace says which memory its
//! article was extracted with.

mod health;
mod take_back;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use wiresift_extract::memory::{Exceptions, SiteMemory, Spread, Trace, WINDOW};

use crate::clock::Clock;
use crate::filing::records::RevisionReason;
use crate::pipeline::learn::health::with_article;
use crate::pipeline::page_dictionaries::PageDictionaries;
use crate::pipeline::reread::{Reread, RereadEnding, Rereader};
use crate::pipeline::site_memories::SiteMemories;
use crate::pipeline::{Metrics, Pipeline, Progress};
use crate::store::{ANSWER_LIMIT, Store, StoreError, StoredMemory, StoredTrace, answer_within};

/// How often new traces are looked for.
const TICK: Duration = Duration::from_secs(10);

/// Pause after a failed turn.
const OUTAGE_PAUSE: Duration = Duration::from_secs(30);

/// Sources that are learned in one turn.
const MOST_SOURCES: usize = 64;

/// How many times a page is extracted again because of new memories. A site that shows other teasers
/// every day would never come to rest.
const MOST_REREADS: i16 = 3;

/// Articles from which a first memory is made even if they have no block in common.
const LEAST_USUAL: usize = 5;

/// The name of this step.
const STEP: &str = "learn";

/// The step that learns site memories.
pub struct LearnStep {
    store: Store,
    clock: Arc<dyn Clock>,
    memories: SiteMemories,
    dictionaries: PageDictionaries,
    rereader: Rereader,
    metrics: Metrics,
    progress: Progress,
}

/// What learning came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Learned {
    /// Whether there is another memory now.
    pub changed: bool,
    /// Articles whose text is another one now.
    pub revised: usize,
}

impl LearnStep {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            clock: Arc::clone(&pipeline.clock),
            memories: pipeline.site_memories.clone(),
            dictionaries: pipeline.dictionaries.clone(),
            rereader: Rereader::new(pipeline),
            metrics: pipeline.metrics.clone(),
            progress: pipeline.progress.clone(),
        }
    }

    /// Learns until drained. `heartbeat` is called for each source.
    pub async fn run(self, drain: CancellationToken, heartbeat: impl Fn() + Send + Sync) {
        let mut is_away = false;
        while !drain.is_cancelled() {
            heartbeat();
            let pause = match self.turn(&drain, &heartbeat).await {
                Ok(_) => {
                    is_away = false;
                    self.progress.moved(STEP);
                    self.metrics.succeeded(STEP, self.clock.now());
                    TICK
                }
                Err(error) => {
                    self.progress.failed(STEP, Instant::now(), error.to_string());
                    if !is_away {
                        tracing::warn!(%error, "cannot learn site memories now");
                    }
                    is_away = true;
                    OUTAGE_PAUSE
                }
            };
            tokio::select! {
                () = drain.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Learns all sources that have enough new traces. Returns how many articles were revised.
    pub async fn turn(
        &self,
        drain: &CancellationToken,
        heartbeat: &impl Fn(),
    ) -> Result<usize, StoreError> {
        let (mut after, mut revised) = (String::new(), 0);
        while self.memories.is_enabled() && !drain.is_cancelled() {
            let sources = brief(self.store.sources_to_learn(&after, MOST_SOURCES)).await?;
            let Some(last) = sources.last().cloned() else { break };
            for source in sources.iter().take_while(|_| !drain.is_cancelled()) {
                heartbeat();
                revised += self.learn(source, heartbeat).await?.revised;
            }
            after = last;
        }
        Ok(revised)
    }

    /// Learns the memory of a source, and extracts again what it changes among the newest articles.
    /// `heartbeat` is called for each batch of pages.
    pub async fn learn(&self, source: &str, heartbeat: &impl Fn()) -> Result<Learned, StoreError> {
        let traces = brief(self.store.site_traces(source)).await?;
        let current = brief(self.store.site_memory(source)).await?;
        let has_changed = brief(self.judge(source, &traces, current.as_ref())).await?;
        let renewed = self.renew(source, &traces, current, has_changed);
        let (id, memory, changed) = brief(renewed).await?;
        let affected = brief(self.affected(&traces, &memory)).await?;
        let mut revised = 0;
        for entries in affected.chunks(Rereader::BATCH) {
            heartbeat();
            let rereads = self.rereader.reread(entries, RevisionReason::Memory).await?;
            revised += self.count(&rereads);
            // Also those that are left out: their pages are gone, or are being read on the web.
            if let Some(id) = id {
                brief(self.store.note_rereads(source, entries, id)).await?;
            }
        }
        let entries: Vec<i64> = traces.iter().map(|trace| trace.entry).collect();
        brief(self.dictionaries.renew(source, &entries, self.clock.now())).await?;
        brief(self.store.mark_learned(source, &entries, WINDOW)).await?;
        let outcome = if changed { "changed" } else { "unchanged" };
        Metrics::count(&self.metrics.site_memories, outcome);
        if changed {
            tracing::debug!(source, blocks = memory.len(), revised, "learned a site memory");
        }
        Ok(Learned { changed, revised })
    }

    /// The memory of these traces, with its id if it is on file. It is added if the one in use does
    /// not know the same blocks, or if the site has changed.
    async fn renew(
        &self,
        source: &str,
        traces: &[StoredTrace],
        current: Option<StoredMemory>,
        has_changed: bool,
    ) -> Result<(Option<i64>, Arc<SiteMemory>, bool), StoreError> {
        let exceptions = self.store.site_exceptions(source).await?;
        let exceptions = Exceptions::of(exceptions.iter().map(String::as_str));
        let window: Vec<Trace> = traces.iter().map(|trace| trace.trace.clone()).collect();
        let learned = SiteMemory::learn(&window, Spread::Days).except(&exceptions);
        let articles = with_article(traces);
        // A memory without blocks says what is usual.
        let is_known =
            current.as_ref().map_or(learned.is_empty() && articles < LEAST_USUAL, |current| {
                current.memory.knows_the_same(&learned) && !has_changed
            });
        if is_known {
            let (id, memory) = current.map(|it| (it.id, it.memory)).unzip();
            return Ok((id, Arc::new(memory.unwrap_or_default()), false));
        }
        let id = self.put(source, learned, articles.min(WINDOW)).await?;
        Ok((Some(id.0), id.1, true))
    }

    /// Adds a memory and puts it in use.
    async fn put(
        &self,
        source: &str,
        memory: SiteMemory,
        articles: usize,
    ) -> Result<(i64, Arc<SiteMemory>), StoreError> {
        let now = self.clock.now();
        let id = self.store.add_site_memory(source, &memory, articles, now).await?;
        let memory = Arc::new(memory);
        self.memories.put(source, Some((id, Arc::clone(&memory))), now);
        Ok((id, memory))
    }

    /// The entries whose articles this memory would change.
    async fn affected(
        &self,
        traces: &[StoredTrace],
        memory: &SiteMemory,
    ) -> Result<Vec<i64>, StoreError> {
        let used: BTreeSet<i64> = traces.iter().filter_map(|trace| trace.memory).collect();
        let used = self.store.site_memories(&used.into_iter().collect::<Vec<_>>()).await?;
        let used: HashMap<i64, SiteMemory> =
            used.into_iter().map(|stored| (stored.id, stored.memory)).collect();
        let none = SiteMemory::default();
        let differs = |trace: &&StoredTrace| {
            let before = trace.memory.and_then(|id| used.get(&id)).unwrap_or(&none);
            trace.rereads < MOST_REREADS && memory.differs_on(&trace.trace, before)
        };
        Ok(traces.iter().filter(differs).map(|trace| trace.entry).collect())
    }

    /// Counts what became of pages. Returns how many have another text.
    fn count(&self, rereads: &[Reread]) -> usize {
        for reread in rereads {
            Metrics::count(&self.metrics.rereads, word(reread));
        }
        rereads.iter().filter(|reread| reread.ending() == RereadEnding::Revised).count()
    }
}

/// A call that a healthy database answers at once.
async fn brief<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    answer_within(ANSWER_LIMIT, call).await
}

/// What became of a page, as a fixed word.
fn word(reread: &Reread) -> &'static str {
    match reread.ending() {
        RereadEnding::Revised => "revised",
        RereadEnding::Same => "same",
        RereadEnding::WithoutText => "without-text",
        RereadEnding::Busy | RereadEnding::Refused => "not-recorded",
    }
}
