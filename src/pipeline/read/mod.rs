//! Step 2: Entry -> Page -> Article, handed to the filer.
//!
//! Everything that can happen to an entry is one [`Outcome`], and one place records it. If a page
//! cannot be read for good, but the feed carries the full text, the feed's text is filed, with its
//! source named.

mod assemble;
mod context;
mod missed;
mod page;
mod revisit;
mod stored;
mod xray;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument as _;
use url::Url;

use crate::budget::{Reservation, article_need};
use crate::clock::Clock;
use crate::filing::EntryCause;
use crate::filing::feed_text::is_post;
use crate::filing::revisit::RevisitSettings;
use crate::http::{Accept, ChainCookies, HttpClient, Request};
use crate::pipeline::file::ReadEntry;
use crate::pipeline::politeness::site_step;
use crate::pipeline::robots::{FRESH_REFUSAL, RobotsRules, Rules};
use crate::pipeline::{Pipeline, Place, Step};
use crate::polling::failure::Cause;
use crate::polling::robots::RobotsAnswer;
use crate::store::{
    Filing, Lease, Outcome, PendingEntry, Politeness, SiteStep, Store, StoreError, SuspectLimit,
};
pub(super) use page::PageReader;
use page::{SHORT_PAUSE, abandoned};
use revisit::{known_validators, next_visit};
pub use xray::{NoXray, Xray};

/// The step that reads pages.
pub struct ReadStep {
    store: Store,
    web: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    politeness: Politeness,
    suspects: SuspectLimit,
    robots: RobotsRules,
    pages: PageReader,
    revisit: RevisitSettings,
    filer: mpsc::Sender<ReadEntry>,
}

impl ReadStep {
    /// The outcomes go to `filer`.
    #[must_use]
    pub fn new(pipeline: &Pipeline, filer: mpsc::Sender<ReadEntry>) -> Self {
        Self {
            store: pipeline.store.clone(),
            web: Arc::clone(&pipeline.web),
            clock: Arc::clone(&pipeline.clock),
            politeness: pipeline.politeness,
            suspects: pipeline.suspects.clone(),
            robots: pipeline.robots.clone(),
            pages: PageReader::new(pipeline),
            revisit: pipeline.revisit.clone(),
            filer,
        }
    }
}

impl Step for ReadStep {
    type Item = PendingEntry;

    fn name(&self) -> &'static str {
        "read"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        let permit = self.suspects.try_acquire();
        self.store.lease_entries(self.clock.now(), room, permit, &self.politeness).await
    }

    async fn pause(&self, most: Duration) -> Duration {
        self.store.until_entries_open(self.clock.now(), most, &self.politeness).await
    }

    async fn run(&self, lease: Lease<PendingEntry>, memory: Reservation, _place: Place) {
        let span = tracing::info_span!("read", entry.id = lease.item.id, host = lease.item.host);
        let memory = Arc::new(memory);
        let filing = self.read(lease, &memory).instrument(span).await;
        // The filer outlives all readers, except when the process is halted.
        let _ = self.filer.send(ReadEntry { filing, memory }).await;
    }
}

/// The memory of an outcome until it is filed.
fn filing_need(outcome: &Outcome) -> u64 {
    article_need(outcome.text_bytes() as u64) + 2 * outcome.page_bytes() as u64
}

/// An outcome with what it means for the site.
type Reading = (Outcome, SiteStep);

impl ReadStep {
    /// Reads a leased entry. Never fails: a failure is an outcome too.
    pub async fn read(&self, lease: Lease<PendingEntry>, memory: &Arc<Reservation>) -> Filing {
        let (outcome, site) = self.outcome(&lease, memory).await;
        // What waits to be filed takes less than what was parsed.
        memory.shrink_to(filing_need(&outcome));
        let at = self.clock.now();
        let next_visit = next_visit(&self.revisit, &lease, &outcome, at);
        Filing { lease, at, outcome, site, next_visit }
    }

    async fn outcome(&self, lease: &Lease<PendingEntry>, memory: &Arc<Reservation>) -> Reading {
        let (entry, pages) = (&lease.item, &self.pages);
        if lease.is_quarantined() {
            tracing::error!(
                url = entry.url,
                "this page killed the process that parsed it, several times; it is given up"
            );
            return (abandoned(EntryCause::Quarantined), SiteStep::default());
        }
        let Some(url) = entry.fetch_url.as_deref().and_then(|url| Url::parse(url).ok()) else {
            self.begin_parsing(lease).await;
            let outcome = pages.without_page(entry, EntryCause::NoLink, memory).await;
            return (outcome, SiteStep::default());
        };
        if is_post(&entry.feed_fields)
            && let Some(outcome) = pages.post(entry, memory).await
        {
            return (outcome, SiteStep::default());
        }
        match self.robots.of(&entry.host, &url, memory).await {
            Ok(Rules::Known(rules)) => self.read_allowed(lease, &url, rules, memory).await,
            Ok(Rules::NoMemory(site)) => (pages.no_memory(), site),
            Ok(Rules::Requested(site)) => (pages.soon(EntryCause::Robots, Duration::ZERO), site),
            Ok(Rules::SiteClosed) => {
                (pages.soon(EntryCause::Robots, SHORT_PAUSE), SiteStep::default())
            }
            Err(error) => {
                tracing::warn!(%error, "robots.txt cannot be looked up");
                // The request may have been made before the database failed.
                let site = site_step(None, self.clock.now());
                (pages.soon(EntryCause::Database, SHORT_PAUSE), site)
            }
        }
    }

    async fn read_allowed(
        &self,
        lease: &Lease<PendingEntry>,
        url: &Url,
        rules: Arc<RobotsAnswer>,
        memory: &Arc<Reservation>,
    ) -> Reading {
        let (entry, pages) = (&lease.item, &self.pages);
        if matches!(*rules, RobotsAnswer::DisallowAll) {
            let (reason, pause) = (EntryCause::RobotsUnreachable, Some(FRESH_REFUSAL));
            let outcome = pages.retry(entry, reason, Cause::Unavailable, pause, memory).await;
            return (outcome, SiteStep::default());
        }
        if !self.robots.allow(url, rules).await {
            self.begin_parsing(lease).await;
            let outcome = pages.without_page(entry, EntryCause::Robots, memory).await;
            return (outcome, SiteStep::default());
        }
        let conditional = known_validators(entry);
        let cookies = ChainCookies::of_stored(entry.cookies.as_deref());
        let request =
            Request { url, conditional, accept: Accept::Page, cookies: Some(&cookies), memory };
        let answer = self.web.get(&request).await;
        self.begin_parsing(lease).await;
        match answer {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                (pages.read(entry, url, response, memory).await, site)
            }
            Err(error) if error.is_shortage() => {
                (pages.no_memory(), site_step(None, self.clock.now()))
            }
            Err(error) => {
                let site = site_step(None, self.clock.now());
                tracing::debug!(%error, "page cannot be fetched");
                let cause = error.cause();
                (pages.retry(entry, EntryCause::Fetch(cause), cause, None, memory).await, site)
            }
        }
    }

    /// Records that the bytes of a suspect are about to be parsed. If that fails, a death counts
    /// like any other.
    async fn begin_parsing(&self, lease: &Lease<PendingEntry>) {
        if let Err(error) = self.store.begin_parsing_entry(lease).await {
            tracing::warn!(%error, "cannot record that a suspect is parsed");
        }
    }
}
