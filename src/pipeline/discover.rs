//! Searching the home pages of dead feeds for their heirs: one request a lease, under the gate of its site.
//!
//! Nobody listed these addresses, so robots.txt holds for all of them.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;
use url::Url;

use crate::http::{Accept, Conditional, FetchOutcome, Request, Response};
use crate::pipeline::politeness::site_step;
use crate::pipeline::robots::{FRESH_REFUSAL, Rules};
use crate::pipeline::{Ingest, Step};
use crate::polling::discovery::{Candidate, DiscoveryStep};
use crate::polling::robots::RobotsAnswer;
use crate::store::{FeedDiscovery, Lease, SiteStep, StoreError, later};
use wiresift_extract::Page;
use wiresift_extract::feeds::{FeedSource, feeds_of};
use wiresift_feed;

/// How long to wait where it is not the site's turn.
const OTHER_TURN: Duration = Duration::from_secs(2);

/// The step that searches.
pub struct DiscoverStep(Arc<Ingest>);

impl DiscoverStep {
    /// The step.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>) -> Self {
        Self(ingest)
    }
}

impl Step for DiscoverStep {
    type Item = FeedDiscovery;

    fn name(&self) -> &'static str {
        "search"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<FeedDiscovery>>, StoreError> {
        self.0.lease_discoveries(room).await
    }

    async fn run(&self, lease: Lease<FeedDiscovery>) {
        let span = tracing::info_span!(
            "search",
            feed.id = lease.item.feed_id,
            url = lease.item.search.url
        );
        self.0.search(lease).instrument(span).await;
    }
}

/// What one lease comes to.
enum Came {
    /// A request was made.
    Turn(DiscoveryStep),
    /// Not yet.
    Later(Duration),
}

impl Ingest {
    /// Leases searches that are due.
    pub async fn lease_discoveries(
        &self,
        room: usize,
    ) -> Result<Vec<Lease<FeedDiscovery>>, StoreError> {
        self.store.lease_discoveries(self.clock.now(), room, &self.politeness()).await
    }

    /// Makes the next request of a search, and records what it came to.
    pub async fn search(&self, lease: Lease<FeedDiscovery>) {
        if let Err(error) = self.try_search(&lease).await {
            tracing::warn!(%error, "the lease will run out and the page be asked for again");
        }
    }

    async fn try_search(&self, lease: &Lease<FeedDiscovery>) -> Result<(), StoreError> {
        let (politeness, host) = (self.politeness(), &lease.item.host);
        let Some(slot) = self.store.acquire_slot(host, self.clock.now(), &politeness).await? else {
            return self.store.postpone_discovery(lease, later(self.clock.now(), OTHER_TURN)).await;
        };
        let (step, site) = self.step(&lease.item).await;
        self.store.give_turn(host, slot, &site, &politeness, self.clock.now()).await?;
        let now = self.clock.now();
        match step {
            Came::Later(pause) => self.store.postpone_discovery(lease, later(now, pause)).await,
            Came::Turn(turn) => {
                let recorded = self
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

    async fn step(&self, searched: &FeedDiscovery) -> (Came, SiteStep) {
        let search = &searched.search;
        let none = |step| (step, SiteStep::default());
        let Ok(url) = Url::parse(&search.url) else {
            return none(Came::Turn(search.clone().nothing_found()));
        };
        let rules = match self.rules(&searched.host, &url).await {
            Ok(Rules::Known(rules)) => rules,
            Ok(Rules::Asked(site)) => return (Came::Later(Duration::ZERO), site),
            Ok(Rules::NotNow) => return none(Came::Later(OTHER_TURN)),
            Err(error) => {
                tracing::warn!(%error, "robots.txt cannot be looked up");
                return none(Came::Later(FRESH_REFUSAL));
            }
        };
        if matches!(*rules, RobotsAnswer::DisallowAll) || !self.is_allowed(&url, rules).await {
            return none(Came::Turn(search.clone().nothing_found()));
        }
        let accept = if search.is_page { Accept::Page } else { Accept::Feed };
        let request = Request { url: &url, conditional: Conditional::default(), accept };
        match self.web.get(&request).await {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                (Came::Turn(self.understand_search(searched, response).await), site)
            }
            Err(error) => {
                tracing::info!(%error, "not had");
                (Came::Turn(search.clone().nothing_found()), site_step(None, self.clock.now()))
            }
        }
    }

    async fn understand_search(
        &self,
        searched: &FeedDiscovery,
        response: Response,
    ) -> DiscoveryStep {
        let search = searched.search.clone();
        let (url, content_type) = (response.url, response.content_type);
        let bytes = match response.outcome {
            FetchOutcome::Redirect { to, downgrade: false, .. } => return search.redirected(&to),
            FetchOutcome::Body { bytes, .. } if !response.challenged => bytes,
            _ => return search.nothing_found(),
        };
        let (limits, now, dead) = (self.limits, self.clock.now(), searched.feed_url.clone());
        let understand = move || {
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
        self.compute(understand).await.unwrap_or_else(|| searched.search.clone().nothing_found())
    }
}
