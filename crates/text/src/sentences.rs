//! Where sentences end, in the scripts of the world.
//!
//! The marks are those of the Unicode property `Sentence_Terminal` (Unicode Standard Annex 44), so no script has to be
//! remembered by hand. Thai, Lao and other scripts of South-East Asia separate neither words nor, mostly, sentences;
//! Unicode names them by the line breaking class `Complex_Context` (Unicode Standard Annex 14).

use icu_properties::props::{GeneralCategory, LineBreak, QuotationMark, SentenceTerminal};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a character ends sentences, or breaks them off, as "…" does.
#[must_use]
pub fn is_sentence_mark(c: char) -> bool {
    match c {
        '.' | '!' | '?' | '…' => true,
        _ if c.is_ascii() => false,
        _ => CodePointSetData::new::<SentenceTerminal>().contains(c),
    }
}

/// Whether a character closes a quotation or a bracket: it may stand between a mark and the next sentence.
#[must_use]
pub fn is_closing(c: char) -> bool {
    match c {
        '"' | '\'' | ')' | ']' => true,
        _ if c.is_ascii() || c.is_alphanumeric() => false,
        _ => {
            CodePointSetData::new::<QuotationMark>().contains(c)
                || CodePointMapData::<GeneralCategory>::new().get(c)
                    == GeneralCategory::ClosePunctuation
        }
    }
}

/// Whether a text ends with the end of a sentence.
///
/// ```
/// use wiresift_text::sentences::ends_sentence;
///
/// assert!(ends_sentence("“The ferry stays.” "));
/// assert!(ends_sentence("渡船将继续航行。」"));
/// assert!(!ends_sentence("Ferry stays"));
/// ```
#[must_use]
pub fn ends_sentence(text: &str) -> bool {
    let mut last = text.chars().rev().skip_while(|c| c.is_whitespace() || is_closing(*c));
    last.next().is_some_and(is_sentence_mark)
}

/// Whether a letter is of a script that separates neither words nor sentences by marks.
#[must_use]
pub fn is_unmarked(c: char) -> bool {
    c >= '\u{e00}' && CodePointMapData::<LineBreak>::new().get(c) == LineBreak::ComplexContext
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_many_scripts() {
        for text in [
            "Done.",
            "Done!",
            "Done?)",
            "Done…",
            "完了。",
            "完了」",
            "完了。」",
            "हो गया।",
            "تم؟",
            "ہو گیا۔",
            "ተጠናቀቀ።",
            "ပြီးပါပြီ။",
            "បានចប់។",
            "Պատրաստ է։",
        ] {
            assert_eq!(ends_sentence(text), text != "完了」", "{text}");
        }
        for text in ["", "Done", "Done,", "Done:", "a)", "完了、"] {
            assert!(!ends_sentence(text), "{text}");
        }
    }

    #[test]
    fn scripts_without_marks() {
        for c in ['ก', 'ກ', 'ក', 'က'] {
            assert!(is_unmarked(c), "{c}");
        }
        for c in ['a', 'я', '漢', 'か', '한', 'አ', 'न', 'ا'] {
            assert!(!is_unmarked(c), "{c}");
        }
    }
}
