//! The parts of a block: its sentences, and what a mark such as `|` separates.
//!
//! Some sites give a standing line no border of its own, so it is the first or the last part of a
//! paragraph. A wrong border does no harm: a part is removed only if most articles have it.

use std::ops::Range;

use wiresift_text::scripts::is_cjk;
use wiresift_text::sentences::{is_closing, is_sentence_mark};

use crate::memory::key::is_small_letter;

/// Words of a part, at the least: titles and abbreviations such as `Mr.` begin many paragraphs.
const LEAST_WORDS: usize = 4;

/// The same for Chinese and Japanese, in characters.
const LEAST_CJK: usize = 8;

/// Marks that stand between two parts, with a blank on either side.
const SEPARATORS: [char; 6] = ['|', '•', '·', '►', '▶', '■'];

/// The byte ranges of the parts of a text, in order. Together they are the whole text.
pub(super) fn parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    // Most characters are passed by their bytes, at little cost.
    let is_passed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b'-' | b'\'' | b'"')
    };
    while let Some(rest) = text.as_bytes().get(at..) {
        at += rest.iter().take_while(|byte| is_passed(**byte)).count();
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let end = match c {
            _ if is_small_letter(c) || c.is_alphanumeric() => None,
            _ if is_sentence_mark(c) => end_of_sentence(text, at, c),
            _ if SEPARATORS.contains(&c) => before_separator(text, at, c),
            _ => None,
        };
        at += c.len_utf8();
        if let Some(end) = end.filter(|end| *end > start) {
            parts.push(start..end);
            start = end;
        }
    }
    if start < text.len() {
        parts.push(start..text.len());
    }
    parts
}

/// Whether a part is long enough to be told from the beginning of any sentence.
pub(super) fn is_telling(part: &str) -> bool {
    let words = part.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
    words.take(LEAST_WORDS).count() == LEAST_WORDS
        || part.chars().filter(|c| is_cjk(*c)).take(LEAST_CJK).count() == LEAST_CJK
}

/// A text without the blanks and separators at its ends, as a range of the whole.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let is_between = |c: char| c.is_whitespace() || SEPARATORS.contains(&c);
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start_matches(is_between).len());
    start..start + part.trim_matches(is_between).len()
}

/// Where the sentence ends that a mark may close: after the marks and quotation marks that follow.
/// `None`: it goes on.
fn end_of_sentence(text: &str, at: usize, mark: char) -> Option<usize> {
    let (before, after) = (text.get(..at)?, text.get(at..)?);
    let rest = after.trim_start_matches(|c| is_sentence_mark(c) || is_closing(c));
    let end = text.len() - rest.len();
    let next = rest.chars().next()?;
    if !next.is_whitespace() {
        let is_glued = next.is_uppercase() && before.chars().next_back()?.is_lowercase();
        // Chinese and Japanese have no blanks.
        return (is_glued || !mark.is_ascii() && mark != '…').then_some(end);
    }
    let rest = rest.trim_start();
    let first = rest.chars().find(|c| c.is_alphanumeric())?;
    let begins = rest.starts_with(['(', '[', '©']) || !first.is_lowercase();
    (begins && !(mark == '.' && is_initial(before))).then_some(end)
}

/// Whether a text ends with an initial, or with an abbreviation such as `U.S`.
fn is_initial(before: &str) -> bool {
    let letters = before.chars().rev().take_while(|c| c.is_alphabetic());
    letters.take(2).count() < 2 && before.ends_with(char::is_alphabetic)
}

fn before_separator(text: &str, at: usize, mark: char) -> Option<usize> {
    let (before, after) = (text.get(..at)?, text.get(at + mark.len_utf8()..)?);
    let is_apart = before.ends_with(char::is_whitespace) && after.starts_with(char::is_whitespace);
    is_apart.then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<&str> {
        parts(text).into_iter().map(|range| &text[trimmed(text, range)]).collect()
    }

    #[test]
    fn sentences_and_separators_are_borders() {
        for (text, expected) in [
            ("The vote ended. Follow us for more", vec!["The vote ended.", "Follow us for more"]),
            ("It ended.Follow us", vec!["It ended.", "Follow us"]),
            ("“It is over.” So he said!", vec!["“It is over.”", "So he said!"]),
            ("It ended. (c) Post", vec!["It ended.", "(c) Post"]),
            ("It ended | Sign up", vec!["It ended", "Sign up"]),
            ("渡船停航。明天恢复！", vec!["渡船停航。", "明天恢复！"]),
            (
                "The U.S. President J. Doe paid 1.50 at example.com",
                vec!["The U.S. President J. Doe paid 1.50 at example.com"],
            ),
            ("And then… it rained. ", vec!["And then… it rained."]),
            ("a|b", vec!["a|b"]),
            ("", vec![]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn short_parts_say_nothing() {
        assert!(is_telling("Follow us for more"));
        assert!(is_telling("关注我们的微信公众号"));
        assert!(!is_telling("Mr. Smith —"));
        assert!(!is_telling("明天恢复！"));
    }

    proptest! {
        #[test]
        fn parts_are_the_whole_text(text in "[a-cA-C.。!?…” |•é]{0,60}") {
            let whole: String = parts(&text).into_iter().map(|range| &text[range]).collect();
            prop_assert_eq!(&whole, &text);
            for range in parts(&text) {
                prop_assert!(!range.is_empty());
                prop_assert!(text.get(trimmed(&text, range)).is_some());
            }
        }
    }
}
