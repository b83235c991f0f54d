//! What articles are recognised by: the exact digest of the normalised body, and the [`Fingerprint`] that
//! near-duplicates are compared by.
//!
//! [`normalise`] keeps letters and digits only, in lower case and compatibility form, so that the same text with other
//! quotation marks, dashes, blanks or paragraph breaks is the same text. The digest is stored for ever, so the rule and
//! its golden values never change; a better rule would be a second digest beside this one.

mod sample;
mod sketch;
mod stored;
mod word;

pub use sample::Sample;
pub use sketch::{Fingerprint, Fingerprinted, Key, VERSION};

use sha2::{Digest as _, Sha256};
use wiresift_text::words::normalise;

/// Letters and digits below which a body says too little to be identity by itself ("Watch the video above."):
/// the headline is then digested along with it.
const SHORT_BODY_LETTERS: usize = 200;

/// SHA-256 of a normalised body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExactDigest([u8; 32]);

impl ExactDigest {
    /// The digest of an article's text.
    #[must_use]
    pub fn of(title: &str, body: &str) -> Self {
        let mut normal = normalise(body);
        if normal.chars().filter(|letter| *letter != ' ').count() < SHORT_BODY_LETTERS {
            normal = format!("{}\n{normal}", normalise(title));
        }
        Self(Sha256::digest(normal.as_bytes()).into())
    }

    /// From its stored form; none when it has another length.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its stored form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digest: ExactDigest) -> String {
        digest.as_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    #[test]
    fn a_short_body_is_told_apart_by_its_headline() {
        assert_ne!(
            ExactDigest::of("Fire in port", "Watch."),
            ExactDigest::of("Snow in hills", "Watch.")
        );
        let long = "The council met on Monday to vote on the new harbour wall. ".repeat(10);
        assert_eq!(ExactDigest::of("One", &long), ExactDigest::of("Another", &long));
    }

    /// Stored for ever: a change here makes every known article a stranger.
    #[test]
    fn golden() {
        assert_eq!(
            hex(ExactDigest::of("Title", "Body.")),
            "a28e697589da11e757400c609b5bd80031f1277c6c1c77fa04bdf8a8b3e5e50d"
        );
    }
}
