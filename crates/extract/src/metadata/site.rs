//! The publication's name, and titles without it.

use memchr::memmem;
use url::Url;

use crate::metadata::head::Head;
use crate::metadata::{bare, html_text};
use crate::provenance::{Evidence, Source};

/// Separators between a headline and the site's name.
const SEPARATORS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » ", " « ", " / ", ": ", " ~ ", "_", "|"];

/// Most parts that are removed from an end of a title.
const CUTS: usize = 3;

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
    name(head).map(|(name, _)| name).or_else(|| head.brand.clone()).or_else(|| {
        let host = url?.host_str()?;
        let host = host.strip_prefix("www.").unwrap_or(host);
        let parts: Vec<&str> = host.split('.').collect();
        parts.iter().rev().skip(1).find(|part| part.len() > 3).map(|part| (*part).to_owned())
    })
}

/// Whether an address is that of a home page: a host without a path.
pub(crate) fn is_home(href: &str) -> bool {
    let place = memmem::rfind(href.as_bytes(), b"://").and_then(|at| href.get(at + 3..));
    href == "/" || place.is_some_and(|place| !place.trim_end_matches('/').contains(['/', '?']))
}

/// Removes the site's name from either end, and a part at the end that looks like one.
pub(crate) fn without_site(title: &str, site: Option<&str>) -> String {
    let mut title = title.trim();
    let site = site.map(bare);
    let is_same = |part: &str| site.as_ref().is_some_and(|site| bare(part) == *site);
    let is_alike = |part: &str| site.as_ref().is_some_and(|site| names_site(part, site));
    let (rest, cut) = without(title, &is_same);
    let (rest, cut) = if cut == Cut::Nothing { without(title, &is_alike) } else { (rest, cut) };
    title = rest;
    // What is left after a name at the beginning is the headline.
    for _ in 0..if cut == Cut::Beginning { 0 } else { CUTS } {
        let guess = SEPARATORS.iter().find_map(|separator| {
            let (rest, tail) = title.rsplit_once(separator)?;
            (looks_like_site(tail, separator) && has_words(rest)).then_some(rest)
        });
        let Some(rest) = guess else { break };
        title = rest.trim();
    }
    title.to_owned()
}

/// Where a name was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nothing,
    Beginning,
    End,
}

/// A title without the parts at both ends that are a site's name.
fn without<'a>(title: &'a str, is_site: &dyn Fn(&str) -> bool) -> (&'a str, Cut) {
    let (mut title, mut cut) = (title, Cut::Nothing);
    for _ in 0..CUTS {
        let shorter = SEPARATORS.iter().find_map(|separator| {
            let tail = title.rsplit_once(separator).filter(|(_, tail)| is_site(tail));
            let head = title.split_once(separator).filter(|(head, _)| is_site(head));
            let tail = tail.map(|(rest, _)| (rest, Cut::End));
            let rest = tail.or(head.map(|(_, rest)| (rest, Cut::Beginning)));
            rest.filter(|(rest, _)| has_words(rest))
        });
        let Some((rest, place)) = shorter else { break };
        (title, cut) = (rest.trim(), place);
    }
    (title, cut)
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether a tail may be the site's name: it is short and follows a bar.
fn looks_like_site(tail: &str, separator: &str) -> bool {
    let words = tail.split_whitespace().count();
    let is_bar = matches!(separator.trim(), "|" | "::" | "•" | "·" | "»" | "«" | "~");
    let is_dash = matches!(separator.trim(), "-" | "–" | "—");
    (is_bar && words <= 5)
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

/// Whether a part of a title is nearly the site's name, which is given in the form of [`bare`].
fn names_site(part: &str, site: &str) -> bool {
    let tail = bare(part);
    if tail.is_empty() || site.is_empty() {
        return false;
    }
    tail == site
        || (tail.len() >= 4 && site.contains(&tail))
        || (site.len() >= 4 && tail.contains(site) && tail.len() <= site.len() * 3)
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
            ("Coast Herald » Storm closes road", "Storm closes road"),
            (
                "Coast Herald | Weather | A storm over Coast Herald",
                "Weather | A storm over Coast Herald",
            ),
        ] {
            assert_eq!(without_site(title, site), wanted);
        }
    }
}
