//! What makes two blocks the same block.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use crate::tree::floor_char_boundary;

/// Fixed, because keys are compared between runs of the program.
pub(super) const SEED: u64 = 0x7769_7265_7369_6674;

/// Longest text that counts, in bytes; the rest of a longer block is as if it were not there.
const MOST_BYTES: usize = 4_000;

/// Longest label, such as `Read more:`, in characters.
const MOST_LABEL_CHARS: usize = 30;

/// Longest block that may consist of a label and a text that varies, in characters.
const MOST_LABELLED_CHARS: usize = 200;

/// Longest block in which numbers may vary, in bytes of its words. The paragraphs of market and weather
/// reports differ in their numbers alone, and are longer.
const MOST_NUMBERED_BYTES: usize = 100;

/// The keys of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys {
    /// Of its letters and digits, in lower case.
    pub(super) exact: u64,
    /// The same without what varies: numbers, or the text after a label. `None`: nothing varies.
    pub(super) pattern: Option<u64>,
}

impl Keys {
    /// `None`: the text has no letter and no digit.
    pub(super) fn of(text: &str) -> Option<Self> {
        let words = normal(text);
        if words.is_empty() {
            return None;
        }
        let pattern = labelled(text).or_else(|| numbered(&words));
        Some(Self { exact: hash(&words), pattern: pattern.map(|pattern| hash(&pattern)) })
    }

    /// The key without its pattern.
    pub(super) fn exact(text: &str) -> Option<u64> {
        let words = normal(text);
        (!words.is_empty()).then(|| hash(&words))
    }

    pub(super) fn all(self) -> impl Iterator<Item = u64> {
        [Some(self.exact), self.pattern].into_iter().flatten()
    }
}

/// The words in lower case, with one space between two. Keys are compared within a site, which
/// writes a text in one form; so no form has to be made the same.
fn normal(text: &str) -> String {
    let text = text.get(..floor_char_boundary(text, MOST_BYTES)).unwrap_or_default();
    let mut normal: Vec<u8> = Vec::with_capacity(text.len());
    let letters = &*LETTERS;
    let (mut rest, mut before) = (text, b' ');
    while !rest.is_empty() {
        // Most letters are ASCII: they are passed as bytes.
        let end = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (ascii, others) = rest.split_at(end);
        for byte in ascii.bytes() {
            let letter = letters.get(usize::from(byte)).copied().unwrap_or(b' ');
            if letter != b' ' || before != b' ' {
                normal.push(letter);
            }
            before = letter;
        }
        let mut others = others.chars();
        match others.next() {
            Some(c) if is_small_letter(c) => put(&mut normal, c),
            Some(c) if c.is_alphanumeric() => c.to_lowercase().for_each(|c| put(&mut normal, c)),
            Some(_) if before != b' ' => normal.push(b' '),
            _ => {}
        }
        before = normal.last().copied().unwrap_or(b' ');
        rest = others.as_str();
    }
    // The blank after the last word.
    normal.truncate(normal.trim_ascii_end().len());
    String::from_utf8(normal).unwrap_or_default()
}

/// For each byte, the letter or digit in lower case, or a blank.
static LETTERS: LazyLock<[u8; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| match u8::try_from(byte) {
        Ok(byte) if byte.is_ascii_alphanumeric() => byte.to_ascii_lowercase(),
        _ => b' ',
    })
});

fn put(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Most letters of the scripts that are frequent beside ASCII. They have no other lower case, so no
/// table has to be asked.
pub(super) fn is_small_letter(c: char) -> bool {
    matches!(
        c,
        'ß'..='ö' | 'ø'..='ÿ' | 'α'..='ω' | 'а'..='џ' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='\u{9fff}'
            | '가'..='힣'
    )
}

fn is_number(c: char) -> bool {
    !is_small_letter(c) && c.is_numeric()
}

/// The words with each number as `0`, if there is one.
fn numbered(words: &str) -> Option<String> {
    if words.len() > MOST_NUMBERED_BYTES || !words.contains(is_number) {
        return None;
    }
    let mut pattern = String::with_capacity(words.len());
    let mut follows_digit = false;
    let mut letters = 0;
    for c in words.chars() {
        if !c.is_numeric() {
            letters += usize::from(c.is_alphabetic());
            pattern.push(c);
        } else if !follows_digit {
            pattern.push('0');
        }
        follows_digit = c.is_numeric();
    }
    // A number alone is no block of its own kind.
    (letters > 0 && pattern.contains('0')).then_some(pattern)
}

/// The label of a short block such as `Read more: ...`, with a mark that no text has.
fn labelled(text: &str) -> Option<String> {
    // Characters have four bytes at most. Most blocks are too long, and are not searched.
    if text.len() > 4 * MOST_LABELLED_CHARS {
        return None;
    }
    let front = text.get(..floor_char_boundary(text, 4 * (MOST_LABEL_CHARS + 1)))?;
    let label = front.split_once([':', '：'])?.0;
    let rest = text.get(label.len()..)?;
    let is_short =
        label.chars().count() <= MOST_LABEL_CHARS && text.chars().count() <= MOST_LABELLED_CHARS;
    let has_text = rest.chars().any(char::is_alphabetic);
    let label = normal(label);
    (is_short && has_text && label.contains(' ')).then(|| label + ":")
}

fn hash(text: &str) -> u64 {
    let mut hasher = FixedState::with_seed(SEED).build_hasher();
    hasher.write(text.as_bytes());
    // Zero stands for no key where keys are stored.
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_marks_do_not_count() {
        assert_eq!(Keys::of("Sign up —  now!"), Keys::of("sign up now"));
        assert_ne!(Keys::of("sign up now"), Keys::of("sign up later"));
        assert_eq!(Keys::of(" … "), None);
    }

    #[test]
    fn small_letters_are_what_the_tables_say() {
        for c in (char::MIN..=char::MAX).filter(|c| is_small_letter(*c)) {
            assert!(c.is_alphanumeric() && c.to_lowercase().eq([c]), "{c}");
        }
    }

    #[test]
    fn words_of_any_script_are_lower_case_with_one_blank_between_two() {
        for (text, expected) in [
            (" A—b  C3po! ", "a b c3po"),
            ("ÉCOLE Straße x", "école straße x"),
            ("İx", "i\u{307}x"),
            ("渡船 停航。A渡b", "渡船 停航 a渡b"),
            ("Dnia 5.maja", "dnia 5 maja"),
            ("…", ""),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_what_follows_a_label_vary() {
        let pattern = |text| Keys::of(text).and_then(|keys| keys.pattern);
        assert_eq!(pattern("Updated 3 May 2026, 12:40"), pattern("updated 14 may 2027, 9:05"));
        assert_ne!(pattern("Updated 3 May"), pattern("Printed 3 May"));
        assert_eq!(pattern("Read more: The harbour opens"), pattern("Read more: A strike ends"));
        assert_eq!(pattern("Analysis: the harbour"), None, "one word may be anything");
        assert_eq!(pattern("2026"), None);
        let report = "The port took in 14 ships with grain on Monday, 3 more than on the Monday before, and \
                      the price of a sack stayed where it was.";
        assert_eq!(pattern(report), None, "a paragraph is its own");
        assert_eq!(pattern("no number"), None);
    }
}
