//! Extracting stored pages again, after a site memory was learned or rules have changed.
//!
//! The same code extracts as for pages from the web, and the same planner judges. A text that is
//! another one now becomes a revision with its reason; nothing changes silently.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::filing::LookupKeys;
use crate::filing::judge::Verdict;
use crate::filing::records::RevisionReason;
use crate::pipeline::file::Filer;
use crate::pipeline::read::PageReader;
use crate::pipeline::{Memory, Pipeline};
use crate::store::{
    ANSWER_LIMIT, Filing, Politeness, Recorded, SiteStep, Store, StoreError, StoredReading,
    answer_within,
};

/// Pause before memory is looked for again.
const MEMORY_PAUSE: Duration = Duration::from_millis(50);

/// Extracts stored pages again.
pub struct Rereader {
    store: Store,
    clock: Arc<dyn Clock>,
    politeness: Politeness,
    memory: Memory,
    pages: PageReader,
    filer: Filer,
}

/// What became of a page.
#[derive(Debug)]
pub struct Reread {
    /// What was extracted, and what followed. `None`: nothing can be extracted from the page any
    /// more, and the text on file stays.
    pub result: Option<(Filing, Recorded)>,
}

impl Rereader {
    /// Pages that are leased at one time. They are parsed and filed long before the leases end.
    pub const BATCH: usize = 16;

    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            clock: Arc::clone(&pipeline.clock),
            politeness: pipeline.politeness,
            memory: pipeline.memory.clone(),
            pages: PageReader::new(pipeline),
            filer: Filer::new(pipeline),
        }
    }

    /// Extracts the pages of these entries again, at most [`BATCH`](Self::BATCH), and files what is another text
    /// now. Entries that somebody else works on are left out.
    pub async fn reread(
        &self,
        entries: &[i64],
        reason: RevisionReason,
    ) -> Result<Vec<Reread>, StoreError> {
        let (filings, without) = self.extract(entries, reason).await?;
        let recorded = self.filer.file(&filings).await;
        Ok(results(filings, recorded, without))
    }

    /// The same, but files nothing.
    pub async fn preview(
        &self,
        entries: &[i64],
        reason: RevisionReason,
    ) -> Result<Vec<Reread>, StoreError> {
        let (filings, without) = self.extract(entries, reason).await?;
        let mut recorded = Vec::new();
        // One by one: a plan may end early, and each is compared with what is on file.
        for filing in &filings {
            let lookup = LookupKeys::of_outcome(&filing.lease.item, &filing.outcome);
            recorded.extend(self.store.preview(std::slice::from_ref(filing), &[lookup]).await?);
        }
        let leases: Vec<_> = filings.iter().map(|filing| filing.lease.clone()).collect();
        self.store.release_stored_pages(&leases).await?;
        Ok(results(filings, recorded, without))
    }

    /// Leases the pages and extracts them. Also returns the number of pages from which nothing can be
    /// extracted.
    async fn extract(
        &self,
        entries: &[i64],
        reason: RevisionReason,
    ) -> Result<(Vec<Filing>, usize), StoreError> {
        let entries = entries.get(..Self::BATCH).unwrap_or(entries);
        let now = self.clock.now();
        let leased = self.store.lease_stored_pages(entries, now, &self.politeness);
        let readings = answer_within(ANSWER_LIMIT, leased).await?;
        let (mut filings, mut without) = (Vec::new(), 0);
        for StoredReading { lease, page } in readings {
            let memory = loop {
                if let Some(memory) = self.memory.start() {
                    break Arc::new(memory);
                }
                tokio::time::sleep(MEMORY_PAUSE).await;
            };
            let outcome = self.pages.read_stored(&lease.item, &page, reason, &memory).await;
            let (at, site, next_visit) = (self.clock.now(), SiteStep::default(), None);
            if let Some(outcome) = outcome {
                filings.push(Filing { lease, at, outcome, site, next_visit });
            } else {
                without += 1;
                self.store.release_stored_pages(&[lease]).await?;
            }
        }
        Ok((filings, without))
    }
}

fn results(filings: Vec<Filing>, recorded: Vec<Recorded>, without: usize) -> Vec<Reread> {
    let filed = filings
        .into_iter()
        .zip(recorded)
        .map(|(filing, recorded)| Reread { result: Some((filing, recorded)) });
    filed.chain((0..without).map(|_| Reread { result: None })).collect()
}

/// What became of a page, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RereadEnding {
    /// Its article has another text.
    Revised,
    Same,
    /// Nothing can be extracted from it any more.
    WithoutText,
    /// Somebody else worked on it.
    Busy,
    /// The database refused the text.
    Refused,
}

impl Reread {
    #[must_use]
    pub fn ending(&self) -> RereadEnding {
        match &self.result {
            None => RereadEnding::WithoutText,
            Some((_, Recorded::Judged { verdict: Verdict::Revision { .. }, .. })) => {
                RereadEnding::Revised
            }
            Some((_, Recorded::Judged { .. })) => RereadEnding::Same,
            Some((_, Recorded::Noted | Recorded::LeaseLost)) => RereadEnding::Busy,
            Some((_, Recorded::Refused(_))) => RereadEnding::Refused,
        }
    }
}
