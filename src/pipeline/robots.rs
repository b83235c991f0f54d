//! robots.txt for pages: the rules are known, or they are requested before the page.
//!
//! The request for robots.txt uses up the lease. The entry goes back to its queue, and its page is
//! requested when the site is open again. Feeds need no permission: the curator listed them, and
//! they are published to be polled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use wiresift_text::limits;

use crate::clock::Clock;
use crate::http::{Accept, Conditional, FetchOutcome, HttpClient, Request};
use crate::pipeline::parsers::Parsers;
use crate::pipeline::politeness::site_step;
use crate::polling::robots::{RobotsAnswer, news_sitemaps};
use crate::store::{CachedRobots, Politeness, RobotsVerdict, SiteStep, Store, StoreError, later};
use wiresift_feed::address::Host;

/// How long rules are used (RFC 9309, 2.4: no more than 24 hours).
const FRESH_RULES: TimeDelta = TimeDelta::hours(24);

/// How long a failed request for robots.txt counts. Meanwhile nothing is fetched, or by old rules,
/// so this is short.
pub(super) const FRESH_REFUSAL: Duration = Duration::from_mins(10);

/// How old rules may be that are used while robots.txt cannot be fetched (RFC 9309, 2.3.1.4).
const LAST_KNOWN: TimeDelta = TimeDelta::days(30);

/// Redirects of robots.txt that are followed (RFC 9309, 2.3.1.2: at least five).
const MAX_HOPS: i32 = 5;

/// Sites in the cache of parsed rules. A full cache is emptied and filled again from the database.
const MAX_CACHED: usize = 10_000;

/// No site may slow itself down to less than a request in two minutes by Crawl-delay.
const MAX_CRAWL_DELAY: Duration = Duration::from_mins(2);

/// Parsed rules by site.
#[derive(Default)]
struct RobotsCache(Mutex<HashMap<String, Dated>>);

/// Rules, and until when they are used.
type Dated = (DateTime<Utc>, Arc<RobotsAnswer>);

impl RobotsCache {
    fn get(&self, host: &str, now: DateTime<Utc>) -> Option<Arc<RobotsAnswer>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = cache.get(host)?;
        is_used(*until, now).then(|| Arc::clone(answer))
    }

    fn put(&self, host: &str, until: DateTime<Utc>, answer: &Arc<RobotsAnswer>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(host.to_owned(), (until, Arc::clone(answer)));
    }
}

/// Until when rules are used that were fetched at `fetched_at`.
fn used_until(answer: &RobotsAnswer, fetched_at: DateTime<Utc>) -> DateTime<Utc> {
    let age = match answer {
        RobotsAnswer::DisallowAll => TimeDelta::from_std(FRESH_REFUSAL).unwrap_or(FRESH_RULES),
        RobotsAnswer::Rules(_) | RobotsAnswer::AllowAll => FRESH_RULES,
    };
    fetched_at.checked_add_signed(age).unwrap_or(fetched_at)
}

/// Whether rules that are used until then are used now. Those that would be used for longer than
/// rules ever are were fetched when a clock was ahead.
fn is_used(until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < until && until <= limits::after_all(now, FRESH_RULES)
}

/// The result of a look-up of a site's rules.
pub(super) enum Rules {
    Known(Arc<RobotsAnswer>),
    /// They were requested, which has used up the lease.
    Requested(SiteStep),
    /// They have moved to another site that is not open.
    SiteClosed,
}

/// Looks up and fetches the robots.txt of sites. Clones share the cache.
#[derive(Clone)]
pub(super) struct RobotsRules {
    store: Store,
    web: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    parsers: Parsers,
    politeness: Politeness,
    cache: Arc<RobotsCache>,
}

impl RobotsRules {
    pub(super) fn new(
        store: Store,
        web: Arc<HttpClient>,
        clock: Arc<dyn Clock>,
        parsers: Parsers,
        politeness: Politeness,
    ) -> Self {
        Self { store, web, clock, parsers, politeness, cache: Arc::default() }
    }

    /// The rules of the site that `url` is on.
    pub(super) async fn of(&self, host: &str, url: &Url) -> Result<Rules, StoreError> {
        let now = self.clock.now();
        if let Some(answer) = self.cache.get(host, now) {
            return Ok(Rules::Known(answer));
        }
        let stored = self.store.robots(host).await?;
        if let Some((answer, until)) = stored.as_ref().and_then(parse_stored)
            && is_used(until, now)
        {
            let answer = Arc::new(answer);
            self.cache.put(host, until, &answer);
            return Ok(Rules::Known(answer));
        }
        self.fetch(host, url, stored.as_ref()).await
    }

    /// Whether rules allow an address. The rules are foreign input of up to half a megabyte, so
    /// they are applied off the async threads.
    pub(super) async fn allow(&self, url: &Url, rules: Arc<RobotsAnswer>) -> bool {
        let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        let product = self.web.product().to_owned();
        self.parsers.run(move || rules.allows(&product, &path)).await.unwrap_or(false)
    }

    /// The news sitemaps that the stored robots.txt of a site names and lets us read. Nothing is
    /// requested.
    pub(super) async fn news_sitemaps(&self, address: &Url) -> Result<Vec<Url>, StoreError> {
        let Some(host) = Host::of(address) else { return Ok(Vec::new()) };
        let Some(stored) = self.store.robots(host.as_str()).await? else { return Ok(Vec::new()) };
        let product = self.web.product().to_owned();
        let read = move || {
            let (answer, _) = parse_stored(&stored)?;
            let is_allowed = |url: &Url| {
                answer.allows(&product, &url[url::Position::BeforePath..url::Position::AfterQuery])
            };
            Some(news_sitemaps(stored.text.as_deref()?).into_iter().filter(is_allowed).collect())
        };
        Ok(self.parsers.run(read).await.flatten().unwrap_or_default())
    }

    async fn fetch(
        &self,
        host: &str,
        url: &Url,
        stored: Option<&CachedRobots>,
    ) -> Result<Rules, StoreError> {
        let moved =
            stored.and_then(|robots| robots.moved_to.as_deref()).and_then(|to| Url::parse(to).ok());
        let Some(target) = moved.or_else(|| url.join("/robots.txt").ok()) else {
            return Ok(Rules::Known(Arc::new(RobotsAnswer::AllowAll)));
        };
        let other =
            Host::of(&target).map(|other| other.as_str().to_owned()).filter(|other| other != host);
        let slot = match &other {
            Some(other) => {
                match self.store.acquire_slot(other, self.clock.now(), &self.politeness).await? {
                    Some(slot) => Some((other, slot)),
                    None => return Ok(Rules::SiteClosed),
                }
            }
            None => None,
        };
        let (robots, step) = self.request(&target, stored).await;
        let answer = parse_stored(&robots).filter(|_| robots.moved_to.is_none());
        let delay = answer.as_ref().and_then(|(answer, _)| answer.crawl_delay(self.web.product()));
        self.store
            .keep_robots(host, &robots, delay.map(|delay| delay.min(MAX_CRAWL_DELAY)))
            .await?;
        if let Some((other, slot)) = slot {
            let now = self.clock.now();
            self.store.release_slot(other, slot, &step, &self.politeness, now).await?;
        }
        if let Some((answer, until)) = answer {
            self.cache.put(host, until, &Arc::new(answer));
        }
        Ok(Rules::Requested(step))
    }

    /// Makes one request. Returns what is known then; `stored` is what was known before.
    async fn request(
        &self,
        target: &Url,
        stored: Option<&CachedRobots>,
    ) -> (CachedRobots, SiteStep) {
        let request =
            Request { url: target, conditional: Conditional::default(), accept: Accept::Text };
        let response = self.web.get(&request).await;
        let now = self.clock.now();
        let step = site_step(response.as_ref().ok(), now);
        let hops = stored.map_or(0, |robots| robots.hops);
        let known = |text, answer: &RobotsAnswer| known(now, text, answer);
        let robots = match response.map(|response| (response.status, response.outcome)) {
            Ok((status, FetchOutcome::Body { bytes, .. })) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let answer = RobotsAnswer::of_status(status, &text);
                known(Some(text), &answer)
            }
            Ok((_, FetchOutcome::Redirect { to, .. })) if hops < MAX_HOPS => CachedRobots {
                moved_to: Some(to.to_string()),
                hops: hops + 1,
                ..stored.cloned().unwrap_or_default()
            },
            // More redirects than that count as no file (RFC 9309, 2.3.1.2).
            Ok((_, FetchOutcome::Redirect { .. })) => known(None, &RobotsAnswer::AllowAll),
            Ok((status, FetchOutcome::NotModified | FetchOutcome::Refused(_))) => {
                known(None, &RobotsAnswer::of_status(status, ""))
            }
            Err(error) => {
                tracing::info!(%error, "robots.txt cannot be fetched");
                known(None, &RobotsAnswer::DisallowAll)
            }
        };
        (or_last_known(robots, stored, now), step)
    }
}

fn known(now: DateTime<Utc>, text: Option<String>, answer: &RobotsAnswer) -> CachedRobots {
    CachedRobots {
        text,
        verdict: Some(verdict(answer)),
        fetched_at: Some(now),
        ..CachedRobots::default()
    }
}

/// If robots.txt cannot be fetched, the last known rules are used for a while (RFC 9309, 2.3.1.4).
fn or_last_known(
    robots: CachedRobots,
    stored: Option<&CachedRobots>,
    now: DateTime<Utc>,
) -> CachedRobots {
    let is_refusal = |robots: &CachedRobots| robots.verdict == Some(RobotsVerdict::DisallowAll);
    let is_young = |robots: &CachedRobots| {
        robots.fetched_at.is_some_and(|at| limits::is_recent(at, now, LAST_KNOWN))
    };
    let last = stored.filter(|last| last.verdict.is_some() && !is_refusal(last) && is_young(last));
    match last {
        Some(last) if is_refusal(&robots) => CachedRobots {
            moved_to: None,
            hops: 0,
            retry_at: Some(later(now, FRESH_REFUSAL)),
            ..last.clone()
        },
        _ => robots,
    }
}

fn verdict(answer: &RobotsAnswer) -> RobotsVerdict {
    match answer {
        RobotsAnswer::Rules(_) => RobotsVerdict::Rules,
        RobotsAnswer::AllowAll => RobotsVerdict::AllowAll,
        RobotsAnswer::DisallowAll => RobotsVerdict::DisallowAll,
    }
}

/// The stored rules, and until when they are used.
fn parse_stored(stored: &CachedRobots) -> Option<(RobotsAnswer, DateTime<Utc>)> {
    let answer = match stored.verdict? {
        RobotsVerdict::Rules => {
            RobotsAnswer::of_status(200, stored.text.as_deref().unwrap_or_default())
        }
        RobotsVerdict::AllowAll => RobotsAnswer::AllowAll,
        RobotsVerdict::DisallowAll => RobotsAnswer::DisallowAll,
    };
    let until = used_until(&answer, stored.fetched_at?);
    Some((answer, stored.retry_at.map_or(until, |retry_at| until.max(retry_at))))
}
