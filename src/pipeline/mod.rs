//! The journey of the news: each module is one step.
//!
//! | step | takes | gives |
//! |---|---|---|
//! | [`poll`] | a due feed | new entries |
//! | [`read`] | a pending entry | an article, handed to the filer |
//! | [`mod@file`] | articles | articles on file, copies, revisions |
//! | [`assign_stories`] | articles on file | their stories |
//! | [`subscribe`] | a feed with a hub | deliveries |
//! | [`discover`] | a dead feed | proposals of its replacement |
//! | [`learn`] | traces of articles | site memories, and revisions by them |
//!
//! A step leases work, does it and records the outcome. A lease covers exactly one HTTP request. A
//! redirect, a robots.txt that is not known yet, a site that is not open: each is an outcome that
//! puts the work back into its queue with a later due time, at the site of the next request. So no
//! task waits for a site, and the limit in the site's row applies to every request.
//!
//! A step owns the code that it alone uses. What several steps share is a part with one job:
//! `Recorder`, `Parsers`, `RobotsRules`, [`SiteRulesHandle`], [`Metrics`]. The [`Pipeline`] builds
//! the parts, and each step takes from it what it needs.

pub mod assign_stories;
pub mod discover;
pub mod file;
pub mod learn;
mod memory;
mod metrics;
mod network;
mod page_dictionaries;
mod parsers;
mod place;
mod politeness;
pub mod poll;
mod progress;
pub mod read;
mod recorder;
mod reread;
mod robots;
mod settings;
mod site_memories;
mod site_rules;
mod source_cache;
pub mod subscribe;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::budget::{PATIENCE, Reservation, Shares};
use crate::clock::Clock;
use crate::filing::revisit::RevisitSettings;
use crate::http::HttpClient;
use crate::polling::schedule::PollSettings;
use crate::polling::websub::WebsubSettings;
use crate::store::{KeepSettings, Lease, Politeness, Store, StoreError, SuspectLimit};
use page_dictionaries::PageDictionaries;
use parsers::Parsers;
use recorder::Recorder;
use robots::RobotsRules;
use wiresift_extract::{Embeds, Limits, Model, ModelError};

pub use memory::{Memory, shares};
pub use metrics::{Ending, Metrics, PollStreak, Streak};
pub use network::Network;
pub use place::Place;
pub use progress::Progress;
pub use reread::{Reread, RereadEnding, Rereader};
pub use settings::{ExtractSettings, RawSettings, SiteSettings};
pub use site_memories::SiteMemories;
pub use site_rules::SiteRulesHandle;

/// A step that works under leases.
pub trait Step: Send + Sync + 'static {
    /// What is leased.
    type Item: Send + 'static;

    /// The name of the step in logs and in the watchdog's list.
    fn name(&self) -> &'static str;

    /// The memory that a task starts with. `None` if it is not free now.
    fn reserve(&self, memory: &Memory) -> Option<Reservation> {
        memory.start()
    }

    /// Leases what is due, at most `room`.
    fn lease(
        &self,
        room: usize,
    ) -> impl Future<Output = Result<Vec<Lease<Self::Item>>, StoreError>> + Send;

    /// How long an idle worker pauses before it looks for work again, at most `most`.
    fn pause(&self, most: Duration) -> impl Future<Output = Duration> + Send {
        std::future::ready(most)
    }

    /// Does the work and records its outcome. What is read from the web takes its memory from
    /// `memory`. The `place` may be given back before the outcome is recorded.
    fn run(
        &self,
        lease: Lease<Self::Item>,
        memory: Reservation,
        place: Place,
    ) -> impl Future<Output = ()> + Send;
}

/// What a [`Pipeline`] is built from.
pub struct Dependencies {
    pub store: Store,
    pub web: HttpClient,
    pub clock: Arc<dyn Clock>,
    pub site: SiteSettings,
    pub poll: PollSettings,
    pub raw: RawSettings,
    pub keep: KeepSettings,
    pub revisit: RevisitSettings,
    pub websub: WebsubSettings,
    pub extract: ExtractSettings,
    /// Longest time that one request may take.
    pub request_timeout: Duration,
    /// The memory for what the web sends.
    pub memory: Shares,
}

/// What a lease allows beyond the request and the wait for memory ([`PATIENCE`]): waiting for a
/// parser, parsing, filing. Bodies that wait for a parser are bounded by the memory budget, and the
/// slowest pages take two thirds of a second a megabyte.
const LEASE_SLACK: Duration = Duration::from_secs(90);

/// The parts that the steps are built from.
pub struct Pipeline {
    pub store: Store,
    pub web: Arc<HttpClient>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Metrics,
    pub progress: Progress,
    pub network: Network,
    pub site_rules: SiteRulesHandle,
    pub site_memories: SiteMemories,
    dictionaries: PageDictionaries,
    pub politeness: Politeness,
    pub memory: Memory,
    pub raw: RawSettings,
    pub keep: KeepSettings,
    site: SiteSettings,
    poll: PollSettings,
    revisit: RevisitSettings,
    websub: WebsubSettings,
    recorder: Recorder,
    parsers: Parsers,
    robots: RobotsRules,
    suspects: SuspectLimit,
    model: &'static Model,
    limits: Limits,
    embeds: Embeds,
    hold: Duration,
}

impl Pipeline {
    /// Fails if the program's own extraction model is broken.
    pub fn new(given: Dependencies) -> Result<Self, &'static ModelError> {
        let politeness = Politeness {
            spacing: given.site.spacing,
            concurrency: given.site.concurrency,
            lease: given.request_timeout.saturating_add(PATIENCE + LEASE_SLACK),
        };
        let (web, metrics) = (Arc::new(given.web), Metrics::default());
        let parsers = Parsers::new(given.extract.workers());
        let (embeds, hold) = (given.extract.embeds, given.extract.hold);
        let robots = RobotsRules::new(
            given.store.clone(),
            Arc::clone(&web),
            Arc::clone(&given.clock),
            parsers.clone(),
            politeness,
            given.memory.caches,
        );
        Ok(Self {
            site_memories: SiteMemories::new(given.store.clone(), given.extract.site_memory),
            dictionaries: PageDictionaries::new(given.store.clone()),
            memory: Memory::new(given.memory),
            recorder: Recorder::new(Arc::clone(&given.clock), metrics.outages.clone()),
            store: given.store,
            embeds,
            hold,
            web,
            clock: given.clock,
            metrics,
            progress: Progress::default(),
            network: Network::default(),
            site_rules: SiteRulesHandle::default(),
            politeness,
            raw: given.raw,
            keep: given.keep,
            site: given.site,
            poll: given.poll,
            revisit: given.revisit,
            websub: given.websub,
            parsers,
            robots,
            suspects: SuspectLimit::default(),
            model: Model::embedded()?,
            limits: Limits::default(),
        })
    }
}
