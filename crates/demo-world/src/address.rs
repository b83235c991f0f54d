//! The addresses of each outlet's articles.

use chrono::{DateTime, Utc};

use super::article::{Article, Availability};
use super::outlet::Style;

/// Path and query of an article's page.
pub(super) fn path(style: Style, article: &Article, published: DateTime<Utc>) -> String {
    let Article { slug, number, .. } = article;
    match style {
        Style::Press if article.availability == Availability::Disallowed => {
            format!("/members/{slug}/")
        }
        Style::Press => format!("/{}/{slug}/", published.format("%Y/%m/%d")),
        Style::Prism => format!("/article/{slug}-{:08x}", number.wrapping_mul(2_654_435_761)),
        Style::Plain => format!("/news/{slug}.html"),
        Style::Tables => format!("/story.php?sid={number}"),
        Style::Portal => format!("/{}/{slug}-{number}.html", article.section.to_lowercase()),
        Style::Divs => format!("/{}/{slug}_0_{number}.html", plain_letters(&article.section)),
        Style::Breaks => format!("/news/{number}"),
        Style::Sections => format!("/articles/{}/k{number}.html", published.format("%Y%m%d")),
    }
}

fn plain_letters(section: &str) -> String {
    section.to_lowercase().replace('í', "i").replace('ó', "o")
}

/// The part of a request's target that identifies the article: without tracking parameters, and for
/// an AMP page the address of the article.
pub(super) fn asked_for(style: Style, target: &str) -> (String, bool) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match style {
        Style::Press => match path.strip_suffix("amp/") {
            Some(article) => (article.to_owned(), true),
            None => (path.to_owned(), false),
        },
        Style::Tables => {
            let id = query.split('&').find(|pair| pair.starts_with("sid=")).unwrap_or_default();
            (format!("{path}?{id}"), false)
        }
        _ => (path.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_found_by_id_without_tracking_parameters() {
        assert_eq!(
            asked_for(Style::Plain, "/news/a.html?utm_source=x"),
            ("/news/a.html".to_owned(), false)
        );
        assert_eq!(
            asked_for(Style::Press, "/2026/01/02/a/amp/"),
            ("/2026/01/02/a/".to_owned(), true)
        );
        assert_eq!(
            asked_for(Style::Tables, "/story.php?from=rss&sid=4711"),
            ("/story.php?sid=4711".to_owned(), false)
        );
    }
}
