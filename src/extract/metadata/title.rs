//! What is the headline? The statements of page and feed and the visible heading seldom agree to the letter; the
//! one that most of the others confirm is right, and a site's name at either end is not part of it.

use foldhash::HashSet;

use crate::extract::Hints;
use crate::extract::feature::token::tokens;
use crate::extract::metadata::head::Head;
use crate::extract::metadata::html_text;
use crate::extract::tree::floor_char_boundary;
use crate::extract::work;

/// Signs that part a headline from the site's name.
const SEPARATORS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » ", " « ", " / ", ": ", " ~ ", "_", "|"];

/// Longest title, in bytes: what is longer is none, and comparing it word by word with others takes its square.
const TITLE_BYTES: usize = 2_000;

/// Every title that page and feed state, for comparing with blocks.
pub(crate) fn stated(head: &Head, hints: &Hints) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let metas = ["og:title", "twitter:title", "dc.title", "headline", "sailthru.title", "parsely-title"];
    let stated = [head.facts.article.headline.as_deref(), hints.title.as_deref(), head.title.as_deref()];
    for title in stated.into_iter().flatten().chain(metas.iter().filter_map(|m| head.metas_of(m).next())) {
        let title = html_text(cut(title));
        if !title.is_empty() && !all.contains(&title) {
            all.push(title);
        }
    }
    all
}

/// The headline. `heading` is the text of the page's headline block, `is_h1` whether it is an `h1`.
pub(crate) fn title(head: &Head, hints: &Hints, heading: Option<(&str, bool)>, site: Option<&str>) -> String {
    let strip = |text: &str| without_site(&html_text(cut(text)), site);
    let heading = heading.map(|(heading, is_h1)| (cut(heading), is_h1));
    let page_title = head.title.as_deref().map(strip);
    let stated: Vec<String> = [
        head.facts.article.headline.as_deref(),
        head.meta_of(&["og:title"]),
        hints.title.as_deref(),
        head.meta_of(&["twitter:title", "dc.title", "sailthru.title", "parsely-title"]),
    ]
    .into_iter()
    .flatten()
    .map(strip)
    .chain(page_title.clone())
    .filter(|t| !t.is_empty())
    .collect();
    // The visible heading wins where anything confirms it: it is what readers see, without a search engine's words.
    if let Some((heading, is_h1)) = heading {
        let confirmed =
            stated.iter().any(|title| likeness(title, heading) >= 0.6 || contains(title, heading));
        let is_site = site.is_some_and(|site| likeness(site, heading) > 0.8);
        if confirmed || (is_h1 && stated.is_empty() && !is_site) {
            return heading.to_owned();
        }
    }
    // Else the statement that the others agree with most.
    let agreement = |title: &str| stated.iter().map(|other| likeness(title, other)).sum::<f32>();
    let mut best: Option<(f32, &String)> = None;
    for title in &stated {
        let score = agreement(title);
        if best.is_none_or(|(most, _)| score > most + 0.05) {
            best = Some((score, title));
        }
    }
    best.map(|(_, title)| title.clone()).unwrap_or_default()
}

/// The part of a title that is looked at.
fn cut(title: &str) -> &str {
    title.get(..floor_char_boundary(title, TITLE_BYTES)).unwrap_or_default()
}

/// Likeness of two titles as sets of words (Jaccard), 0 to 1.
fn likeness(a: &str, b: &str) -> f32 {
    let (a, b): (HashSet<u32>, HashSet<u32>) =
        (tokens(a).into_iter().collect(), tokens(b).into_iter().collect());
    let common = a.intersection(&b).count() as f32;
    let all = (a.len() + b.len()) as f32 - common;
    if all == 0.0 { 0.0 } else { common / all }
}

/// Whether a heading of some words stands whole in a longer title.
fn contains(title: &str, heading: &str) -> bool {
    let (title, heading) = (tokens(title), tokens(heading));
    work::done(title.len() * heading.len());
    heading.len() >= 4 && title.windows(heading.len()).any(|window| window == heading)
}

/// Cuts the site's name, and what stands between two separators with it, off either end.
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

/// Whether a tail is the site's name: it says so, or it is short and follows a bar, which nothing else does.
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

/// A tail like "The Daily Herald" or "example.com": every longer word begins upper case, no sentence.
fn looks_like_name(tail: &str) -> bool {
    let has_domain = tail.contains('.') && !tail.contains(". ");
    let words: Vec<&str> = tail.split_whitespace().collect();
    let capital =
        words.iter().all(|w| w.chars().count() <= 3 || w.chars().next().is_some_and(char::is_uppercase));
    let is_press =
        ["news", "times", "post", "daily", "herald", "tribune", "journal", "gazette", "magazine", "zeitung"]
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

    #[test]
    fn a_confirmed_heading_wins() {
        let head = Head { title: Some("Storm closes coast road | Herald".into()), ..Head::default() };
        let hints = Hints::default();
        assert_eq!(
            title(&head, &hints, Some(("Storm closes the coast road", true)), None),
            "Storm closes the coast road"
        );
        assert_eq!(title(&head, &hints, Some(("Weather", true)), None), "Storm closes coast road");
    }
}
