//! Text from outside, made fit for the database. `text` cannot hold U+0000, and an index entry has a length limit.

use sha2::{Digest, Sha256};

/// Longest text that goes into an index as it is. An entry of a B-tree may have some 2,700 bytes.
const LONGEST_KEY_BYTES: usize = 512;

/// The text without U+0000.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "")
}

/// The same for a text that may be missing.
pub(crate) fn optional(value: Option<&str>) -> Option<String> {
    value.map(text)
}

/// The same for a list.
pub(crate) fn list(values: &[String]) -> Vec<String> {
    values.iter().map(|value| text(value)).collect()
}

/// A text that an index can hold: itself, or its digest where it is long.
pub(crate) fn key(value: &str) -> String {
    if value.len() <= LONGEST_KEY_BYTES {
        return text(value);
    }
    format!("sha256:{:x}", Sha256::digest(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_dropped_and_long_keys_are_digested() {
        assert_eq!(text("a\0b"), "ab");
        assert_eq!(key("short"), "short");
        let long = "x".repeat(513);
        assert!(key(&long).starts_with("sha256:"));
        assert_eq!(key(&long), key(&long));
    }
}
