//! Finds a replacement for a dead feed.
//!
//! When a site changes its publishing system, the old feed address often breaks and the home page
//! names the new one. So when a feed is gone, or has failed for a week, its home page is read and
//! the feeds that it names are tried. The result is only a suggestion for the operator, because
//! nobody but the operator can know that the new feed continues the old one: a parked domain has
//! feeds too.
//!
//! A [`Discovery`] is stored between two of its requests, since each request waits until its site
//! may be asked again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use wiresift_feed::ParsedFeed;
use wiresift_feed::address::Host;

/// How long a feed must have failed before its home page is read. A feed that is gone (410) is not
/// waited for.
pub const MIN_FAILING: TimeDelta = TimeDelta::days(7);

/// How long until the home page is read again, while the feed stays dead.
pub const REPEAT_EVERY: TimeDelta = TimeDelta::days(30);

/// Candidate addresses that are tried per home page.
const MAX_CANDIDATES: usize = 6;

/// Redirects that are followed from one address.
const MAX_REDIRECTS: u8 = 5;

/// An address that may be a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The address.
    pub url: String,
    /// Not named by the page: a path where many sites have their feed.
    pub is_guess: bool,
}

/// A working feed that may replace the dead one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacementFeed {
    pub url: String,
    /// The feed's own title.
    pub title: Option<String>,
    /// Number of entries.
    pub entries: usize,
    /// Date of the newest entry.
    pub newest: Option<DateTime<Utc>>,
}

/// The progress of one discovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// The address of the next request.
    pub url: String,
    /// The home page.
    pub home: String,
    /// Whether the next request is for the home page, and not for a candidate.
    pub is_page: bool,
    hops: u8,
    /// Candidates still to try; the next one is last.
    candidates: Vec<Candidate>,
    found: Vec<ReplacementFeed>,
}

/// What follows a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscoveryStep {
    /// Make another request.
    Next(Discovery),
    /// The discovery is finished, with these results.
    Done(Vec<ReplacementFeed>),
}

/// The home page to read: the one that the feed named as its own, else the front page of its site.
#[must_use]
pub fn home_page(feed: &Url, stated: Option<&str>) -> Option<Url> {
    let stated = stated.and_then(|url| Url::parse(url).ok()).filter(|url| Host::of(url).is_some());
    stated.or_else(|| feed.join("/").ok())
}

impl Discovery {
    /// A discovery that begins with the home page.
    #[must_use]
    pub fn start(home: &Url) -> Self {
        Self {
            url: home.to_string(),
            home: home.to_string(),
            is_page: true,
            hops: 0,
            candidates: Vec::new(),
            found: Vec::new(),
        }
    }

    /// After a redirect.
    #[must_use]
    pub fn redirected(self, to: &Url) -> DiscoveryStep {
        if self.hops >= MAX_REDIRECTS {
            return self.nothing_found();
        }
        DiscoveryStep::Next(Self { url: to.to_string(), hops: self.hops + 1, ..self })
    }

    /// After the home page. `named` are the addresses found on it, best first; `dead` is the old
    /// feed's address.
    #[must_use]
    pub fn page_read(mut self, mut named: Vec<Candidate>, dead: &str) -> DiscoveryStep {
        named.retain(|candidate| candidate.url != dead);
        named.truncate(MAX_CANDIDATES);
        named.reverse();
        self.candidates = named;
        self.is_page = false;
        self.next()
    }

    /// After a candidate that turned out to be a feed.
    #[must_use]
    pub fn feed_found(mut self, url: &Url, feed: &ParsedFeed) -> DiscoveryStep {
        let is_known = self.found.iter().any(|known| known.url == url.as_str());
        if !feed.entries.is_empty() && !is_known {
            self.found.push(ReplacementFeed {
                url: url.to_string(),
                title: feed.title.clone(),
                entries: feed.entries.len(),
                newest: feed.entries.iter().filter_map(|entry| entry.published).max(),
            });
        }
        self.next()
    }

    /// After a request that brought nothing of use, or that must not be made.
    #[must_use]
    pub fn nothing_found(self) -> DiscoveryStep {
        if self.is_page { DiscoveryStep::Done(Vec::new()) } else { self.next() }
    }

    /// Guessed addresses are tried only while no feed has been found.
    fn next(mut self) -> DiscoveryStep {
        match self.candidates.pop() {
            Some(candidate) if self.found.is_empty() || !candidate.is_guess => {
                DiscoveryStep::Next(Self { url: candidate.url, hops: 0, ..self })
            }
            _ => DiscoveryStep::Done(self.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiresift_feed::parse;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn candidates(urls: &[(&str, bool)]) -> Vec<Candidate> {
        urls.iter()
            .map(|(url, is_guess)| Candidate { url: (*url).to_owned(), is_guess: *is_guess })
            .collect()
    }

    fn shows(entries: usize) -> ParsedFeed {
        let items: String =
            (0..entries).map(|n| format!("<item><guid>{n}</guid></item>")).collect();
        let text =
            format!("<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>");
        parse(text.as_bytes(), None, &url("https://a.example/1"), DateTime::UNIX_EPOCH).unwrap()
    }

    fn next(step: DiscoveryStep) -> Discovery {
        match step {
            DiscoveryStep::Next(discovery) => discovery,
            DiscoveryStep::Done(found) => panic!("over: {found:?}"),
        }
    }

    #[test]
    fn candidates_of_the_page_come_first_and_guesses_only_without_a_result() {
        let dead = "https://a.example/old";
        let named = [(dead, false), ("https://a.example/1", false), ("https://a.example/2", false)];
        let guesses = [("https://a.example/feed", true), ("https://a.example/rss", true)];
        let all = candidates(&[&named[..], &guesses[..]].concat());
        let first = next(Discovery::start(&url("https://a.example/")).page_read(all, dead));
        assert_eq!((first.url.as_str(), first.is_page), ("https://a.example/1", false));
        let second = next(first.clone().nothing_found());
        assert_eq!(second.url, "https://a.example/2");
        let guess = next(second.clone().nothing_found());
        assert_eq!(guess.url, "https://a.example/feed");
        let second = next(first.feed_found(&url("https://a.example/1"), &shows(3)));
        match second.nothing_found() {
            DiscoveryStep::Done(found) => assert_eq!((found.len(), found[0].entries), (1, 3)),
            DiscoveryStep::Next(discovery) => panic!("a guess is tried: {discovery:?}"),
        }
    }

    #[test]
    fn an_empty_feed_is_no_replacement_and_a_feed_is_found_only_once() {
        let all = candidates(&[("https://a.example/1", false), ("https://a.example/2", false)]);
        let discovery = next(Discovery::start(&url("https://a.example/")).page_read(all, ""));
        let empty =
            next(discovery.clone().feed_found(&url("https://a.example/1"), &ParsedFeed::default()));
        assert_eq!(empty.found, []);
        let once = next(discovery.feed_found(&url("https://a.example/all"), &shows(3)));
        let DiscoveryStep::Done(found) = once.feed_found(&url("https://a.example/all"), &shows(3))
        else {
            panic!()
        };
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_failed_page_and_a_redirect_loop_end_the_discovery() {
        let discovery = Discovery::start(&url("https://a.example/"));
        assert_eq!(discovery.clone().nothing_found(), DiscoveryStep::Done(Vec::new()));
        let mut step = DiscoveryStep::Next(discovery);
        let mut hops = 0;
        while let DiscoveryStep::Next(discovery) = step {
            step = discovery.redirected(&url("https://a.example/x"));
            hops += 1;
        }
        assert_eq!(hops, i32::from(MAX_REDIRECTS) + 1);
    }

    #[test]
    fn the_home_page_is_the_stated_one_or_the_front_page() {
        let feed = url("https://a.example/x/feed.xml");
        let home = |stated| home_page(&feed, stated).unwrap().to_string();
        assert_eq!(home(Some("https://b.example/news")), "https://b.example/news");
        assert_eq!(home(None), "https://a.example/");
        assert_eq!(home(Some("javascript:alert(1)")), "https://a.example/");
    }
}
