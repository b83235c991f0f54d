//! Step 1: Feed -> Poll -> new Entries.
//!
//! However many entries wait to be read, polling goes on: the queue is in the database and costs no memory, whereas
//! an entry that leaves its feed's window before the next poll is lost.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tracing::Instrument as _;
use url::Url;

use crate::ingest::courtesy::{retry_after, site_step};
use crate::ingest::{Ingest, Metrics, Step};
use crate::news::address::Host;
use crate::news::failure::Cause;
use crate::news::feed::{self, Validators};
use crate::news::poll::{MOST_HOPS, Poll, PollOutcome};
use crate::news::schedule::{self, Health, Plan};
use crate::news::websub::Links;
use crate::store::{DueFeed, FeedChange, Lease, PollRecord, Recording, SiteStep, StoreError, later};
use crate::web::{Accept, Conditional, Outcome, Request, Response};

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
        let (now, courtesy) = (self.clock.now(), self.courtesy());
        let claim = self.dock.claim(now, courtesy.expiry(now));
        let leased = self.store.lease_feeds(now, room, claim.is_some(), &courtesy).await;
        self.dock.settle(claim, &leased);
        leased
    }

    /// Polls a leased feed and records what that found out.
    pub async fn poll_feed(&self, lease: Lease<DueFeed>) -> Option<PollRecord> {
        let (poll, site) = self.visit(&lease).await;
        let plan = schedule::after(&lease.item.history, &poll, &self.poll, rand::random());
        log(&lease, &poll, &plan);
        Metrics::count(&self.metrics.polls, label(&poll));
        let courtesy = self.courtesy();
        let recording = recording(&poll, &plan, site);
        let recorded =
            self.record(lease.expires_at, || self.store.record_poll(&lease, &recording, &courtesy)).await;
        self.dock.leave(lease.token);
        self.heed_hub(&lease.item, &poll, recorded).await;
        if let Some(record) = recorded.filter(|record| record.new_entries > 0) {
            self.metrics.entries.inc_by(record.new_entries);
            tracing::info!(new = record.new_entries, "new entries");
        }
        recorded
    }

    async fn visit(&self, lease: &Lease<DueFeed>) -> (Poll, SiteStep) {
        let feed = &lease.item;
        if lease.is_quarantined() {
            let error =
                "whoever parsed this feed died, several times; it is looked at rarely until it changes";
            return (self.failed(None, Cause::Unreadable, error.to_owned()), SiteStep::default());
        }
        let Ok(url) = Url::parse(&feed.fetch_url) else {
            return (self.failed(None, Cause::Url, "not an address".to_owned()), SiteStep::default());
        };
        let conditional = Conditional {
            etag: feed.validators.etag.as_deref(),
            last_modified: feed.validators.last_modified.as_deref(),
        };
        let request = Request { url: &url, conditional, accept: Accept::Feed };
        let answer = self.web.get(&request).await;
        if let Err(error) = self.store.begin_parsing_feed(lease).await {
            tracing::warn!(%error, "cannot note that a suspect is parsed");
        }
        match answer {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                (self.understand(feed, &url, response).await, site)
            }
            Err(error) => {
                let site = site_step(None, self.clock.now());
                (self.failed(None, error.cause(), error.to_string()), site)
            }
        }
    }

    fn failed(&self, response: Option<&Response>, cause: Cause, error: String) -> Poll {
        let now = self.clock.now();
        Poll {
            at: now,
            status: response.map(|response| response.status),
            retry_after: response.and_then(|response| retry_after(response, now)),
            outcome: PollOutcome::Failed { cause, error },
        }
    }

    /// What an answer amounts to.
    async fn understand(&self, feed: &DueFeed, url: &Url, response: Response) -> Poll {
        let now = self.clock.now();
        let (status, retry_after) = (Some(response.status), retry_after(&response, now));
        let poll = |outcome| Poll { at: now, status, retry_after, outcome };
        let validators =
            Validators { etag: response.etag.clone(), last_modified: response.last_modified.clone() };
        match &response.outcome {
            // A 304 need not repeat the validators that it answers to.
            Outcome::NotModified => {
                poll(PollOutcome::Unchanged { validators: keep(validators, &feed.validators) })
            }
            Outcome::Redirect { downgrade: true, to, .. } => {
                self.failed(Some(&response), Cause::Redirect, format!("redirects from https down to {to}"))
            }
            Outcome::Redirect { .. } if feed.history.hops >= MOST_HOPS => self.failed(
                Some(&response),
                Cause::Redirect,
                format!("redirects more than {MOST_HOPS} times; the last stop was {url}"),
            ),
            Outcome::Redirect { to, permanent, .. } => {
                poll(PollOutcome::Moved { to: to.clone(), permanent: *permanent })
            }
            Outcome::Refused(status) => {
                let cause = response.cause().unwrap_or(Cause::Refused);
                self.failed(Some(&response), cause, format!("the server answered {status}"))
            }
            Outcome::Body { bytes, .. } => {
                let digest = Sha256::digest(bytes).to_vec();
                if feed.body_digest.as_ref() == Some(&digest) {
                    return poll(PollOutcome::Unchanged { validators });
                }
                match self.parse(url, &response, bytes.clone()).await {
                    Ok(feed) => poll(PollOutcome::Parsed { feed: Box::new(feed), validators, digest }),
                    Err(error) => self.failed(Some(&response), Cause::Unreadable, error),
                }
            }
        }
    }

    async fn parse(
        &self,
        url: &Url,
        response: &Response,
        bytes: Vec<u8>,
    ) -> Result<feed::ParsedFeed, String> {
        let (url, content_type, now) = (url.clone(), response.content_type.clone(), self.clock.now());
        let parsed = self.compute(move || feed::parse(&bytes, content_type.as_deref(), &url, now)).await;
        match parsed {
            Some(Ok(mut feed)) => {
                feed.links = Links::of_headers(&response.links, &response.url).or(feed.links);
                Ok(feed)
            }
            Some(Err(error)) => Err(error.to_string()),
            None => Err("parsing it panicked; please report the feed".to_owned()),
        }
    }
}

/// The validators of an answer, or those we sent where it has none.
fn keep(fresh: Validators, sent: &Validators) -> Validators {
    Validators {
        etag: fresh.etag.or_else(|| sent.etag.clone()),
        last_modified: fresh.last_modified.or_else(|| sent.last_modified.clone()),
    }
}

fn recording<'a>(poll: &'a Poll, plan: &Plan, site: SiteStep) -> Recording<'a> {
    let change = match &poll.outcome {
        PollOutcome::Parsed { feed, validators, digest } => FeedChange::Parsed { feed, validators, digest },
        PollOutcome::Unchanged { validators } => FeedChange::Unchanged { validators },
        PollOutcome::Moved { to, permanent } => {
            FeedChange::Moved { to: to.clone(), host: Host::of(to), permanent: *permanent }
        }
        PollOutcome::Failed { error, .. } => FeedChange::Failed { error },
    };
    Recording {
        at: poll.at,
        status: poll.status,
        next_poll_at: later(poll.at, plan.pause),
        state: plan.health.map(Health::as_str),
        failures: plan.failures,
        change,
        site,
    }
}

fn label(poll: &Poll) -> &'static str {
    match &poll.outcome {
        PollOutcome::Parsed { .. } => "parsed",
        PollOutcome::Unchanged { .. } => "unchanged",
        PollOutcome::Moved { .. } => "moved",
        PollOutcome::Failed { cause, .. } => cause.label(),
    }
}

fn log(lease: &Lease<DueFeed>, poll: &Poll, plan: &Plan) {
    let next = humantime::format_duration(std::time::Duration::from_secs(plan.pause.as_secs()));
    match &poll.outcome {
        PollOutcome::Parsed { feed, .. } => {
            tracing::info!(status = poll.status, entries = feed.entries.len(), %next, "polled");
        }
        PollOutcome::Unchanged { .. } => tracing::info!(status = poll.status, %next, "unchanged"),
        PollOutcome::Moved { to, permanent } => {
            tracing::info!(status = poll.status, %to, permanent, "redirected");
        }
        PollOutcome::Failed { cause, error } => {
            let (cause, failures) = (cause.label(), plan.failures);
            tracing::warn!(url = lease.item.fetch_url, status = poll.status, cause, failures, %next, "{error}");
        }
    }
}
