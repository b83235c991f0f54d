//! Words that identify kinds of pages, by section of `words.txt`.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use wiresift_text::scripts::joins_words;

/// A section of `words.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Bot,
    Consent,
    Missing,
    Paywall,
    Live,
}

struct Words {
    automaton: Option<AhoCorasick>,
    sections: Vec<Section>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut words, mut sections, mut section) = (Vec::new(), Vec::new(), Section::Bot);
    for line in include_str!("words.txt").lines().map(str::trim) {
        match line {
            "[bot]" => section = Section::Bot,
            "[consent]" => section = Section::Consent,
            "[missing]" => section = Section::Missing,
            "[paywall]" => section = Section::Paywall,
            "[live]" => section = Section::Live,
            line if line.is_empty() || line.starts_with('#') => {}
            line => {
                words.push(line);
                sections.push(section);
            }
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .ok();
    Words { automaton, sections }
});

/// Ranges of a section's words in a lower-case text.
pub(super) fn find(text: &str, section: Section) -> impl Iterator<Item = Range<usize>> {
    let is_ours = move |pattern: usize| WORDS.sections.get(pattern) == Some(&section);
    let found =
        WORDS.automaton.iter().flat_map(move |automaton| automaton.find_overlapping_iter(text));
    found
        .filter(move |found| is_ours(found.pattern().as_usize()) && is_whole(text, &found.range()))
        .map(|found| found.range())
}

/// From the first words of a section to the last, in a lower-case text.
pub(super) fn span(text: &str, section: Section) -> Option<Range<usize>> {
    find(text, section).reduce(|all, next| all.start.min(next.start)..all.end.max(next.end))
}

/// Whether a text has any words of a section.
pub(super) fn has(text: &str, section: Section) -> bool {
    // The automaton ignores the case of ASCII letters.
    if text.is_ascii() {
        find(text, section).next().is_some()
    } else {
        find(&text.to_lowercase(), section).next().is_some()
    }
}

/// Whether the match is a whole word: "live" is not in "deliver". Scripts without spaces always
/// pass.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !joins_words(c));
    let before = text.get(..range.start).and_then(|text| text.chars().next_back());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    !goes_on(before) && !goes_on(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_words_and_all_are_lower_case() {
        for section in
            [Section::Bot, Section::Consent, Section::Missing, Section::Paywall, Section::Live]
        {
            assert!(
                WORDS.sections.iter().filter(|other| **other == section).count() >= 15,
                "{section:?}"
            );
        }
        let shouted = include_str!("words.txt")
            .lines()
            .find(|line| !line.starts_with('#') && *line != line.to_lowercase());
        assert_eq!(shouted, None);
    }

    #[test]
    fn words_are_found_whole() {
        assert!(has("Seite nicht gefunden | Bote", Section::Missing));
        assert!(has("お探しのページは見つかりません", Section::Missing));
        assert!(!has("Deliver us", Section::Live));
        assert!(has("Storm: LIVE", Section::Live));
        assert!(!has("Storm: LIVE", Section::Bot));
    }
}
