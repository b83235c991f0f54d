//! robots.txt for pages: known, or to be asked for before the page is.
//!
//! Asking is a request like any other and uses up the lease; the entry comes back for its page when it is the
//! site's turn again. Feeds are exempt: somebody listed them on purpose, and they are published to be polled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::http::{Accept, Conditional, FetchOutcome, Request};
use crate::pipeline::Ingest;
use crate::pipeline::politeness::site_step;
use crate::polling::robots::{RobotsAnswer, news_sitemaps};
use crate::store::{CachedRobots, SiteStep, StoreError, later};
use wiresift_feed::address::Host;

/// How long rules are good for (RFC 9309, 2.4: no more than 24 hours).
const FRESH_RULES: TimeDelta = TimeDelta::hours(24);

/// How long "could not be reached" is good for: nothing is fetched meanwhile, or by old rules, so it is asked again soon.
pub(super) const FRESH_REFUSAL: Duration = Duration::from_mins(10);

/// How old rules may be that stand in for a robots.txt that cannot be had (RFC 9309, 2.3.1.4).
const LAST_KNOWN: TimeDelta = TimeDelta::days(30);

/// Redirects of robots.txt that are followed (RFC 9309, 2.3.1.2: at least five).
const MOST_HOPS: i32 = 5;

/// Sites whose parsed rules are kept in memory; beyond that all are dropped and read again from their rows.
const MOST_CACHED: usize = 10_000;

/// Parsed rules by site.
#[derive(Default)]
pub(super) struct RobotsCache(Mutex<HashMap<String, Dated>>);

/// Rules with the end of their time.
type Dated = (DateTime<Utc>, Arc<RobotsAnswer>);

impl RobotsCache {
    fn get(&self, host: &str, now: DateTime<Utc>) -> Option<Arc<RobotsAnswer>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = cache.get(host)?;
        (now < *until).then(|| Arc::clone(answer))
    }

    fn put(&self, host: &str, until: DateTime<Utc>, answer: &Arc<RobotsAnswer>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MOST_CACHED {
            cache.clear();
        }
        cache.insert(host.to_owned(), (until, Arc::clone(answer)));
    }
}

/// Until when rules are good that were fetched at `fetched_at`.
fn good_until(answer: &RobotsAnswer, fetched_at: DateTime<Utc>) -> DateTime<Utc> {
    let age = match answer {
        RobotsAnswer::DisallowAll => TimeDelta::from_std(FRESH_REFUSAL).unwrap_or(FRESH_RULES),
        RobotsAnswer::Rules(_) | RobotsAnswer::AllowAll => FRESH_RULES,
    };
    fetched_at + age
}

/// What is known of a site's rules.
pub(super) enum Rules {
    /// They are known.
    Known(Arc<RobotsAnswer>),
    /// They had to be asked for, and the lease's request is used up.
    Asked(SiteStep),
    /// They moved to a site whose turn it is not.
    NotNow,
}

impl Ingest {
    /// The rules of the site that `url` is on.
    pub(super) async fn rules(&self, host: &str, url: &Url) -> Result<Rules, StoreError> {
        let now = self.clock.now();
        if let Some(answer) = self.robots.get(host, now) {
            return Ok(Rules::Known(answer));
        }
        let stored = self.store.robots(host).await?;
        if let Some((answer, until)) = stored.as_ref().and_then(parse_stored)
            && now < until
        {
            let answer = Arc::new(answer);
            self.robots.put(host, until, &answer);
            return Ok(Rules::Known(answer));
        }
        self.ask(host, url, stored.as_ref()).await
    }

    /// The news sitemaps that the robots.txt on file for the site of `address` names, and lets us read. It is not asked for.
    pub(super) async fn news_sitemaps(&self, address: &Url) -> Result<Vec<Url>, StoreError> {
        let Some(host) = Host::of(address) else { return Ok(Vec::new()) };
        let Some(stored) = self.store.robots(host.as_str()).await? else { return Ok(Vec::new()) };
        let product = self.web.product().to_owned();
        // Off the async threads, as any look at somebody's rules.
        let read = move || {
            let (answer, _) = parse_stored(&stored)?;
            let is_allowed = |url: &Url| {
                answer.allows(&product, &url[url::Position::BeforePath..url::Position::AfterQuery])
            };
            Some(news_sitemaps(stored.text.as_deref()?).into_iter().filter(is_allowed).collect())
        };
        Ok(self.compute(read).await.flatten().unwrap_or_default())
    }

    async fn ask(
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
                match self.store.acquire_slot(other, self.clock.now(), &self.politeness()).await? {
                    Some(slot) => Some((other, slot)),
                    None => return Ok(Rules::NotNow),
                }
            }
            None => None,
        };
        let (robots, step) = self.request_robots(&target, stored).await;
        let answer = parse_stored(&robots).filter(|_| robots.moved_to.is_none());
        let delay = answer.as_ref().and_then(|(answer, _)| answer.crawl_delay(self.web.product()));
        self.store.keep_robots(host, &robots, delay.map(|delay| delay.min(LONGEST_DELAY))).await?;
        if let Some((other, slot)) = slot {
            self.store.give_turn(other, slot, &step, &self.politeness(), self.clock.now()).await?;
        }
        if let Some((answer, until)) = answer {
            self.robots.put(host, until, &Arc::new(answer));
        }
        Ok(Rules::Asked(step))
    }

    /// Asks once; what is known then. `stored` is what was known before.
    async fn request_robots(
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
            Ok((_, FetchOutcome::Redirect { to, .. })) if hops < MOST_HOPS => CachedRobots {
                moved_to: Some(to.to_string()),
                hops: hops + 1,
                ..stored.cloned().unwrap_or_default()
            },
            // More redirects than that: as if there were none (RFC 9309, 2.3.1.2).
            Ok((_, FetchOutcome::Redirect { .. })) => known(None, &RobotsAnswer::AllowAll),
            Ok((status, FetchOutcome::NotModified | FetchOutcome::Refused(_))) => {
                known(None, &RobotsAnswer::of_status(status, ""))
            }
            Err(error) => {
                tracing::info!(%error, "robots.txt cannot be had");
                known(None, &RobotsAnswer::DisallowAll)
            }
        };
        (or_last_known(robots, stored, now), step)
    }
}

fn known(now: DateTime<Utc>, text: Option<String>, answer: &RobotsAnswer) -> CachedRobots {
    CachedRobots {
        text,
        verdict: Some(verdict(answer).to_owned()),
        fetched_at: Some(now),
        ..CachedRobots::default()
    }
}

/// Where robots.txt cannot be had, the last rules that could be hold for a while (RFC 9309, 2.3.1.4).
fn or_last_known(
    robots: CachedRobots,
    stored: Option<&CachedRobots>,
    now: DateTime<Utc>,
) -> CachedRobots {
    let is_refusal = |robots: &CachedRobots| {
        robots.verdict.as_deref() == Some(verdict(&RobotsAnswer::DisallowAll))
    };
    let is_young =
        |robots: &CachedRobots| robots.fetched_at.is_some_and(|at| now - at < LAST_KNOWN);
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

/// No site may slow itself down to less than a request in two minutes by Crawl-delay.
const LONGEST_DELAY: Duration = Duration::from_mins(2);

fn verdict(answer: &RobotsAnswer) -> &'static str {
    match answer {
        RobotsAnswer::Rules(_) => "rules",
        RobotsAnswer::AllowAll => "allow-all",
        RobotsAnswer::DisallowAll => "disallow-all",
    }
}

/// The rules as stored, and until when they are good.
fn parse_stored(stored: &CachedRobots) -> Option<(RobotsAnswer, DateTime<Utc>)> {
    let answer = match stored.verdict.as_deref()? {
        "rules" => RobotsAnswer::of_status(200, stored.text.as_deref().unwrap_or_default()),
        "allow-all" => RobotsAnswer::AllowAll,
        _ => RobotsAnswer::DisallowAll,
    };
    let until = good_until(&answer, stored.fetched_at?);
    Some((answer, stored.retry_at.map_or(until, |retry_at| until.max(retry_at))))
}
