//! The words that fingerprints are made of: compatibility form (NFKC), lower case, Unicode letters and digits.
//!
//! Scripts without blanks have no words that a rule could see, so two neighbouring letters make one. A number is one
//! word however its thousands and decimals are separated (1,234.5 and 1.234,5), because newsrooms differ in that and
//! in nothing that it says.

use unicode_normalization::char::is_combining_mark;

use crate::scripts::{common_lower, is_unspaced};
use crate::words::compatible::compatible;

/// The two rules that stored fingerprints are made with. A change in either needs a new version of its fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// For near-duplicates, where a word is a hash and only its identity counts. Apostrophes are dropped. A letter
    /// that stands alone in a script without blanks is a word.
    Fingerprint,
    /// For stories, where words are stemmed and rare ones count. Apostrophes are kept as `'`, because stemming
    /// depends on them. Digits and letters are separate words ("30km", "Covid-19"). A letter that stands alone in a
    /// script without blanks says nothing.
    Story,
}

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// Lower case.
    pub letters: &'a str,
    /// Its first letter as written; the second one of a pair.
    pub first: char,
    /// It begins a sentence, where a capital means nothing.
    pub begins_sentence: bool,
}

/// Hands over the words of a text in order, until `take` returns false.
pub fn read(text: &str, rules: Rules, take: impl FnMut(Word<'_>) -> bool) {
    let text = compatible(text);
    let word = String::new();
    let mut reader =
        Reader { rules, take, word, first: None, unspaced: None, fresh: true, done: false };
    reader.read(&text);
}

struct Reader<F> {
    rules: Rules,
    take: F,
    /// Lower-case letters of the word under way.
    word: String,
    /// Its first letter as written.
    first: Option<char>,
    /// The letter before, if a script without blanks has it.
    unspaced: Option<char>,
    /// No word yet since a sentence ended.
    fresh: bool,
    done: bool,
}

impl<F: FnMut(Word<'_>) -> bool> Reader<F> {
    fn read(&mut self, mut rest: &str) {
        while !self.done {
            // Most of a text is runs of such letters: taken whole they cost a tenth.
            let (run, after) = rest.split_at(self.run_length(rest));
            self.run(run);
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

    /// Letters and digits of ASCII at the start of a text; of one kind, if the other is another word.
    fn run_length(&self, rest: &str) -> usize {
        let bytes = rest.as_bytes();
        let first_is_digit = bytes.first().is_some_and(u8::is_ascii_digit);
        let splits = self.rules == Rules::Story;
        let goes_on = |byte: &&u8| {
            byte.is_ascii_alphanumeric() && !(splits && byte.is_ascii_digit() != first_is_digit)
        };
        bytes.iter().take_while(goes_on).count()
    }

    fn run(&mut self, letters: &str) {
        let Some(first) = letters.chars().next() else { return };
        self.begin(first);
        let before = self.word.len();
        self.word.push_str(letters);
        if let Some(added) = self.word.get_mut(before..) {
            added.make_ascii_lowercase();
        }
    }

    /// A letter that goes on with the word, or begins one.
    fn begin(&mut self, letter: char) {
        self.unspaced = None;
        let first = *self.first.get_or_insert(letter);
        if self.rules == Rules::Story && first.is_numeric() != letter.is_numeric() {
            self.end_word();
            self.first = Some(letter);
        }
    }

    /// Any other letter or sign, and what follows it.
    fn letter(&mut self, letter: char, rest: &str) {
        let next = rest.chars().next();
        if letter.is_ascii_alphanumeric() {
            // The first one of another kind.
            self.begin(letter);
            self.word.push(letter.to_ascii_lowercase());
        } else if let Some(lower) = common_lower(letter) {
            self.begin(letter);
            self.word.push(lower);
        } else if !letter.is_ascii() && is_unspaced(letter) {
            self.end_word();
            self.pair(letter, next);
        } else if !is_sign(letter) && letter.is_alphanumeric() {
            self.begin(letter);
            self.word.extend(letter.to_lowercase());
        } else if self.rules == Rules::Story && matches!(letter, '\'' | '\u{2019}') {
            if self.first.is_some() {
                self.word.push('\'');
            }
        } else if !is_joiner(letter) && !self.is_inside_number(letter, next) {
            self.end_word();
            self.unspaced = None;
            self.fresh |= ends_sentence(letter);
        }
    }

    /// Two neighbours are a word.
    fn pair(&mut self, letter: char, next: Option<char>) {
        match self.unspaced.replace(letter) {
            Some(before) => self.word.push(before),
            None if self.rules == Rules::Story || next.is_some_and(is_unspaced) => return,
            None => {}
        }
        self.word.push(letter);
        self.first = Some(letter);
        self.end_word();
    }

    /// A point or comma between digits.
    fn is_inside_number(&self, letter: char, next: Option<char>) -> bool {
        matches!(letter, '.' | ',')
            && next.is_some_and(|next| next.is_ascii_digit())
            && self.first.is_some_and(|first| first.is_ascii_digit())
            && (self.rules == Rules::Story
                || self.word.ends_with(|last: char| last.is_ascii_digit()))
    }

    fn end_word(&mut self) {
        let Some(first) = self.first.take().filter(|_| !self.done) else { return };
        let word = Word { letters: &self.word, first, begins_sentence: self.fresh };
        self.done = !(self.take)(word);
        self.word.clear();
        self.fresh = false;
    }
}

/// ASCII has no letters left here, and the quotation marks and dashes of all scripts are none.
fn is_sign(letter: char) -> bool {
    letter.is_ascii() || matches!(letter, '\u{2010}'..='\u{2027}')
}

/// Signs inside words: apostrophes, soft hyphens, joiners, accents that stand by themselves.
fn is_joiner(letter: char) -> bool {
    super::is_inside_word(letter) || (!letter.is_ascii() && is_combining_mark(letter))
}

fn ends_sentence(letter: char) -> bool {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str, rules: Rules) -> Vec<String> {
        let mut words = Vec::new();
        read(text, rules, |word| {
            words.push(word.letters.to_owned());
            true
        });
        words
    }

    fn fingerprint(text: &str) -> Vec<String> {
        words(text, Rules::Fingerprint)
    }

    #[test]
    fn typography_is_no_difference() {
        assert_eq!(fingerprint("It’s OVER, he said"), fingerprint("its over — \"he\" said."));
        assert_eq!(fingerprint("co\u{ad}operate ﬁne"), ["cooperate", "fine"]);
        assert_eq!(fingerprint("cafe\u{301}"), ["café"]);
    }

    #[test]
    fn numbers_are_one_word_however_they_are_written() {
        assert_eq!(fingerprint("1,234.5 tons"), ["12345", "tons"]);
        assert_eq!(fingerprint("1.234,5 tons"), ["12345", "tons"]);
        assert_eq!(fingerprint("in 2024, 7 men"), ["in", "2024", "7", "men"]);
        assert_eq!(fingerprint("won 3-1. paid 7m"), ["won", "3", "1", "paid", "7m"]);
    }

    #[test]
    fn the_rules_differ_where_they_say() {
        let text = "30km, Covid-19, the mayor’s 橋 新橋を";
        assert_eq!(
            fingerprint(text),
            ["30km", "covid", "19", "the", "mayors", "橋", "新橋", "橋を"]
        );
        assert_eq!(
            words(text, Rules::Story),
            ["30", "km", "covid", "19", "the", "mayor's", "新橋", "橋を"]
        );
    }

    #[test]
    fn scripts_without_blanks_go_by_pairs() {
        assert_eq!(fingerprint("新橋を"), ["新橋", "橋を"]);
        assert_eq!(fingerprint("第1話"), ["第", "1", "話"]);
        assert_eq!(words("新橋駅", Rules::Story), ["新橋", "橋駅"]);
    }

    #[test]
    fn sentences_begin_after_their_signs() {
        let mut begins = Vec::new();
        read("The mayor of Paris left. Then Anna came", Rules::Fingerprint, |word| {
            begins.push(word.begins_sentence);
            true
        });
        assert_eq!(begins, [true, false, false, false, false, true, false, false]);
    }

    #[test]
    fn reading_stops_when_enough_is_taken() {
        let mut taken = 0;
        read("one two three", Rules::Story, |_| {
            taken += 1;
            taken < 2
        });
        assert_eq!(taken, 2);
    }

    #[test]
    fn the_short_way_is_the_way_of_the_tables() {
        for letter in (0..0x500).filter_map(char::from_u32) {
            if let Some(lower) = common_lower(letter) {
                assert!(letter.is_alphanumeric(), "{letter}");
                assert_eq!(letter.to_lowercase().collect::<String>(), lower.to_string());
            }
        }
        for letter in (0..0x11_0000).filter_map(char::from_u32) {
            assert!(
                !is_sign(letter) || letter.is_ascii() || !letter.is_alphanumeric(),
                "{letter:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn words_are_not_empty_and_hold_no_blanks(text in "\\PC{0,60}") {
            for word in fingerprint(&text).iter().chain(&words(&text, Rules::Story)) {
                prop_assert!(!word.is_empty() && !word.contains(char::is_whitespace));
            }
        }
    }
}
