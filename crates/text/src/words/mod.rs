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

use compatible::compatible;
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
    let text = compatible(text);
    let mut rest = &*text;
    let mut normal = Normal { text: String::with_capacity(text.len()), gap: false };
    loop {
        // Most of a text is runs of such letters, which are cheap to take whole.
        let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (letters, after) = rest.split_at(run);
        normal.run(letters);
        let mut after = after.chars();
        let Some(letter) = after.next() else { return normal.text };
        rest = after.as_str();
        for letter in letter.to_lowercase() {
            normal.letter(letter);
        }
    }
}

/// A text that is being normalised, and whether a blank is due before its next letter.
struct Normal {
    text: String,
    gap: bool,
}

impl Normal {
    /// Letters and digits of ASCII.
    fn run(&mut self, letters: &str) {
        if letters.is_empty() {
            return;
        }
        self.end_gap();
        let before = self.text.len();
        self.text.push_str(letters);
        if let Some(added) = self.text.get_mut(before..) {
            added.make_ascii_lowercase();
        }
    }

    /// Any other letter or sign, in lower case.
    fn letter(&mut self, letter: char) {
        if letter.is_alphanumeric() {
            self.end_gap();
            self.text.push(letter);
        } else {
            // Soft hyphens, joiners and apostrophes stand inside words; everything else separates them.
            self.gap |= !is_inside_word(letter);
        }
    }

    fn end_gap(&mut self) {
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push(' ');
        }
    }
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
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    /// The rule as it is defined, letter by letter.
    fn normalised_by_letters(text: &str) -> String {
        let mut normal = Normal { text: String::new(), gap: false };
        text.nfkc().flat_map(char::to_lowercase).for_each(|letter| normal.letter(letter));
        normal.text
    }

    proptest! {
        #[test]
        fn the_short_way_to_normalise_is_the_rule(
            text in "([a-zA-Z0-9' .,—’…\\u{301}\\u{ad}\\u{200d}éßİΣςﬁ①新ｶﾞ가́]|\\PC){0,80}",
        ) {
            prop_assert_eq!(normalise(&text), normalised_by_letters(&text));
        }
    }

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
