//! What kind of change a revision is: one pure comparison of two clean texts.
//!
//! Only clean text is compared, so a rotated advertisement or related box is no revision at all.

use std::collections::BTreeMap;

use crate::news::fingerprint::normalise;

/// The kinds of revision, in the words of `news.revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    /// As first seen.
    First,
    /// Same words, other dress.
    Cosmetic,
    /// Words were changed.
    Correction,
    /// Text was added, nearly nothing taken away.
    Growth,
}

impl RevisionKind {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Cosmetic => "cosmetic",
            Self::Correction => "correction",
            Self::Growth => "growth",
        }
    }
}

/// Share of the old words that must survive in a text that merely grew.
const KEPT_IN_GROWTH: f64 = 0.97;

/// How much longer a text is that grew, in words.
const GROWN_WORDS: usize = 20;

/// Compares a title and body with their successors.
#[must_use]
pub fn kind_of_change(old: (&str, &str), new: (&str, &str)) -> RevisionKind {
    let (old_body, new_body) = (normalise(old.1), normalise(new.1));
    if old_body == new_body {
        let same_title = normalise(old.0) == normalise(new.0);
        return if same_title { RevisionKind::Cosmetic } else { RevisionKind::Correction };
    }
    let old_words = words(&old_body);
    let shared = overlap(&old_words, &words(&new_body));
    let old_count: usize = old_words.values().sum();
    let new_count = new_body.split(' ').count();
    let kept = shared as f64 >= KEPT_IN_GROWTH * old_count as f64;
    if kept && new_count >= old_count + GROWN_WORDS { RevisionKind::Growth } else { RevisionKind::Correction }
}

/// Share of the smaller text's words that the other has too, 0 to 1: whether two texts can be one article.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (normalise(one), normalise(other));
    let (one, other) = (words(&one), words(&other));
    let smaller = one.values().sum::<usize>().min(other.values().sum());
    if smaller == 0 { 0.0 } else { overlap(&one, &other) as f64 / smaller as f64 }
}

/// Words, or letters where a script has no blanks, with their counts.
fn words(normal: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in normal.split(' ').filter(|word| !word.is_empty()) {
        let unspaced = word.chars().next().is_some_and(is_unspaced);
        if unspaced {
            for (at, letter) in word.char_indices() {
                *counts.entry(word.get(at..at + letter.len_utf8()).unwrap_or("")).or_insert(0) += 1;
            }
        } else {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}

/// Kana, Han and their kin are written without blanks.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn overlap(one: &BTreeMap<&str, usize>, other: &BTreeMap<&str, usize>) -> usize {
    one.iter().map(|(word, count)| (*count).min(other.get(word).copied().unwrap_or(0))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "The bridge will close on Monday for nine days, the council said.";

    #[test]
    fn the_kinds() {
        let kind = |new: (&str, &str)| kind_of_change(("Bridge closes", OLD), new);
        assert_eq!(
            kind(("Bridge closes", "The bridge will close on Monday - for nine days, the council said")),
            RevisionKind::Cosmetic
        );
        assert_eq!(kind(("Bridge stays open", OLD)), RevisionKind::Correction);
        assert_eq!(kind(("Bridge closes", &OLD.replace("nine", "ten"))), RevisionKind::Correction);
        let grown =
            format!("{OLD} {}", "Ferries will run every half hour from both banks until then. ".repeat(3));
        assert_eq!(kind(("Bridge closes", &grown)), RevisionKind::Growth);
    }

    #[test]
    fn likeness_knows_scripts_without_blanks() {
        assert!(likeness("市議会は月曜日に新しい橋を承認した", "市議会は月曜日に新しい橋を否決した") > 0.8);
        assert!(likeness("alpha beta gamma", "delta epsilon zeta") < 0.1);
    }
}
