//! The authors: people, in the order of the page, without desks, e-mail addresses and agencies.

use crate::metadata::bylinewords::{AGENCIES, METAS, NOBODY, PREFIXES, ROLES};
use crate::metadata::head::Head;
use crate::metadata::html_text;
use crate::metadata::label::bare;
use crate::provenance::{Evidence, Source};
use crate::tree::Tree;

/// Most names.
const NAMES: usize = 12;

/// The people that page and JSON-LD name as authors. `lines` are short lines beside the headline,
/// for bylines without markup; `host` is the page's.
pub(crate) fn byline(
    head: &Head,
    tree: &Tree,
    lines: &[&str],
    site: Option<&str>,
    host: Option<&str>,
) -> Option<(Vec<String>, Evidence)> {
    let nobody = Nobody { site, host };
    let json = head.facts.article.authors.iter().map(String::as_str);
    let metas = METAS
        .iter()
        .map(|name| people(head.metas_of(name), nobody))
        .find(|names| !names.is_empty());
    let marked: Vec<String> =
        head.authors.iter().take(NAMES).map(|id| tree.text(*id, 300)).collect();
    let written = lines.iter().filter_map(|line| after_by(line));
    [
        (people(json, nobody), Source::JsonLd, 0.9),
        (metas.unwrap_or_default(), Source::Meta, 0.85),
        (people(marked.iter().map(String::as_str), nobody), Source::Markup, 0.7),
        (people(written.take(1), nobody), Source::Text, 0.7),
    ]
    .into_iter()
    .find(|(names, ..)| !names.is_empty())
    .map(|(names, source, sure)| (names, Evidence::new(source, sure)))
}

/// The names in a line such as "By Ann Able and Bob Baker | 3 May 2026": from the word for "by" up
/// to the first word without a capital.
fn after_by(line: &str) -> Option<&str> {
    let line = line.trim();
    let prefix = PREFIXES.iter().find(|prefix| {
        line.get(..prefix.len()).is_some_and(|start| start.to_lowercase() == **prefix)
    })?;
    let names = line.get(prefix.len()..)?.trim_start();
    let (mut end, mut capitals) = (0, 0);
    for word in names.split_inclusive(' ') {
        let bare = word.trim();
        let is_name = bare.chars().next().is_some_and(char::is_uppercase)
            && !bare.chars().any(|c| c.is_ascii_digit());
        if !is_name && !is_joint(bare) {
            break;
        }
        capitals += usize::from(is_name);
        end += word.len();
    }
    // One word is a place or the start of a sentence.
    names.get(..end).filter(|_| capitals >= 2)
}

/// Words inside and between names.
fn is_joint(word: &str) -> bool {
    let word = word.trim_end_matches(',').to_lowercase();
    is_and(&word)
        || matches!(
            word.as_str(),
            "&" | "de"
                | "del"
                | "della"
                | "di"
                | "da"
                | "dos"
                | "van"
                | "von"
                | "der"
                | "den"
                | "la"
                | "le"
                | "bin"
                | "al"
                | "zu"
        )
}

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "und" | "et" | "e" | "y" | "i" | "og" | "och" | "en" | "ve" | "и")
}

/// The people of several bylines, each once.
fn people<'a>(texts: impl Iterator<Item = &'a str>, nobody: Nobody<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in texts.take(NAMES) {
        for name in split(&html_text(text)) {
            let name = without_additions(&name).to_owned();
            if nobody.allows(&name) && !names.iter().any(|known| known.eq_ignore_ascii_case(&name))
            {
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
        if is_and(&bare.to_lowercase()) {
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

/// A name without initials in brackets or an agency after it: "Ann Able (aab)", "Ann Able The
/// Associated Press".
fn without_additions(name: &str) -> &str {
    let name = name.split_once(" (").map_or(name, |(name, _)| name).trim();
    let lower = name.to_lowercase();
    let agency = AGENCIES.iter().filter(|agency| agency.contains(' ')).find(|agency| {
        lower.len() == name.len()
            && lower.strip_suffix(**agency).is_some_and(|rest| rest.ends_with(' '))
    });
    let cut = agency.and_then(|agency| name.get(..name.len() - agency.len())).unwrap_or(name);
    if cut == "The " { name } else { cut.trim().trim_end_matches(" The").trim_end_matches(" the") }
}

/// Names that are no persons: the site itself, desks, agencies, roles.
#[derive(Debug, Clone, Copy, Default)]
struct Nobody<'a> {
    site: Option<&'a str>,
    host: Option<&'a str>,
}

impl Nobody<'_> {
    fn allows(self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        let is_short = name.chars().count() <= 60 && name.split_whitespace().count() <= 5;
        let is_plain = !name
            .chars()
            .any(|c| c.is_ascii_digit() || matches!(c, '@' | '/' | ':' | '(' | '[' | '»'));
        letters >= 2
            && is_short
            && is_plain
            && !is_address(&lower)
            && !is_credential(name)
            && !self.is_site(name)
            && !NOBODY.contains(&lower.as_str())
            && !AGENCIES.contains(&lower.trim_start_matches("the "))
            && !ROLES.iter().any(|role| has_words(&lower, role))
    }

    /// Whether this is the site's name, or its host without the top-level domain.
    fn is_site(self, name: &str) -> bool {
        let name = bare(name);
        let host = self.host.map(|host| host.strip_prefix("www.").unwrap_or(host));
        let labels = host.into_iter().flat_map(|host| host.split('.'));
        self.site.is_some_and(|site| bare(site) == name)
            || labels.filter(|label| label.len() >= 3).any(|label| bare(label) == name)
    }
}

/// `herald.example`: a dot between letters, and no initials.
fn is_address(lower: &str) -> bool {
    lower.contains("www.")
        || lower.split_whitespace().any(|word| {
            let parts: Vec<&str> = word.trim_end_matches('.').split('.').collect();
            parts.len() >= 2 && parts.iter().all(|part| part.len() >= 2)
        })
}

/// Letters after a name: MD, RD, FAND.
fn is_credential(name: &str) -> bool {
    !name.contains(' ')
        && name.chars().count() <= 5
        && name.chars().all(|c| c.is_ascii_uppercase() || c == '.')
}

fn has_words(text: &str, words: &str) -> bool {
    let is_border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|after| after.chars().next());
        is_border(before) && is_border(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let nobody = Nobody { site: Some("Coast Herald"), host: Some("www.coastherald.example") };
        people([text].into_iter(), nobody)
    }

    #[test]
    fn bylines_become_names() {
        for (text, names) in [
            ("By Ann Able, Bob Baker and Cid Cole", &["Ann Able", "Bob Baker", "Cid Cole"][..]),
            ("Von Käthe Köhler", &["Käthe Köhler"]),
            ("Ann Able (aab)", &["Ann Able"]),
            ("Ann Able, MD, FAND", &["Ann Able"]),
            ("Ann Able, Chief Technology Officer", &["Ann Able"]),
            ("Ann Able The Associated Press", &["Ann Able"]),
            ("Ann Able | Staff Writer", &["Ann Able"]),
            ("J. R. Stone", &["J. R. Stone"]),
            ("J.R. Stone", &["J.R. Stone"]),
        ] {
            assert_eq!(named(text), names, "{text}");
        }
    }

    #[test]
    fn desks_agencies_roles_and_addresses_are_nobody() {
        for text in [
            "Staff",
            "https://facebook.com/herald",
            "Coast Herald",
            "coastherald",
            "The Newsroom",
            "admin",
            "AFP, Reuters",
            "desk@herald.example",
            "herald.example",
            "(Image: Ann Able/Getty)",
            "The Associated Press",
            "Coast Daily Reporter",
            "More about Ann »",
            "Redaktion Küste",
        ] {
            assert_eq!(named(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_byline_is_read_from_a_line() {
        for (line, names) in [
            ("By Ann Able and Bob Baker | 3 May 2026", Some("Ann Able and Bob Baker")),
            ("Von Klaus van der Berg, 3. Mai 2026", Some("Klaus van der Berg,")),
            ("BY ANN ABLE", Some("ANN ABLE")),
            ("By Monday the road was open", None),
            ("Von Montag an gesperrt", None),
            ("Ann Able", None),
        ] {
            assert_eq!(after_by(line).map(str::trim), names, "{line}");
        }
    }
}
