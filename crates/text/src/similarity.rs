//! How much two texts have in common, counted exactly: words and runs of three words with their counts.
//!
//! Words are those of [`normalise`]; in kana and Han every letter counts as one. Thai, Lao, Burmese and Khmer keep their
//! long rows of letters, because three of their letters in a row are met too often by chance.

use std::hash::Hash;

use foldhash::HashMap;

use crate::scripts::is_ideographic;
use crate::words::normalise;

/// Things with their counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bag<K: Eq + Hash>(HashMap<K, usize>);

impl<K: Eq + Hash> Bag<K> {
    fn of(things: impl Iterator<Item = K>) -> Self {
        let mut counts = HashMap::default();
        for thing in things {
            *counts.entry(thing).or_insert(0) += 1;
        }
        Self(counts)
    }

    /// How many, repetitions included.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// How many of them the other has too, repetitions included.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        self.0
            .iter()
            .map(|(thing, count)| (*count).min(other.0.get(thing).copied().unwrap_or(0)))
            .sum()
    }

    /// Share of the smaller that the other has too, 0 to 1; none where one is empty.
    fn containment(&self, other: &Self) -> Option<f64> {
        let smaller = self.total().min(other.total());
        (smaller > 0).then(|| self.shared(other) as f64 / smaller as f64)
    }
}

/// The words of a normalised text.
#[must_use]
pub fn words(normal: &str) -> Bag<&str> {
    Bag::of(pieces(normal))
}

/// The runs of three words of a normalised text.
fn runs(normal: &str) -> Bag<[&str; 3]> {
    let words: Vec<&str> = pieces(normal).collect();
    Bag::of(words.array_windows().copied())
}

/// Words, or letters where a script has no blanks.
fn pieces(normal: &str) -> impl Iterator<Item = &str> {
    normal.split(' ').flat_map(|word| {
        let is_whole = !word.chars().next().is_some_and(is_ideographic);
        let letters = word.char_indices().filter(move |_| !is_whole);
        let letters = letters.filter_map(|(at, letter)| word.get(at..at + letter.len_utf8()));
        Some(word).filter(|word| is_whole && !word.is_empty()).into_iter().chain(letters)
    })
}

/// Share of the smaller text's words that the other has too, 0 to 1: whether two texts can be one article.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    words(&normalise(one)).containment(&words(&normalise(other))).unwrap_or(0.0)
}

/// Share of a text's words that another has too, 0 to 1.
#[must_use]
pub fn share_found(part: &str, whole: &str) -> f64 {
    let (part, whole) = (normalise(part), normalise(whole));
    let part = words(&part);
    let count = part.total();
    if count == 0 { 0.0 } else { part.shared(&words(&whole)) as f64 / count as f64 }
}

/// Share of the smaller text's runs of three words that the other has too, 0 to 1: whether one was written from the
/// other. For texts shorter than that, [`likeness`].
#[must_use]
pub fn containment(one: &str, other: &str) -> f64 {
    let (normal_one, normal_other) = (normalise(one), normalise(other));
    let share = runs(&normal_one).containment(&runs(&normal_other));
    share.unwrap_or_else(|| likeness(one, other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STORY: &str = "The bridge will close on Monday for nine days, the council said. Ferries will run every half \
        hour from both banks until then, and the police ask drivers to stay away.";

    #[test]
    fn scripts_without_blanks_go_by_letters() {
        let (approved, refused) =
            ("市議会は月曜日に新しい橋を承認した", "市議会は月曜日に新しい橋を否決した");
        assert!(likeness(approved, refused) > 0.8);
        assert!(containment(approved, refused) > 0.6);
    }

    #[test]
    fn words_and_their_order() {
        assert!(likeness("alpha beta gamma", "delta epsilon zeta") < 0.1);
        assert!(containment(STORY, &STORY.replace("nine", "ten")) > 0.7);
        let (cat, town) =
            ("the cat and the dog sat on the mat", "the mat on the dog and the cat of the town");
        assert!(containment(cat, town) < 0.3);
        assert!(
            share_found("Bridge closes", "Log in") < 0.1 && share_found("The bridge", STORY) > 0.9
        );
        assert!((containment("one", "one") - 1.0).abs() < 1e-9);
        assert!(containment("", "one") < 1e-9 && share_found("", "one") < 1e-9);
    }

    proptest! {
        #[test]
        fn shares_are_shares_and_symmetric(one in "[abc新橋 .]{0,30}", other in "[abc新橋 .]{0,30}") {
            for share in [likeness(&one, &other), containment(&one, &other), share_found(&one, &other)] {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert!((likeness(&one, &other) - likeness(&other, &one)).abs() < 1e-9);
            prop_assert!((containment(&one, &other) - containment(&other, &one)).abs() < 1e-9);
        }
    }
}
