//! robots.txt for pages: the rules are known, or they are requested before the page.
//!
//! The request for robots.txt uses up the lease. The entry goes back to its queue, and its page is
//! requested when the site is open again. Feeds need no permission: the curator listed them, and
//! they are published to be polled.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use url::Url;
use wiresift_text::limits;

use crate::budget::{Reservation, Shortage};
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

/// Sites that the cache of parsed rules makes room for at first.
const MAX_CACHED: usize = 10_000;

/// Bytes that an entry of the cache takes besides its rules.
const ENTRY_BYTES: usize = 256;

/// Bytes of memory for each byte of a robots.txt while it is parsed.
const PARSE_FACTOR: usize = 16;

/// No site may slow itself down to less than a request in two minutes by Crawl-delay.
const MAX_CRAWL_DELAY: Duration = Duration::from_mins(2);

/// Parsed rules by site, bounded by the bytes that they take.
struct RobotsCache(Cache<String, Dated, RulesWeight>);

/// Rules, and until when they are used.
type Dated = (DateTime<Utc>, Arc<RobotsAnswer>);

#[derive(Clone)]
struct RulesWeight;

impl Weighter<String, Dated> for RulesWeight {
    fn weight(&self, host: &String, (_, answer): &Dated) -> u64 {
        (ENTRY_BYTES + host.len() + answer.bytes()) as u64
    }
}

impl RobotsCache {
    fn new(bytes: u64) -> Self {
        let sites = usize::try_from(bytes).unwrap_or(usize::MAX) / (2 * ENTRY_BYTES);
        Self(Cache::with_weighter(sites.clamp(1, MAX_CACHED), bytes, RulesWeight))
    }

    fn get(&self, host: &str, now: DateTime<Utc>) -> Option<Arc<RobotsAnswer>> {
        let (until, answer) = self.0.get(host)?;
        is_used(until, now).then_some(answer)
    }

    fn put(&self, host: &str, until: DateTime<Utc>, answer: &Arc<RobotsAnswer>) {
        self.0.insert(host.to_owned(), (until, Arc::clone(answer)));
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
    /// There is no memory for them now. A request may have been made.
    NoMemory(SiteStep),
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
        cache_bytes: u64,
    ) -> Self {
        let cache = Arc::new(RobotsCache::new(cache_bytes));
        Self { store, web, clock, parsers, politeness, cache }
    }

    /// The rules of the site that `url` is on.
    pub(super) async fn of(
        &self,
        host: &str,
        url: &Url,
        memory: &Arc<Reservation>,
    ) -> Result<Rules, StoreError> {
        let now = self.clock.now();
        if let Some(answer) = self.cache.get(host, now) {
            return Ok(Rules::Known(answer));
        }
        let mut stored = self.store.robots(host).await?;
        if let Some(robots) = stored.take() {
            match self.parse(robots, memory).await {
                Err(Shortage) => return Ok(Rules::NoMemory(SiteStep::default())),
                Ok((_, Some((answer, until)))) if is_used(until, now) => {
                    let answer = Arc::new(answer);
                    self.cache.put(host, until, &answer);
                    return Ok(Rules::Known(answer));
                }
                Ok((known, _)) => stored = Some(known),
            }
        }
        self.fetch(host, url, stored.as_ref(), memory).await
    }

    /// The rules of a file for this program, and until when they are used. The file is foreign
    /// input, so it is parsed off the async threads, and with memory of its own.
    async fn parse(
        &self,
        robots: CachedRobots,
        memory: &Arc<Reservation>,
    ) -> Result<(CachedRobots, Option<(RobotsAnswer, DateTime<Utc>)>), Shortage> {
        let bytes = robots.text.as_ref().map_or(0, String::len);
        if bytes == 0 {
            let parsed = parse_stored(&robots);
            return Ok((robots, parsed));
        }
        let (product, last) = (self.web.product().to_owned(), robots.clone());
        let parse = move || {
            let parsed = parse_stored(&robots);
            let parsed = parsed.map(|(answer, until)| (answer.only_for(&product), until));
            (robots, parsed)
        };
        let before = memory.bytes();
        let parsed = self.parsers.run_within(memory, (bytes * PARSE_FACTOR) as u64, parse).await?;
        memory.shrink_to(before);
        Ok(parsed.unwrap_or((last, None)))
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
        memory: &Arc<Reservation>,
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
                    Some(slot) => Some((other.as_str(), slot)),
                    None => return Ok(Rules::SiteClosed),
                }
            }
            None => None,
        };
        let (robots, step) = self.request(&target, stored, memory).await;
        let parsed = match robots {
            Err(Shortage) => Err(Shortage),
            Ok(robots) => self.parse(robots, memory).await,
        };
        let answer = match parsed {
            Err(Shortage) => {
                self.leave(slot, &step).await?;
                return Ok(Rules::NoMemory(step));
            }
            Ok((robots, answer)) => {
                let answer = answer.filter(|_| robots.moved_to.is_none());
                let delay =
                    answer.as_ref().and_then(|(rules, _)| rules.crawl_delay(self.web.product()));
                let delay = delay.map(|delay| delay.min(MAX_CRAWL_DELAY));
                self.store.keep_robots(host, &robots, delay).await?;
                answer
            }
        };
        self.leave(slot, &step).await?;
        if let Some((answer, until)) = answer {
            self.cache.put(host, until, &Arc::new(answer));
        }
        Ok(Rules::Requested(step))
    }

    /// Frees the slot of another site that robots.txt has moved to.
    async fn leave(
        &self,
        slot: Option<(&str, DateTime<Utc>)>,
        step: &SiteStep,
    ) -> Result<(), StoreError> {
        let Some((other, slot)) = slot else { return Ok(()) };
        self.store.release_slot(other, slot, step, &self.politeness, self.clock.now()).await
    }

    /// Makes one request. Returns what is known then; `stored` is what was known before.
    async fn request(
        &self,
        target: &Url,
        stored: Option<&CachedRobots>,
        memory: &Arc<Reservation>,
    ) -> (Result<CachedRobots, Shortage>, SiteStep) {
        let conditional = Conditional::default();
        let request =
            Request { url: target, conditional, accept: Accept::Text, cookies: None, memory };
        let response = self.web.get(&request).await;
        let now = self.clock.now();
        let step = site_step(response.as_ref().ok(), now);
        let hops = stored.map_or(0, |robots| robots.hops);
        let known = |text, answer: &RobotsAnswer| known(now, text, answer);
        let robots = match response.map(|response| (response.status, response.outcome)) {
            Ok((status, FetchOutcome::Body { bytes, .. })) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                known(Some(text), &RobotsAnswer::of_status(status, ""))
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
            Err(error) if error.is_shortage() => return (Err(Shortage), step),
            Err(error) => {
                tracing::debug!(%error, "robots.txt cannot be fetched");
                known(None, &RobotsAnswer::DisallowAll)
            }
        };
        (Ok(or_last_known(robots, stored, now)), step)
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
