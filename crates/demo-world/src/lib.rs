//! An invented news world: eight outlets, their feeds, their articles, and what happens to them over time.
//!
//! It plays the internet for the demonstration, the tests and the benchmarks. Everything in it is made up and
//! written for this purpose, and every page is assembled from parts that know whether they are article or
//! furniture, so the world can say of each page what a clean reading must keep and what it must drop
//! ([`WorldServer::truth`]). It uses nothing else of the crate: a mistake in how we read the news cannot hide in
//! how the news is told.
//!
//! # The outlets
//!
//! | host | language | pages | feeds |
//! |---|---|---|---|
//! | `harbour-gazette.localhost` | en | a blog system's theme: share bar, newsletter, author box, comments, AMP twin | RSS 2.0 with tracked links; the section "Port" again, in AMP links |
//! | `signal-north.localhost` | en | a script framework: JSON-LD, class names that are hashes, consent notice | JSON Feed; the same articles as a news sitemap |
//! | `millbrook-post.localhost` | en | bare semantic HTML, donation appeal | Atom with full text; moves for good in edition 1 |
//! | `dale-courier.localhost` | en | nested tables of 2003, windows-1252, an article is `?sid=` | RSS 2.0 with a bare `&`, `&nbsp;` and new GUIDs each edition; an HTML error page where the sport feed was |
//! | `elbtal-anzeiger.localhost` | de | a content system with block-element classes | Atom 0.3 |
//! | `diario-ribera.localhost` | es | nested `div`s with microdata | RSS 1.0; a regional feed cut off in mid-item |
//! | `vestnik-priozerya.localhost` | ru | one `div`, paragraphs parted by `<br><br>`, windows-1251 | RSS 2.0 with GUIDs that are no addresses |
//! | `minato-nippo.localhost` | ja | sections without spaces between words | RSS 2.0 without GUIDs |
//!
//! `lnk.localhost` is a shortener that redirects to an outlet.
//!
//! # What happens
//!
//! - A wire story runs at two outlets under different headlines, word for word the same; another is cut.
//! - Two market reports share their phrasing and differ in every number: they are no copies.
//! - Two events are told by two outlets each, in their own words.
//! - One page answers 410 while the feed has its text, one answers 404 and the feed has not, one is off limits by
//!   `robots.txt`, one answers 503 with `Retry-After` the first time.
//! - Edition 1: new articles everywhere, a corrected article, a moved feed, an old entry missing.
//! - Edition 2: an article has grown by a paragraph, the old entry is back.
//!
//! Dates lie before the `start` that the caller gives, also those of later editions. [`World::scaled`] makes any
//! number of sites with texts of their own instead, for load.

mod address;
mod article;
mod cast;
mod feeds;
mod generator;
mod internet;
mod markup;
mod outlet;
mod reply;
mod scene;
mod server;
mod texts;
mod truth;
mod words;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};

pub use outlet::{FeedFate, Outlet, Style};
pub use server::{Seen, WorldServer};
pub use truth::{Access, FeedOfWorld, TruthArticle, TruthKind};

/// The description of a world: who publishes what, and when. Serving it is [`WorldServer`]'s.
#[derive(Debug, Clone)]
pub struct World {
    start: DateTime<Utc>,
    cast: Cast,
}

#[derive(Debug, Clone)]
enum Cast {
    Written(Vec<Arc<Outlet>>),
    Generated { sites: usize, entries: usize },
}

impl World {
    /// The eight outlets. Every date in the world lies before `start`, and is whole seconds, as dates in feeds are.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self {
            start: start.trunc_subsecs(0),
            cast: Cast::Written(cast::written().into_iter().map(Arc::new).collect()),
        }
    }

    /// `sites` generated English sites, `site-00000.localhost` onwards, each with one feed of `entries_per_feed`
    /// entries. Each article has a text of its own of 300 to 700 words. Each edition adds a tenth of
    /// `entries_per_feed`, at least one, to every feed. The same arguments always make the same texts; nothing is
    /// held in memory, so the size is free.
    #[must_use]
    pub fn scaled(start: DateTime<Utc>, sites: usize, entries_per_feed: usize) -> Self {
        Self {
            start: start.trunc_subsecs(0),
            cast: Cast::Generated { sites, entries: entries_per_feed.max(1) },
        }
    }

    /// All hosts that publish, without the shortener.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        match &self.cast {
            Cast::Written(outlets) => outlets.iter().map(|outlet| outlet.host.clone()).collect(),
            Cast::Generated { sites, .. } => (0..*sites).map(generator::host).collect(),
        }
    }

    /// All outlets; generated ones come without their articles, so that listing feeds stays cheap.
    fn outlets(&self) -> Vec<Arc<Outlet>> {
        match &self.cast {
            Cast::Written(outlets) => outlets.clone(),
            Cast::Generated { sites, .. } => {
                (0..*sites).map(|index| Arc::new(generator::outlet(index, 0, 0))).collect()
            }
        }
    }

    /// The outlet at `host` with all that it has published up to `edition`.
    #[must_use]
    pub fn outlet(&self, host: &str, edition: u32) -> Option<Arc<Outlet>> {
        match &self.cast {
            Cast::Written(outlets) => outlets.iter().find(|outlet| outlet.host == host).cloned(),
            Cast::Generated { sites, entries } => generator::index_of(host)
                .filter(|index| index < sites)
                .map(|index| Arc::new(generator::outlet(index, *entries, edition))),
        }
    }
}
