//! Text in base64, as Atom 0.3 allows it (`mode="base64"`).
//!
//! The declaration may be wrong, because a program copies it from its template. Then the text is
//! taken as it is. What is decoded and is no text, such as a picture, is nothing.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use wiresift_text::entities::is_forbidden;

/// A text without blanks of at least so many letters is base64 if it looks like it.
const LEAST_ENCODED: usize = 24;

/// The text that is declared as base64: decoded, or as it is if the declaration is wrong. `None` if
/// it is no text.
pub(super) fn text(text: &str) -> Option<String> {
    let as_it_is = || Some(text.to_owned());
    // Lines may be broken, but words are not.
    let digits: String = text.lines().map(str::trim).collect();
    if digits.contains(char::is_whitespace) {
        return as_it_is();
    }
    let Ok(bytes) = BASE64.decode(&digits) else { return as_it_is() };
    let is_text = |text: &String| !text.chars().any(is_forbidden);
    match String::from_utf8(bytes).ok().filter(is_text) {
        Some(decoded) => Some(decoded.trim().to_owned()),
        None if digits.len() >= LEAST_ENCODED || digits.ends_with('=') => None,
        None => as_it_is(),
    }
}

/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_decoded_and_a_wrong_declaration_ignored() {
        for (given, wanted) in [
            ("SGFyYm91ciB3YWxs", Some("Harbour wall")),
            ("SGFyYm91ciB3YWxsIQ==", Some("Harbour wall!")),
            ("SGFyYm91ciB3YWxsIQ", Some("Harbour wall!")),
            ("SGFyYm91\n  ciB3YWxs\n", Some("Harbour wall")),
            ("Story 1", Some("Story 1")),
            ("Story", Some("Story")),
            ("Hafenmauer, neu", Some("Hafenmauer, neu")),
            ("iVBORw0KGgoAAAANSUhEUgAAAAUA", None),
            ("/9j/4A==", None),
        ] {
            assert_eq!(super::text(given).as_deref(), wanted, "{given}");
        }
    }
}
