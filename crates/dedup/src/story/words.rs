//! Text as words that mean the same in any form: compatibility form, lower case, stemmed where the language has a
//! stemmer. A number is one word however its thousands and decimals are parted. Scripts without blanks go by pairs of letters.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

use crate::fingerprint::word::{ends_sentence, is_joiner, is_unspaced};

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Its stem.
    pub(super) stem: String,
    /// Written with a capital.
    pub(super) is_capital: bool,
    /// The first of a sentence, where a capital means nothing.
    pub(super) is_first: bool,
}

/// The stemmer of a language, by its ISO 639-1 code. Where there is none, words stay as they are.
fn stemmer(language: &str) -> Option<Stemmer> {
    Some(Stemmer::create(match language {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nb" | "nn" | "no" => Algorithm::Norwegian,
        "nl" => Algorithm::Dutch,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    }))
}

/// The first words of a text, at most so many.
pub(super) fn words(text: &str, language: &str, most: usize) -> Vec<Word> {
    let mut reader = Reader { stemmer: stemmer(language), fresh: true, most, ..Reader::default() };
    let mut letters = text.nfkc().peekable();
    while let Some(letter) = letters.next().filter(|_| reader.words.len() < most) {
        reader.take(letter, letters.peek().copied());
    }
    reader.end_word();
    reader.words
}

#[derive(Default)]
struct Reader {
    stemmer: Option<Stemmer>,
    words: Vec<Word>,
    most: usize,
    word: String,
    first: Option<char>,
    unspaced: Option<char>,
    fresh: bool,
}

impl Reader {
    fn take(&mut self, letter: char, next: Option<char>) {
        if is_unspaced(letter) {
            self.end_word();
            if let Some(before) = self.unspaced.replace(letter) {
                self.word.extend([before, letter]);
                self.first = Some(letter);
                self.end_word();
            }
        } else if letter.is_alphanumeric() {
            self.unspaced = None;
            // "3km" and "Covid-19" are two words each; "2nd" is not worth a rule.
            let first = *self.first.get_or_insert(letter);
            if first.is_numeric() != letter.is_numeric() {
                self.end_word();
                self.first = Some(letter);
            }
            self.word.extend(
                letter.to_lowercase().map(|letter| if letter == 'ё' { 'е' } else { letter }),
            );
        } else if matches!(letter, '\'' | '’') && self.first.is_some() {
            self.word.push('\'');
        } else if !is_joiner(letter) && !self.parts_a_number(letter, next) {
            self.end_word();
            self.unspaced = None;
            self.fresh |= ends_sentence(letter);
        }
    }

    fn parts_a_number(&self, letter: char, next: Option<char>) -> bool {
        matches!(letter, '.' | ',')
            && next.is_some_and(|next| next.is_ascii_digit())
            && self.first.is_some_and(|first| first.is_ascii_digit())
    }

    fn end_word(&mut self) {
        let Some(first) = self.first.take().filter(|_| self.words.len() < self.most) else {
            return;
        };
        let bare = self.word.trim_end_matches('\'');
        let bare = bare.strip_suffix("'s").unwrap_or(bare).replace('\'', "");
        let stem = match &self.stemmer {
            Some(stemmer) if first.is_alphabetic() => stemmer.stem(&bare).into_owned(),
            _ => bare,
        };
        self.word.clear();
        self.words.push(Word { stem, is_capital: first.is_uppercase(), is_first: self.fresh });
        self.fresh = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str, language: &str) -> Vec<String> {
        words(text, language, 100).into_iter().map(|word| word.stem).collect()
    }

    #[test]
    fn forms_of_a_word_are_one_word() {
        assert_eq!(
            stems("Floods flooded the mayor's town", "en"),
            stems("flooding flood THE mayor town", "en")
        );
        assert_eq!(stems("корабли в проливе", "ru"), stems("корабля в проливы", "ru"));
        assert_eq!(stems("Häuser", "xx"), ["häuser"]);
    }

    #[test]
    fn numbers_are_one_word_and_part_from_letters() {
        assert_eq!(
            stems("1,234.5 tons of Covid-19, 30km", "xx"),
            ["12345", "tons", "of", "covid", "19", "30", "km"]
        );
    }

    #[test]
    fn capitals_and_sentences_are_told() {
        let marks: Vec<(bool, bool)> = words("The mayor. Ada left", "en", 100)
            .iter()
            .map(|word| (word.is_capital, word.is_first))
            .collect();
        assert_eq!(marks, [(true, true), (false, false), (true, true), (false, false)]);
    }

    #[test]
    fn scripts_without_blanks_go_by_pairs_and_texts_are_cut() {
        assert_eq!(stems("新橋駅", "ja"), ["新橋", "橋駅"]);
        assert_eq!(words("one two three", "en", 2).len(), 2);
    }
}
