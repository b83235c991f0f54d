//! The feeds of a page.
//!
//! There are three sources, best first: `link rel=alternate` with the media type of a feed (RSS
//! autodiscovery, HTML standard 4.6.7.1), links with an address that looks like a feed's, and the
//! usual addresses of common publishing systems. The results are candidates: fetch and parse each
//! one before you call it a feed.

use std::collections::HashSet;

use url::Url;
use wiresift_text::urls::without_user;

use crate::tree::{Tree, attribute};
use crate::{Limits, Page, decoded};

/// Most candidates of one page. Some pages list a feed for every topic.
const MOST: usize = 20;

/// Most links that are inspected.
const MOST_LINKS: usize = 5_000;

/// Media types of feeds. The last two are also used for other documents, so they count only with an
/// address that looks like a feed's.
const TYPES: [&str; 6] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
    "text/xml",
];

/// How many of [`TYPES`] are used for feeds only.
const SURE_TYPES: usize = 4;

/// Feed addresses of `WordPress`, Drupal, Ghost, Hugo, Jekyll and Blogger, and of news sitemaps.
const WELL_KNOWN: [&str; 12] = [
    "/feed",
    "/rss",
    "/feed.xml",
    "/rss.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds/posts/default",
    "/feed/rss",
    "/news-sitemap.xml",
    "/sitemap-news.xml",
    "/sitemap_news.xml",
];

/// Where the address of a feed was found, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedSource {
    /// `link rel=alternate` in the page's head.
    Stated,
    /// A visible link (`a href`).
    Linked,
    /// Not on the page: a usual address for a feed on the same host.
    WellKnown,
}

/// An address that may be a feed's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// The address, absolute, without a fragment.
    pub url: Url,
    /// The title that the page gives it.
    pub title: Option<String>,
    /// Where it was found.
    pub source: FeedSource,
}

/// The feeds that may belong to a page, best first, at most 20.
///
/// Relative addresses are resolved against `page.url`; without it the result is empty.
#[must_use]
pub fn feeds_of(page: &Page<'_>, limits: &Limits) -> Vec<FeedLink> {
    let Some(here) = page.url else { return Vec::new() };
    let tree = Tree::parse_with(&decoded(page, limits), limits, &["title".to_owned()]);
    let mut found: Vec<FeedLink> = Vec::new();
    let mut base = here.clone();
    let mut links = 0;
    for (id, node) in tree.nodes() {
        let Some(element) = node.as_element() else { continue };
        let Some(href) = attribute(element, "href") else { continue };
        links += 1;
        if links > MOST_LINKS {
            break;
        }
        let Ok(url) = base.join(href.trim()).map(without_user) else { continue };
        match element.name() {
            "base" => base = url,
            "link" if is_stated(element, &url) => {
                let title = element
                    .attrs()
                    .find(|(name, _)| *name == "title")
                    .map(|(_, title)| title.to_owned());
                found.push(FeedLink { url, title, source: FeedSource::Stated });
            }
            "a" if looks_like_feed(&url) && is_near(&url, here) => {
                let title = Some(tree.text(id, 200));
                found.push(FeedLink { url, title, source: FeedSource::Linked });
            }
            _ => {}
        }
    }
    let well_known = WELL_KNOWN.iter().filter_map(|path| here.join(path).ok());
    found.extend(well_known.map(|url| FeedLink {
        url,
        title: None,
        source: FeedSource::WellKnown,
    }));
    best(found, here)
}

/// Each address once, feeds of comments last, at most [`MOST`].
fn best(mut found: Vec<FeedLink>, here: &Url) -> Vec<FeedLink> {
    let mut seen = HashSet::new();
    for link in &mut found {
        link.url.set_fragment(None);
        link.title = link
            .title
            .take()
            .map(|title| title.trim().to_owned())
            .filter(|title| !title.is_empty());
    }
    found.retain(|link| {
        matches!(link.url.scheme(), "http" | "https")
            && link.url != *here
            && seen.insert(link.url.clone())
    });
    found.sort_by_key(|link| (is_of_comments(link), link.source));
    found.truncate(MOST);
    found
}

fn is_stated(element: &crate::tree::Element, url: &Url) -> bool {
    let has = |name: &str, word: &str| {
        attribute(element, name).is_some_and(|value| {
            value.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
        })
    };
    let kind =
        attribute(element, "type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match TYPES.iter().position(|known| kind.eq_ignore_ascii_case(known)) {
        Some(at) => has("rel", "alternate") && (at < SURE_TYPES || looks_like_feed(url)),
        None => has("rel", "feed"),
    }
}

/// Whether the address looks like a feed's and not like a page's.
fn looks_like_feed(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_named = ["rss", "atom", "feed", "rdf"].iter().any(|word| {
        last == *word
            || last.strip_suffix(".xml").or_else(|| last.strip_suffix(".json")).is_some_and(
                |stem| {
                    stem.split(['-', '_', '.'])
                        .any(|part| part == *word || part.strip_suffix('s') == Some(word))
                },
            )
    });
    let extension = last.rsplit_once('.').map(|(_, extension)| extension);
    is_named
        || matches!(extension, Some("rss" | "atom" | "rdf"))
        || last == "sitemap-news.xml"
        || url.query_pairs().any(|(key, value)| key == "feed" && value.len() < 10)
}

/// Whether it is on the page's own site or on a host for feeds.
fn is_near(url: &Url, here: &Url) -> bool {
    let (Some(host), Some(own)) = (url.host_str(), here.host_str()) else { return false };
    let own = own.strip_prefix("www.").unwrap_or(own);
    host == own || host.ends_with(&format!(".{own}")) || host.starts_with("feeds.")
}

/// Whether it is a feed of readers' comments.
fn is_of_comments(link: &FeedLink) -> bool {
    let said = |text: &str| text.to_ascii_lowercase().contains("comment");
    said(link.url.path()) || link.title.as_deref().is_some_and(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(html: &str) -> Vec<(String, FeedSource)> {
        let url = Url::parse("https://www.paper.example/news/").unwrap();
        let page = Page { bytes: html.as_bytes(), url: Some(&url), content_type: None };
        let all = feeds_of(&page, &Limits::default());
        let named = all.into_iter().filter(|link| link.source != FeedSource::WellKnown);
        named.map(|link| (link.url.to_string(), link.source)).collect()
    }

    #[test]
    fn declared_feeds_come_first_and_comments_last() {
        let html = r#"<head><base href="/x/">
            <link rel="alternate" type="application/rss+xml" title="Paper » Comments Feed" href="/comments/feed/">
            <link rel="ALTERNATE" type="application/atom+xml; charset=utf-8" href="all.atom#top">
            <link rel="alternate" type="application/json" href="/wp-json/posts/1">
            <link rel="alternate" type="text/html" hreflang="de" href="/de/"><link rel=stylesheet href=/feed.css>
            <body><a href="/sport/rss.xml">Sport</a> <a href="https://elsewhere.example/rss.xml">Friends</a>
            <a href="/feeding-the-birds">Birds</a> <a href="/x/all.atom">again</a>"#;
        let expected = [
            ("https://www.paper.example/x/all.atom", FeedSource::Stated),
            ("https://www.paper.example/sport/rss.xml", FeedSource::Linked),
            ("https://www.paper.example/comments/feed/", FeedSource::Stated),
        ];
        assert_eq!(feeds(html), expected.map(|(url, source)| (url.to_owned(), source)));
    }

    #[test]
    fn addresses_that_look_like_feeds() {
        let is = |address: &str| looks_like_feed(&Url::parse(address).unwrap());
        for feed in [
            "/feed",
            "/feed/",
            "/rss",
            "/world.rss",
            "/rss_world.xml",
            "/a/feeds.xml",
            "/?feed=rss2",
        ] {
            assert!(is(&format!("https://a.example{feed}")), "{feed}");
        }
        for page in
            ["/", "/feedback", "/2026/feed-prices-rise", "/data.xml", "/rss-is-not-dead.html"]
        {
            assert!(!is(&format!("https://a.example{page}")), "{page}");
        }
    }

    #[test]
    fn a_page_of_links_gives_a_few_feeds() {
        let html: String = (0..3000).map(|n| format!("<a href=/{n}/rss.xml>{n}</a>")).collect();
        assert_eq!(feeds(&html).len(), MOST);
        assert!(
            feeds_of(
                &Page { bytes: b"<a href=/rss>", url: None, content_type: None },
                &Limits::default()
            )
            .is_empty()
        );
    }
}
