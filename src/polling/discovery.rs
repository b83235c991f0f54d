//! The search for what has taken a dead feed's place.
//!
//! A paper that changes its system forgets its feed's old address, and its home page names the new one. So the home page of a
//! feed that is gone, or has failed for a week, is read, and the feeds that it names are tried. What comes of it is a proposal:
//! whoever keeps the list knows whether the new feed is the old one's heir, and a parked domain has feeds too.
//!
//! A search is a value between two of its requests, since each request waits for its site's turn.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use wiresift_feed::ParsedFeed;
use wiresift_feed::address::Host;

/// For how long a feed must have failed before its home page is searched. One that says that it is gone is believed.
pub const FAILED_FOR: TimeDelta = TimeDelta::days(7);

/// When a home page is searched again, while the feed stays dead.
pub const PAUSE: TimeDelta = TimeDelta::days(30);

/// Addresses that are tried because of one page.
const MOST_TRIED: usize = 6;

/// Redirects that are followed from one address.
const MOST_HOPS: u8 = 5;

/// An address that may be a feed's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The address.
    pub url: String,
    /// No page names it: it is where many sites have their feed.
    pub is_guess: bool,
}

/// A feed that was found and answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Where it answers.
    pub url: String,
    /// What it calls itself.
    pub title: Option<String>,
    /// How many entries it shows.
    pub entries: usize,
    /// When the newest was published.
    pub newest: Option<DateTime<Utc>>,
}

/// Where a search stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// The address to ask next.
    pub url: String,
    /// What is searched.
    pub home: String,
    /// That address is the page's, and not yet a feed's.
    pub is_page: bool,
    hops: u8,
    /// To be tried, the next one last.
    candidates: Vec<Candidate>,
    found: Vec<Proposal>,
}

/// What follows an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Another request.
    On(Search),
    /// Nothing more to ask.
    Over(Vec<Proposal>),
}

/// The page to search for a feed: the one that it called its own, or else the front page of its site.
#[must_use]
pub fn home_of(feed: &Url, stated: Option<&str>) -> Option<Url> {
    let stated = stated.and_then(|url| Url::parse(url).ok()).filter(|url| Host::of(url).is_some());
    stated.or_else(|| feed.join("/").ok())
}

impl Search {
    /// From the beginning.
    #[must_use]
    pub fn of(home: &Url) -> Self {
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
    pub fn redirected(self, to: &Url) -> Turn {
        if self.hops >= MOST_HOPS {
            return self.failed();
        }
        Turn::On(Self { url: to.to_string(), hops: self.hops + 1, ..self })
    }

    /// After the page: the addresses that it names, best first. `dead` is the feed's own.
    #[must_use]
    pub fn searched(mut self, mut named: Vec<Candidate>, dead: &str) -> Turn {
        named.retain(|candidate| candidate.url != dead);
        named.truncate(MOST_TRIED);
        named.reverse();
        self.candidates = named;
        self.is_page = false;
        self.next()
    }

    /// After an address that was tried and has a feed.
    #[must_use]
    pub fn confirmed(mut self, url: &Url, feed: &ParsedFeed) -> Turn {
        let is_known = self.found.iter().any(|known| known.url == url.as_str());
        if !feed.entries.is_empty() && !is_known {
            self.found.push(Proposal {
                url: url.to_string(),
                title: feed.title.clone(),
                entries: feed.entries.len(),
                newest: feed.entries.iter().filter_map(|entry| entry.published).max(),
            });
        }
        self.next()
    }

    /// After an address that has nothing of use, or must not be asked.
    #[must_use]
    pub fn failed(self) -> Turn {
        if self.is_page { Turn::Over(Vec::new()) } else { self.next() }
    }

    /// Guesses are tried only as long as nothing was found.
    fn next(mut self) -> Turn {
        match self.candidates.pop() {
            Some(candidate) if self.found.is_empty() || !candidate.is_guess => {
                Turn::On(Self { url: candidate.url, hops: 0, ..self })
            }
            _ => Turn::Over(self.found),
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

    fn on(turn: Turn) -> Search {
        match turn {
            Turn::On(search) => search,
            Turn::Over(found) => panic!("over: {found:?}"),
        }
    }

    #[test]
    fn what_the_page_names_is_tried_in_order_and_guesses_only_if_that_was_nothing() {
        let dead = "https://a.example/old";
        let named = [(dead, false), ("https://a.example/1", false), ("https://a.example/2", false)];
        let guesses = [("https://a.example/feed", true), ("https://a.example/rss", true)];
        let all = candidates(&[&named[..], &guesses[..]].concat());
        let first = on(Search::of(&url("https://a.example/")).searched(all, dead));
        assert_eq!((first.url.as_str(), first.is_page), ("https://a.example/1", false));
        let second = on(first.clone().failed());
        assert_eq!(second.url, "https://a.example/2");
        let guess = on(second.clone().failed());
        assert_eq!(guess.url, "https://a.example/feed");
        let second = on(first.confirmed(&url("https://a.example/1"), &shows(3)));
        match second.failed() {
            Turn::Over(found) => assert_eq!((found.len(), found[0].entries), (1, 3)),
            Turn::On(search) => panic!("a guess is tried: {search:?}"),
        }
    }

    #[test]
    fn an_empty_feed_is_no_heir_and_one_feed_is_proposed_once() {
        let all = candidates(&[("https://a.example/1", false), ("https://a.example/2", false)]);
        let search = on(Search::of(&url("https://a.example/")).searched(all, ""));
        let empty =
            on(search.clone().confirmed(&url("https://a.example/1"), &ParsedFeed::default()));
        assert_eq!(empty.found, []);
        let once = on(search.confirmed(&url("https://a.example/all"), &shows(3)));
        let Turn::Over(found) = once.confirmed(&url("https://a.example/all"), &shows(3)) else {
            panic!()
        };
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_page_that_cannot_be_had_and_a_ring_of_redirects_end_it() {
        let search = Search::of(&url("https://a.example/"));
        assert_eq!(search.clone().failed(), Turn::Over(Vec::new()));
        let mut turn = Turn::On(search);
        let mut hops = 0;
        while let Turn::On(search) = turn {
            turn = search.redirected(&url("https://a.example/x"));
            hops += 1;
        }
        assert_eq!(hops, i32::from(MOST_HOPS) + 1);
    }

    #[test]
    fn a_feed_says_which_page_is_its_own() {
        let feed = url("https://a.example/x/feed.xml");
        let home = |stated| home_of(&feed, stated).unwrap().to_string();
        assert_eq!(home(Some("https://b.example/news")), "https://b.example/news");
        assert_eq!(home(None), "https://a.example/");
        assert_eq!(home(Some("javascript:alert(1)")), "https://a.example/");
    }
}
