//! robots.txt for pages: known, or to be asked for before the page is.
//!
//! Asking is a request like any other and uses up the lease; the entry comes back for its page when it is the
//! site's turn again. Feeds are exempt: somebody listed them on purpose, and they are published to be polled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::ingest::Ingest;
use crate::ingest::courtesy::site_step;
use crate::news::address::Host;
use crate::news::robots::RobotsAnswer;
use crate::store::{CachedRobots, SiteStep, StoreError};
use crate::web::{Accept, Conditional, Outcome, Request};

/// How long rules are good for (RFC 9309, 2.4: no more than 24 hours).
const FRESH_RULES: TimeDelta = TimeDelta::hours(24);

/// How long "could not be reached" is good for: nothing is fetched meanwhile, so it is asked again soon.
pub(super) const FRESH_REFUSAL: Duration = Duration::from_mins(10);

/// Redirects of robots.txt that are followed (RFC 9309, 2.3.1.2: at least five).
const MOST_HOPS: i32 = 5;

/// Sites whose parsed rules are kept in memory; beyond that all are dropped and read again from their rows.
const MOST_CACHED: usize = 10_000;

/// Parsed rules by site.
#[derive(Default)]
pub(super) struct RobotsCache(Mutex<HashMap<String, Dated>>);

/// Rules with the time of their fetch.
type Dated = (DateTime<Utc>, Arc<RobotsAnswer>);

impl RobotsCache {
    fn get(&self, host: &str, now: DateTime<Utc>) -> Option<Arc<RobotsAnswer>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (fetched_at, answer) = cache.get(host)?;
        is_fresh(answer, *fetched_at, now).then(|| Arc::clone(answer))
    }

    fn put(&self, host: &str, fetched_at: DateTime<Utc>, answer: &Arc<RobotsAnswer>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MOST_CACHED {
            cache.clear();
        }
        cache.insert(host.to_owned(), (fetched_at, Arc::clone(answer)));
    }
}

fn is_fresh(answer: &RobotsAnswer, fetched_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = match answer {
        RobotsAnswer::DisallowAll => TimeDelta::from_std(FRESH_REFUSAL).unwrap_or(FRESH_RULES),
        RobotsAnswer::Rules(_) | RobotsAnswer::AllowAll => FRESH_RULES,
    };
    now < fetched_at + age
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
        if let Some((answer, fetched_at)) = stored.as_ref().and_then(parse_stored)
            && is_fresh(&answer, fetched_at, now)
        {
            let answer = Arc::new(answer);
            self.robots.put(host, fetched_at, &answer);
            return Ok(Rules::Known(answer));
        }
        self.ask(host, url, stored.as_ref()).await
    }

    async fn ask(&self, host: &str, url: &Url, stored: Option<&CachedRobots>) -> Result<Rules, StoreError> {
        let moved = stored.and_then(|robots| robots.moved_to.as_deref()).and_then(|to| Url::parse(to).ok());
        let hops = stored.map_or(0, |robots| robots.hops);
        let Some(target) = moved.or_else(|| url.join("/robots.txt").ok()) else {
            return Ok(Rules::Known(Arc::new(RobotsAnswer::AllowAll)));
        };
        let other = Host::of(&target).map(|other| other.as_str().to_owned()).filter(|other| other != host);
        let slot = match &other {
            Some(other) => match self.store.take_turn(other, self.clock.now(), &self.courtesy()).await? {
                Some(slot) => Some((other, slot)),
                None => return Ok(Rules::NotNow),
            },
            None => None,
        };
        let (robots, answer, step) = self.request_robots(&target, hops).await;
        let delay = answer.as_ref().and_then(|answer| answer.crawl_delay(self.web.product()));
        self.store.keep_robots(host, &robots, delay.map(|delay| delay.min(LONGEST_DELAY))).await?;
        if let Some((other, slot)) = slot {
            self.store.give_turn(other, slot, &step, &self.courtesy(), self.clock.now()).await?;
        }
        if let (Some(answer), Some(at)) = (answer, robots.fetched_at) {
            self.robots.put(host, at, &Arc::new(answer));
        }
        Ok(Rules::Asked(step))
    }

    /// Asks once. An answer of none means that it moved.
    async fn request_robots(
        &self,
        target: &Url,
        hops: i32,
    ) -> (CachedRobots, Option<RobotsAnswer>, SiteStep) {
        let request = Request { url: target, conditional: Conditional::default(), accept: Accept::Text };
        let response = self.web.get(&request).await;
        let now = self.clock.now();
        let step = site_step(response.as_ref().ok(), now);
        let known = |text: Option<String>, answer: RobotsAnswer| {
            let robots = CachedRobots {
                text,
                verdict: Some(verdict(&answer).to_owned()),
                fetched_at: Some(now),
                moved_to: None,
                hops: 0,
            };
            (robots, Some(answer), step.clone())
        };
        match response.map(|response| (response.status, response.outcome)) {
            Ok((status, Outcome::Body { bytes, .. })) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let answer = RobotsAnswer::of_status(status, &text);
                known(Some(text), answer)
            }
            Ok((_, Outcome::Redirect { to, .. })) if hops < MOST_HOPS => {
                let robots = CachedRobots {
                    text: None,
                    verdict: None,
                    fetched_at: None,
                    moved_to: Some(to.to_string()),
                    hops: hops + 1,
                };
                (robots, None, step)
            }
            // More redirects than that: as if there were none (RFC 9309, 2.3.1.2).
            Ok((_, Outcome::Redirect { .. })) => known(None, RobotsAnswer::AllowAll),
            Ok((status, Outcome::NotModified | Outcome::Refused(_))) => {
                known(None, RobotsAnswer::of_status(status, ""))
            }
            Err(error) => {
                tracing::info!(%error, "robots.txt cannot be had");
                known(None, RobotsAnswer::DisallowAll)
            }
        }
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

fn parse_stored(stored: &CachedRobots) -> Option<(RobotsAnswer, DateTime<Utc>)> {
    let answer = match stored.verdict.as_deref()? {
        "rules" => RobotsAnswer::of_status(200, stored.text.as_deref().unwrap_or_default()),
        "allow-all" => RobotsAnswer::AllowAll,
        _ => RobotsAnswer::DisallowAll,
    };
    Some((answer, stored.fetched_at?))
}
