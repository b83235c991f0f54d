//! Older pages of a feed, read after a gap to close it.
//!
//! RFC 5005 has two ways for a feed to name its past: `prev-archive` (archived feeds) and `next` (paged feeds). Where there is
//! neither, the addresses of `WordPress` feeds take `paged=2`. Pages are read one a turn through the same gate as any poll, on
//! the feed's own host, until one has an entry that was known before the gap, and ten at most.
//!
//! Where the feed has no past of its own, a news sitemap of its site may stand in: one page, of which `scope` says
//! what is the feed's. Whether there is one is not known here, so such a gap is left open for whoever knows the site.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::polling::schedule::scope::{Missed, Span, missed};
use crate::polling::schedule::window::Window;
use wiresift_feed::ParsedFeed;
use wiresift_feed::address::Host;

/// Pages that are read because of one gap.
const MOST_PAGES: u32 = 10;

/// A walk into a feed's past, between two of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// The page to read next.
    pub page: String,
    /// Pages read so far.
    pub pages: u32,
    /// Marks of the last look before the gap: where one of these comes up, the gap is closed.
    before: Vec<i64>,
    /// Number of the page, where pages are counted by us and not named by the feed.
    paged: Option<u32>,
    /// When the gap was, where the page is a news sitemap of the site.
    span: Option<Span>,
}

/// A gap of a feed that has no past of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGap {
    /// The feed's address.
    address: Url,
    before: Vec<i64>,
    span: Span,
}

/// How a walk goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walk {
    /// To this page.
    On(Backfill),
    /// It is over.
    Over {
        /// Pages read.
        pages: u32,
        /// Whether the gap is closed.
        closed: bool,
        /// The feed gives the same entries whatever page is asked for.
        is_unpaged: bool,
    },
}

impl Backfill {
    /// Where to begin after a gap; `None` if the feed has no past of its own that we know how to ask for.
    #[must_use]
    pub fn begin(
        feed: &ParsedFeed,
        address: &Url,
        before: &Window,
        is_unpaged: bool,
    ) -> Option<Self> {
        let named = feed.older.as_ref().filter(|older| is_same_site(older, address));
        let (page, paged) = match named {
            Some(older) => (older.clone(), None),
            None if !is_unpaged && is_wordpress(address) => (numbered(address, 2), Some(2)),
            None => return None,
        };
        Some(Self { page: page.into(), pages: 0, before: before.to_stored(), paged, span: None })
    }

    /// After a page; `None` where it could not be had. `now` is what the feed itself shows.
    #[must_use]
    pub fn after(mut self, page: Option<(&ParsedFeed, &Url)>, now: &Window) -> Walk {
        let over = |pages, closed, is_unpaged| Walk::Over { pages, closed, is_unpaged };
        let Some((feed, address)) = page else {
            return over(self.pages, false, self.paged == Some(2));
        };
        self.pages += 1;
        if self.span.is_some() {
            let closed = self.missed(feed, now).is_some_and(|missed| missed.reaches_back);
            return over(self.pages, closed, false);
        }
        // A server that does not know the parameter gives the newest entries again.
        let is_unpaged = self.paged == Some(2) && now.has_any(&feed.entries);
        let is_closed = Window::from_stored(&self.before).has_any(&feed.entries);
        if is_closed || is_unpaged || feed.entries.is_empty() || self.pages >= MOST_PAGES {
            return over(self.pages, is_closed, is_unpaged);
        }
        let older = match self.paged {
            Some(number) => {
                self.paged = Some(number + 1);
                Some(numbered(address, number + 1))
            }
            None => {
                feed.older.clone().filter(|older| is_same_site(older, address) && older != address)
            }
        };
        match older {
            Some(older) => Walk::On(Self { page: older.into(), ..self }),
            None => over(self.pages, false, false),
        }
    }

    /// Whether the pages are the feed's own, and not a sitemap of its site.
    #[must_use]
    pub fn is_of_the_feed(&self) -> bool {
        self.span.is_none()
    }

    /// Leaves of a page what is the feed's: of its own pages all, of a sitemap what it showed within the gap.
    pub fn narrow(&self, page: &mut ParsedFeed, now: &Window) {
        if self.is_of_the_feed() {
            return;
        }
        let mut is_missed =
            self.missed(page, now).map(|missed| missed.is_missed).unwrap_or_default().into_iter();
        page.entries.retain(|_| is_missed.next().unwrap_or(false));
    }

    fn missed(&self, sitemap: &ParsedFeed, now: &Window) -> Option<Missed> {
        let span = self.span.as_ref().filter(|_| !sitemap.is_index)?;
        missed(span, &sitemap.entries, &Window::from_stored(&self.before), now)
    }
}

impl OpenGap {
    /// The gap since the look of `since`, after which `feed` is shown; `None` where dates do not tell when it was.
    #[must_use]
    pub fn of(
        feed: &ParsedFeed,
        address: &Url,
        before: &Window,
        since: Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let span = Span::of(&feed.entries, before, since?)?;
        Some(Self { address: address.clone(), before: before.to_stored(), span })
    }

    /// Where the feed was asked: sitemaps of this site may close the gap.
    #[must_use]
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// A walk to the first of these news sitemaps that is on the feed's host, and another address than the feed's.
    #[must_use]
    pub fn to_sitemap(self, sitemaps: Vec<Url>) -> Option<Backfill> {
        let is_other = |url: &Url| is_same_site(url, &self.address) && *url != self.address;
        let page = sitemaps.into_iter().find(is_other)?.into();
        Some(Backfill { page, pages: 0, before: self.before, paged: None, span: Some(self.span) })
    }
}

/// A page of the past is asked of the feed's own host only, and not in clear where the feed is not.
fn is_same_site(older: &Url, address: &Url) -> bool {
    let is_downgrade = address.scheme() == "https" && older.scheme() != "https";
    Host::of(older) == Host::of(address) && !is_downgrade
}

/// `/feed`, `/feed/`, `/category/x/feed/`, `/?feed=rss2`.
fn is_wordpress(address: &Url) -> bool {
    let path = address.path().trim_end_matches('/');
    path.ends_with("/feed") || address.query_pairs().any(|(name, _)| name == "feed")
}

fn numbered(address: &Url, number: u32) -> Url {
    let mut url = address.clone();
    let others: Vec<(String, String)> =
        address.query_pairs().into_owned().filter(|(name, _)| name != "paged").collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("paged", &number.to_string());
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polling::schedule::tests::shows;
    use crate::polling::schedule::window::tests::entry;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn window(numbers: std::ops::RangeInclusive<u32>) -> Window {
        Window::of(&numbers.map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn a_named_past_is_walked_until_known_entries_come_up() {
        let address = url("https://a.example/feed.xml");
        let older = |path: &str| Some(url("https://a.example/").join(path).unwrap());
        let feed = ParsedFeed { older: older("/2"), ..shows(31..=40) };
        let walk = Backfill::begin(&feed, &address, &window(1..=10), false).unwrap();
        assert_eq!(walk.page, "https://a.example/2");
        let page = ParsedFeed { older: older("/1"), ..shows(21..=30) };
        let Walk::On(walk) =
            walk.after(Some((&page, &url("https://a.example/2"))), &window(31..=40))
        else {
            panic!("over")
        };
        assert_eq!((walk.page.as_str(), walk.pages), ("https://a.example/1", 1));
        let page = ParsedFeed { older: older("/0"), ..shows(8..=20) };
        let end = walk.after(Some((&page, &url("https://a.example/1"))), &window(31..=40));
        assert_eq!(end, Walk::Over { pages: 2, closed: true, is_unpaged: false });
    }

    #[test]
    fn no_other_host_and_no_other_feed_is_asked() {
        let feed = |older: &str| ParsedFeed { older: Some(url(older)), ..shows(1..=3) };
        for (address, older) in [
            ("https://a.example/f.xml", "https://b.example/2"),
            ("https://a.example/f.xml", "http://a.example/2"),
        ] {
            assert_eq!(Backfill::begin(&feed(older), &url(address), &window(1..=3), false), None);
        }
        assert_eq!(
            Backfill::begin(&shows(1..=3), &url("https://a.example/f.xml"), &window(1..=3), false),
            None
        );
    }

    #[test]
    fn wordpress_pages_are_counted_and_found_out_where_there_are_none() {
        let address = url("https://a.example/news/feed/?x=1");
        let walk = Backfill::begin(&shows(31..=40), &address, &window(1..=10), false).unwrap();
        assert_eq!(walk.page, "https://a.example/news/feed/?x=1&paged=2");
        assert_eq!(Backfill::begin(&shows(31..=40), &address, &window(1..=10), true), None);
        let second = url(&walk.page);
        let Walk::On(third) =
            walk.clone().after(Some((&shows(21..=30), &second)), &window(31..=40))
        else {
            panic!("over")
        };
        assert_eq!(third.page, "https://a.example/news/feed/?x=1&paged=3");
        let revisit = walk.after(Some((&shows(31..=40), &second)), &window(31..=40));
        assert_eq!(revisit, Walk::Over { pages: 1, closed: false, is_unpaged: true });
    }

    #[test]
    fn a_gap_without_a_past_is_closed_from_one_sitemap() {
        let (before, now) = (window(1..=10), window(31..=40));
        let address = url("https://a.example/feed.xml");
        let since = entry(10).published;
        let gap = OpenGap::of(&shows(31..=40), &address, &before, since).unwrap();
        let sitemaps = [
            "https://b.example/news.xml",
            "http://a.example/news.xml",
            "https://a.example/feed.xml",
        ];
        assert_eq!(gap.clone().to_sitemap(sitemaps.map(url).to_vec()), None);
        let walk = gap
            .to_sitemap(vec![url("https://b.example/1"), url("https://a.example/news.xml")])
            .unwrap();
        assert_eq!(walk.page, "https://a.example/news.xml");
        let walk: Backfill = serde_json::from_value(serde_json::to_value(walk).unwrap()).unwrap();
        assert!(!walk.is_of_the_feed());

        let left = |mut page: ParsedFeed| {
            walk.narrow(&mut page, &now);
            page.entries.len()
        };
        let sitemap = shows(8..=40);
        let end = walk.clone().after(Some((&sitemap, &url(&walk.page))), &now);
        assert_eq!(end, Walk::Over { pages: 1, closed: true, is_unpaged: false });
        assert_eq!(left(sitemap), 20);
        let elsewhere = shows(2000..=2040);
        let end = walk.clone().after(Some((&elsewhere, &url(&walk.page))), &now);
        assert_eq!(end, Walk::Over { pages: 1, closed: false, is_unpaged: false });
        assert_eq!(left(elsewhere), 0);
        assert_eq!(
            left(ParsedFeed { is_index: true, ..shows(8..=40) }),
            0,
            "a list of sitemaps has no articles"
        );
        let end = walk.clone().after(None, &now);
        assert_eq!(end, Walk::Over { pages: 0, closed: false, is_unpaged: false });
    }

    #[test]
    fn a_gap_of_unknown_time_stays_open() {
        let address = url("https://a.example/feed.xml");
        assert_eq!(OpenGap::of(&shows(31..=40), &address, &window(1..=10), None), None);
        assert_eq!(
            OpenGap::of(&shows(31..=40), &address, &window(1..=10), entry(40).published),
            None
        );
    }

    #[test]
    fn a_walk_ends() {
        let address = url("https://a.example/feed.xml");
        let page = |number: u32| ParsedFeed {
            older: Some(url(&format!("https://a.example/{number}"))),
            ..shows(1000 - number * 10..=1009 - number * 10)
        };
        let mut walk = Backfill::begin(&page(0), &address, &window(1..=2), false).unwrap();
        let mut pages = 0;
        while let Walk::On(next) =
            walk.clone().after(Some((&page(pages + 1), &address)), &Window::default())
        {
            walk = next;
            pages += 1;
        }
        assert_eq!(pages, MOST_PAGES - 1);
        assert!(matches!(walk.after(None, &Window::default()), Walk::Over { closed: false, .. }));
    }
}
