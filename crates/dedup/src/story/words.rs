//! The words of a text by [`Rules::Story`], stemmed if there is a stemmer for the language.

use rust_stemmers::{Algorithm, Stemmer};
use wiresift_text::scripts::is_unspaced;
use wiresift_text::words::{self as text, Rules, read};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) stem: String,
    /// The whole word in lower case; empty for numbers and for pairs of letters.
    pub(super) letters: String,
    /// Whether the script of the word has capitals.
    pub(super) is_cased: bool,
    /// Whether the word begins with a capital.
    pub(super) is_capital: bool,
    /// Whether the word begins a sentence. A capital means nothing there.
    pub(super) is_first: bool,
}

impl Word {
    pub(super) fn is_number(&self) -> bool {
        self.stem.starts_with(char::is_numeric)
    }
}

/// Without a stemmer for the language, so many letters stand for a word. Most endings come later.
const CUT_LETTERS: usize = 5;

/// The stemmer of a language, by its ISO 639-1 code.
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

/// The first words of a text, at most `most`.
pub(super) fn words(text: &str, language: &str, most: usize) -> Vec<Word> {
    let stemmer = stemmer(language);
    let mut words = Vec::new();
    read(text, Rules::Story, |word| {
        let is_capital = word.first.is_uppercase();
        let is_word = word.first.is_alphabetic() && !is_unspaced(word.first);
        words.push(Word {
            stem: stem(word, stemmer.as_ref()),
            letters: if is_word { word.letters.to_owned() } else { String::new() },
            is_cased: is_capital || word.first.is_lowercase(),
            is_capital,
            is_first: word.begins_sentence,
        });
        words.len() < most
    });
    words
}

/// The stem of a word, or without a stemmer its first letters. Russian texts use "ё" and "е" interchangeably, so both become "е".
fn stem(word: text::Word<'_>, stemmer: Option<&Stemmer>) -> String {
    let bare = word.letters.trim_end_matches('\'');
    let bare = bare.strip_suffix("'s").unwrap_or(bare).replace('\'', "").replace('ё', "е");
    match stemmer {
        Some(stemmer) if word.first.is_alphabetic() => stemmer.stem(&bare).into_owned(),
        None if word.first.is_alphabetic() => bare.chars().take(CUT_LETTERS).collect(),
        _ => bare,
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
        assert_eq!(stems("Häuser Häusern", "xx"), ["häuse", "häuse"]);
    }

    #[test]
    fn numbers_are_one_word_and_letters_another() {
        assert_eq!(
            stems("1,234.5 tons of Covid-19, 30km", "xx"),
            ["12345", "tons", "of", "covid", "19", "30", "km"]
        );
    }

    #[test]
    fn capitals_and_sentence_beginnings_are_marked() {
        let marks: Vec<(bool, bool)> = words("The mayor. Ada left", "en", 100)
            .iter()
            .map(|word| (word.is_capital, word.is_first))
            .collect();
        assert_eq!(marks, [(true, true), (false, false), (true, true), (false, false)]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs_and_texts_are_cut() {
        assert_eq!(stems("新橋駅", "ja"), ["新橋", "橋駅"]);
        assert_eq!(words("one two three", "en", 2).len(), 2);
    }
}
