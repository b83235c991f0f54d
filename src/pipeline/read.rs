//! Step 2: Entry -> Page -> Article, handed on to be judged and filed.
//!
//! Everything that can happen to an entry is one [`Outcome`], and one place records it. A page that cannot be had
//! for good is no loss where the feed carried the full text: that is filed, with its source named.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tracing::Instrument as _;
use url::Url;

use crate::filing::EntryCause;
use crate::http::{self, Accept, Request, Response};
use crate::pipeline::assemble::{compress, filed, hints};
use crate::pipeline::politeness::{retry_after, site_step};
use crate::pipeline::revisit::{is_front_page, is_missing, known_validators, leads_elsewhere};
use crate::pipeline::robots::{FRESH_REFUSAL, Rules};
use crate::pipeline::{Ingest, Metrics, Step};
use crate::polling::failure::{Cause, next_try};
use crate::polling::poll::MAX_REDIRECTS;
use crate::polling::robots::RobotsAnswer;
use crate::store::{Filing, Lease, Outcome, PendingEntry, SiteStep, StoreError, later};
use wiresift_extract::article::{AlternateKind, PageKind};
use wiresift_extract::{Extraction, Hints, Page};
use wiresift_feed::Validators;
use wiresift_feed::address::Host;

/// The step. What it reads goes to the filer, in batches.
pub struct ReadStep {
    ingest: Arc<Ingest>,
    filer: mpsc::Sender<Filing>,
}

impl ReadStep {
    /// A step that hands its outcomes to `filer`.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>, filer: mpsc::Sender<Filing>) -> Self {
        Self { ingest, filer }
    }
}

impl Step for ReadStep {
    type Item = PendingEntry;

    fn name(&self) -> &'static str {
        "read"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        self.ingest.lease_entries(room).await
    }

    async fn run(&self, lease: Lease<PendingEntry>) {
        let span = tracing::info_span!("read", entry.id = lease.item.id, host = lease.item.host);
        let filing = self.ingest.read_entry(lease).instrument(span).await;
        // The filer outlives all readers; it is gone only when the process is being halted.
        let _ = self.filer.send(filing).await;
    }
}

/// Oldest entry that is still tried while its site throttles us.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(7);

/// Pause before an entry is tried again that came at a bad moment through nobody's fault.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// Fewer letters than this on the page, and at least [`RICHER`] times as many in the feed: the page is a stub.
const STUB_LETTERS: usize = 1200;
const RICHER: usize = 2;

/// An outcome with what it means for the site.
type Reading = (Outcome, SiteStep);

impl Ingest {
    /// Leases entries, of which at most one is suspected of killing its readers.
    pub async fn lease_entries(&self, room: usize) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        let (now, politeness) = (self.clock.now(), self.politeness());
        let claim = self.dock.claim(now, politeness.expiry(now));
        let leased = self.store.lease_entries(now, room, claim.is_some(), &politeness).await;
        self.dock.settle(claim, &leased);
        leased
    }

    /// Reads a leased entry. Never fails: what goes wrong is an outcome too.
    pub async fn read_entry(&self, lease: Lease<PendingEntry>) -> Filing {
        let (outcome, site) = self.read(&lease).await;
        let at = self.clock.now();
        let next_visit = self.next_visit(&lease, &outcome, at);
        Filing { lease, at, outcome, site, next_visit }
    }

    async fn read(&self, lease: &Lease<PendingEntry>) -> Reading {
        let entry = &lease.item;
        if lease.is_quarantined() {
            tracing::error!(
                url = entry.url,
                "whoever read this page died, several times; it is given up"
            );
            return (abandoned(EntryCause::Quarantined), SiteStep::default());
        }
        let Some(url) = entry.fetch_url.as_deref().and_then(|url| Url::parse(url).ok()) else {
            self.begin_parsing(lease).await;
            return (self.without_page(entry, EntryCause::NoLink).await, SiteStep::default());
        };
        match self.rules(&entry.host, &url).await {
            Ok(Rules::Known(rules)) => self.read_allowed(lease, &url, rules).await,
            Ok(Rules::Asked(site)) => (self.soon(EntryCause::Robots, Duration::ZERO), site),
            Ok(Rules::NotNow) => (self.soon(EntryCause::Robots, SHORT_PAUSE), SiteStep::default()),
            Err(error) => {
                tracing::warn!(%error, "robots.txt cannot be looked up");
                // It may have been asked for before the database failed.
                (self.soon(EntryCause::Database, SHORT_PAUSE), site_step(None, self.clock.now()))
            }
        }
    }

    async fn read_allowed(
        &self,
        lease: &Lease<PendingEntry>,
        url: &Url,
        rules: Arc<RobotsAnswer>,
    ) -> Reading {
        let entry = &lease.item;
        if matches!(*rules, RobotsAnswer::DisallowAll) {
            let pause = Some(FRESH_REFUSAL);
            return (
                self.try_again(entry, EntryCause::RobotsUnreachable, Cause::Unavailable, pause)
                    .await,
                SiteStep::default(),
            );
        }
        if !self.is_allowed(url, rules).await {
            self.begin_parsing(lease).await;
            return (self.without_page(entry, EntryCause::Robots).await, SiteStep::default());
        }
        let request = Request { url, conditional: known_validators(entry), accept: Accept::Page };
        let answer = self.web.get(&request).await;
        self.begin_parsing(lease).await;
        match answer {
            Ok(response) => {
                let site = site_step(Some(&response), self.clock.now());
                (self.understand_page(entry, url, response).await, site)
            }
            Err(error) => {
                let site = site_step(None, self.clock.now());
                tracing::info!(%error, "page not had");
                let cause = error.cause();
                (self.try_again(entry, EntryCause::Fetch(cause), cause, None).await, site)
            }
        }
    }

    /// Puts on record that a suspect's bytes are about to be parsed. Where that fails, a death counts as any other.
    async fn begin_parsing(&self, lease: &Lease<PendingEntry>) {
        if let Err(error) = self.store.begin_parsing_entry(lease).await {
            tracing::warn!(%error, "cannot note that a suspect is parsed");
        }
    }

    /// Off the async threads: rules and addresses are somebody else's, and half a megabyte of patterns takes a while.
    pub(super) async fn is_allowed(&self, url: &Url, rules: Arc<RobotsAnswer>) -> bool {
        let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        let product = self.web.product().to_owned();
        self.compute(move || rules.allows(&product, &path)).await.unwrap_or(false)
    }

    /// What an answer amounts to.
    async fn understand_page(
        &self,
        entry: &PendingEntry,
        url: &Url,
        response: Response,
    ) -> Outcome {
        let pause = retry_after(&response, self.clock.now());
        let cause = response.cause();
        let challenged = response.challenged;
        let validators = Validators {
            etag: response.etag.clone(),
            last_modified: response.last_modified.clone(),
        };
        match response.outcome {
            _ if challenged => {
                self.try_again(entry, EntryCause::Page(PageKind::BotWall), Cause::Forbidden, pause)
                    .await
            }
            http::FetchOutcome::Redirect { .. } if entry.hops >= MAX_REDIRECTS => {
                self.without_page(entry, EntryCause::Redirects).await
            }
            // Where many sites send whoever asks for what they no longer have.
            http::FetchOutcome::Redirect { to, .. }
                if is_front_page(&to) && !is_front_page(url) =>
            {
                self.try_again(entry, EntryCause::RedirectedHome, Cause::Missing, pause).await
            }
            http::FetchOutcome::Redirect { to, .. } => match Host::of(&to) {
                Some(host) => Outcome::Moved { to: to.to_string(), host: host.as_str().to_owned() },
                None => self.without_page(entry, EntryCause::Redirects).await,
            },
            http::FetchOutcome::Body { bytes, .. } => {
                let page = Fetched {
                    url: url.clone(),
                    bytes,
                    content_type: response.content_type,
                    rights: response.rights,
                    validators,
                };
                self.extract(entry, page).await
            }
            http::FetchOutcome::NotModified if entry.revisit.is_some() => Outcome::Unchanged,
            http::FetchOutcome::NotModified | http::FetchOutcome::Refused(_) => {
                let cause = cause.unwrap_or(Cause::Refused);
                tracing::info!(%url, status = response.status, "page refused");
                self.try_again(entry, EntryCause::Fetch(cause), cause, pause).await
            }
        }
    }

    async fn extract(&self, entry: &PendingEntry, fetched: Fetched) -> Outcome {
        let (now, limits, keep) = (self.clock.now(), self.limits, !self.raw.keep.is_zero());
        let (model, feed_fields) = (self.model, entry.feed_fields.clone());
        let rule = self.site_rule(&fetched.url);
        let read = self
            .compute(move || {
                let hints = Hints { rule, ..hints(&feed_fields) };
                let page = Page {
                    bytes: &fetched.bytes,
                    url: Some(&fetched.url),
                    content_type: fetched.content_type.as_deref(),
                };
                let extraction = wiresift_extract::extract(model, &page, &hints, now, &limits);
                let raw = if keep {
                    compress(&fetched.bytes, fetched.content_type.clone())
                } else {
                    None
                };
                (extraction, raw, fetched.url, fetched.rights, fetched.validators)
            })
            .await;
        let Some((extraction, page, url, rights, validators)) = read else {
            return self.without_page(entry, EntryCause::Unreadable).await;
        };
        self.note_rule(&url, &extraction);
        match extraction.article.kind {
            kind if kind.is_filed() && !extraction.article.body.is_empty() => {}
            kind @ (PageKind::BotWall | PageKind::ConsentWall) => {
                return self.try_again(entry, EntryCause::Page(kind), Cause::Forbidden, None).await;
            }
            kind @ PageKind::SoftNotFound => {
                return self.try_again(entry, EntryCause::Page(kind), Cause::Missing, None).await;
            }
            kind @ PageKind::Index => {
                return self.without_page(entry, EntryCause::Page(kind)).await;
            }
            _ => return self.without_text(entry, &url, &extraction).await,
        }
        if entry.hops > 0 && leads_elsewhere(entry, &extraction) {
            return self
                .try_again(entry, EntryCause::RedirectedElsewhere, Cause::Missing, None)
                .await;
        }
        let letters = extraction.article.text().len();
        let is_little = letters < STUB_LETTERS || extraction.article.rights.excerpt;
        if is_little
            && let Some(full) = self.feed_text(entry).await
            && full.article.text().len() > letters * RICHER
        {
            return filed(entry, full, Some(url), page, (&rights, validators));
        }
        filed(entry, extraction, Some(url), page, (&rights, validators))
    }

    /// The outcome where a page came without its text: another form of it is read, if it names one on its own site.
    async fn without_text(
        &self,
        entry: &PendingEntry,
        url: &Url,
        extraction: &Extraction,
    ) -> Outcome {
        if let Some(feed) = self.feed_text(entry).await {
            return filed(
                entry,
                feed,
                None,
                None,
                (&http::Rights::default(), Validators::default()),
            );
        }
        let here = Host::of(url);
        let other = extraction.article.alternates.iter().find(|other| {
            let is_other = other.kind != AlternateKind::Short && other.url != *url;
            is_other && Host::of(&other.url) == here
        });
        match other.zip(here) {
            Some((other, host)) if entry.hops < MAX_REDIRECTS => {
                Outcome::Moved { to: other.url.to_string(), host: host.as_str().to_owned() }
            }
            _ => abandoned(EntryCause::NoText),
        }
    }

    /// Counts what the curator's rule did, and says so where it found nothing.
    fn note_rule(&self, url: &Url, extraction: &Extraction) {
        let Some(report) = &extraction.rule else { return };
        Metrics::count(
            &self.metrics.site_rules,
            if report.missed() { "missed" } else { "followed" },
        );
        for part in report.parts.iter().filter(|part| !part.followed) {
            tracing::warn!(
                %url,
                rule = report.host,
                key = part.key,
                selector = part.selector,
                "a site rule selects nothing to keep on this page; the normal judgement stands"
            );
        }
    }

    /// The outcome where no page can be had for good: the feed's own text, if it is all there.
    async fn without_page(&self, entry: &PendingEntry, cause: EntryCause) -> Outcome {
        match (self.feed_text(entry).await, cause) {
            (Some(extraction), _) => filed(
                entry,
                extraction,
                None,
                None,
                (&http::Rights::default(), Validators::default()),
            ),
            (None, EntryCause::Robots | EntryCause::NoLink) => Outcome::Skipped { cause },
            (None, _) => abandoned(cause),
        }
    }

    async fn feed_text(&self, entry: &PendingEntry) -> Option<Extraction> {
        // An article that was read from its page does not turn into its feed's account of it.
        if entry.revisit.as_ref().is_some_and(|revisit| !revisit.from_feed) {
            return None;
        }
        let content = entry.feed_fields.content.clone()?;
        let base = entry.url.as_deref().and_then(|url| Url::parse(url).ok());
        let (feed_fields, now, limits) = (entry.feed_fields.clone(), self.clock.now(), self.limits);
        self.compute(move || {
            wiresift_extract::from_feed_content(
                &content,
                base.as_ref(),
                &hints(&feed_fields),
                now,
                &limits,
            )
        })
        .await
        .flatten()
    }

    /// Later, if there is hope and patience left.
    async fn try_again(
        &self,
        entry: &PendingEntry,
        reason: EntryCause,
        cause: Cause,
        pause: Option<Duration>,
    ) -> Outcome {
        if is_missing(entry, cause) {
            return Outcome::Missing;
        }
        let now = self.clock.now();
        let throttled = cause == Cause::Throttled;
        if throttled && now - entry.first_seen_at < LONGEST_WAIT {
            // The site's gate holds it back for as long as the site asks.
            return self.soon(reason, pause.unwrap_or(SHORT_PAUSE));
        }
        let policy = self.site.retry_policy();
        match next_try(entry.failures + 1, cause.failure(pause), &policy, rand::random()) {
            Some(wait) => Outcome::Later { at: later(now, wait), cause: reason, failed: true },
            None => self.without_page(entry, reason).await,
        }
    }

    fn soon(&self, cause: EntryCause, pause: Duration) -> Outcome {
        Outcome::Later { at: later(self.clock.now(), pause), cause, failed: false }
    }
}

/// A page as it came.
struct Fetched {
    url: Url,
    bytes: Vec<u8>,
    content_type: Option<String>,
    rights: http::Rights,
    validators: Validators,
}

fn abandoned(cause: EntryCause) -> Outcome {
    Outcome::Abandoned { cause }
}
