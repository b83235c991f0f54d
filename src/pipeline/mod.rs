//! The journey: each file is one step, and each step is lease, do, record.
//!
//! A lease covers exactly one HTTP request. A redirect, a robots.txt that is not known yet, a site that wants to be
//! left alone: each is an outcome that puts the thing back into the queue with a later turn, under the site whose
//! turn it then is. So nobody sleeps with a turn in hand, and the gate in the site's row sees every request.
//!
//! Start reading in [`read`].

mod answer;
mod assemble;
pub mod discover;
mod dock;
pub mod file;
mod metrics;
mod politeness;
pub mod poll;
pub mod read;
mod revisit;
mod robots;
mod settings;
pub mod websub;

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use url::Url;

use crate::clock::Clock;
use crate::filing::revisit::RevisitSettings;
use crate::http::HttpClient;
use crate::polling::schedule::PollSettings;
use crate::polling::websub::WebsubSettings;
use crate::store::{Lease, Politeness, Store, StoreError};
use wiresift_extract::{Limits, Model, ModelError, SiteRule, SiteRules};

pub use metrics::{Ending, Metrics};
pub use settings::{ExtractSettings, RawSettings, SiteSettings};

/// What the steps share.
pub struct Ingest {
    /// The ledger.
    pub store: Store,
    /// The only way out.
    pub web: HttpClient,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How sites are treated.
    pub site: SiteSettings,
    /// How often feeds are polled.
    pub poll: PollSettings,
    /// How long pages are kept.
    pub raw: RawSettings,
    /// When articles are read again.
    pub revisit: RevisitSettings,
    /// How hubs are subscribed to.
    pub websub: WebsubSettings,
    /// What parsing may cost.
    pub limits: Limits,
    /// How long a lease runs.
    pub lease: Duration,
    /// What is counted.
    pub metrics: Metrics,
    /// The judge of blocks.
    model: &'static Model,
    /// What the curator says of single sites; a reload puts others in their place.
    site_rules: RwLock<SiteRules>,
    parsers: Semaphore,
    robots: robots::RobotsCache,
    dock: dock::Dock,
}

/// What a step may be leased and run by.
pub trait Step: Send + Sync + 'static {
    /// What is leased.
    type Item: Send + 'static;

    /// Its name in logs, metrics and the watchdog's list.
    fn name(&self) -> &'static str;

    /// Leases what is due, at most `room`.
    fn lease(
        &self,
        room: usize,
    ) -> impl Future<Output = Result<Vec<Lease<Self::Item>>, StoreError>> + Send;

    /// Does the work and records its outcome.
    fn run(&self, lease: Lease<Self::Item>) -> impl Future<Output = ()> + Send;
}

/// What an [`Ingest`] is made of.
pub struct Dependencies {
    /// The ledger.
    pub store: Store,
    /// The only way out.
    pub web: HttpClient,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How sites are treated.
    pub site: SiteSettings,
    /// How often feeds are polled.
    pub poll: PollSettings,
    /// How long pages are kept.
    pub raw: RawSettings,
    /// When articles are read again.
    pub revisit: RevisitSettings,
    /// How hubs are subscribed to.
    pub websub: WebsubSettings,
    /// What extraction may use.
    pub extract: ExtractSettings,
    /// Longest time that one request may take.
    pub request_timeout: Duration,
}

/// What a lease allows beyond the request itself: waiting for a parser, parsing, filing.
const LEASE_SLACK: Duration = Duration::from_mins(1);

impl Ingest {
    /// Puts the parts together. Fails where the program's own model is broken, before anything is read by it.
    pub fn new(parts: Dependencies) -> Result<Self, &'static ModelError> {
        Ok(Self {
            store: parts.store,
            web: parts.web,
            clock: parts.clock,
            site: parts.site,
            poll: parts.poll,
            raw: parts.raw,
            revisit: parts.revisit,
            websub: parts.websub,
            limits: Limits::default(),
            lease: parts.request_timeout + LEASE_SLACK,
            metrics: Metrics::default(),
            model: Model::embedded()?,
            site_rules: RwLock::default(),
            parsers: Semaphore::new(parts.extract.workers()),
            robots: robots::RobotsCache::default(),
            dock: dock::Dock::default(),
        })
    }

    /// Follows these rules from now on.
    pub fn follow_sites(&self, rules: SiteRules) {
        *self.site_rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    fn site_rule(&self, url: &Url) -> Option<Arc<SiteRule>> {
        let rules = self.site_rules.read().unwrap_or_else(PoisonError::into_inner);
        rules.of_host(url.host_str()?)
    }

    /// How requests to one site are held apart.
    #[must_use]
    pub fn politeness(&self) -> Politeness {
        Politeness {
            spacing: self.site.spacing,
            concurrency: self.site.concurrency,
            lease: self.lease,
        }
    }

    /// Runs CPU work off the async threads, no more at once than there are parsers. None: it panicked.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        // The semaphore is never closed; an error could only mean that it was.
        let _permit = self.parsers.acquire().await.ok()?;
        match tokio::task::spawn_blocking(work).await {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::error!(%error, "parsing panicked; the input is recorded as unreadable");
                None
            }
        }
    }

    /// Tries to record until it works or the lease is over: an outage costs a repeated request, never an entry.
    async fn record<T, F>(
        &self,
        expires_at: DateTime<Utc>,
        mut attempt: impl FnMut() -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = Duration::from_millis(100);
        loop {
            match attempt().await {
                Ok(value) => return Some(value),
                Err(error) if error.is_passing() && self.clock.now() < expires_at => {
                    self.metrics.outages.inc();
                    tracing::warn!(%error, "cannot record yet, trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                Err(error @ StoreError::LeaseLost { .. }) => {
                    tracing::info!(%error, "dropped the outcome");
                    return None;
                }
                Err(error) => {
                    tracing::error!(%error, "could not record; the lease will run out and the work be done again");
                    return None;
                }
            }
        }
    }
}
