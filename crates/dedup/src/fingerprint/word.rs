//! The words of a text as hashes.
//!
//! A capital inside a sentence marks a name. German writes all nouns with a capital, so there names
//! are names and other nouns.

use wiresift_text::words::{Rules, read};
use xxhash_rust::xxh3::xxh3_64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// XXH3 of the letters.
    pub(super) hash: u64,
    /// Whether the word has a digit: `12`, `7m`, `M29`.
    pub(super) is_number: bool,
    /// Whether the word begins with a capital and does not begin a sentence.
    pub(super) is_name: bool,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    read(text, Rules::Fingerprint, |word| {
        words.push(Word {
            hash: xxh3_64(word.letters.as_bytes()),
            is_number: has_digit(word.letters),
            is_name: !word.begins_sentence && word.first.is_uppercase(),
        });
        true
    });
    words
}

/// Whether a word has a digit.
pub(super) fn has_digit(letters: &str) -> bool {
    letters.contains(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_inside_a_sentence_are_names() {
        let names: Vec<bool> = words("The mayor of Paris left. Then Anna came")
            .iter()
            .map(|word| word.is_name)
            .collect();
        assert_eq!(names, [false, false, false, true, false, false, true, false]);
    }

    #[test]
    fn numbers_have_a_digit() {
        let numbers: Vec<bool> =
            words("Bus M29 paid 7m in all").iter().map(|word| word.is_number).collect();
        assert_eq!(numbers, [false, true, false, true, false, false]);
    }
}
