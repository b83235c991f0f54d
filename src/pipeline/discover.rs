//! Looking for the replacement of a dead feed on its home page, one request per lease.
//!
//! The curator did not list these addresses, so robots.txt applies to all of them.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;
use url::Url;

use crate::budget::{Reservation, Shortage, feed_need};
use crate::clock::Clock;
use crate::http::{Accept, Conditional, FetchOutcome, HttpClient, Request, Response};
use crate::pipeline::memory::retry_pause;
use crate::pipeline::parsers::{Parsers, html_need};
use crate::pipeline::politeness::site_step;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::robots::{FRESH_REFUSAL, RobotsRules, Rules};
use crate::pipeline::{Pipeline, Place, Step};
use crate::polling::discovery::{Candidate, DiscoveryStep};
use crate::polling::robots::RobotsAnswer;
use crate::store::{FeedDiscovery, Lease, Politeness, SiteStep, Store, StoreError, later};
use wiresift_extract::feeds::{FeedSource, feeds_of};
use wiresift_extract::{Limits, Page};

/// Pause if the site is not open.
const SITE_CLOSED_PAUSE: Duration = Duration::from_secs(2);

/// The step that looks for replacements of dead feeds.
pub struct DiscoverStep {
    store: Store,
    web: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    politeness: Politeness,
    robots: RobotsRules,
    parsers: Parsers,
    recorder: Recorder,
    limits: Limits,
}

impl DiscoverStep {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            web: Arc::clone(&pipeline.web),
            clock: Arc::clone(&pipeline.clock),
            politeness: pipeline.politeness,
            robots: pipeline.robots.clone(),
            parsers: pipeline.parsers.clone(),
            recorder: pipeline.recorder.clone(),
            limits: pipeline.limits,
        }
    }
}

impl Step for DiscoverStep {
    type Item = FeedDiscovery;

    fn name(&self) -> &'static str {
        "discover"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<FeedDiscovery>>, StoreError> {
        self.store.lease_discoveries(self.clock.now(), room, &self.politeness).await
    }

    async fn run(&self, lease: Lease<FeedDiscovery>, memory: Reservation, _place: Place) {
        let (feed, url) = (lease.item.feed_id, &lease.item.search.url);
        let span = tracing::info_span!("discover", feed.id = feed, url);
        let discover = async {
            if let Err(error) = self.discover(&lease, &Arc::new(memory)).await {
                tracing::warn!(%error, "the lease will run out and the request be made again");
            }
        };
        discover.instrument(span).await;
    }
}

/// The result of one lease.
enum Progress {
    /// A request was made.
    Made(DiscoveryStep),
    /// The request must wait.
    Postponed(Duration),
}

impl DiscoverStep {
    /// Makes the next request of a discovery, and records its result.
    async fn discover(
        &self,
        lease: &Lease<FeedDiscovery>,
        memory: &Arc<Reservation>,
    ) -> Result<(), StoreError> {
        let host = &lease.item.host;
        let slot = self.store.acquire_slot(host, self.clock.now(), &self.politeness).await?;
        let Some(slot) = slot else {
            let until = later(self.clock.now(), SITE_CLOSED_PAUSE);
            return self.store.postpone_discovery(lease, until).await;
        };
        let (progress, site) = self.request(&lease.item, memory).await;
        let now = self.clock.now();
        self.store.release_slot(host, slot, &site, &self.politeness, now).await?;
        let now = self.clock.now();
        match progress {
            Progress::Postponed(pause) => {
                self.store.postpone_discovery(lease, later(now, pause)).await
            }
            Progress::Made(turn) => {
                let recorded = self
                    .recorder
                    .record(lease.expires_at, || self.store.record_discovery(lease, &turn, now))
                    .await;
                if let Some(proposed) = recorded.filter(|proposed| *proposed > 0) {
                    let (feed, home) = (&lease.item.feed_url, &lease.item.search.home);
                    tracing::warn!(
                        feed,
                        home,
                        proposed,
                        "a dead feed's home page has feeds that are not on the list"
                    );
                }
                Ok(())
            }
        }
    }

    async fn request(
        &self,
        searched: &FeedDiscovery,
        memory: &Arc<Reservation>,
    ) -> (Progress, SiteStep) {
        let search = &searched.search;
        let unasked = |progress| (progress, SiteStep::default());
        let Ok(url) = Url::parse(&search.url) else {
            return unasked(Progress::Made(search.clone().nothing_found()));
        };
        let rules = match self.robots.of(&searched.host, &url, memory).await {
            Ok(Rules::NoMemory(site)) => return (Progress::Postponed(retry_pause()), site),
            Ok(Rules::Known(rules)) => rules,
            Ok(Rules::Requested(site)) => return (Progress::Postponed(Duration::ZERO), site),
            Ok(Rules::SiteClosed) => return unasked(Progress::Postponed(SITE_CLOSED_PAUSE)),
            Err(error) => {
                tracing::warn!(%error, "robots.txt cannot be looked up");
                return unasked(Progress::Postponed(FRESH_REFUSAL));
            }
        };
        if matches!(*rules, RobotsAnswer::DisallowAll) || !self.robots.allow(&url, rules).await {
            return unasked(Progress::Made(search.clone().nothing_found()));
        }
        let accept = if search.is_page { Accept::Page } else { Accept::Feed };
        let conditional = Conditional::default();
        let request = Request { url: &url, conditional, accept, cookies: None, memory };
        match self.web.get(&request).await {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                let read = self.read(searched, response, memory).await;
                (
                    read.map_or_else(|Shortage| Progress::Postponed(retry_pause()), Progress::Made),
                    site,
                )
            }
            Err(error) if error.is_shortage() => {
                (Progress::Postponed(retry_pause()), site_step(None, self.clock.now()))
            }
            Err(error) => {
                tracing::debug!(%error, "cannot be fetched");
                (Progress::Made(search.clone().nothing_found()), site_step(None, self.clock.now()))
            }
        }
    }

    async fn read(
        &self,
        searched: &FeedDiscovery,
        response: Response,
        memory: &Arc<Reservation>,
    ) -> Result<DiscoveryStep, Shortage> {
        let search = searched.search.clone();
        let (url, content_type) = (response.url, response.content_type);
        let bytes = match response.outcome {
            FetchOutcome::Redirect { to, downgrade: false, .. } => {
                return Ok(search.redirected(&to));
            }
            FetchOutcome::Body { bytes, .. } if !response.challenged => bytes,
            _ => return Ok(search.nothing_found()),
        };
        let need = html_need(&bytes).max(feed_need(bytes.len() as u64));
        let (limits, now, dead) = (self.limits, self.clock.now(), searched.feed_url.clone());
        let read = move || {
            if !search.is_page {
                return match wiresift_feed::parse(&bytes, content_type.as_deref(), &url, now) {
                    Ok(feed) => search.feed_found(&url, &feed),
                    Err(_) => search.nothing_found(),
                };
            }
            let page =
                Page { bytes: &bytes, url: Some(&url), content_type: content_type.as_deref() };
            let named = feeds_of(&page, &limits).into_iter().map(|link| Candidate {
                url: link.url.to_string(),
                is_guess: link.source == FeedSource::WellKnown,
            });
            search.page_read(named.collect(), &dead)
        };
        let read = self.parsers.run_within(memory, need, read).await?;
        Ok(read.unwrap_or_else(|| searched.search.clone().nothing_found()))
    }
}
