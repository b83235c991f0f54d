//! The story fingerprint of an article: what it says about its event.

use std::collections::BTreeSet;

use wiresift_text::dates::is_date_word;
use wiresift_text::scripts;
use xxhash_rust::xxh3::xxh3_64;

use crate::story::block_page::is_block_page;
use crate::story::bridge::Bridge;
use crate::story::days::Days;
use crate::story::words::{Word, words};

/// A word: the low 32 bits of the XXH3 of its stem. Of a hundred thousand words of a language,
/// about two share their term with another.
pub type Term = u32;

/// The version of the rules. Fingerprints of different versions are not compared.
pub const VERSION: u8 = 2;

/// The number of words of the body that count as its lead: two or three paragraphs.
const LEAD_WORDS: usize = 60;

/// The most words of the body that are used. Later words are background.
const MOST_WORDS: usize = 600;

/// The most words of a headline that are used.
const MOST_TITLE_WORDS: usize = 60;

/// Without a headline, so many words of the body take its place.
const TITLE_OF_BODY: usize = 12;

/// If more than this share of a headline's words have a capital, it is in Title Case, and its
/// capitals do not mark names.
const TITLE_CASE: f64 = 0.6;

/// If more than this share of all words have a capital inside a sentence, capitals do not mark names
/// alone.
const NOUNS: f64 = 0.25;

/// The fewest different words of a body that describe an event. A shorter one ("Video", "Read
/// more") leaves only the headline, and headlines alone are not enough evidence.
const FEWEST_TERMS: usize = 5;

/// The longest word that may stand in a date line without being a part of the date: "the", "um".
const DATE_LINE_WORD: usize = 3;

/// A word of an article, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    pub term: Term,
    /// Occurrences in headline and lead.
    pub lead: u8,
    /// Occurrences as a name in the whole text.
    pub names: u8,
    /// The headline has it.
    pub in_title: bool,
    pub is_number: bool,
}

impl Said {
    /// Nothing is known of the word but that the text has it.
    pub(super) fn is_plain(self) -> bool {
        self.lead == 0 && self.names == 0 && !self.in_title && !self.is_number
    }
}

/// What an article says about its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryFingerprint {
    /// All words of headline and body, in ascending order of their terms.
    pub words: Vec<Said>,
    /// The days that it names.
    pub days: Days,
    /// Most words are pairs of letters, in a script without blanks.
    pub is_unspaced: bool,
    /// What can be compared with articles in other languages.
    pub bridge: Bridge,
}

impl StoryFingerprint {
    /// Takes the story fingerprint of an article. Returns `None` if the text does not describe an
    /// event: it is too short, or a page that a site shows to programs.
    #[must_use]
    pub fn of(title: &str, body: &str, language: &str) -> Option<Self> {
        if is_block_page(title, body) {
            return None;
        }
        let title = if is_date_line(title) { "" } else { title };
        let days = Days::of(title, body, language);
        let title_words = words(title, language, MOST_TITLE_WORDS);
        let body_words = words(body, language, MOST_WORDS);
        let different: BTreeSet<&str> =
            body_words.iter().take(LEAD_WORDS).map(|word| word.stem.as_str()).collect();
        if different.len() < FEWEST_TERMS {
            return None;
        }
        let names = names(&title_words, &body_words);
        let bridge = Bridge::of(&title_words, &body_words);
        let is_unspaced = is_unspaced(&title_words, &body_words);
        Some(Self { is_unspaced, words: said(&title_words, &body_words, &names), days, bridge })
    }

    /// Its bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.words.capacity() * size_of::<Said>()
            + self.days.dates.capacity() * size_of::<u16>()
            + self.bridge.terms.capacity() * size_of::<Term>()
    }

    /// The terms of all words, in ascending order.
    pub fn terms(&self) -> impl Iterator<Item = Term> + '_ {
        self.words.iter().map(|said| said.term)
    }
}

fn is_unspaced(title: &[Word], body: &[Word]) -> bool {
    let all = || title.iter().chain(body);
    let pairs = all().filter(|word| word.stem.starts_with(scripts::is_unspaced));
    2 * pairs.count() > all().count()
}

/// Whether a headline is only a date: "Monday, 23 November 2026".
fn is_date_line(title: &str) -> bool {
    let mut has_number = false;
    let mut words = title.split(|letter: char| !letter.is_alphanumeric());
    let is_of_date = words.all(|word| {
        let is_number = word.chars().all(char::is_numeric);
        has_number |= is_number && !word.is_empty();
        is_number || word.chars().nth(DATE_LINE_WORD).is_none() || is_date_word(word)
    });
    is_of_date && has_number && !title.contains(scripts::is_unspaced)
}

fn said(title: &[Word], body: &[Word], names: &Names<'_>) -> Vec<Said> {
    /// How often the article has a word.
    type Times = u8;
    let title_of_body = if title.is_empty() { TITLE_OF_BODY } else { 0 };
    let places = title.iter().map(|word| (word, true, true)).chain(
        body.iter().enumerate().map(|(at, word)| (word, at < LEAD_WORDS, at < title_of_body)),
    );
    let said = places.map(|(word, in_lead, in_title)| Said {
        term: hash(&word.stem),
        lead: in_lead.into(),
        names: names.has(word).into(),
        in_title,
        is_number: word.is_number(),
    });
    let mut all: Vec<(Said, Times)> = said.map(|said| (said, 1)).collect();
    all.sort_unstable_by_key(|(said, _)| said.term);
    all.dedup_by(|(next, more), (said, times)| {
        let is_same = said.term == next.term;
        if is_same {
            said.lead = said.lead.saturating_add(next.lead);
            said.names = said.names.saturating_add(next.names);
            said.in_title |= next.in_title;
            said.is_number |= next.is_number;
            *times = times.saturating_add(*more);
        }
        is_same
    });
    let all = all.into_iter().map(|(said, times)| {
        let is_main = times > 1 || said.in_title;
        let names = match names.capitals {
            Capitals::Names => said.names,
            Capitals::Nouns if is_main => said.names,
            Capitals::None if is_main => times,
            Capitals::Nouns | Capitals::None => 0,
        };
        Said { names, ..said }
    });
    all.collect()
}

pub(super) fn hash(stem: &str) -> Term {
    xxh3_64(stem.as_bytes()) as Term
}

/// The names of an article. A word is a name if it has a capital at a place where only names have
/// one. All its occurrences with a capital count.
pub(super) struct Names<'a> {
    known: BTreeSet<&'a str>,
    capitals: Capitals,
}

/// What capitals inside sentences mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capitals {
    Names,
    /// All nouns, as in German, or most words. Then only words that recur, or that the headline has,
    /// count as names.
    Nouns,
    /// The script has no capitals. Words that recur, or that the headline has, take the place of
    /// names.
    None,
}

impl Names<'_> {
    pub(super) fn has(&self, word: &Word) -> bool {
        word.is_capital && self.known.contains(word.stem.as_str())
    }
}

fn names<'a>(title: &'a [Word], body: &'a [Word]) -> Names<'a> {
    let capitals = title.iter().filter(|word| word.is_capital).count();
    let is_title_case = capitals as f64 > TITLE_CASE * title.len() as f64;
    let plain_title = title.iter().filter(|_| !is_title_case);
    let inside = body.iter().chain(plain_title).filter(|word| word.is_capital && !word.is_first);
    Names {
        known: inside.map(|word| word.stem.as_str()).collect(),
        capitals: capitals_of(title, body),
    }
}

fn capitals_of(title: &[Word], body: &[Word]) -> Capitals {
    let count = |is: fn(&Word) -> bool| title.iter().chain(body).filter(|word| is(word)).count();
    let inside = count(|word| word.is_capital && !word.is_first);
    if inside == 0 || 2 * count(|word| word.is_cased) < count(|word| !word.is_number()) {
        Capitals::None
    } else if inside as f64 > NOUNS * (title.len() + body.len()) as f64 {
        Capitals::Nouns
    } else {
        Capitals::Names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "Harbour wall of Millbrook to be rebuilt";
    const BODY: &str = "Millbrook will rebuild its harbour wall, the mayor Ada Lindqvist said. \
        Work begins in April.";

    fn said(fingerprint: &StoryFingerprint, stem: &str) -> Said {
        let term = hash(stem);
        fingerprint.words.iter().find(|said| said.term == term).copied().unwrap_or_default()
    }

    #[test]
    fn names_are_capitals_inside_sentences_and_count_everywhere() {
        let fingerprint = StoryFingerprint::of(TITLE, BODY, "en").unwrap();
        let count = |name: &str| said(&fingerprint, name).names;
        assert_eq!(count("millbrook"), 2);
        assert_eq!(count("lindqvist"), 1);
        assert_eq!(count("work"), 0);
        assert_eq!(count("harbour"), 0);
    }

    #[test]
    fn without_capitals_words_that_recur_take_the_place_of_names() {
        let title = "港の壁";
        let body = "港の壁が冬の嵐の後に再建される。町長は嵐の被害を語った。";
        let fingerprint = StoryFingerprint::of(title, body, "ja").unwrap();
        let count = |pair: &str| said(&fingerprint, pair).names;
        assert_eq!((count("の壁"), count("嵐の"), count("再建")), (2, 2, 0));
    }

    #[test]
    fn where_nouns_have_capitals_only_those_that_recur_are_names() {
        let body = "Der Bau der Mauer im Hafen von Mühlbach beginnt im April. Die Mauer brach im \
            Sturm, sagt Bürgermeisterin Lindner, und die Stadt zahlt den Bau.";
        let fingerprint = StoryFingerprint::of("Mühlbach baut", body, "de").unwrap();
        let count = |stem: &str| said(&fingerprint, stem).names;
        assert_eq!((count("mau"), count("sturm"), count("muhlbach")), (2, 0, 2));
    }

    #[test]
    fn a_text_that_is_too_short_has_no_fingerprint() {
        assert_eq!(StoryFingerprint::of("Video", "Watch now.", "en"), None);
        let title = "Council of Millbrook votes for new sea defences after the storms";
        assert_eq!(StoryFingerprint::of(title, "Video", "en"), None);
        assert_eq!(StoryFingerprint::of(title, "", "en"), None);
        assert_eq!(StoryFingerprint::of(title, "Read more Read more Read more here", "en"), None);
    }

    #[test]
    fn a_date_line_is_no_headline() {
        let bare = StoryFingerprint::of("", BODY, "en").unwrap();
        for line in
            ["Monday, 23 November 2026", "23.11.2026", "23 Nov 2026, 10:30 am", "Mo, 23. Nov."]
        {
            assert_eq!(StoryFingerprint::of(line, BODY, "en").unwrap(), bare, "{line}");
        }
        for line in ["9 November 1989 remembered", "Catch-22", "Black Friday", "May resigns"] {
            assert!(StoryFingerprint::of(line, BODY, "en").unwrap() != bare, "{line}");
        }
    }
}
