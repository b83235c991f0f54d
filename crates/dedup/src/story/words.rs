//! Text as words that mean the same in any form: [`Rules::Story`], stemmed where the language has a stemmer.

use rust_stemmers::{Algorithm, Stemmer};
use wiresift_text::words::{self as text, Rules, read};

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
    let stemmer = stemmer(language);
    let mut words = Vec::new();
    read(text, Rules::Story, |word| {
        words.push(Word {
            stem: stem(word, stemmer.as_ref()),
            is_capital: word.first.is_uppercase(),
            is_first: word.begins_sentence,
        });
        words.len() < most
    });
    words
}

/// A word without its ending. Russian texts write "ё" or "е" as they please.
fn stem(word: text::Word<'_>, stemmer: Option<&Stemmer>) -> String {
    let bare = word.letters.trim_end_matches('\'');
    let bare = bare.strip_suffix("'s").unwrap_or(bare).replace('\'', "").replace('ё', "е");
    match stemmer {
        Some(stemmer) if word.first.is_alphabetic() => stemmer.stem(&bare).into_owned(),
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
