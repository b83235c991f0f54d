//! Step 1: Feed -> Poll -> new Entries.
//!
//! However many entries wait to be read, polling goes on: the queue is in the database and costs no memory, whereas
//! an entry that leaves its feed's window before the next poll is lost.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::Instrument as _;
use url::Url;

use crate::http::{Accept, Conditional, Request};
use crate::pipeline::answer::{Asked, failed};
use crate::pipeline::politeness::site_step;
use crate::pipeline::{Ingest, Metrics, Step};
use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{self, AddressChange, Backfill, Notice, OpenGap, Plan};
use crate::store::{
    DueFeed, FeedChange, Lease, NextRequest, PollRecord, Recording, SiteStep, StoreError, later,
};
use wiresift_feed::Validators;
use wiresift_feed::address::Host;

/// The step, with whom to wake when it brings entries.
pub struct PollStep {
    ingest: Arc<Ingest>,
    entries: Arc<Notify>,
}

impl PollStep {
    /// A step that wakes `entries` when there is something to read.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>, entries: Arc<Notify>) -> Self {
        Self { ingest, entries }
    }
}

impl Step for PollStep {
    type Item = DueFeed;

    fn name(&self) -> &'static str {
        "poll"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        self.ingest.lease_feeds(room).await
    }

    async fn run(&self, lease: Lease<DueFeed>) {
        let span = tracing::info_span!("poll", feed.id = lease.item.id, feed = lease.item.url);
        let record = self.ingest.poll_feed(lease).instrument(span).await;
        if record.is_some_and(|record| record.new_entries + record.changed_entries > 0) {
            self.entries.notify_one();
        }
    }
}

impl Ingest {
    /// Leases feeds, of which at most one is suspected of killing its readers.
    pub async fn lease_feeds(&self, room: usize) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        let (now, politeness) = (self.clock.now(), self.politeness());
        let claim = self.dock.claim(now, politeness.expiry(now));
        let leased = self.store.lease_feeds(now, room, claim.is_some(), &politeness).await;
        self.dock.settle(claim, &leased);
        leased
    }

    /// Polls a leased feed and records what that found out.
    pub async fn poll_feed(&self, lease: Lease<DueFeed>) -> Option<PollRecord> {
        let (mut poll, site) = self.visit(&lease).await;
        let plan = self.plan(&lease.item, &mut poll).await;
        log(&lease, &poll, &plan);
        Metrics::count(&self.metrics.polls, label(&poll));
        for notice in &plan.notices {
            Metrics::count(&self.metrics.noticed, notice.as_str());
        }
        let politeness = self.politeness();
        let recording = recording(&lease.item, &poll, &plan, site);
        let recorded = self
            .record(lease.expires_at, || self.store.record_poll(&lease, &recording, &politeness))
            .await;
        self.dock.leave(lease.token);
        self.observe_hub(&lease.item, &poll, recorded).await;
        if let Some(record) = recorded.filter(|record| record.new_entries > 0) {
            self.metrics.entries.inc_by(record.new_entries);
            tracing::info!(new = record.new_entries, "new entries");
        }
        recorded
    }

    /// What the poll means. Of a page of the past, only what is the feed's is left in it.
    async fn plan(&self, feed: &DueFeed, poll: &mut Poll) -> Plan {
        if let Some(walk) = &feed.backfill {
            let plan = after_page(feed, walk.clone(), poll);
            if let PollOutcome::Parsed { feed: page, .. } = &mut poll.outcome {
                walk.keep_missed(page, &feed.history.window);
            }
            return plan;
        }
        let mut plan = schedule::after(&feed.history, poll, &self.poll, rand::random());
        if let Some(gap) = plan.open_gap.take() {
            plan.backfill = self.to_sitemap(gap).await;
        }
        plan
    }

    /// The way to a news sitemap that may close the gap, if the site is known to have one.
    async fn to_sitemap(&self, gap: OpenGap) -> Option<Backfill> {
        match self.news_sitemaps(gap.address()).await {
            Ok(sitemaps) => gap.to_sitemap(sitemaps),
            Err(error) => {
                tracing::warn!(%error, "cannot look for a news sitemap; the gap stays open");
                None
            }
        }
    }

    async fn visit(&self, lease: &Lease<DueFeed>) -> (Poll, SiteStep) {
        let (feed, now) = (&lease.item, self.clock.now());
        let Ok(url) = Url::parse(&feed.fetch_url) else {
            return (
                failed(now, None, Cause::Url, "not an address".to_owned()),
                SiteStep::default(),
            );
        };
        if lease.is_quarantined() {
            let error = "whoever parsed this feed died, several times; it is looked at rarely until it changes";
            return (
                failed(now, Some(url), Cause::Unreadable, error.to_owned()),
                SiteStep::default(),
            );
        }
        let (asked, conditional) = question(feed, now);
        let request = Request { url: &url, conditional, accept: Accept::Feed };
        let answer = self.web.get(&request).await;
        if let Err(error) = self.store.begin_parsing_feed(lease).await {
            tracing::warn!(%error, "cannot note that a suspect is parsed");
        }
        match answer {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                (self.understand(feed, asked, response).await, site)
            }
            Err(error) => {
                let now = self.clock.now();
                let site = site_step(None, now);
                (failed(now, Some(url), error.cause(), error.to_string()), site)
            }
        }
    }
}

/// What to ask with: the validators, unless there are none, or they lie, or it is time to see whether they do.
fn question(feed: &DueFeed, now: DateTime<Utc>) -> (Asked, Conditional<'_>) {
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

/// What a page of the feed's past means. The feed's own poll stays as it was planned.
fn after_page(feed: &DueFeed, walk: Backfill, poll: &Poll) -> Plan {
    let page = match (&poll.outcome, &poll.address) {
        (PollOutcome::Parsed { feed, .. }, Some(address)) => Some((&**feed, address)),
        _ => None,
    };
    let walk = walk.after(page, &feed.history.window);
    let pause =
        feed.history.habits.interval.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    schedule::after_page(&feed.history, walk, pause.unwrap_or_default())
}

fn recording<'a>(feed: &DueFeed, poll: &'a Poll, plan: &'a Plan, site: SiteStep) -> Recording<'a> {
    let change = match (&poll.outcome, &feed.backfill) {
        (PollOutcome::Parsed { feed: page, .. }, Some(walk)) => {
            FeedChange::Page { feed: page, is_own: walk.is_own_page() }
        }
        // A page of the past that cannot be had is no failure of the feed.
        (_, Some(_)) => FeedChange::Pending,
        (outcome, None) => own_change(outcome),
    };
    Recording {
        at: poll.at,
        status: poll.status,
        plan,
        next: next_request(feed, poll, plan),
        change,
        site,
    }
}

fn own_change(outcome: &PollOutcome) -> FeedChange<'_> {
    match outcome {
        PollOutcome::Parsed { feed, validators, digest, .. } => {
            FeedChange::Parsed { feed, validators, digest }
        }
        PollOutcome::Unchanged { validators } => FeedChange::Unchanged { validators },
        PollOutcome::Moved { .. } => FeedChange::Pending,
        PollOutcome::Failed { error, .. } => FeedChange::Failed { error },
    }
}

/// Where the next request goes: on along a redirect, to an older page, or to the feed again.
fn next_request(feed: &DueFeed, poll: &Poll, plan: &Plan) -> NextRequest {
    let request = |url: &str, pause: Duration, hops| NextRequest {
        at: later(poll.at, pause),
        host: host_of(url).unwrap_or_else(|| feed.host.clone()),
        url: url.to_owned(),
        hops,
    };
    if let Some(walk) = &plan.backfill {
        return request(&walk.page, Duration::ZERO, 0);
    }
    match (&poll.outcome, &plan.address) {
        (PollOutcome::Moved { to, .. }, _) if feed.backfill.is_none() => {
            request(to.as_str(), Duration::ZERO, feed.history.hops + 1)
        }
        (_, AddressChange::Adopt(to)) => request(to, plan.pause, 0),
        (_, AddressChange::Return) => request(&feed.url, plan.pause, 0),
        _ => request(feed.history.adopted.as_deref().unwrap_or(&feed.url), plan.pause, 0),
    }
}

fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Host::of(&url).map(|host| host.as_str().to_owned())
}

fn label(poll: &Poll) -> &'static str {
    match &poll.outcome {
        PollOutcome::Parsed { .. } => "parsed",
        PollOutcome::Unchanged { .. } => "unchanged",
        PollOutcome::Moved { .. } => "moved",
        PollOutcome::Failed { cause, .. } => cause.as_str(),
    }
}

fn log(lease: &Lease<DueFeed>, poll: &Poll, plan: &Plan) {
    let next = humantime::format_duration(Duration::from_secs(plan.pause.as_secs()));
    match &poll.outcome {
        PollOutcome::Parsed { feed, .. } => {
            tracing::info!(status = poll.status, entries = feed.entries.len(), %next, "polled");
        }
        PollOutcome::Unchanged { .. } => tracing::info!(status = poll.status, %next, "unchanged"),
        PollOutcome::Moved { to, permanent } => {
            tracing::info!(status = poll.status, %to, permanent, "redirected");
        }
        PollOutcome::Failed { cause, error } => {
            let (cause, failures) = (cause.as_str(), plan.failures);
            tracing::warn!(url = lease.item.fetch_url, status = poll.status, cause, failures, %next, "{error}");
        }
    }
    for notice in &plan.notices {
        match notice {
            Notice::Backfilled { .. } | Notice::Moved { .. } => tracing::info!(?notice, "noticed"),
            _ => tracing::warn!(?notice, "noticed"),
        }
    }
}
