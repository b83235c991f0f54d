//! A page in the feed list: the feeds that it states are tried one after the other.
//!
//! People list the address of a site, because it is the one they know. Its page states its feeds
//! (`link rel=alternate`). The first of them that answers with a feed is adopted, and an event names
//! it and the others. Only a feed that has never been read, or that was adopted in this way before,
//! is looked for: if a working feed answers with a page for once, the feeds of that page are others.

use serde::{Deserialize, Serialize};
use url::Url;

/// Most feeds of one page that are tried.
const MOST: usize = 5;

/// The trial of the feeds that a page states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedFeeds {
    /// The feed that is requested now.
    trying: String,
    /// The others, in the order in which they are tried.
    left: Vec<String>,
    /// Those that did not answer with a feed.
    failed: Vec<String>,
}

impl StatedFeeds {
    /// Begins a trial. `is_known` tells addresses that are no candidates.
    pub(super) fn begin(feeds: &[Url], is_known: impl Fn(&str) -> bool) -> Option<Self> {
        let mut all = feeds.iter().map(Url::to_string).filter(|feed| !is_known(feed)).take(MOST);
        let trying = all.next()?;
        Some(Self { trying, left: all.collect(), failed: Vec::new() })
    }

    /// The trial after the current feed failed. `None`: it was the last.
    pub(super) fn next(mut self) -> Option<Self> {
        if self.left.is_empty() {
            return None;
        }
        let next = self.left.remove(0);
        self.failed.push(std::mem::replace(&mut self.trying, next));
        Some(self)
    }

    /// The feed to request.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.trying
    }

    /// What is said when the last of the feeds has failed with this error.
    #[must_use]
    pub fn failure(&self, error: &str) -> String {
        let named: Vec<&str> =
            self.failed.iter().chain([&self.trying]).map(String::as_str).collect();
        format!("the page names {}; the last of them failed: {error}", named.join(", "))
    }

    /// The feed that answered, and the others that the page states.
    pub(super) fn found(self) -> (String, Vec<String>) {
        (self.trying, self.failed.into_iter().chain(self.left).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_are_tried_in_order() {
        let feeds: Vec<Url> = (0..9)
            .map(|number| Url::parse(&format!("https://example.com/{number}")).unwrap())
            .collect();
        let trial = StatedFeeds::begin(&feeds, |feed| feed.ends_with("/0")).unwrap();
        assert_eq!(trial.address(), "https://example.com/1");
        let trial = trial.next().unwrap();
        let (found, others) = trial.clone().found();
        assert_eq!(found, "https://example.com/2");
        assert_eq!(others, ["1", "3", "4", "5"].map(|n| format!("https://example.com/{n}")));
        let last = (0..3).try_fold(trial, |trial, _| trial.next()).unwrap();
        assert_eq!(last.next(), None);
        assert_eq!(StatedFeeds::begin(&feeds, |_| true), None);
    }
}
