//! Whom a rate limit means: the address, its host, or all hosts of its domain.
//!
//! A 429 does not say. Some hosts of thousands of feeds limit each address, some networks of blogs count over all their
//! subdomains, and most servers mean the host. Whoever assumes the host idles at the first and is banned by the second. So the
//! scope starts at the host and follows the evidence, none of which is sought inside a window that we were asked to keep: it is
//! what other addresses of the host, and other hosts of the domain, were answered shortly before. Two throttled feeds
//! whose neighbours were fine narrow the scope; neighbours throttled at the same time widen it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long before a throttled answer another one still tells about it.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// How long a throttled neighbour counts.
const LASTING: TimeDelta = TimeDelta::hours(1);

/// Evidence that it takes, one way and without any for the other in between.
const ENOUGH: u32 = 2;

/// Who is left alone when one address is throttled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The address alone.
    Address,
    /// Its host.
    #[default]
    Host,
    /// Every host of its registrable domain.
    Domain,
}

/// What is known of a host's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Whom they mean, as far as is known.
    pub scope: Scope,
    narrower: u32,
    wider: u32,
}

/// The last answers of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Its host.
    pub host: String,
    /// When a feed was last answered well, and which.
    pub fine: Option<(DateTime<Utc>, i64)>,
    /// When a feed was last throttled, and which.
    pub throttled: Option<(DateTime<Utc>, i64)>,
}

/// What the neighbours of a throttled feed were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Other feeds of the host.
    host: KeyIndex,
    /// Feeds of other hosts of the domain.
    domain: KeyIndex,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct KeyIndex {
    fine: bool,
    throttled: bool,
}

impl Evidence {
    /// What `sites`, those of the domain, say at `now` about a throttled `feed` of `host`.
    #[must_use]
    pub fn of(sites: &[Answers], host: &str, feed: i64, now: DateTime<Utc>) -> Self {
        let tells =
            |(at, other): (DateTime<Utc>, i64), lasting| other != feed && now - at <= lasting;
        let mut evidence = Self::default();
        for site in sites {
            let fine = site.fine.is_some_and(|seen| tells(seen, FRESH));
            let throttled = site.throttled.is_some_and(|seen| tells(seen, LASTING));
            let is_own = site.host == host;
            let keys_index = if is_own { &mut evidence.host } else { &mut evidence.domain };
            keys_index.fine |= fine && (is_own || !throttled);
            keys_index.throttled |= throttled;
        }
        evidence
    }
}

impl Limits {
    /// What is known after one more throttled answer.
    #[must_use]
    pub fn learn(self, evidence: Evidence) -> Self {
        let Evidence { host, domain } = evidence;
        let (narrows, widens) = match self.scope {
            Scope::Address => (false, host.throttled),
            Scope::Host => (host.fine && !host.throttled && !domain.throttled, domain.throttled),
            Scope::Domain => (domain.fine && !domain.throttled, false),
        };
        // To have narrowed wrongly costs others their patience; one sign is enough to take it back.
        let enough = if self.scope == Scope::Address { 1 } else { ENOUGH };
        let narrower = if narrows { self.narrower + 1 } else { 0 };
        let wider = if widens { self.wider + 1 } else { 0 };
        let scope = match self.scope {
            Scope::Domain if narrower >= ENOUGH => Scope::Host,
            Scope::Host if narrower >= ENOUGH => Scope::Address,
            Scope::Address if wider >= enough => Scope::Host,
            Scope::Host if wider >= enough => Scope::Domain,
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

    fn site(host: &str, fine: Option<(i64, i64)>, throttled: Option<(i64, i64)>) -> Answers {
        let seen = |(minutes, feed): (i64, i64)| (now() - TimeDelta::minutes(minutes), feed);
        Answers { host: host.to_owned(), fine: fine.map(seen), throttled: throttled.map(seen) }
    }

    fn learned(limits: Limits, sites: &[Answers]) -> Limits {
        limits.learn(Evidence::of(sites, "a.example", 1, now()))
    }

    #[test]
    fn it_starts_at_the_host_and_stays_without_evidence() {
        let limits = learned(Limits::default(), &[site("a.example", Some((1, 1)), Some((5, 1)))]);
        assert_eq!(limits.scope, Scope::Host);
        let old = [
            site("a.example", Some((60, 2)), Some((600, 3))),
            site("b.a.example", None, Some((600, 4))),
        ];
        assert_eq!(learned(limits, &old).scope, Scope::Host);
    }

    #[test]
    fn siblings_that_are_fine_narrow_it_and_one_that_is_not_takes_that_back() {
        let fine = [site("a.example", Some((3, 2)), None)];
        let once = learned(Limits::default(), &fine);
        assert_eq!(once.scope, Scope::Host);
        let twice = learned(once, &fine);
        assert_eq!(twice.scope, Scope::Address);
        assert_eq!(
            learned(twice, &[site("a.example", Some((3, 2)), Some((20, 3)))]).scope,
            Scope::Host
        );
    }

    #[test]
    fn throttled_neighbours_widen_it_and_fine_ones_take_that_back() {
        let both = [site("a.example", None, None), site("b.a.example", None, Some((20, 9)))];
        let wide = learned(learned(Limits::default(), &both), &both);
        assert_eq!(wide.scope, Scope::Domain);
        let fine = [site("a.example", None, None), site("b.a.example", Some((3, 9)), None)];
        assert_eq!(learned(learned(wide, &fine), &fine).scope, Scope::Host);
    }

    #[test]
    fn evidence_has_to_come_twice_in_a_row() {
        let fine = [site("a.example", Some((3, 2)), None)];
        let none = [site("a.example", None, None)];
        let limits = learned(learned(learned(Limits::default(), &fine), &none), &fine);
        assert_eq!(limits.scope, Scope::Host);
    }
}
