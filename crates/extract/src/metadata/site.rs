//! The publication's name, and titles without it.

use url::Url;

use crate::metadata::head::Head;
use crate::metadata::html_text;
use crate::provenance::{Evidence, Source};

/// Separators between a headline and the site's name.
const SEPARATORS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » ", " « ", " / ", ": ", " ~ ", "_", "|"];

/// The site's name as the page states it.
pub(crate) fn name(head: &Head) -> Option<(String, Evidence)> {
    let of = |name: &'static str| head.metas_of(name).next();
    let stated = [
        (of("og:site_name"), Source::OpenGraph, 0.95),
        (of("application-name"), Source::Meta, 0.85),
        (of("apple-mobile-web-app-title"), Source::Meta, 0.85),
        (of("twitter:app:name:iphone"), Source::Meta, 0.8),
        (head.facts.publisher.as_deref(), Source::JsonLd, 0.85),
    ];
    let (name, source, sure) =
        stated.into_iter().find_map(|(name, source, sure)| Some((name?, source, sure)))?;
    let name = html_text(name);
    (!name.is_empty() && name.chars().count() <= 100).then(|| (name, Evidence::new(source, sure)))
}

/// A name to recognise the site by in titles: the stated one, else that of the link to the home
/// page, if the title holds it, else the main label of the host.
pub(crate) fn name_or_host(head: &Head, url: Option<&Url>) -> Option<String> {
    let brand = head.brand.as_deref().filter(|brand| {
        head.title
            .as_deref()
            .is_some_and(|title| title.starts_with(brand) || title.ends_with(brand))
    });
    name(head).map(|(name, _)| name).or_else(|| brand.map(str::to_owned)).or_else(|| {
        let host = url?.host_str()?;
        let host = host.strip_prefix("www.").unwrap_or(host);
        let parts: Vec<&str> = host.split('.').collect();
        parts.iter().rev().skip(1).find(|part| part.len() > 3).map(|part| (*part).to_owned())
    })
}

/// Removes the site's name, and the part between two separators next to it, from either end.
pub(crate) fn without_site(title: &str, site: Option<&str>) -> String {
    let mut title = title.trim();
    for _ in 0..3 {
        let Some(shorter) = cut_once(title, site) else { break };
        title = shorter;
    }
    title.to_owned()
}

fn cut_once<'a>(title: &'a str, site: Option<&str>) -> Option<&'a str> {
    for separator in SEPARATORS {
        if let Some((before, after)) = title.rsplit_once(separator)
            && is_site_name(after, site, separator)
            && !before.trim().is_empty()
        {
            return Some(before.trim());
        }
        if let Some((before, after)) = title.split_once(separator)
            && names_site(before, site)
            && !after.trim().is_empty()
        {
            return Some(after.trim());
        }
    }
    None
}

/// Whether a tail is the site's name: it is equal to it, or it is short and follows a bar.
fn is_site_name(tail: &str, site: Option<&str>, separator: &str) -> bool {
    let words = tail.split_whitespace().count();
    let is_bar = matches!(separator.trim(), "|" | "::" | "•" | "·" | "»" | "«" | "~");
    let is_dash = matches!(separator.trim(), "-" | "–" | "—");
    names_site(tail, site)
        || (is_bar && words <= 5)
        || (is_dash
            && words <= 4
            && tail.chars().next().is_some_and(char::is_uppercase)
            && looks_like_name(tail))
}

/// A tail like "The Daily Herald" or "example.com": every longer word starts with a capital, and it
/// is no sentence.
fn looks_like_name(tail: &str) -> bool {
    let has_domain = tail.contains('.') && !tail.contains(". ");
    let words: Vec<&str> = tail.split_whitespace().collect();
    let capital = words
        .iter()
        .all(|w| w.chars().count() <= 3 || w.chars().next().is_some_and(char::is_uppercase));
    let is_press = [
        "news", "times", "post", "daily", "herald", "tribune", "journal", "gazette", "magazine",
        "zeitung",
    ]
    .iter()
    .any(|press| tail.to_lowercase().contains(press));
    has_domain || (capital && is_press)
}

fn names_site(tail: &str, site: Option<&str>) -> bool {
    let Some(site) = site else { return false };
    let bare = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (tail, site) = (bare(tail), bare(site));
    if tail.is_empty() || site.is_empty() {
        return false;
    }
    tail == site
        || (tail.len() >= 4 && site.contains(&tail))
        || (site.len() >= 4 && tail.contains(&site) && tail.len() <= site.len() * 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_names_are_cut_and_headlines_are_not() {
        let site = Some("Coast Herald");
        for (title, wanted) in [
            ("Storm closes road | Coast Herald", "Storm closes road"),
            ("Storm closes road - Weather - Coast Herald", "Storm closes road - Weather"),
            ("Coast Herald: Storm closes road", "Storm closes road"),
            ("Storm closes road – and opens another", "Storm closes road – and opens another"),
            ("Storm: the road is closed", "Storm: the road is closed"),
            ("Storm closes road - The Daily Post", "Storm closes road"),
        ] {
            assert_eq!(without_site(title, site), wanted);
        }
    }
}
