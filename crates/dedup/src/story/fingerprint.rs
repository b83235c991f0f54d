//! The story fingerprint of an article: what it says about its event.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use crate::story::words::{Word, words};

/// A word: the low 32 bits of the XXH3 of its stem. Of a hundred thousand words of a language,
/// about two share their term with another.
pub type Term = u32;

/// The version of the rules. Fingerprints of different versions are not compared.
pub const VERSION: u8 = 1;

/// The number of words of the body that count as its lead: two or three paragraphs.
const LEAD_WORDS: usize = 60;

/// The most words of the body that are used. Later words are background.
const MOST_WORDS: usize = 600;

/// The most words of a headline that are used.
const MOST_TITLE_WORDS: usize = 60;

/// If more than this share of a headline's words have a capital, it is in Title Case, and its
/// capitals do not mark names.
const TITLE_CASE: f64 = 0.6;

/// The fewest different words of headline and lead that describe an event.
const FEWEST_TERMS: usize = 5;

/// Terms in ascending order, each with its number of occurrences.
type Counted = Vec<(Term, u8)>;

/// What an article says about its event. Terms are in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryFingerprint {
    /// Words of headline and lead, each with its number of occurrences.
    pub lead: Vec<(Term, u8)>,
    /// Names in the whole text, each with its number of occurrences.
    pub names: Vec<(Term, u8)>,
    /// All words of headline and body.
    pub terms: Vec<Term>,
    /// The words of the headline, and its numbers.
    pub headline: (Vec<Term>, Vec<Term>),
}

impl StoryFingerprint {
    /// Takes the story fingerprint of an article. Returns `None` if the text is too short to
    /// describe an event.
    #[must_use]
    pub fn of(title: &str, body: &str, language: &str) -> Option<Self> {
        let title = words(title, language, MOST_TITLE_WORDS);
        let body = words(body, language, MOST_WORDS);
        let lead = counted(title.iter().chain(body.iter().take(LEAD_WORDS)));
        let terms: BTreeSet<Term> = title.iter().chain(&body).map(term).collect();
        (lead.len() >= FEWEST_TERMS).then(|| {
            let names = names(&title, &body);
            // Scripts without capitals do not mark names. There the whole lead takes their place.
            let names = if has_capitals(&title, &body) { names } else { lead.clone() };
            Self { lead, names, terms: terms.into_iter().collect(), headline: headline(&title) }
        })
    }

    /// Its bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let counted = self.lead.capacity() + self.names.capacity();
        let terms = self.terms.capacity() + self.headline.0.capacity() + self.headline.1.capacity();
        size_of::<Self>() + counted * size_of::<(Term, u8)>() + terms * size_of::<Term>()
    }

    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for counted in [&self.lead, &self.names] {
            bytes.extend(u16::try_from(counted.len()).unwrap_or(u16::MAX).to_le_bytes());
            for (term, count) in counted {
                bytes.extend(term.to_le_bytes());
                bytes.push(*count);
            }
        }
        for terms in [&self.headline.0, &self.headline.1] {
            bytes.extend(u16::try_from(terms.len()).unwrap_or(u16::MAX).to_le_bytes());
            bytes.extend(terms.iter().flat_map(|term| term.to_le_bytes()));
        }
        bytes.extend(self.terms.iter().flat_map(|term| term.to_le_bytes()));
        bytes
    }

    /// Reads the stored form. Returns `None` if it has another version or is damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (lead, rest) = counted_from(rest)?;
        let (names, rest) = counted_from(rest)?;
        let (words, rest) = terms_from(rest)?;
        let (numbers, rest) = terms_from(rest)?;
        let (terms, rest) = rest.as_chunks::<4>();
        (*version == VERSION && rest.is_empty()).then(|| Self {
            lead,
            names,
            terms: terms.iter().map(|bytes| Term::from_le_bytes(*bytes)).collect(),
            headline: (words, numbers),
        })
    }
}

fn counted_from(bytes: &[u8]) -> Option<(Counted, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (terms, rest) = rest.split_at_checked(5 * usize::from(u16::from_le_bytes(*length)))?;
    let (terms, _) = terms.as_chunks::<5>();
    Some((
        terms
            .iter()
            .map(|[a, b, c, d, count]| (Term::from_le_bytes([*a, *b, *c, *d]), *count))
            .collect(),
        rest,
    ))
}

fn terms_from(bytes: &[u8]) -> Option<(Vec<Term>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (terms, rest) = rest.split_at_checked(4 * usize::from(u16::from_le_bytes(*length)))?;
    let (terms, _) = terms.as_chunks::<4>();
    Some((terms.iter().map(|bytes| Term::from_le_bytes(*bytes)).collect(), rest))
}

/// The words and the numbers of a headline.
fn headline(title: &[Word]) -> (Vec<Term>, Vec<Term>) {
    let is_number = |word: &&Word| word.stem.starts_with(char::is_numeric);
    let (numbers, words): (Vec<&Word>, Vec<&Word>) = title.iter().partition(is_number);
    let set = |words: Vec<&Word>| {
        words.into_iter().map(term).collect::<BTreeSet<Term>>().into_iter().collect()
    };
    (set(words), set(numbers))
}

pub(super) fn hash(stem: &str) -> Term {
    xxh3_64(stem.as_bytes()) as Term
}

fn term(word: &Word) -> Term {
    hash(&word.stem)
}

fn counted<'a>(words: impl Iterator<Item = &'a Word>) -> Counted {
    let mut counts: BTreeMap<Term, u8> = BTreeMap::new();
    for word in words {
        let count = counts.entry(term(word)).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().collect()
}

/// The names of an article. A word is a name if it has a capital at a place where only names have
/// one. All its occurrences with a capital count.
fn names(title: &[Word], body: &[Word]) -> Counted {
    let capitals = title.iter().filter(|word| word.is_capital).count();
    let is_title_case = capitals as f64 > TITLE_CASE * title.len() as f64;
    let plain_title = title.iter().filter(|_| !is_title_case);
    let known: BTreeSet<&str> = body
        .iter()
        .chain(plain_title)
        .filter(|word| word.is_capital && !word.is_first)
        .map(|word| word.stem.as_str())
        .collect();
    counted(
        title
            .iter()
            .chain(body)
            .filter(|word| word.is_capital && known.contains(word.stem.as_str())),
    )
}

fn has_capitals(title: &[Word], body: &[Word]) -> bool {
    title.iter().chain(body).any(|word| word.is_capital)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TITLE: &str = "Harbour wall of Millbrook to be rebuilt";
    const BODY: &str = "Millbrook will rebuild its harbour wall, the mayor Ada Lindqvist said. \
        Work begins in April.";

    #[test]
    fn names_are_capitals_inside_sentences_and_count_everywhere() {
        let fingerprint = StoryFingerprint::of(TITLE, BODY, "en").unwrap();
        let count = |name: &str| {
            fingerprint.names.iter().find(|(term, _)| *term == hash(name)).map(|(_, count)| *count)
        };
        assert_eq!(count("millbrook"), Some(2));
        assert_eq!(count("lindqvist"), Some(1));
        assert_eq!(count("work"), None);
        assert_eq!(count("harbour"), None);
    }

    #[test]
    fn without_capitals_the_lead_takes_the_place_of_names() {
        let fingerprint = StoryFingerprint::of("", "港の壁が冬の嵐の後に再建される", "ja").unwrap();
        assert_eq!(fingerprint.names, fingerprint.lead);
    }

    #[test]
    fn a_text_that_is_too_short_has_no_fingerprint() {
        assert_eq!(StoryFingerprint::of("Video", "Watch now.", "en"), None);
    }

    proptest! {
        #[test]
        fn the_stored_form_comes_back(title in ".{0,60}", body in ".{0,400}") {
            if let Some(fingerprint) = StoryFingerprint::of(&title, &body, "en") {
                let stored = fingerprint.to_stored();
                prop_assert_eq!(StoryFingerprint::from_stored(&stored), Some(fingerprint));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = StoryFingerprint::from_stored(&bytes);
        }
    }
}
