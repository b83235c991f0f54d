//! Two things by which an article is recognised: the exact digest of its normalised body, and the
//! [`Fingerprint`], which is compared to find near-duplicates.
//!
//! [`normalise`] keeps only letters and digits, in lower case and compatibility form. So other
//! quotation marks, dashes, spaces or paragraph breaks do not make another text. The digest is
//! stored for ever, so this rule and its golden values never change. A better rule would be a
//! second digest beside this one.

mod headline;
mod sample;
mod sketch;
mod stored;
mod word;

pub use sample::Sample;
pub use sketch::{Fingerprint, Fingerprinted, Key, VERSION};

use sha2::{Digest as _, Sha256};
use wiresift_text::words::normalise;

use headline::Spoken;

/// A body with fewer letters and digits than this does not identify an article ("Watch the video
/// above."). The digest then includes the headline. It also does so for a text that stands under
/// many headlines, see [`headline`].
const SHORT_BODY_LETTERS: usize = 200;

/// The first half of SHA-256 of a normalised body. Each article stores it in its row and in an index,
/// and to find two texts with the same 16 bytes takes some 2^64 attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExactDigest([u8; 16]);

impl ExactDigest {
    /// Takes the digest of an article.
    #[must_use]
    pub fn of(title: &str, body: &str) -> Self {
        let mut normal = normalise(body);
        let is_short = normal.chars().filter(|letter| *letter != ' ').count() < SHORT_BODY_LETTERS;
        if is_short || Spoken::of(title, body) != Spoken::ALL {
            normal = format!("{}\n{normal}", normalise(title));
        }
        let whole: [u8; 32] = Sha256::digest(normal.as_bytes()).into();
        Self(whole.first_chunk().copied().unwrap_or_default())
    }

    /// Reads the stored form. Returns `None` if the length is wrong.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

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
    fn the_digest_of_a_short_body_includes_the_headline() {
        assert_ne!(
            ExactDigest::of("Fire in port", "Watch."),
            ExactDigest::of("Snow in hills", "Watch.")
        );
        let long = "The council met on Monday to vote on the new harbour wall. ".repeat(20);
        assert_eq!(ExactDigest::of("One", &long), ExactDigest::of("Another", &long));
    }

    #[test]
    fn the_digest_of_a_standing_text_includes_the_headline() {
        let standing = "Subscribe wherever you listen, and leave a review. ".repeat(6);
        let digest = |title| ExactDigest::of(title, &standing);
        assert_ne!(digest("The lighthouse keeper"), digest("A boat of one's own"));
        assert_ne!(digest("Review 12"), digest("Review 13"));
        assert_eq!(digest("Leave a review"), digest("Subscribe: a review"));
        let long = standing.repeat(6);
        assert_eq!(ExactDigest::of("Keeper", &long), ExactDigest::of("Boat", &long));
    }

    /// Digests are stored for ever. If this changes, no article on file is recognised any more.
    #[test]
    fn golden() {
        assert_eq!(hex(ExactDigest::of("Title", "Body.")), "a28e697589da11e757400c609b5bd800");
    }
}
