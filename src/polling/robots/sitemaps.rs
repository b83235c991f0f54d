//! Finds the news sitemaps that a robots.txt names.
//!
//! A `Sitemap` line is one of the "other records" of RFC 9309, 2.2.4: it belongs to no group, may
//! stand anywhere and has an absolute URL (sitemaps.org). Most sitemaps list every page that a site
//! ever had. News sitemaps are recognised by their file name, which by convention contains the word
//! (`news-sitemap.xml`, `sitemap_news.xml`, `googlenews.xml`).

use url::Url;
use wiresift_feed::address::{is_lawful, without_user};

use crate::polling::robots::{key_and_value, within_size_limit};

/// Sitemaps that are kept. Sites with editions name one for each.
const MAX_SITEMAPS: usize = 20;

/// The news sitemaps that this robots.txt names, in its order and on any host; a bounded number.
#[must_use]
pub fn news_sitemaps(text: &str) -> Vec<Url> {
    let values = within_size_limit(text).split(['\r', '\n']).filter_map(|line| {
        let (key, value) = key_and_value(line)?;
        key.eq_ignore_ascii_case("sitemap").then_some(value)
    });
    let addresses = values.filter_map(|value| Url::parse(value).ok()).map(without_user);
    addresses.filter(|url| is_lawful(url) && is_for_news(url)).take(MAX_SITEMAPS).collect()
}

/// Decides by the file name. Compressed files are left out, since a feed's body is decompressed
/// only by its `Content-Encoding`.
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
    fn only_news_sitemaps_are_found_wherever_they_stand() {
        let text = "Sitemap: https://a.example/sitemap.xml\r\nUser-agent: *\nDisallow: /x\n\
                    SITEMAP : https://a.example/news-sitemap.xml # daily\nAllow: /\n\
                    sitemap:https://b.example/Sitemap_News/\n\
                    Sitemap: /relative-news.xml\nSitemap: ftp://a.example/news.xml\n\
                    Sitemap: https://a.example/news.xml.gz\n\
                    Sitemap: https://a.example/newsletters.xml\n\
                    Sitemap: https://a.example/news/pages.xml\nSitemap:\n";
        assert_eq!(
            named(text),
            ["https://a.example/news-sitemap.xml", "https://b.example/Sitemap_News/"]
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let text: String =
            (0..5000).map(|n| format!("Sitemap: https://a.example/{n}-news.xml\n")).collect();
        assert_eq!(named(&text).len(), MAX_SITEMAPS);
    }

    #[test]
    fn addresses_that_cannot_be_requested_are_left_out() {
        let long = format!("Sitemap: https://a.example/{}-news.xml\n", "x".repeat(9_000));
        assert_eq!(named(&(long + "Sitemap: https://a..example/news.xml")), [""; 0]);
        let named = named("Sitemap: https://me:word@a.example/news.xml");
        assert_eq!(named, ["https://a.example/news.xml"]);
    }

    proptest! {
        #[test]
        fn any_text_has_few(text in "(?s)(sitemap: ?https?://|news|[ :/#a\r\n]|.){0,200}") {
            prop_assert!(news_sitemaps(&text).len() <= MAX_SITEMAPS);
        }
    }
}
