//! Sets of patterns that are mostly words.
//!
//! As a `RegexSet` they would cost several times as much: its automaton is built while it searches,
//! and reads every byte through a cache. So the patterns are written out as words when they are
//! first used, and an Aho-Corasick automaton finds all of these in one pass. The few alternatives
//! that are no words stay regular expressions.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::HashMap;
use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use regex_syntax::is_word_byte;

/// Most words that a pattern is written out as.
const MOST_WORDS: usize = 1_000;

/// Patterns in numbered sections.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// The words with which a text begins, by their first byte.
    first: HashMap<u8, Vec<(Way, u32)>>,
    /// Words anywhere, and the automaton that finds them.
    anywhere: Vec<(Way, u32)>,
    automaton: Option<AhoCorasick>,
    /// What is no word.
    rest: Vec<(Regex, u32)>,
}

impl Patterns {
    /// Reads patterns, each with its section, which is less than 32.
    pub(super) fn new<'a>(
        patterns: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut all = Self::default();
        for (pattern, section) in patterns {
            for hir in alternatives(&regex_syntax::parse(pattern)?) {
                match ways(&hir).filter(|ways| ways.iter().all(Way::is_word)) {
                    Some(ways) => ways.into_iter().for_each(|way| all.add(way, section)),
                    None => all.rest.push((Regex::new(&hir.to_string())?, section)),
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(all.anywhere.iter().map(|(way, _)| &way.literal))?;
        all.automaton = Some(automaton);
        Ok(all)
    }

    fn add(&mut self, way: Way, section: u32) {
        match way.literal.first() {
            Some(first) if way.before.contains(&Look::Start) => {
                self.first.entry(*first).or_default().push((way, section));
            }
            _ => self.anywhere.push((way, section)),
        }
    }

    /// The sections of which a text has a pattern, a bit each.
    pub(super) fn sections(&self, text: &str) -> u32 {
        let bytes = text.as_bytes();
        let first = bytes.first().and_then(|first| self.first.get(first));
        let first = first.into_iter().flatten().filter(|(way, _)| bytes.starts_with(&way.literal));
        let first = first.filter(|(way, _)| way.fits(text, 0)).map(|(_, section)| *section);
        let rest = self.rest.iter().filter(|(regex, _)| regex.is_match(text));
        let rest = rest.map(|(_, section)| *section);
        first.chain(rest).fold(self.sections_anywhere(text), |all, section| all | 1 << section)
    }

    fn sections_anywhere(&self, text: &str) -> u32 {
        let found = self.automaton.iter().flat_map(|all| all.find_overlapping_iter(text));
        found.fold(0, |all, found| {
            let Some((way, section)) = self.anywhere.get(found.pattern().as_usize()) else {
                return all;
            };
            let is_new = all & (1 << section) == 0;
            if is_new && way.fits(text, found.start()) { all | 1 << section } else { all }
        })
    }
}

/// Whether something is true of a place between two characters.
fn holds(look: Look, text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    let is_word = |c: Option<char>| {
        c.is_some_and(|c| regex_syntax::try_is_word_character(c).unwrap_or_default())
    };
    let is_ascii_word = |byte: Option<&u8>| byte.is_some_and(|byte| is_word_byte(*byte));
    match look {
        Look::Start => before.is_empty(),
        Look::End => after.is_empty(),
        Look::WordUnicode => is_word(before.chars().next_back()) != is_word(after.chars().next()),
        Look::WordAscii => {
            is_ascii_word(before.as_bytes().last()) != is_ascii_word(after.as_bytes().first())
        }
        _ => false,
    }
}

/// One way to match a pattern: letters, and what must be true before and after them.
#[derive(Debug, Clone, Default)]
struct Way {
    before: Vec<Look>,
    literal: Vec<u8>,
    after: Vec<Look>,
}

impl Way {
    fn letters(letters: &[u8]) -> Self {
        Self { literal: letters.to_vec(), ..Self::default() }
    }

    /// Whether it has letters, and asks nothing that [`holds`] does not know.
    fn is_word(&self) -> bool {
        let known = [Look::Start, Look::End, Look::WordUnicode, Look::WordAscii];
        let mut looks = self.before.iter().chain(&self.after);
        !self.literal.is_empty() && looks.all(|look| known.contains(look))
    }

    /// Whether all that is asked is true of its letters at `start`.
    fn fits(&self, text: &str, start: usize) -> bool {
        let end = start + self.literal.len();
        self.before.iter().all(|look| holds(*look, text, start))
            && self.after.iter().all(|look| holds(*look, text, end))
    }

    /// This way and then the next one; `None` if something is asked of a place inside.
    fn then(&self, next: &Self) -> Option<Self> {
        let mut way = self.clone();
        if self.literal.is_empty() {
            way.before.extend(&next.before);
            way.after.extend(&next.after);
        } else if next.literal.is_empty() {
            way.after.extend(&next.before);
        } else if self.after.is_empty() && next.before.is_empty() {
            way.after.extend(&next.after);
        } else {
            return None;
        }
        way.literal.extend(&next.literal);
        Some(way)
    }
}

/// The alternatives of a pattern.
fn alternatives(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Alternation(all) => all.iter().flat_map(alternatives).collect(),
        HirKind::Concat(parts) => match parts.as_slice() {
            [look, all] if matches!(look.kind(), HirKind::Look(_)) => alternatives(all)
                .into_iter()
                .map(|one| Hir::concat(vec![look.clone(), one]))
                .collect(),
            _ => vec![hir.clone()],
        },
        _ => vec![hir.clone()],
    }
}

/// All ways to match a pattern; `None` if there are too many.
fn ways(hir: &Hir) -> Option<Vec<Way>> {
    let all = match hir.kind() {
        HirKind::Empty => vec![Way::default()],
        HirKind::Literal(literal) => vec![Way::letters(&literal.0)],
        HirKind::Look(look) => vec![Way { before: vec![*look], ..Way::default() }],
        HirKind::Capture(capture) => ways(&capture.sub)?,
        HirKind::Class(Class::Unicode(class)) => {
            let letters = class.iter().flat_map(|range| range.start()..=range.end());
            let letters = letters.take(MOST_WORDS + 1);
            letters.map(|c| Way::letters(c.encode_utf8(&mut [0; 4]).as_bytes())).collect()
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => {
            let one = ways(&repetition.sub)?;
            let mut many = vec![Way::default()];
            let mut all = Vec::new();
            for count in 0..=repetition.max? {
                if count >= repetition.min {
                    all.extend(many.iter().cloned());
                }
                many = product(&many, &one)?;
            }
            all
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![Way::default()], |all, part| product(&all, &ways(part)?))?
        }
        HirKind::Alternation(all) => {
            all.iter().map(ways).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect()
        }
    };
    (all.len() <= MOST_WORDS).then_some(all)
}

fn product(all: &[Way], next: &[Way]) -> Option<Vec<Way>> {
    if all.len() * next.len() > MOST_WORDS {
        return None;
    }
    all.iter().flat_map(|way| next.iter().map(|next| way.then(next))).collect()
}

#[cfg(test)]
mod tests {
    use regex::RegexSet;

    use super::*;

    const PATTERNS: [&str; 7] = [
        r"ads?\b|\bfoot|foot-?er",
        r"^(?:by\b|don.t miss|next)",
        r"\d{1,2}:\d{2}|ago$",
        r"(?:left|right)-{0,3}(?:col|rail)",
        r"/ ?(?:afp|ap)(?-u:\b)|opini[eę]",
        "смотрите|©",
        r"^(?:tags?\b|note:)",
    ];

    #[test]
    fn every_text_has_the_sections_of_the_regular_expressions() {
        let patterns = Patterns::new(PATTERNS.into_iter().zip(0..)).unwrap();
        let set = RegexSet::new(PATTERNS).unwrap();
        let parts = [
            "ad",
            "ads",
            "foot",
            "er",
            "-",
            " ",
            "by",
            "don't miss",
            "next",
            "7:30",
            "ago",
            "left",
            "--",
            "col",
            "right",
            "rail",
            "/",
            "ap",
            "afp",
            "opinie",
            "opinię",
            "смотрите",
            "©",
            "é",
            "tag",
            "s",
            "note:",
            "_",
            "x",
        ];
        let mut all = 0;
        for (one, two) in parts.iter().flat_map(|one| parts.iter().map(move |two| (one, two))) {
            for three in parts {
                let text = format!("{one}{two}{three}");
                let wanted = set.matches(&text).iter().fold(0, |all, at| all | 1 << at);
                assert_eq!(patterns.sections(&text), wanted, "{text}");
                all |= wanted;
            }
        }
        assert_eq!(all, (1 << PATTERNS.len()) - 1);
    }

    #[test]
    fn most_alternatives_are_words() {
        let patterns = Patterns::new(PATTERNS.into_iter().zip(0..)).unwrap();
        assert_eq!(patterns.rest.len(), 2);
    }
}
