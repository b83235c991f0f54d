//! The scope of a rate limit: one address, its host, or all hosts of its domain.
//!
//! A 429 does not state its scope. Some hosts of thousands of feeds limit each address, some blog
//! networks count over all their subdomains, and most servers mean the host. If we assume the host,
//! we idle at the first kind and are banned by the second. So the scope starts at the host and
//! follows the evidence: what other addresses of the host, and other hosts of the domain, were
//! answered shortly before. No request is made to gather evidence while a limit is in force. Two
//! throttled feeds with neighbours that were answered normally narrow the scope; neighbours that
//! were throttled at the same time widen it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wiresift_text::limits;

/// How long a normal answer of a neighbour counts as evidence.
const OK_MEMORY: TimeDelta = TimeDelta::minutes(10);

/// How long a throttled neighbour counts as evidence.
const THROTTLED_MEMORY: TimeDelta = TimeDelta::hours(1);

/// Pieces of evidence in a row, without any for the other side, that change the scope.
const MIN_EVIDENCE: u32 = 2;

/// What is paused when one address is throttled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitScope {
    /// The address alone.
    Address,
    /// Its host.
    #[default]
    Host,
    /// Every host of its registrable domain.
    Domain,
}

/// What is known about the rate limit of a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimit {
    /// The scope as far as is known.
    pub scope: LimitScope,
    narrower: u32,
    wider: u32,
}

/// The latest results of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteAnswers {
    /// Its host.
    pub host: String,
    /// The latest normal answer: when, and to which feed.
    pub ok: Option<(DateTime<Utc>, i64)>,
    /// The latest throttled answer: when, and to which feed.
    pub throttled: Option<(DateTime<Utc>, i64)>,
}

/// What the neighbours of a throttled feed were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitEvidence {
    /// Other feeds of the host.
    host: Neighbours,
    /// Feeds of other hosts of the domain.
    domain: Neighbours,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Neighbours {
    ok: bool,
    throttled: bool,
}

impl LimitEvidence {
    /// The evidence at `now` about a throttled `feed` of `host`. `sites` are the sites of the
    /// domain.
    #[must_use]
    pub fn of(sites: &[SiteAnswers], host: &str, feed: i64, now: DateTime<Utc>) -> Self {
        let counts = |(at, other): (DateTime<Utc>, i64), memory| {
            other != feed && limits::is_recent(at, now, memory)
        };
        let mut evidence = Self::default();
        for site in sites {
            let ok = site.ok.is_some_and(|seen| counts(seen, OK_MEMORY));
            let throttled = site.throttled.is_some_and(|seen| counts(seen, THROTTLED_MEMORY));
            let is_own = site.host == host;
            let neighbours = if is_own { &mut evidence.host } else { &mut evidence.domain };
            neighbours.ok |= ok && (is_own || !throttled);
            neighbours.throttled |= throttled;
        }
        evidence
    }
}

impl RateLimit {
    /// The state after one more throttled answer.
    #[must_use]
    pub fn after_throttling(self, evidence: LimitEvidence) -> Self {
        let LimitEvidence { host, domain } = evidence;
        let (narrows, widens) = match self.scope {
            LimitScope::Address => (false, host.throttled),
            LimitScope::Host => (host.ok && !host.throttled && !domain.throttled, domain.throttled),
            LimitScope::Domain => (domain.ok && !domain.throttled, false),
        };
        // A scope that is too narrow burdens the server, so one piece of evidence is enough to undo
        // it.
        let enough = if self.scope == LimitScope::Address { 1 } else { MIN_EVIDENCE };
        let narrower = if narrows { self.narrower.saturating_add(1) } else { 0 };
        let wider = if widens { self.wider.saturating_add(1) } else { 0 };
        let scope = match self.scope {
            LimitScope::Domain if narrower >= MIN_EVIDENCE => LimitScope::Host,
            LimitScope::Host if narrower >= MIN_EVIDENCE => LimitScope::Address,
            LimitScope::Address if wider >= enough => LimitScope::Host,
            LimitScope::Host if wider >= enough => LimitScope::Domain,
            same => same,
        };
        if scope == self.scope {
            Self { scope, narrower, wider }
        } else {
            Self { scope, ..Self::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(100)
    }

    fn site(host: &str, ok: Option<(i64, i64)>, throttled: Option<(i64, i64)>) -> SiteAnswers {
        let seen = |(minutes, feed): (i64, i64)| (now() - TimeDelta::minutes(minutes), feed);
        SiteAnswers { host: host.to_owned(), ok: ok.map(seen), throttled: throttled.map(seen) }
    }

    fn learned(limits: RateLimit, sites: &[SiteAnswers]) -> RateLimit {
        limits.after_throttling(LimitEvidence::of(sites, "a.example", 1, now()))
    }

    #[test]
    fn it_starts_at_the_host_and_stays_without_evidence() {
        let limits =
            learned(RateLimit::default(), &[site("a.example", Some((1, 1)), Some((5, 1)))]);
        assert_eq!(limits.scope, LimitScope::Host);
        let old = [
            site("a.example", Some((60, 2)), Some((600, 3))),
            site("b.a.example", None, Some((600, 4))),
        ];
        assert_eq!(learned(limits, &old).scope, LimitScope::Host);
    }

    #[test]
    fn normal_answers_to_neighbours_narrow_it_and_one_throttled_neighbour_undoes_that() {
        let ok = [site("a.example", Some((3, 2)), None)];
        let once = learned(RateLimit::default(), &ok);
        assert_eq!(once.scope, LimitScope::Host);
        let twice = learned(once, &ok);
        assert_eq!(twice.scope, LimitScope::Address);
        assert_eq!(
            learned(twice, &[site("a.example", Some((3, 2)), Some((20, 3)))]).scope,
            LimitScope::Host
        );
    }

    #[test]
    fn throttled_neighbours_widen_it_and_normal_answers_undo_that() {
        let both = [site("a.example", None, None), site("b.a.example", None, Some((20, 9)))];
        let wide = learned(learned(RateLimit::default(), &both), &both);
        assert_eq!(wide.scope, LimitScope::Domain);
        let ok = [site("a.example", None, None), site("b.a.example", Some((3, 9)), None)];
        assert_eq!(learned(learned(wide, &ok), &ok).scope, LimitScope::Host);
    }

    #[test]
    fn evidence_has_to_come_twice_in_a_row() {
        let ok = [site("a.example", Some((3, 2)), None)];
        let none = [site("a.example", None, None)];
        let limits = learned(learned(learned(RateLimit::default(), &ok), &none), &ok);
        assert_eq!(limits.scope, LimitScope::Host);
    }
}
