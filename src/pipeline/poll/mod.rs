//! Step 1: Feed -> Poll -> new Entries.
//!
//! Polling goes on however many entries wait to be read. The queue is in the database and takes no
//! memory, whereas an entry that leaves its feed before the next poll is lost.

mod answer;
mod hub;
mod recording;
mod report;
mod unchanged;

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::Instrument as _;
use url::Url;

use crate::budget::{Reservation, Shortage};
use crate::clock::Clock;
use crate::http::{Accept, ChainCookies, Conditional, HttpClient, Request};
use crate::pipeline::memory::retry_pause;
use crate::pipeline::network::Network;
use crate::pipeline::politeness::site_step;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::robots::RobotsRules;
use crate::pipeline::{Ending, Memory, Metrics, Pipeline, Place, Step};
use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{self, Backfill, OpenGap, Plan, PollSettings};
use crate::store::{
    DueFeed, Lease, Politeness, PollRecord, Recording, SiteStep, Store, StoreError, SuspectLimit,
    UnchangedPoll,
};
use answer::{Asked, FeedReader, failed};
use hub::HubObserver;
use recording::{after_page, postponed, recording};
use unchanged::{Recorded, UnchangedPolls};
use wiresift_feed::Validators;

/// The step that polls feeds.
pub struct PollStep {
    store: Store,
    web: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    politeness: Politeness,
    suspects: SuspectLimit,
    settings: PollSettings,
    robots: RobotsRules,
    recorder: Recorder,
    metrics: Metrics,
    network: Network,
    reader: FeedReader,
    hubs: HubObserver,
    entries: Arc<Notify>,
    unchanged: UnchangedPolls,
}

impl PollStep {
    /// `entries` is notified when there is something to read.
    #[must_use]
    pub fn new(pipeline: &Pipeline, entries: Arc<Notify>) -> Self {
        Self {
            store: pipeline.store.clone(),
            web: Arc::clone(&pipeline.web),
            clock: Arc::clone(&pipeline.clock),
            politeness: pipeline.politeness,
            suspects: pipeline.suspects.clone(),
            settings: pipeline.poll.clone(),
            robots: pipeline.robots.clone(),
            recorder: pipeline.recorder.clone(),
            metrics: pipeline.metrics.clone(),
            network: pipeline.network.clone(),
            reader: FeedReader {
                clock: Arc::clone(&pipeline.clock),
                parsers: pipeline.parsers.clone(),
                model: pipeline.model,
                limits: pipeline.limits,
            },
            hubs: HubObserver {
                store: pipeline.store.clone(),
                settings: pipeline.websub.clone(),
                max_every: pipeline.poll.max_every,
            },
            entries,
            unchanged: UnchangedPolls::default(),
        }
    }
}

impl Step for PollStep {
    type Item = DueFeed;

    fn name(&self) -> &'static str {
        "poll"
    }

    fn reserve(&self, memory: &Memory) -> Option<Reservation> {
        memory.start_poll()
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        let permit = self.suspects.try_acquire();
        self.store.lease_feeds(self.clock.now(), room, permit, &self.politeness).await
    }

    async fn pause(&self, most: Duration) -> Duration {
        self.store.until_feeds_open(self.clock.now(), most, &self.politeness).await
    }

    async fn run(&self, lease: Lease<DueFeed>, memory: Reservation, place: Place) {
        let feed = &lease.item;
        let span =
            tracing::info_span!("poll", feed.id = feed.id, feed = feed.url, host = feed.host);
        let record = self.poll_at(place, lease, &Arc::new(memory)).instrument(span).await;
        if record.is_some_and(|record| record.new_entries + record.changed_entries > 0) {
            self.entries.notify_one();
        }
    }
}

impl PollStep {
    /// Polls a leased feed and records the result.
    pub async fn poll(
        &self,
        lease: Lease<DueFeed>,
        memory: &Arc<Reservation>,
    ) -> Option<PollRecord> {
        self.poll_at(Place::uncounted(), lease, memory).await
    }

    async fn poll_at(
        &self,
        place: Place,
        lease: Lease<DueFeed>,
        memory: &Arc<Reservation>,
    ) -> Option<PollRecord> {
        let started = Instant::now();
        let (poll, site) = self.request(&lease, memory).await;
        drop(place);
        let record = match poll {
            Ok(poll) => self.record(lease, poll, site, started).await,
            Err(Shortage) => self.postpone(lease, site).await,
        };
        self.metrics.poll_seconds.observe(started.elapsed().as_secs_f64());
        record
    }

    /// Puts a feed back into its queue for which there was no memory.
    async fn postpone(&self, lease: Lease<DueFeed>, site: SiteStep) -> Option<PollRecord> {
        tracing::debug!("no memory for this feed now; it is polled again (daemon.memory)");
        self.metrics.shortages.inc();
        let plan = Plan::unchanged(&lease.item.history);
        let recording = postponed(&lease.item, &plan, self.clock.now(), retry_pause(), site);
        self.recorder
            .record(lease.expires_at, || {
                self.store.record_poll(&lease, &recording, &self.politeness)
            })
            .await
    }

    async fn record(
        &self,
        lease: Lease<DueFeed>,
        mut poll: Poll,
        site: SiteStep,
        began: Instant,
    ) -> Option<PollRecord> {
        let plan = self.plan(&lease.item, &mut poll).await;
        report::log(&self.network, &lease.item, &poll, &plan, began);
        self.count(&poll);
        for notice in &plan.notices {
            Metrics::count(&self.metrics.noticed, notice.as_str());
        }
        let recording = recording(&lease.item, &poll, &plan, site);
        let recorded = self.write(&lease, &recording).await;
        let set_aside = recorded.map_or(0, |record| record.set_aside);
        if set_aside > 0 {
            self.metrics.set_aside.get_or_create(&Ending { outcome: "poll" }).inc_by(set_aside);
        }
        self.hubs.observe(&lease.item, &poll, recorded).await;
        if let Some(record) = recorded.filter(|record| record.new_entries > 0) {
            self.metrics.entries.inc_by(record.new_entries);
            tracing::debug!(new = record.new_entries, "new entries");
        }
        recorded
    }

    /// Writes the record of a poll, with those of others if it found nothing new.
    async fn write(&self, lease: &Lease<DueFeed>, recording: &Recording<'_>) -> Option<PollRecord> {
        if let Some(poll) = UnchangedPoll::of(lease, recording, &self.politeness)
            && let Recorded::Noted(record) =
                self.unchanged.record(&self.store, lease.item.id, poll).await
        {
            return Some(record);
        }
        self.recorder
            .record(lease.expires_at, || self.store.record_poll(lease, recording, &self.politeness))
            .await
    }

    /// Counts the poll.
    fn count(&self, poll: &Poll) {
        Metrics::count(&self.metrics.polls, label(poll));
        let failure = match &poll.outcome {
            PollOutcome::Failed { cause, .. } => Some(*cause),
            _ => None,
        };
        self.metrics.streak.polled(failure, poll.at);
        if failure.is_none() {
            self.metrics.succeeded("poll", poll.at);
        }
    }

    /// Makes the request. Returns the poll, and what it means for the site.
    async fn request(
        &self,
        lease: &Lease<DueFeed>,
        memory: &Arc<Reservation>,
    ) -> (Result<Poll, Shortage>, SiteStep) {
        let (feed, now) = (&lease.item, self.clock.now());
        let unasked = |address, cause, error: &str| {
            (Ok(failed(now, address, cause, error.to_owned())), SiteStep::default())
        };
        let Ok(url) = Url::parse(&feed.fetch_url) else {
            return unasked(None, Cause::Url, "not an address");
        };
        if lease.is_quarantined() {
            return unasked(Some(url), Cause::Unreadable, QUARANTINED);
        }
        let (asked, conditional) = validators(feed, now);
        let cookies = ChainCookies::of_stored(feed.cookies.as_deref());
        let request = Request {
            url: &url,
            conditional,
            accept: Accept::Feed,
            cookies: Some(&cookies),
            memory,
        };
        let answer = self.web.get(&request).await;
        if let Err(error) = self.store.begin_parsing_feed(lease).await {
            tracing::warn!(%error, "cannot record that a suspect is parsed");
        }
        match answer {
            Ok(response) => {
                let now = self.clock.now();
                self.web.traffic().compare(&response, now);
                let site = site_step(Some(&response), now);
                (self.reader.read(feed, asked, response, memory).await, site)
            }
            Err(error) if error.is_shortage() => (Err(Shortage), site_step(None, self.clock.now())),
            Err(error) => {
                let now = self.clock.now();
                let site = site_step(None, now);
                (Ok(failed(now, Some(url), error.cause(), error.to_string())), site)
            }
        }
    }

    /// What the schedule decides. An older page is reduced to the entries that belong to the feed.
    async fn plan(&self, feed: &DueFeed, poll: &mut Poll) -> Plan {
        if let Some(walk) = &feed.backfill {
            let plan = after_page(feed, walk.clone(), poll);
            if let PollOutcome::Parsed { feed: page, .. } = &mut poll.outcome {
                walk.keep_missed(page, &feed.history.window);
            }
            return plan;
        }
        let mut plan = schedule::after(&feed.history, poll, &self.settings, rand::random());
        if let (Some(feeds), None) = (&feed.history.habits.stated_feeds, &plan.habits.stated_feeds)
            && let PollOutcome::Failed { error, .. } | PollOutcome::Page { error, .. } =
                &mut poll.outcome
        {
            *error = feeds.failure(error);
        }
        if let Some(gap) = plan.open_gap.take() {
            plan.backfill = self.to_sitemap(gap).await;
        }
        plan
    }

    /// A backfill from a news sitemap that may close the gap, if the site is known to have one.
    async fn to_sitemap(&self, gap: OpenGap) -> Option<Backfill> {
        match self.robots.news_sitemaps(gap.address()).await {
            Ok(sitemaps) => gap.to_sitemap(sitemaps),
            Err(error) => {
                tracing::warn!(%error, "cannot look for a news sitemap; the gap stays open");
                None
            }
        }
    }
}

/// The error of a quarantined feed.
const QUARANTINED: &str = "this feed killed the process that parsed it, several times; \
                           it is polled rarely until it changes";

/// The validators to send: none if there are none, or if they lie. From time to time some that lie
/// are sent, to see whether they still do.
fn validators(feed: &DueFeed, now: DateTime<Utc>) -> (Asked, Conditional<'_>) {
    let held = &feed.validators;
    if *held == Validators::default() || feed.backfill.is_some() {
        return (Asked::Plainly, Conditional::default());
    }
    if !feed.history.habits.trust.sends_validators(now) {
        return (Asked::Withheld, Conditional::default());
    }
    let conditional =
        Conditional { etag: held.etag.as_deref(), last_modified: held.last_modified.as_deref() };
    (Asked::Conditionally, conditional)
}

fn label(poll: &Poll) -> &'static str {
    match &poll.outcome {
        PollOutcome::Parsed { .. } => "parsed",
        PollOutcome::Unchanged { .. } => "unchanged",
        PollOutcome::Moved { .. } => "moved",
        PollOutcome::Page { .. } => "page",
        PollOutcome::Failed { cause, .. } => cause.as_str(),
    }
}
