//! An invented news world: eight outlets, their feeds, their articles, and what happens to them
//! over time.
//!
//! It plays the internet for the demonstration, the tests and the benchmarks. Everything in it is
//! made up and written for this purpose. Every page is assembled from parts that are known to be
//! article or boilerplate, so the world can say for each page what a correct extraction keeps and
//! removes ([`WorldServer::truth`]). It shares no code with the rest of wiresift: an error in
//! reading the news cannot be hidden by the same error in publishing it.
//!
//! # The outlets
//!
//! - `harbour-gazette.localhost` (en). Pages: a blog theme with share bar, newsletter, author box,
//!   comments and AMP pages. Feeds: RSS 2.0 with tracking parameters; the section "Port" again,
//!   with AMP links.
//! - `signal-north.localhost` (en). Pages: a script framework with JSON-LD, hashed class names and
//!   a consent notice. Feeds: JSON Feed; the same articles as a news sitemap.
//! - `millbrook-post.localhost` (en). Pages: bare semantic HTML with a donation appeal. Feed: Atom
//!   with full text; moves permanently in edition 1.
//! - `dale-courier.localhost` (en). Pages: nested tables of 2003, windows-1252, articles at
//!   `?sid=`. Feeds: RSS 2.0 with a bare `&`, `&nbsp;` and new GUIDs in each edition; an HTML error
//!   page in place of the sport feed.
//! - `elbtal-anzeiger.localhost` (de). Pages: a content system with block-element classes. Feed:
//!   Atom 0.3.
//! - `diario-ribera.localhost` (es). Pages: nested `div`s with microdata. Feeds: RSS 1.0; a
//!   regional feed that is truncated inside an item.
//! - `vestnik-priozerya.localhost` (ru). Pages: one `div`, `<br><br>` between paragraphs,
//!   windows-1251. Feed: RSS 2.0 with GUIDs that are no addresses.
//! - `minato-nippo.localhost` (ja). Pages: sections, no spaces between words. Feed: RSS 2.0 without
//!   GUIDs.
//!
//! `lnk.localhost` is a shortener that redirects to an outlet.
//!
//! # What happens
//!
//! - Two outlets publish a wire story word for word under different headlines; another copy is cut.
//! - Two market reports share their phrasing and differ in every number: they are no copies.
//! - Two events are each covered by two outlets in their own words.
//! - One page gives 410 and the feed has its text; one gives 404 and the feed has no text; one is
//!   forbidden by `robots.txt`; one gives 503 with `Retry-After` at the first visit.
//! - Edition 1: new articles everywhere, a corrected article, a moved feed, an old entry missing.
//! - Edition 2: an article has one more paragraph, the old entry is back.
//!
//! All dates are before the `start` that the caller gives, also those of later editions.
//! [`World::scaled`] generates any number of sites with texts of their own instead, for load tests.

mod address;
mod article;
mod cast;
mod feeds;
mod generator;
mod internet;
mod kept;
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

use kept::Kept;

pub use outlet::{FeedFate, Outlet, Style};
pub use server::{Seen, WorldServer};
pub use truth::{Access, FeedOfWorld, TruthArticle, TruthKind};

/// The description of a world: who publishes what, and when. [`WorldServer`] serves it.
#[derive(Debug, Clone)]
pub struct World {
    start: DateTime<Utc>,
    cast: Cast,
}

#[derive(Debug, Clone)]
enum Cast {
    Written(Vec<Arc<Outlet>>),
    Generated { sites: usize, entries: usize, kept: Kept },
}

impl World {
    /// The eight outlets. Every date in the world is before `start`, in whole seconds, as dates in
    /// feeds are.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self {
            start: start.trunc_subsecs(0),
            cast: Cast::Written(cast::written().into_iter().map(Arc::new).collect()),
        }
    }

    /// `sites` generated English sites, from `site-00000.localhost` on, each with one feed of
    /// `entries_per_feed` entries. Each article has a text of its own of 300 to 700 words. Each
    /// edition adds a tenth of `entries_per_feed`, at least one, to every feed. The same arguments
    /// always give the same texts. Few outlets are held in memory, so the size is free.
    #[must_use]
    pub fn scaled(start: DateTime<Utc>, sites: usize, entries_per_feed: usize) -> Self {
        Self {
            start: start.trunc_subsecs(0),
            cast: Cast::Generated {
                sites,
                entries: entries_per_feed.max(1),
                kept: Kept::default(),
            },
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

    /// All outlets. Generated ones come without their articles, so that listing feeds stays cheap.
    fn outlets(&self) -> Vec<Arc<Outlet>> {
        match &self.cast {
            Cast::Written(outlets) => outlets.clone(),
            Cast::Generated { sites, .. } => {
                (0..*sites).map(|index| Arc::new(generator::outlet(index, 0, 0))).collect()
            }
        }
    }

    /// The outlet at `host` with everything that it has published up to `edition`.
    #[must_use]
    pub fn outlet(&self, host: &str, edition: u32) -> Option<Arc<Outlet>> {
        match &self.cast {
            Cast::Written(outlets) => outlets.iter().find(|outlet| outlet.host == host).cloned(),
            Cast::Generated { sites, entries, kept } => {
                generator::index_of(host).filter(|index| index < sites).map(|index| {
                    kept.get((index, edition), || generator::outlet(index, *entries, edition))
                })
            }
        }
    }
}
