//! Who wrote it? People, in the order of the page: no desks, no addresses, no agencies' web sites.

use crate::extract::metadata::head::Head;
use crate::extract::metadata::html_text;
use crate::extract::tree::Tree;

/// Most names that are kept.
const NAMES: usize = 12;

/// Words that begin a byline in front of the name.
const PREFIXES: &[&str] = &[
    "written by ",
    "story by ",
    "posted by ",
    "by: ",
    "by ",
    "von ",
    "par ",
    "por ",
    "di ",
    "av ",
    "af ",
    "door ",
    "автор: ",
    "text: ",
];

/// Names that are no people.
const NOBODY: &[&str] = &[
    "staff",
    "admin",
    "administrator",
    "editor",
    "editors",
    "newsroom",
    "news desk",
    "newsdesk",
    "web desk",
    "desk",
    "redaktion",
    "redaktion ",
    "redaction",
    "rédaction",
    "la rédaction",
    "redacción",
    "redacao",
    "redação",
    "redazione",
    "redakcja",
    "редакция",
    "редакція",
    "staff writer",
    "staff reporter",
    "staff reports",
    "staff report",
    "team",
    "guest",
    "anonymous",
    "unknown",
    "author",
    "none",
    "null",
    "undefined",
    "webmaster",
    "contributor",
];

/// The people that page and JSON-LD name as authors.
pub(crate) fn byline(head: &Head, tree: &Tree, site: Option<&str>) -> Vec<String> {
    let stated = &head.facts.article.authors;
    let mut names = people(stated.iter().map(String::as_str), site);
    for key in [
        "author",
        "article:author",
        "byl",
        "dc.creator",
        "dcterms.creator",
        "sailthru.author",
        "parsely-author",
        "citation_author",
        "twitter:creator",
    ] {
        if !names.is_empty() {
            return names;
        }
        names = people(head.metas_of(key), site);
    }
    if names.is_empty() {
        let texts: Vec<String> = head.authors.iter().take(NAMES).map(|id| tree.text(*id, 300)).collect();
        names = people(texts.iter().map(String::as_str), site);
    }
    names
}

/// The people among some byline texts, each once.
fn people<'a>(texts: impl Iterator<Item = &'a str>, site: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in texts.take(NAMES) {
        for name in split(&html_text(text)) {
            if is_person(&name, site) && !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
    }
    names.truncate(NAMES);
    names
}

/// The names of a byline such as "By Ann Able, Bob Baker and Cid Cole".
fn split(text: &str) -> Vec<String> {
    let mut text = text.trim();
    for prefix in PREFIXES {
        if let Some(head) = text.get(..prefix.len())
            && head.to_lowercase() == *prefix
        {
            text = text.get(prefix.len()..).unwrap_or_default().trim();
            break;
        }
    }
    let mut names = vec![String::new()];
    for word in text.split_inclusive([',', ';', '|', '&', ' ']) {
        let bare = word.trim_end_matches([',', ';', '|', '&', ' ']);
        let is_and = matches!(
            bare.to_lowercase().as_str(),
            "and" | "und" | "et" | "e" | "y" | "i" | "og" | "och" | "en"
        );
        if is_and {
            names.push(String::new());
            continue;
        }
        if let Some(name) = names.last_mut() {
            name.push_str(bare);
            name.push(' ');
        }
        if word.trim_end().ends_with([',', ';', '|', '&']) {
            names.push(String::new());
        }
    }
    names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn is_person(name: &str, site: Option<&str>) -> bool {
    let lower = name.to_lowercase();
    let words = name.split_whitespace().count();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_address =
        lower.contains("http") || lower.contains("www.") || lower.contains('@') || lower.contains(".com");
    let is_site = site.is_some_and(|site| site.eq_ignore_ascii_case(name));
    let has_digits = name.chars().any(|c| c.is_ascii_digit());
    letters >= 2
        && name.chars().count() <= 60
        && words <= 5
        && !is_address
        && !is_site
        && !has_digits
        && !NOBODY.contains(&lower.as_str())
        && !["staff", "newsroom", "editorial", "news desk", "redaktion", "correspondent of"]
            .iter()
            .any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_become_names() {
        let names = people(["By Ann Able, Bob Baker and Cid Cole"].into_iter(), None);
        assert_eq!(names, ["Ann Able", "Bob Baker", "Cid Cole"]);
        assert_eq!(people(["Von Käthe Köhler"].into_iter(), None), ["Käthe Köhler"]);
    }

    #[test]
    fn desks_and_addresses_are_nobody() {
        let texts = [
            "Staff",
            "https://facebook.com/herald",
            "Coast Herald",
            "The Newsroom",
            "admin",
            "desk@herald.example",
        ];
        assert!(people(texts.into_iter(), Some("Coast Herald")).is_empty());
    }
}
