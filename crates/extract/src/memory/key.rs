//! What makes two blocks the same block.

use std::hash::{BuildHasher as _, Hasher as _};

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
    let mut normal = String::with_capacity(text.len());
    let mut is_gap = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() {
            is_gap = true;
            continue;
        }
        if is_gap && !normal.is_empty() {
            normal.push(' ');
        }
        is_gap = false;
        if letter.is_ascii() {
            normal.push(letter.to_ascii_lowercase());
        } else {
            normal.extend(letter.to_lowercase());
        }
    }
    normal
}

/// The words with each number as `0`, if there is one.
fn numbered(words: &str) -> Option<String> {
    if words.len() > MOST_NUMBERED_BYTES || !words.contains(char::is_numeric) {
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
    let (label, rest) = text.split_once([':', '：'])?;
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
