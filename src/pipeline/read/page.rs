//! From a page's answer to the outcome for its entry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::budget::{Reservation, Shortage};
use crate::clock::Clock;
use crate::filing::EntryCause;
use crate::filing::feed_text::{feed_text, hints};
use crate::http::{self, ChainCookies, Response};
use crate::pipeline::memory::retry_pause;
use crate::pipeline::page_dictionaries::{PageDictionaries, UsedDictionary, compress};
use crate::pipeline::parsers::{Parsers, html_need};
use crate::pipeline::politeness::retry_after;
use crate::pipeline::read::assemble::{Found, PageSource, filed};
use crate::pipeline::read::context::Context;
use crate::pipeline::read::missed::MissedParts;
use crate::pipeline::read::revisit::{is_front_page, is_missing, leads_elsewhere};
use crate::pipeline::site_memories::{SiteMemories, Used};
use crate::pipeline::site_rules::SiteRulesHandle;
use crate::pipeline::{Metrics, Pipeline};
use crate::polling::failure::{Cause, RetryPolicy, next_try};
use crate::polling::poll::MAX_REDIRECTS;
use crate::store::{
    Outcome, PendingEntry, RawPage, SourceTrace, StoreError, later, source_of_feed,
};
use wiresift_extract::article::{AlternateKind, PageKind};
use wiresift_extract::feeds::{FeedSource, feeds_of};
use wiresift_extract::refresh::refresh_of;
use wiresift_extract::{Embeds, Extraction, Hints, Limits, Model, Page};
use wiresift_feed::Validators;
use wiresift_feed::address::Host;

/// Longest time that an entry is tried while its site throttles us.
const MAX_THROTTLED: TimeDelta = TimeDelta::days(7);

/// Pause before an entry is tried again whose page was not asked for.
pub(super) const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// A text that is held back is read again so many times meanwhile.
const HOLD_PARTS: u32 = 3;

/// A page with fewer letters than this is a stub if the feed has [`RICHER`] times as many.
const STUB_LETTERS: usize = 1200;
const RICHER: usize = 2;

/// A page, and what belongs to its answer.
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: Option<String>,
    pub(super) source: PageSource,
    /// The cookies of the redirects that led to it.
    pub(super) cookies: ChainCookies,
    /// When it was fetched.
    pub(super) at: DateTime<Utc>,
}

/// Reads the answers for entries.
pub(in crate::pipeline) struct PageReader {
    clock: Arc<dyn Clock>,
    parsers: Parsers,
    site_rules: SiteRulesHandle,
    site_memories: SiteMemories,
    pub(super) dictionaries: PageDictionaries,
    metrics: Metrics,
    missed: MissedParts,
    model: &'static Model,
    limits: Limits,
    policy: RetryPolicy,
    pub(super) keeps_pages: bool,
    keeps_removed: bool,
    embeds: Embeds,
    /// How long a doubtful text is held back.
    hold: Duration,
}

impl PageReader {
    pub(in crate::pipeline) fn new(pipeline: &Pipeline) -> Self {
        Self {
            clock: Arc::clone(&pipeline.clock),
            parsers: pipeline.parsers.clone(),
            site_rules: pipeline.site_rules.clone(),
            site_memories: pipeline.site_memories.clone(),
            dictionaries: pipeline.dictionaries.clone(),
            metrics: pipeline.metrics.clone(),
            missed: MissedParts::default(),
            model: pipeline.model,
            limits: pipeline.limits,
            policy: pipeline.site.retry_policy(),
            keeps_pages: !pipeline.raw.keep.is_zero(),
            keeps_removed: !pipeline.keep.removed.is_nothing(),
            embeds: pipeline.embeds,
            hold: pipeline.hold,
        }
    }

    /// What an answer means for the entry.
    pub(super) async fn read(
        &self,
        entry: &PendingEntry,
        url: &Url,
        mut response: Response,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        let pause = retry_after(&response, self.clock.now());
        let cause = response.cause();
        let challenged = response.challenged;
        let cookies = std::mem::take(&mut response.cookies);
        let validators = Validators {
            etag: response.etag.clone(),
            last_modified: response.last_modified.clone(),
        };
        match response.outcome {
            _ if challenged => {
                self.retry(
                    entry,
                    EntryCause::Page(PageKind::BotWall),
                    Cause::Forbidden,
                    pause,
                    memory,
                )
                .await
            }
            http::FetchOutcome::Redirect { to, .. } => {
                self.redirected(entry, url, (&to, cookies), pause, memory).await
            }
            http::FetchOutcome::Body { bytes, .. } => {
                let source = PageSource { url: url.clone(), rights: response.rights, validators };
                let (content_type, at) = (response.content_type, self.clock.now());
                let fetched = Fetched { bytes, content_type, source, cookies, at };
                self.hold(entry, self.extract(entry, fetched, memory).await)
            }
            http::FetchOutcome::NotModified if entry.revisit.is_some() => Outcome::Unchanged,
            http::FetchOutcome::NotModified | http::FetchOutcome::Refused(_) => {
                let cause = cause.unwrap_or(Cause::Refused);
                tracing::debug!(%url, status = response.status, "page refused");
                self.retry(entry, EntryCause::Fetch(cause), cause, pause, memory).await
            }
        }
    }

    /// Holds back a text that may be something else than the article: the site may have changed its
    /// pages a moment ago, and more of them tell. A page that was read before says nothing then.
    fn hold(&self, entry: &PendingEntry, outcome: Outcome) -> Outcome {
        let now = self.clock.now();
        let end = later(entry.first_seen_at, self.hold);
        match outcome {
            Outcome::Article(read) if read.doubt.is_some() && entry.revisit.is_some() => {
                Outcome::Unchanged
            }
            Outcome::Article(read) if read.doubt.is_some() && now < end => {
                let pause = (self.hold / HOLD_PARTS).max(SHORT_PAUSE);
                let until = later(now, pause).min(end);
                let (memory, trace) = (read.memory, read.trace.map(Box::new));
                Outcome::Held { until, memory, trace }
            }
            outcome => outcome,
        }
    }

    /// What is filed of an extraction, without the removed blocks if they are not kept.
    pub(super) fn filed(
        &self,
        entry: &PendingEntry,
        found: Found,
        source: Option<PageSource>,
    ) -> Outcome {
        let mut outcome = filed(entry, found, source);
        if let Outcome::Article(read) = &mut outcome
            && !self.keeps_removed
        {
            read.removed.clear();
        }
        outcome
    }

    /// The outcome of a redirect from `url`, with the cookies of the chain.
    async fn redirected(
        &self,
        entry: &PendingEntry,
        url: &Url,
        (to, cookies): (&Url, ChainCookies),
        pause: Option<Duration>,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        if entry.hops >= MAX_REDIRECTS {
            return self.without_page(entry, EntryCause::Redirects, memory).await;
        }
        // Many sites redirect the addresses of deleted pages to the front page.
        if is_front_page(to) && !is_front_page(url) {
            let cause = EntryCause::RedirectedHome;
            return self.retry(entry, cause, Cause::Missing, pause, memory).await;
        }
        match Host::of(to) {
            Some(host) => {
                let (to, host) = (to.to_string(), host.as_str().to_owned());
                Outcome::Moved { to, host, cookies: cookies.to_stored() }
            }
            None => self.without_page(entry, EntryCause::Redirects, memory).await,
        }
    }

    /// The outcome for a page with text. A database that does not answer is no reason to file other
    /// texts: the page is read again.
    pub(super) async fn extract(
        &self,
        entry: &PendingEntry,
        fetched: Fetched,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        let Fetched { bytes, content_type, source, cookies, at } = fetched;
        let (limits, embeds) = (self.limits, self.embeds);
        let need = html_need(&bytes);
        let host = Host::of(&source.url).map_or_else(|| entry.host.clone(), |it| it.to_string());
        let Ok(used) = self.memory_of(&host).await else {
            return self.soon(EntryCause::Database, SHORT_PAUSE);
        };
        let context = self.keeps_pages.then(|| Context::of(entry, &source.rights));
        let dictionary = match context {
            Some(_) => self.dictionaries.of(&host, self.clock.now()).await,
            None => None,
        };
        let (model, learns) = (self.model, self.site_memories.is_enabled());
        let feed_fields = entry.feed_fields.clone();
        let is_own_feed = entry.has_feed_of_site_at(&source.url);
        let feeds = if is_own_feed { Vec::new() } else { entry.feed_urls.clone() };
        let (rule, here) = (self.site_rules.of(&source.url), source.url.clone());
        let seconds = self.metrics.extract_seconds.clone();
        let extract = move || {
            let started = Instant::now();
            let memory = used.as_ref().map(|(_, memory)| Arc::clone(memory));
            let hints = Hints { rule, embeds, memory, ..hints(&feed_fields) };
            let page = Page {
                bytes: &bytes,
                url: Some(&source.url),
                content_type: content_type.as_deref(),
            };
            if let Some(to) = refresh_of(&page, &limits) {
                return Err(to);
            }
            let extraction = wiresift_extract::extract(model, &page, &hints, at, &limits);
            let speaks =
                is_own_feed || is_little(&extraction) && names_one_of(&feeds, &page, &limits);
            let mut found = Found::new(extraction, learns.then_some(host), &used, at);
            seconds.observe(started.elapsed().as_secs_f64());
            found.raw =
                context.and_then(|context| raw_page(&bytes, content_type, dictionary, &context));
            Ok((found, source, speaks))
        };
        let (found, source, feed_speaks) =
            match self.parsers.run_within(memory, need, extract).await {
                Ok(Some(Ok(extracted))) => extracted,
                Ok(Some(Err(to))) => {
                    return self.redirected(entry, &here, (&to, cookies), None, memory).await;
                }
                Ok(None) => return self.without_page(entry, EntryCause::Unreadable, memory).await,
                Err(Shortage) => return self.no_memory(),
            };
        let (url, extraction) = (&source.url, &found.extraction);
        self.note_rule(url, extraction);
        match extraction.article.kind {
            kind if kind.is_filed() && !extraction.article.body.is_empty() => {}
            kind @ (PageKind::BotWall | PageKind::ConsentWall) => {
                return self
                    .retry(entry, EntryCause::Page(kind), Cause::Forbidden, None, memory)
                    .await;
            }
            kind @ PageKind::SoftNotFound => {
                return self
                    .retry(entry, EntryCause::Page(kind), Cause::Missing, None, memory)
                    .await;
            }
            kind @ PageKind::Index => {
                let outcome = self.without_page(entry, EntryCause::Page(kind), memory).await;
                return with_trace(outcome, found.trace);
            }
            _ => {
                let outcome = self.without_text(entry, url, extraction, memory).await;
                return with_trace(outcome, found.trace);
            }
        }
        if entry.hops > 0 && leads_elsewhere(entry, extraction) {
            return self
                .retry(entry, EntryCause::RedirectedElsewhere, Cause::Missing, None, memory)
                .await;
        }
        let letters = extraction.article.text().len();
        // The text of a feed on another site is not that of this page.
        let may_complete = feed_speaks && is_little(extraction);
        let full = if may_complete { self.feed_text(entry, memory).await } else { Ok(None) };
        let Ok(full) = full else { return self.no_memory() };
        if let Some(full) = full
            && full.extraction.article.text().len() > letters * RICHER
        {
            return self.filed(entry, Found { raw: found.raw, ..full }, Some(source));
        }
        self.filed(entry, found, Some(source))
    }

    /// The memory in use of a source.
    async fn memory_of(&self, source: &str) -> Result<Used, StoreError> {
        let used = self.site_memories.of(source, self.clock.now()).await;
        used.inspect_err(|error| tracing::warn!(source, %error, "cannot load a site memory"))
    }

    /// The outcome for a page without text. If the page names another form of itself on its own
    /// site, that is read.
    async fn without_text(
        &self,
        entry: &PendingEntry,
        url: &Url,
        extraction: &Extraction,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        match self.feed_text(entry, memory).await {
            Ok(Some(feed)) => return self.filed(entry, feed, None),
            Ok(None) => {}
            Err(Shortage) => return self.no_memory(),
        }
        let here = Host::of(url);
        let other = extraction.article.alternates.iter().find(|other| {
            let is_other = other.kind != AlternateKind::Short && other.url != *url;
            is_other && Host::of(&other.url) == here
        });
        match other.zip(here) {
            Some((other, host)) if entry.hops < MAX_REDIRECTS => {
                let (to, host) = (other.url.to_string(), host.as_str().to_owned());
                Outcome::Moved { to, host, cookies: None }
            }
            _ => abandoned(EntryCause::NoText),
        }
    }

    /// Counts the use of a site rule, and logs the parts of it that selected nothing, each once.
    fn note_rule(&self, url: &Url, extraction: &Extraction) {
        let Some(report) = &extraction.rule else { return };
        Metrics::count(
            &self.metrics.site_rules,
            if report.missed() { "missed" } else { "followed" },
        );
        for part in report.parts.iter().filter(|part| !part.followed) {
            if !self.missed.is_first(&report.host, &part.selector) {
                continue;
            }
            tracing::warn!(
                %url,
                rule = report.host,
                key = part.key,
                selector = part.selector,
                "a site rule selects nothing to keep on this page; the normal extraction is used"
            );
        }
    }

    /// The outcome if the page cannot be read for good: the text of the feed, if the feed has it.
    pub(super) async fn without_page(
        &self,
        entry: &PendingEntry,
        cause: EntryCause,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        match (self.feed_text(entry, memory).await, cause) {
            (Err(Shortage), _) => self.no_memory(),
            (Ok(Some(found)), _) => self.filed(entry, found, None),
            (Ok(None), EntryCause::Robots | EntryCause::NoLink) => Outcome::Skipped { cause },
            (Ok(None), _) => abandoned(cause),
        }
    }

    /// The outcome for a post whose text the feed has whole.
    pub(super) async fn post(
        &self,
        entry: &PendingEntry,
        memory: &Arc<Reservation>,
    ) -> Option<Outcome> {
        match self.feed_text(entry, memory).await {
            Ok(Some(found)) => Some(self.filed(entry, found, None)),
            Ok(None) => None,
            Err(Shortage) => Some(self.no_memory()),
        }
    }

    /// The article that the feed has in full. If its site memory cannot be loaded, it is extracted
    /// without one.
    pub(super) async fn feed_text(
        &self,
        entry: &PendingEntry,
        memory: &Arc<Reservation>,
    ) -> Result<Option<Found>, Shortage> {
        // The text of a page is never replaced by that of the feed.
        if entry.revisit.as_ref().is_some_and(|revisit| !revisit.from_feed) {
            return Ok(None);
        }
        let Some(html) = entry.feed_fields.content.as_deref() else { return Ok(None) };
        let need = html_need(html.as_bytes());
        let page = entry.url.as_deref().and_then(|url| Url::parse(url).ok());
        let (feed_fields, now, limits) = (entry.feed_fields.clone(), self.clock.now(), self.limits);
        let source = source_of_feed(entry.feed_id);
        let used = self.memory_of(&source).await.unwrap_or_default();
        let learns = self.site_memories.is_enabled();
        let context = self.keeps_pages.then(|| Context::of(entry, &http::Rights::default()));
        let parse = move || {
            let memory = used.as_ref().map(|(_, memory)| Arc::clone(memory));
            let extraction = feed_text(&feed_fields, page.as_ref(), memory, now, &limits)?;
            let mut found = Found::new(extraction, learns.then_some(source), &used, now);
            found.raw = context.and_then(|context| {
                let context = context.pack()?;
                Some(RawPage { body: None, dictionary: None, content_type: None, context })
            });
            Some(found)
        };
        Ok(self.parsers.run_within(memory, need, parse).await?.flatten())
    }

    /// Tries the page again later, if its failure allows it and tries are left. `reason` is
    /// recorded, `cause` decides.
    pub(super) async fn retry(
        &self,
        entry: &PendingEntry,
        reason: EntryCause,
        cause: Cause,
        pause: Option<Duration>,
        memory: &Arc<Reservation>,
    ) -> Outcome {
        if is_missing(entry, cause) {
            return Outcome::Missing;
        }
        let now = self.clock.now();
        let throttled = cause == Cause::Throttled;
        if throttled && now - entry.first_seen_at < MAX_THROTTLED {
            // The site is not asked before the pause that it wants is over.
            return self.soon(reason, pause.unwrap_or(SHORT_PAUSE));
        }
        match next_try(entry.failures + 1, cause.failure(pause), &self.policy, rand::random()) {
            Some(wait) => Outcome::Later { at: later(now, wait), cause: reason, failed: true },
            None => self.without_page(entry, reason, memory).await,
        }
    }

    /// The entry is read again soon. Its address is not asked for until there is memory, since the
    /// wait for memory comes before a lease.
    pub(super) fn no_memory(&self) -> Outcome {
        tracing::debug!("no memory for this page now; it is read again (daemon.memory)");
        self.metrics.shortages.inc();
        self.soon(EntryCause::Memory, retry_pause())
    }

    pub(super) fn soon(&self, cause: EntryCause, pause: Duration) -> Outcome {
        Outcome::Later { at: later(self.clock.now(), pause), cause, failed: false }
    }
}

/// What is kept of a page.
fn raw_page(
    bytes: &[u8],
    content_type: Option<String>,
    used: UsedDictionary,
    context: &Context,
) -> Option<RawPage> {
    let dictionary = used.as_ref().map(|(_, dictionary)| dictionary.as_slice()).unwrap_or_default();
    let body = Some(compress(bytes, dictionary)?);
    let (dictionary, context) = (used.map(|(id, _)| id), context.pack()?);
    Some(RawPage { body, dictionary, content_type, context })
}

/// Whether a page has so little text that the feed may have more.
fn is_little(extraction: &Extraction) -> bool {
    let article = &extraction.article;
    article.rights.excerpt || article.text().len() < STUB_LETTERS
}

/// Whether a page names one of these addresses as its feed.
fn names_one_of(feeds: &[Url], page: &Page<'_>, limits: &Limits) -> bool {
    let named = feeds_of(page, limits);
    named.iter().any(|named| named.source == FeedSource::Stated && feeds.contains(&named.url))
}

/// An entry that is given up still says that its page has no article.
fn with_trace(outcome: Outcome, trace: Option<SourceTrace>) -> Outcome {
    match outcome {
        Outcome::Abandoned { cause, .. } => {
            Outcome::Abandoned { cause, trace: trace.map(Box::new) }
        }
        outcome => outcome,
    }
}

pub(super) fn abandoned(cause: EntryCause) -> Outcome {
    Outcome::Abandoned { cause, trace: None }
}
