//! Text as a row of words for comparison: compatibility form (NFKC), lower case, Unicode letters and digits.
//!
//! Scripts without blanks have no words that a rule could see, so two neighbouring letters make one. A number is
//! one word however its thousands and decimals are parted (1,234.5 and 1.234,5), because newsrooms differ in that
//! and in nothing that it says. A capital inside a sentence marks a name; German nouns carry one too, which
//! makes the check of names a check of nouns there.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};
use xxhash_rust::xxh3::xxh3_64;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::news) struct Word {
    /// XXH3 of its letters.
    pub(in crate::news) hash: u64,
    /// Begins with a digit.
    pub(in crate::news) is_number: bool,
    /// Begins with a capital, inside a sentence.
    pub(in crate::news) is_name: bool,
}

/// The words of a text, in order.
pub(in crate::news) fn words(text: &str) -> Vec<Word> {
    let mut reader = Reader::default();
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        reader.read(text.chars());
    } else {
        reader.read(text.nfkc());
    }
    reader.words
}

#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    /// Lower-case letters of the word under way.
    word: String,
    /// Its first letter as written.
    first: Option<char>,
    /// The letter before, if a script without blanks has it.
    unspaced: Option<char>,
    /// Nothing but blanks since a sentence ended.
    fresh: bool,
}

impl Reader {
    fn read(&mut self, letters: impl Iterator<Item = char>) {
        self.fresh = true;
        let mut letters = letters.peekable();
        while let Some(letter) = letters.next() {
            if let Some(lower) = common_lower(letter) {
                self.unspaced = None;
                self.first.get_or_insert(letter);
                self.word.push(lower);
            } else if !letter.is_ascii() && is_unspaced(letter) {
                self.end_word();
                self.pair(letter, letters.peek().copied());
            } else if !letter.is_ascii() && letter.is_alphanumeric() {
                self.unspaced = None;
                self.first.get_or_insert(letter);
                self.word.extend(letter.to_lowercase());
            } else if !is_joiner(letter) && !self.parts_a_number(letter, letters.peek().copied()) {
                self.end_word();
                self.unspaced = None;
                self.fresh |= ends_sentence(letter);
            }
        }
        self.end_word();
    }

    /// Two neighbours are a word; a letter that stands alone is one too.
    fn pair(&mut self, letter: char, next: Option<char>) {
        match self.unspaced.replace(letter) {
            Some(before) => self.word.push(before),
            None if next.is_some_and(is_unspaced) => return,
            None => {}
        }
        self.word.push(letter);
        self.first = Some(letter);
        self.end_word();
    }

    fn parts_a_number(&self, letter: char, next: Option<char>) -> bool {
        matches!(letter, '.' | ',')
            && next.is_some_and(|next| next.is_ascii_digit())
            && self.first.is_some_and(|first| first.is_ascii_digit())
            && self.word.ends_with(|last: char| last.is_ascii_digit())
    }

    fn end_word(&mut self) {
        let Some(first) = self.first.take() else { return };
        self.words.push(Word {
            hash: xxh3_64(self.word.as_bytes()),
            is_number: first.is_numeric(),
            is_name: !self.fresh && first.is_uppercase(),
        });
        self.word.clear();
        self.fresh = false;
    }
}

/// What the tables of Unicode say of the letters that most texts are made of, without looking it up.
fn common_lower(letter: char) -> Option<char> {
    match letter {
        'a'..='z' | '0'..='9' | 'ß'..='ö' | 'ø'..='ÿ' | 'а'..='я' => Some(letter),
        'A'..='Z' => Some(letter.to_ascii_lowercase()),
        'À'..='Ö' | 'Ø'..='Þ' | 'А'..='Я' => char::from_u32(u32::from(letter) + 0x20),
        _ => None,
    }
}

/// Signs inside words: apostrophes, soft hyphens, joiners, accents that stand by themselves.
pub(in crate::news) fn is_joiner(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
        || (!letter.is_ascii() && is_combining_mark(letter))
}

pub(in crate::news) fn ends_sentence(letter: char) -> bool {
    matches!(
        letter,
        '.' | '!' | '?' | ':' | '\n' | '"' | '\u{201c}' | '\u{201e}' | '\u{ab}' | '\u{2026}' | '•' | '*'
    )
}

/// Kana, Han, Thai, Lao, Burmese and Khmer are written without blanks.
pub(in crate::news) fn is_unspaced(letter: char) -> bool {
    matches!(
        letter,
        '\u{0e01}'..='\u{0e33}' | '\u{0e40}'..='\u{0e46}' | '\u{0e81}'..='\u{0eb0}' | '\u{0ec0}'..='\u{0ec6}'
            | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}' | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<u64> {
        words(text).iter().map(|word| word.hash).collect()
    }

    #[test]
    fn dress_is_no_difference() {
        assert_eq!(hashes("It’s OVER, he said"), hashes("its over — \"he\" said."));
        assert_eq!(hashes("co\u{ad}operate ﬁne"), hashes("cooperate fine"));
        assert_eq!(hashes("cafe\u{301}"), hashes("café"));
    }

    #[test]
    fn the_short_way_is_the_way_of_the_tables() {
        for letter in (0..0x500).filter_map(char::from_u32) {
            if let Some(lower) = common_lower(letter) {
                assert!(letter.is_alphanumeric(), "{letter}");
                assert_eq!(letter.to_lowercase().collect::<String>(), lower.to_string());
            }
        }
    }

    #[test]
    fn numbers_are_one_word_however_they_are_parted() {
        assert_eq!(hashes("1,234.5 tons"), hashes("1.234,5 tons"));
        assert_eq!(hashes("in 2024, 7 men").len(), 4);
        assert_eq!(hashes("won 3-1.").len(), 3);
        assert!(words("paid 7m").last().unwrap().is_number);
    }

    #[test]
    fn capitals_inside_a_sentence_are_names() {
        let names: Vec<bool> =
            words("The mayor of Paris left. Then Anna came").iter().map(|word| word.is_name).collect();
        assert_eq!(names, [false, false, false, true, false, false, true, false]);
    }

    #[test]
    fn scripts_without_blanks_go_by_pairs() {
        assert_eq!(hashes("新橋を"), [xxh3_64("新橋".as_bytes()), xxh3_64("橋を".as_bytes())]);
        assert_eq!(hashes("橋"), [xxh3_64("橋".as_bytes())]);
        assert_eq!(hashes("第1話").len(), 3);
    }
}
