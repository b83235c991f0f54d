//! Whether a short text speaks of what its headline names.
//!
//! Some feeds give many entries one and the same text: the invitation to a podcast, the terms of a
//! list, a notice of the office. Only the headlines tell such entries apart. An article is known by
//! what it says, whatever its headline: a newsroom that takes it over writes another one. The two
//! differ in this: an article speaks of what its headline names, a standing text does not.

use std::collections::BTreeMap;

use wiresift_text::scripts::is_unspaced;
use wiresift_text::words::{Rules, Word, read};

use super::word::has_digit;

/// A text with at least this many words identifies an article without its headline.
pub(super) const LONG_WORDS: usize = 200;

/// The most words of a headline that are looked for.
const MOST_WORDS: usize = 64;

/// Letters by which two forms of a word are taken for one: "harbour" and "harbours".
const STEM: usize = 5;

/// Fewest letters of a word that tells something.
const TELLING: usize = 4;

/// What a short text has of its headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken {
    /// At least a third of the telling words.
    pub(super) words: bool,
    /// All numbers.
    pub(super) numbers: bool,
}

impl Spoken {
    pub(super) const ALL: Self = Self { words: true, numbers: true };

    /// What a text has of its headline. A long text always counts as having all of it.
    pub(super) fn of(title: &str, body: &str) -> Self {
        let mut headline = Headline::of(title);
        let mut words = 0;
        read(body, Rules::Fingerprint, |word| {
            headline.strike(word.letters);
            words += 1;
            words < LONG_WORDS
        });
        if words == LONG_WORDS { Self::ALL } else { headline.spoken() }
    }
}

/// The words of a headline, and whether the text has them.
struct Headline {
    words: BTreeMap<String, bool>,
    numbers: BTreeMap<String, bool>,
}

impl Headline {
    fn of(title: &str) -> Self {
        let (mut telling, mut others) = (BTreeMap::new(), BTreeMap::new());
        let mut numbers = BTreeMap::new();
        read(title, Rules::Fingerprint, |word| {
            let kind = match () {
                () if has_digit(word.letters) => &mut numbers,
                () if is_telling(word) => &mut telling,
                () => &mut others,
            };
            kind.insert(stem(word.letters).to_owned(), false);
            kind.len() < MOST_WORDS
        });
        Self { words: if telling.is_empty() { others } else { telling }, numbers }
    }

    /// Marks a word of the text.
    fn strike(&mut self, letters: &str) {
        for kind in [&mut self.words, &mut self.numbers] {
            if let Some(is_found) = kind.get_mut(stem(letters)) {
                *is_found = true;
            }
        }
    }

    fn spoken(&self) -> Spoken {
        let found = self.words.values().filter(|is_found| **is_found).count();
        Spoken {
            words: found * 3 >= self.words.len(),
            numbers: self.numbers.values().all(|is_found| *is_found),
        }
    }
}

fn is_telling(word: Word<'_>) -> bool {
    is_unspaced(word.first) || word.letters.chars().nth(TELLING - 1).is_some()
}

/// The part of a word by which it is found. Numbers are found whole.
fn stem(letters: &str) -> &str {
    if has_digit(letters) {
        return letters;
    }
    let end = letters.char_indices().nth(STEM).map_or(letters.len(), |(end, _)| end);
    letters.get(..end).unwrap_or(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDING: &str = "New conversations every Tuesday. Subscribe wherever you listen, and \
        leave a review if you like what you hear.";

    fn spoken(title: &str, body: &str) -> (bool, bool) {
        let Spoken { words, numbers } = Spoken::of(title, body);
        (words, numbers)
    }

    #[test]
    fn a_standing_text_does_not_speak_of_its_headline() {
        assert_eq!(spoken("The harbour master looks back", STANDING), (false, true));
        assert_eq!(spoken("Conversations every Tuesday: 41", STANDING), (true, false));
        let article = "The wall of the old harbour will be built anew, the council has decided.";
        assert_eq!(spoken("Council decides on walls for harbour", article), (true, true));
        assert_eq!(spoken("港の新しい橋が開通", "新しい橋が港で開通した。"), (true, true));
        assert_eq!(spoken("港の新しい橋が開通", "毎週火曜日に配信。"), (false, true));
    }

    #[test]
    fn a_headline_that_names_nothing_and_a_long_text_are_never_apart() {
        assert_eq!(spoken("", STANDING), (true, true));
        assert_eq!(spoken("...", STANDING), (true, true));
        assert_eq!(spoken("Harbour wall 12", &"word ".repeat(LONG_WORDS)), (true, true));
    }
}
