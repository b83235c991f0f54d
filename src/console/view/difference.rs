//! What a revision changed, word by word.

use similar::{Algorithm, ChangeTag, capture_diff_slices};

use crate::console::view::format::foreign;

/// Words of each text that are compared. The time grows with the product of both in the worst case.
const WORDS: usize = 4_000;

/// Words that are shown on each side of a change.
const AROUND: usize = 12;

/// Longest word.
const WORD: usize = 80;

/// A stretch of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) kind: Change,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Same,
    Gone,
    New,
    /// Words that both texts have are left out.
    Skipped,
}

/// How one text became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) gone: usize,
    pub(crate) new: usize,
    /// A text is longer than what was compared.
    pub(crate) is_cut: bool,
}

pub(crate) fn difference(before: &str, after: &str) -> Difference {
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace().take(WORDS + 1).map(|word| foreign(word, WORD)).collect()
    };
    let (mut old, mut new) = (words(before), words(after));
    let is_cut = old.len() > WORDS || new.len() > WORDS;
    old.truncate(WORDS);
    new.truncate(WORDS);
    let mut found = Difference { stretches: Vec::new(), gone: 0, new: 0, is_cut };
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        for (tag, words) in operation.iter_slices(&old, &new) {
            match tag {
                ChangeTag::Delete => {
                    found.gone += words.len();
                    found.push(Change::Gone, words);
                }
                ChangeTag::Insert => {
                    found.new += words.len();
                    found.push(Change::New, words);
                }
                ChangeTag::Equal => found.push(Change::Same, words),
            }
        }
    }
    found.shorten();
    found
}

impl Difference {
    fn push(&mut self, kind: Change, words: &[String]) {
        self.stretches.push(Stretch { kind, text: words.join(" ") });
    }

    /// Leaves out what is far from every change.
    fn shorten(&mut self) {
        let last = self.stretches.len().saturating_sub(1);
        let stretches = std::mem::take(&mut self.stretches);
        for (place, stretch) in stretches.into_iter().enumerate() {
            let words: Vec<&str> = stretch.text.split(' ').collect();
            let before = if place == 0 { 0 } else { AROUND };
            let after = if place == last { 0 } else { AROUND };
            if stretch.kind != Change::Same || words.len() <= before + after + AROUND {
                self.stretches.push(stretch);
                continue;
            }
            let part = |words: &[&str]| (!words.is_empty()).then(|| words.join(" "));
            let start = words.get(..before).and_then(part);
            let end = words.get(words.len() - after..).and_then(part);
            let left_out = words.len() - before - after;
            let skipped = Some(format!("{left_out} words"));
            let parts = [(Change::Same, start), (Change::Skipped, skipped), (Change::Same, end)];
            let parts = parts.into_iter().filter_map(|(kind, text)| Some((kind, text?)));
            self.stretches.extend(parts.map(|(kind, text)| Stretch { kind, text }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<(Change, String)> {
        let stretches = difference(before, after).stretches;
        stretches.into_iter().map(|stretch| (stretch.kind, stretch.text)).collect()
    }

    #[test]
    fn words_that_changed_stand_beside_each_other() {
        use Change::{Gone, New, Same};
        let same = |text: &str| (Same, text.to_owned());
        assert_eq!(
            told("Two boats sank.", "Three boats sank."),
            [(Gone, "Two".into()), (New, "Three".into()), same("boats sank.")]
        );
        assert_eq!(told("The same.", "The\n\nsame."), [same("The same.")]);
        assert!(told("", "").is_empty());
    }

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let long: String = (0..200).map(|number| format!("w{number} ")).collect();
        let told = told(&format!("old {long}"), &format!("new {long}"));
        assert_eq!(told.last(), Some(&(Change::Skipped, "188 words".to_owned())));
        assert_eq!(told[2].1.split(' ').count(), AROUND);
    }

    #[test]
    fn long_texts_are_cut_and_hostile_words_bounded() {
        let long = "a ".repeat(50_000);
        assert!(difference(&long, "b").is_cut);
        let told = told("", &format!("\u{202e}{}", "x".repeat(100_000)));
        assert!(told[0].1.chars().count() <= WORD + 1 && !told[0].1.contains('\u{202e}'));
    }
}
