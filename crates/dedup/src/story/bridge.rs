//! What articles in two languages about one event have in common: names, words that many languages
//! share, and numbers.
//!
//! A word is written in Latin letters without accents, and its first letters count, because
//! languages add endings. Of a number only its digits without zeros at the end count, so that
//! "35,000", "35 thousand" and "3.5万" are the same.
//!
//! Such words are much weaker evidence than words of one language, so they never change a story.
//! They link an article to the one article of another language that is most like it ([`nearest`]).

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;

use crate::story::fingerprint::{Term, hash};
use crate::story::rarity::Rarity;
use crate::story::words::Word;

/// The language under which the words of all languages together are counted.
pub const ALL_LANGUAGES: &str = "mul";

/// The letters of a word that count.
const LETTERS: usize = 5;

/// The fewest letters of a word with a capital, and of another word. Short words of two languages
/// are often alike and mean different things.
const FEWEST_OF_NAME: usize = 3;
const FEWEST_OF_WORD: usize = 6;

/// The fewest digits of a number that says something.
const FEWEST_DIGITS: usize = 2;

/// The most different words and numbers of an article that count, from its beginning.
const MOST_WORDS: usize = 64;
const MOST_NUMBERS: usize = 16;

/// The number of terms that lead to an article.
const KEYS: usize = 24;

/// The number of keys of the other article that an article must have.
pub const FEWEST_SHARED: usize = 2;

/// Articles of two languages with at least this likeness are linked. Of the labelled pairs in
/// docs/stories.md, three out of four linked ones are about one event.
const MIN_LIKENESS: f32 = 0.075;

/// Words and numbers in the form that all languages share, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bridge {
    pub terms: Vec<Term>,
}

impl Bridge {
    pub(super) fn of(title: &[Word], body: &[Word]) -> Self {
        let (mut words, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for word in title.iter().chain(body) {
            if word.is_number() {
                if numbers.len() < MOST_NUMBERS {
                    numbers.extend(number(&word.stem).map(hash));
                }
            } else if words.len() < MOST_WORDS {
                words.extend(latin(word).as_deref().map(hash));
            }
        }
        words.append(&mut numbers);
        Self { terms: words.into_iter().collect() }
    }

    /// The terms that lead to the article: the rarest.
    #[must_use]
    pub fn keys(&self, rarity: &Rarity) -> Vec<Term> {
        let mut ranked: Vec<(f64, Term)> =
            self.terms.iter().map(|term| (rarity.of(*term), *term)).collect();
        ranked
            .sort_by(|(one, term), (other, another)| other.total_cmp(one).then(term.cmp(another)));
        ranked.into_iter().take(KEYS).map(|(_, term)| term).collect()
    }

    /// Cosine similarity, 0 to 1.
    fn likeness(&self, other: &Self, rarity: &Rarity) -> f32 {
        let square = |term: &Term| {
            let rarity = rarity.of(*term);
            rarity * rarity
        };
        let length = |bridge: &Self| bridge.terms.iter().map(square).sum::<f64>();
        let common: f64 = self
            .terms
            .iter()
            .filter(|term| other.terms.binary_search(term).is_ok())
            .map(square)
            .sum();
        let all = length(self) * length(other);
        if all > 0.0 { (common / all.sqrt()) as f32 } else { 0.0 }
    }
}

/// An article of another language that may be about the same event.
#[derive(Debug, Clone)]
pub struct Abroad {
    pub article: i64,
    pub language: String,
    pub bridge: Bridge,
}

/// Two articles of different languages that are about one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    pub article: i64,
    /// 0 to 1.
    pub likeness: f32,
}

/// The nearest article of each other language, if it is near enough. Of equal ones, the oldest.
#[must_use]
pub fn nearest(bridge: &Bridge, others: &[Abroad], rarity: &Rarity) -> Vec<Link> {
    let mut best: BTreeMap<&str, Link> = BTreeMap::new();
    for other in others {
        let link =
            Link { article: other.article, likeness: bridge.likeness(&other.bridge, rarity) };
        if link.likeness < MIN_LIKENESS {
            continue;
        }
        let known = best.entry(&other.language).or_insert(link);
        let order = link.likeness.total_cmp(&known.likeness);
        if order.then(known.article.cmp(&link.article)).is_gt() {
            *known = link;
        }
    }
    best.into_values().collect()
}

/// The digits of a number without zeros at the end.
fn number(digits: &str) -> Option<&str> {
    let digits = digits.trim_matches('0');
    (digits.len() >= FEWEST_DIGITS && digits.is_ascii()).then_some(digits)
}

/// The first letters of a word in Latin script.
fn latin(word: &Word) -> Option<String> {
    let mut latin = String::new();
    for letter in word.letters.nfkd() {
        match letter {
            'a'..='z' => latin.push(letter),
            _ => latin.push_str(romanised(letter)),
        }
    }
    let fewest = if word.is_capital { FEWEST_OF_NAME } else { FEWEST_OF_WORD };
    let cut = latin.char_indices().nth(LETTERS).map_or(latin.len(), |(at, _)| at);
    let is_long = latin.len() >= fewest;
    latin.truncate(cut);
    is_long.then_some(latin)
}

/// A letter in Latin script, roughly as newspapers write names. Empty for marks and for letters of
/// other scripts.
fn romanised(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'ø' | 'о' | 'ο' | 'ω' => "o",
        'œ' => "oe",
        'ł' | 'л' | 'λ' => "l",
        'đ' | 'ð' | 'д' | 'δ' => "d",
        'þ' | 'θ' => "th",
        'ı' | 'и' | 'й' | 'і' | 'ї' | 'η' | 'ι' | 'υ' | 'ы' => "i",
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'е' | 'э' | 'ё' | 'є' | 'ε' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'к' | 'κ' => "k",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' | 'ў' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ξ' => "x",
        'ψ' => "ps",
        'ј' => "j",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::story::words::words;

    fn bridge(text: &str, language: &str) -> Bridge {
        Bridge::of(&[], &words(text, language, 100))
    }

    #[test]
    fn words_are_the_same_in_several_scripts() {
        for (one, other) in [
            ("Лондон", "London"),
            ("Gdańsku", "Gdanska"),
            ("Μερκελ", "Merkel"),
            ("MÜLLER", "Muller"),
            ("35,000", "35"),
            ("3.5万", "35000"),
        ] {
            let (terms, others) = (bridge(one, "xx").terms, bridge(other, "yy").terms);
            assert!(!terms.is_empty() && terms == others, "{one} {other}");
        }
        assert!(bridge("EU, 9,000 and the old mill", "en").terms.is_empty());
    }

    #[test]
    fn the_nearest_article_of_each_language_is_linked() {
        let text = "Mayor Ada Lindqvist of Millbrook opened the harbour wall, 412 metres long.";
        let near = "Bürgermeisterin Lindqvist weiht in Millbrook die Hafenmauer ein: 412 Meter.";
        let far = "Lindqvist tritt als Bürgermeisterin von Nordheim an, sagt ihre Sprecherin.";
        let abroad = |article, language: &str, text| Abroad {
            article,
            language: language.to_owned(),
            bridge: bridge(text, language),
        };
        let others = [
            abroad(1, "de", far),
            abroad(2, "de", near),
            abroad(3, "de", near),
            abroad(4, "nl", near),
        ];
        let links = nearest(&bridge(text, "en"), &others, &Rarity::new(ALL_LANGUAGES));
        assert_eq!(links.iter().map(|link| link.article).collect::<Vec<_>>(), [2, 4]);
        let snow = bridge("Snow closes two mountain passes in the northern hills.", "en");
        assert_eq!(nearest(&snow, &others, &Rarity::new(ALL_LANGUAGES)), []);
    }
}
