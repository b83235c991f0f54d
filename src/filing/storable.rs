//! Makes text from outside storable. In Postgres, `text` cannot hold U+0000, and the entries of an
//! index have a limited length.

use sha2::{Digest, Sha256};

/// The longest text that goes unchanged into an index. An entry of a B-tree may have about 2,700
/// bytes.
const LONGEST_KEY_BYTES: usize = 512;

/// Removes U+0000 from a text.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "")
}

/// Removes U+0000 from a text that may be missing.
pub(crate) fn optional(value: Option<&str>) -> Option<String> {
    value.map(text)
}

/// Removes U+0000 from the texts of a list.
pub(crate) fn list(values: &[String]) -> Vec<String> {
    values.iter().map(|value| text(value)).collect()
}

/// A text that an index can hold: the text itself, or its digest if it is long.
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
    fn nul_is_removed_and_long_keys_are_digested() {
        assert_eq!(text("a\0b"), "ab");
        assert_eq!(key("short"), "short");
        let long = "x".repeat(513);
        assert!(key(&long).starts_with("sha256:"));
        assert_eq!(key(&long), key(&long));
    }
}
