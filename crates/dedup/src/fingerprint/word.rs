//! Text as a row of words for comparison: compatibility form (NFKC), lower case, Unicode letters and digits.
//!
//! Scripts without blanks have no words that a rule could see, so two neighbouring letters make one. A number is
//! one word however its thousands and decimals are parted (1,234.5 and 1.234,5), because newsrooms differ in that
//! and in nothing that it says. A capital inside a sentence marks a name; German nouns carry one too, which
//! makes the check of names a check of nouns there.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// XXH3 of its letters.
    pub(crate) hash: u64,
    /// Begins with a digit.
    pub(crate) is_number: bool,
    /// Begins with a capital, inside a sentence.
    pub(crate) is_name: bool,
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut reader = Reader { fresh: true, ..Reader::default() };
    reader.read(&compatible(text));
    reader.words
}

/// A text in compatibility form. Most are in it but for an ellipsis here and there, with which the words beyond the
/// next blanks have nothing to do: nothing is composed across a blank (UAX #15).
fn compatible(text: &str) -> Cow<'_, str> {
    let unsettled = |letter: char| !is_settled(letter);
    let mut compatible = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(unsettled) {
        let (before, after) = rest.split_at(at);
        let start = before.rfind(' ').unwrap_or(0);
        let end = at + after.find(' ').unwrap_or(after.len());
        let (piece, after) = rest.split_at(end);
        let (settled, piece) = piece.split_at(start);
        compatible.push_str(settled);
        compatible.extend(piece.nfkc());
        rest = after;
    }
    if compatible.is_empty() {
        return Cow::Borrowed(text);
    }
    compatible.push_str(rest);
    Cow::Owned(compatible)
}

/// What news is mostly made of and NFKC leaves as it is, whatever stands before it.
fn is_settled(letter: char) -> bool {
    letter < '\u{a0}'
        || matches!(
            letter,
            '\u{c0}'..='\u{131}' | '\u{134}'..='\u{13e}' | '\u{141}'..='\u{148}' | '\u{14a}'..='\u{17e}'
                | '\u{388}'..='\u{3cf}' | '\u{400}'..='\u{481}' | '\u{5d0}'..='\u{5ea}' | '\u{621}'..='\u{64a}'
                | '\u{e01}'..='\u{e32}' | '\u{e40}'..='\u{e46}' | '\u{2012}'..='\u{2016}' | '\u{2018}'..='\u{2023}'
                | '€' | '\u{3001}'..='\u{3020}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fe}'
                | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        )
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
    fn read(&mut self, mut rest: &str) {
        loop {
            // Most of a text is runs of such letters: taken whole they cost a tenth.
            let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let (letters, after) = rest.split_at(run);
            self.run(letters);
            let mut after = after.chars();
            let Some(letter) = after.next() else { break };
            rest = after.as_str();
            if letter == ' ' {
                self.end_word();
                self.unspaced = None;
            } else {
                self.letter(letter, rest);
            }
        }
        self.end_word();
    }

    /// Letters and digits of ASCII.
    fn run(&mut self, letters: &str) {
        let Some(first) = letters.chars().next() else { return };
        self.unspaced = None;
        self.first.get_or_insert(first);
        let before = self.word.len();
        self.word.push_str(letters);
        if let Some(added) = self.word.get_mut(before..) {
            added.make_ascii_lowercase();
        }
    }

    /// Any other letter or sign, and what follows it.
    fn letter(&mut self, letter: char, rest: &str) {
        let lower = common_lower(letter);
        if let Some(lower) = lower {
            self.unspaced = None;
            self.first.get_or_insert(letter);
            self.word.push(lower);
        } else if !letter.is_ascii() && is_unspaced(letter) {
            self.end_word();
            self.pair(letter, rest.chars().next());
        } else if !is_sign(letter) && letter.is_alphanumeric() {
            self.unspaced = None;
            self.first.get_or_insert(letter);
            self.word.extend(letter.to_lowercase());
        } else if !is_joiner(letter) && !self.parts_a_number(letter, rest.chars().next()) {
            self.end_word();
            self.unspaced = None;
            self.fresh |= ends_sentence(letter);
        }
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

/// What the tables of Unicode say of the letters beyond ASCII that most texts are made of, without looking it up.
fn common_lower(letter: char) -> Option<char> {
    match letter {
        'ß'..='ö' | 'ø'..='ÿ' | 'а'..='я' => Some(letter),
        'À'..='Ö' | 'Ø'..='Þ' | 'А'..='Я' => char::from_u32(u32::from(letter) + 0x20),
        _ => None,
    }
}

/// ASCII has no letters left here, and the quotation marks and dashes of all scripts are none.
fn is_sign(letter: char) -> bool {
    letter.is_ascii() || matches!(letter, '\u{2010}'..='\u{2027}')
}

/// Signs inside words: apostrophes, soft hyphens, joiners, accents that stand by themselves.
pub(crate) fn is_joiner(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    ) || (!letter.is_ascii() && is_combining_mark(letter))
}

pub(crate) fn ends_sentence(letter: char) -> bool {
    matches!(
        letter,
        '.' | '!'
            | '?'
            | ':'
            | '\n'
            | '"'
            | '\u{201c}'
            | '\u{201e}'
            | '\u{ab}'
            | '\u{2026}'
            | '•'
            | '*'
    )
}

/// Kana, Han, Thai, Lao, Burmese and Khmer are written without blanks.
pub(crate) fn is_unspaced(letter: char) -> bool {
    matches!(
        letter,
        '\u{0e01}'..='\u{0e33}' | '\u{0e40}'..='\u{0e46}' | '\u{0e81}'..='\u{0eb0}' | '\u{0ec0}'..='\u{0ec6}'
            | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}' | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, is_nfkc_quick};

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
    fn what_is_settled_stays_as_it_is_and_is_no_sign_that_is_a_letter() {
        for letter in (0..0x11_0000).filter_map(char::from_u32) {
            if is_settled(letter) {
                assert_eq!(is_nfkc_quick(std::iter::once(letter)), IsNormalized::Yes, "{letter:?}");
                assert_eq!(canonical_combining_class(letter), 0, "{letter:?}");
            }
            assert!(
                !is_sign(letter) || letter.is_ascii() || !letter.is_alphanumeric(),
                "{letter:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn pieces_are_composed_like_the_whole(text in "([a-z \u{301}\u{30a}…ﬁAÅ가ᄀ\u{1161}́é]|\\PC){0,30}") {
            prop_assert_eq!(compatible(&text).into_owned(), text.nfkc().collect::<String>());
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
        let names: Vec<bool> = words("The mayor of Paris left. Then Anna came")
            .iter()
            .map(|word| word.is_name)
            .collect();
        assert_eq!(names, [false, false, false, true, false, false, true, false]);
    }

    #[test]
    fn scripts_without_blanks_go_by_pairs() {
        assert_eq!(hashes("新橋を"), [xxh3_64("新橋".as_bytes()), xxh3_64("橋を".as_bytes())]);
        assert_eq!(hashes("橋"), [xxh3_64("橋".as_bytes())]);
        assert_eq!(hashes("第1話").len(), 3);
    }
}
