//! Whether a text is prose, by its length and its sentences.
//!
//! A feed's description is a teaser or the whole article, and its markup does not tell: articles come in paragraphs,
//! in `div`s, with line breaks or as bare lines.

use crate::scripts::is_ideographic;
use crate::sentences::{is_closing, is_sentence_mark, is_unmarked};

/// What a kana or Han character counts for: about a word of two letters.
const IDEOGRAPH: usize = 2;

/// The letters and digits of a text. Kana and Han count twice.
#[must_use]
pub fn letters(text: &str) -> usize {
    let count = |c: char| match c {
        c if is_ideographic(c) => IDEOGRAPH,
        c => usize::from(c.is_alphanumeric()),
    };
    text.chars().map(count).sum()
}

/// The sentences of a text: marks that end one, with the end of the text or a blank after them. Chinese and Japanese
/// write no blank, and scripts of South-East Asia write a blank and no mark.
#[must_use]
pub fn sentences(text: &str) -> usize {
    let mut count = 0;
    let mut is_ending = false;
    let mut last = ' ';
    for c in text.chars() {
        if is_sentence_mark(c) {
            count += usize::from(!c.is_ascii() && c != '…' && !is_ending);
            is_ending = c.is_ascii() || c == '…' || is_ending;
        } else if c.is_whitespace() {
            count += usize::from(is_ending || is_unmarked(last));
            is_ending = false;
        } else if !is_closing(c) {
            is_ending = false;
        }
        last = c;
    }
    count + usize::from(is_ending || is_unmarked(last))
}

/// Whether a text breaks off: it ends with dots, perhaps within brackets or before an arrow.
#[must_use]
pub fn is_cut(text: &str) -> bool {
    let is_after = |c: char| c.is_whitespace() || matches!(c, ']' | ')' | '»' | '→');
    let end = text.trim_end_matches(is_after);
    end.ends_with("...") || end.ends_with('…')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_are_counted_in_many_scripts() {
        for (text, count) in [
            ("", 0),
            ("Ferries", 0),
            ("The ferry stays. It rains! Does it?", 3),
            ("“The ferry stays.” So it is.", 2),
            ("It costs 1.50 at example.com today.", 1),
            ("And then…", 1),
            ("Really?! Yes.", 2),
            ("渡船停航。明天恢复！", 2),
            ("यह नाव है। वह नहीं।", 2),
            ("เรือหยุด วันนี้", 2),
        ] {
            assert_eq!(sentences(text), count, "{text}");
        }
    }

    #[test]
    fn letters_are_counted() {
        assert_eq!([letters("a b, 1!"), letters("渡船"), letters("")], [3, 4, 0]);
    }

    #[test]
    fn what_breaks_off_is_cut() {
        for text in ["And then…", "And then [...]", "And then ... →", "(…)"] {
            assert!(is_cut(text), "{text}");
        }
        assert!(!is_cut("And then.") && !is_cut(""));
    }

    proptest! {
        #[test]
        fn sentences_add_up(one in "[A-Za-z ]{0,20}", two in "[A-Za-z ]{0,20}") {
            prop_assert_eq!(sentences(&format!("x{one}. y{two}!")), 2);
        }
    }
}
