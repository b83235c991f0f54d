//! Text to words.
//!
//! Three rules are in use, and they cannot be one: each is part of numbers that are stored or trained.
//!
//! - [`read`]: compatibility form, pairs of letters where a script has no blanks. Fingerprints and stories share it
//!   and differ by [`Rules`].
//! - [`normalise`]: the rule of the exact digest, which is stored for ever. Revisions are compared by it too.
//! - [`crate::shingles::tokens`]: no compatibility form, every character of Chinese, Japanese and Korean a word. The
//!   block model is trained on it, and it runs over every page.
//!
//! [`count`] is what readers are shown: words by UAX 29.

mod compatible;
mod reader;

pub use reader::{Rules, Word, read};

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Words by the rules of Unicode (UAX 29), so that scripts without blanks count too.
#[must_use]
pub fn count(text: &str) -> usize {
    text.unicode_words().count()
}

/// Words of letters and digits, lower case, compatibility form (NFKC), separated by single blanks.
///
/// Digests of this text are stored for ever, so the rule never changes; a better one would be a second digest.
#[must_use]
pub fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            if gap && !normal.is_empty() {
                normal.push(' ');
            }
            gap = false;
            normal.push(letter);
        } else {
            // Soft hyphens, joiners and apostrophes stand inside words; everything else separates them.
            gap |= !is_inside_word(letter);
        }
    }
    normal
}

/// Signs that separate no words: apostrophes, soft hyphens, joiners.
fn is_inside_word(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typography_is_no_difference() {
        assert_eq!(normalise("  “It’s — over”,\n\nhe said: ﬁne."), "its over he said fine");
        assert_eq!(normalise("co\u{ad}operate"), "cooperate");
        assert_eq!(normalise("Ещё РАЗ, 第１話"), "ещё раз 第1話");
    }

    #[test]
    fn words_are_counted_in_every_script() {
        assert_eq!(count("The mayor’s wall, 1,250.5 m"), 5);
        assert_eq!(count("新しい橋"), 4);
    }
}
