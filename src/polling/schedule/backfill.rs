//! Reads older pages of a feed to close a gap.
//!
//! RFC 5005 defines two ways for a feed to link to its past: `prev-archive` (archived feeds) and
//! `next` (paged feeds). Feeds at `WordPress` addresses without either accept `paged=2`. Each page
//! is a poll of its own, under the limits of its site and on the feed's own host. Reading ends with
//! the first page that has an entry known from before the gap, and after ten pages at most.
//!
//! If the feed has no past of its own, one news sitemap of its site may stand in. `sitemap_gap`
//! decides which of its entries belong to the feed. Whether there is a sitemap is not known here,
//! so such a gap is handed to the caller as an [`OpenGap`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::polling::schedule::sitemap_gap::{GapFill, GapSpan, fill};
use crate::polling::schedule::window::Window;
use wiresift_feed::ParsedFeed;
use wiresift_feed::address::Host;

/// Pages that are read per gap.
const MAX_PAGES: u32 = 10;

/// The progress of a backfill between two of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// The address of the next page.
    pub page: String,
    pub pages: u32,
    /// Entry keys of the last poll before the gap. An entry with one of them closes the gap.
    before: Vec<i64>,
    /// Number of the page, if we count pages because the feed does not link them.
    page_number: Option<u32>,
    /// The time of the gap, if the page is a news sitemap of the site.
    span: Option<GapSpan>,
}

/// A gap of a feed that offers no older pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGap {
    address: Url,
    before: Vec<i64>,
    span: GapSpan,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackfillStep {
    /// Read another page.
    Next(Backfill),
    /// The backfill is finished.
    Done {
        pages: u32,
        closed: bool,
        /// The feed shows the same entries whatever page is requested.
        ignores_paging: bool,
    },
}

impl Backfill {
    /// The first page after a gap; `None` if the feed offers no older pages.
    #[must_use]
    pub fn begin(
        feed: &ParsedFeed,
        address: &Url,
        before: &Window,
        ignores_paging: bool,
    ) -> Option<Self> {
        let named = feed.older.as_ref().filter(|older| is_same_site(older, address));
        let (page, page_number) = match named {
            Some(older) => (older.clone(), None),
            None if !ignores_paging && is_wordpress(address) => (numbered(address, 2), Some(2)),
            None => return None,
        };
        Some(Self {
            page: page.into(),
            pages: 0,
            before: before.to_stored(),
            page_number,
            span: None,
        })
    }

    /// What follows a page; `None` if it could not be read. `now` is what the feed itself shows.
    #[must_use]
    pub fn after(mut self, page: Option<(&ParsedFeed, &Url)>, now: &Window) -> BackfillStep {
        let over =
            |pages, closed, ignores_paging| BackfillStep::Done { pages, closed, ignores_paging };
        let Some((feed, address)) = page else {
            return over(self.pages, false, self.page_number == Some(2));
        };
        self.pages += 1;
        if self.span.is_some() {
            let closed = self.gap_fill(feed, now).is_some_and(|fill| fill.reaches_back);
            return over(self.pages, closed, false);
        }
        // A server that ignores the parameter sends the newest entries again.
        let ignores_paging = self.page_number == Some(2) && now.has_any(&feed.entries);
        let is_closed = Window::from_stored(&self.before).has_any(&feed.entries);
        if is_closed || ignores_paging || feed.entries.is_empty() || self.pages >= MAX_PAGES {
            return over(self.pages, is_closed, ignores_paging);
        }
        let older = match self.page_number {
            Some(number) => {
                self.page_number = Some(number + 1);
                Some(numbered(address, number + 1))
            }
            None => {
                feed.older.clone().filter(|older| is_same_site(older, address) && older != address)
            }
        };
        match older {
            Some(older) => BackfillStep::Next(Self { page: older.into(), ..self }),
            None => over(self.pages, false, false),
        }
    }

    /// Whether the pages belong to the feed, and are not a sitemap of its site.
    #[must_use]
    pub fn is_own_page(&self) -> bool {
        self.span.is_none()
    }

    /// Keeps the entries of a page that belong to the feed: all of its own pages, and of a sitemap
    /// those that it showed within the gap.
    pub fn keep_missed(&self, page: &mut ParsedFeed, now: &Window) {
        if self.is_own_page() {
            return;
        }
        let mut is_missed =
            self.gap_fill(page, now).map(|fill| fill.is_missed).unwrap_or_default().into_iter();
        page.entries.retain(|_| is_missed.next().unwrap_or(false));
    }

    fn gap_fill(&self, sitemap: &ParsedFeed, now: &Window) -> Option<GapFill> {
        let span = self.span.as_ref().filter(|_| !sitemap.is_index)?;
        fill(span, &sitemap.entries, &Window::from_stored(&self.before), now)
    }
}

impl OpenGap {
    /// The gap since the poll at `since`; `feed` is what the feed shows after it. `None` if the
    /// dates do not tell when the gap was.
    #[must_use]
    pub fn of(
        feed: &ParsedFeed,
        address: &Url,
        before: &Window,
        since: Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let span = GapSpan::of(&feed.entries, before, since?)?;
        Some(Self { address: address.clone(), before: before.to_stored(), span })
    }

    /// The address where the feed was polled. Sitemaps of this site may close the gap.
    #[must_use]
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// A backfill from the first of these news sitemaps on the feed's host that is not the feed
    /// itself.
    #[must_use]
    pub fn to_sitemap(self, sitemaps: Vec<Url>) -> Option<Backfill> {
        let is_other = |url: &Url| is_same_site(url, &self.address) && *url != self.address;
        let page = sitemaps.into_iter().find(is_other)?.into();
        Some(Backfill {
            page,
            pages: 0,
            before: self.before,
            page_number: None,
            span: Some(self.span),
        })
    }
}

/// Older pages are requested from the feed's own host only, and never over http if the feed uses
/// https.
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
    fn linked_pages_are_read_until_known_entries_appear() {
        let address = url("https://a.example/feed.xml");
        let older = |path: &str| Some(url("https://a.example/").join(path).unwrap());
        let feed = ParsedFeed { older: older("/2"), ..shows(31..=40) };
        let backfill = Backfill::begin(&feed, &address, &window(1..=10), false).unwrap();
        assert_eq!(backfill.page, "https://a.example/2");
        let page = ParsedFeed { older: older("/1"), ..shows(21..=30) };
        let BackfillStep::Next(backfill) =
            backfill.after(Some((&page, &url("https://a.example/2"))), &window(31..=40))
        else {
            panic!("over")
        };
        assert_eq!((backfill.page.as_str(), backfill.pages), ("https://a.example/1", 1));
        let page = ParsedFeed { older: older("/0"), ..shows(8..=20) };
        let end = backfill.after(Some((&page, &url("https://a.example/1"))), &window(31..=40));
        assert_eq!(end, BackfillStep::Done { pages: 2, closed: true, ignores_paging: false });
    }

    #[test]
    fn no_other_host_is_asked() {
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
    fn wordpress_pages_are_counted_and_a_server_that_ignores_them_is_detected() {
        let address = url("https://a.example/news/feed/?x=1");
        let backfill = Backfill::begin(&shows(31..=40), &address, &window(1..=10), false).unwrap();
        assert_eq!(backfill.page, "https://a.example/news/feed/?x=1&paged=2");
        assert_eq!(Backfill::begin(&shows(31..=40), &address, &window(1..=10), true), None);
        let second = url(&backfill.page);
        let BackfillStep::Next(third) =
            backfill.clone().after(Some((&shows(21..=30), &second)), &window(31..=40))
        else {
            panic!("over")
        };
        assert_eq!(third.page, "https://a.example/news/feed/?x=1&paged=3");
        let revisit = backfill.after(Some((&shows(31..=40), &second)), &window(31..=40));
        assert_eq!(revisit, BackfillStep::Done { pages: 1, closed: false, ignores_paging: true });
    }

    #[test]
    fn a_gap_without_older_pages_is_closed_from_one_sitemap() {
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
        let backfill = gap
            .to_sitemap(vec![url("https://b.example/1"), url("https://a.example/news.xml")])
            .unwrap();
        assert_eq!(backfill.page, "https://a.example/news.xml");
        let backfill: Backfill =
            serde_json::from_value(serde_json::to_value(backfill).unwrap()).unwrap();
        assert!(!backfill.is_own_page());

        let left = |mut page: ParsedFeed| {
            backfill.keep_missed(&mut page, &now);
            page.entries.len()
        };
        let sitemap = shows(8..=40);
        let end = backfill.clone().after(Some((&sitemap, &url(&backfill.page))), &now);
        assert_eq!(end, BackfillStep::Done { pages: 1, closed: true, ignores_paging: false });
        assert_eq!(left(sitemap), 20);
        let elsewhere = shows(2000..=2040);
        let end = backfill.clone().after(Some((&elsewhere, &url(&backfill.page))), &now);
        assert_eq!(end, BackfillStep::Done { pages: 1, closed: false, ignores_paging: false });
        assert_eq!(left(elsewhere), 0);
        assert_eq!(
            left(ParsedFeed { is_index: true, ..shows(8..=40) }),
            0,
            "a list of sitemaps has no articles"
        );
        let end = backfill.clone().after(None, &now);
        assert_eq!(end, BackfillStep::Done { pages: 0, closed: false, ignores_paging: false });
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
    fn a_backfill_ends() {
        let address = url("https://a.example/feed.xml");
        let page = |number: u32| ParsedFeed {
            older: Some(url(&format!("https://a.example/{number}"))),
            ..shows(1000 - number * 10..=1009 - number * 10)
        };
        let mut backfill = Backfill::begin(&page(0), &address, &window(1..=2), false).unwrap();
        let mut pages = 0;
        while let BackfillStep::Next(next) =
            backfill.clone().after(Some((&page(pages + 1), &address)), &Window::default())
        {
            backfill = next;
            pages += 1;
        }
        assert_eq!(pages, MAX_PAGES - 1);
        assert!(matches!(
            backfill.after(None, &Window::default()),
            BackfillStep::Done { closed: false, .. }
        ));
    }
}
