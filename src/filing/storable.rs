//! Makes text from outside storable. In Postgres, `text` cannot hold U+0000, and the entries of an
//! index have a limited length.

use sha2::{Digest, Sha256};
use wiresift_text::limits;

/// Removes U+0000 from a text.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "")
}

/// Removes U+0000 from a text that may be missing.
pub(crate) fn optional(value: Option<&str>) -> Option<String> {
    value.map(text)
}

/// The beginning of a text, at most so many bytes, without U+0000.
pub(crate) fn cut(value: &str, bytes: usize) -> String {
    text(limits::cut(value, bytes))
}

/// The beginning of a text that may be missing.
pub(crate) fn cut_optional(value: Option<&str>, bytes: usize) -> Option<String> {
    value.map(|value| cut(value, bytes))
}

/// The first names of a list, each cut to the length of a name.
pub(crate) fn names(values: &[String]) -> Vec<String> {
    values.iter().take(limits::NAMES).map(|value| cut(value, limits::NAME_BYTES)).collect()
}

/// A validator. One that is too long is not used: cut, it would be another one.
pub(crate) fn validator(value: Option<&str>) -> Option<String> {
    value.filter(|value| value.len() <= limits::VALIDATOR_BYTES).map(text)
}

/// An address. One that is too long is none.
pub(crate) fn address(value: Option<&str>) -> Option<String> {
    value.filter(|value| value.len() <= limits::URL_BYTES).map(text)
}

/// A text that an index can hold: the text itself, or its digest if it is long.
pub(crate) fn key(value: &str) -> String {
    key_within(value, limits::KEY_BYTES)
}

/// An id that a feed gives: the id itself, or its digest if it is long.
pub(crate) fn guid(value: Option<&str>) -> Option<String> {
    value.map(|value| key_within(value, limits::GUID_BYTES))
}

fn key_within(value: &str, bytes: usize) -> String {
    if value.len() <= bytes {
        return text(value);
    }
    format!("sha256:{:x}", Sha256::digest(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_removed_and_long_keys_are_digested() {
        assert_eq!(text("a\0b"), "ab");
        assert_eq!(key("short"), "short");
        let long = "x".repeat(513);
        assert!(key(&long).starts_with("sha256:"));
        assert_eq!(key(&long), key(&long));
        assert_eq!(cut("übel", 2), "ü");
        assert_eq!(validator(Some(&"x".repeat(3_000))), None);
    }
}
