//! News sitemaps that a robots.txt names.
//!
//! A `Sitemap` line is one of the other records of RFC 9309, 2.2.4: it belongs to no group, may stand anywhere and has a
//! whole address (sitemaps.org). Most name what holds every page of a site's past; those for news are told by their file's
//! name, which by custom says so (`news-sitemap.xml`, `sitemap_news.xml`, `googlenews.xml`).

use url::Url;

use crate::polling::robots::{key_and_value, up_to_the_cap};

/// Lines that are kept; sites with editions name one for each.
const MOST: usize = 20;

/// The news sitemaps that this robots.txt names, in its order, on whatever host; a bounded number.
#[must_use]
pub fn news_sitemaps(text: &str) -> Vec<Url> {
    let values = up_to_the_cap(text).split(['\r', '\n']).filter_map(|line| {
        let (key, value) = key_and_value(line)?;
        key.eq_ignore_ascii_case("sitemap").then_some(value)
    });
    let addresses = values.filter_map(|value| Url::parse(value).ok());
    addresses
        .filter(|url| matches!(url.scheme(), "http" | "https") && is_for_news(url))
        .take(MOST)
        .collect()
}

/// By the last name of the path. Packed files are passed over: a feed's answer is unpacked only as HTTP says it.
fn is_for_news(url: &Url) -> bool {
    let mut names = url.path_segments().into_iter().flatten();
    let name = names.rfind(|name| !name.is_empty()).unwrap_or_default().to_ascii_lowercase();
    let is_packed = name.rsplit('.').next() == Some("gz");
    name.contains("news") && !name.contains("newsletter") && !is_packed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str) -> Vec<String> {
        news_sitemaps(text).into_iter().map(Url::into).collect()
    }

    #[test]
    fn only_those_for_news_are_told_wherever_they_stand() {
        let text = "Sitemap: https://a.example/sitemap.xml\r\nUser-agent: *\nDisallow: /x\n\
                    SITEMAP : https://a.example/news-sitemap.xml # daily\nAllow: /\nsitemap:https://b.example/Sitemap_News/\n\
                    Sitemap: /relative-news.xml\nSitemap: ftp://a.example/news.xml\nSitemap: https://a.example/news.xml.gz\n\
                    Sitemap: https://a.example/newsletters.xml\nSitemap: https://a.example/news/pages.xml\nSitemap:\n";
        assert_eq!(
            named(text),
            ["https://a.example/news-sitemap.xml", "https://b.example/Sitemap_News/"]
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let text: String =
            (0..5000).map(|n| format!("Sitemap: https://a.example/{n}-news.xml\n")).collect();
        assert_eq!(named(&text).len(), MOST);
    }

    proptest! {
        #[test]
        fn any_text_has_few(text in "(?s)(sitemap: ?https?://|news|[ :/#a\r\n]|.){0,200}") {
            prop_assert!(news_sitemaps(&text).len() <= MOST);
        }
    }
}
