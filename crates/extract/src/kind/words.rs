//! Words that identify kinds of pages, by section of `words.txt`.

use std::ops::Range;
use std::sync::LazyLock;

use wiresift_text::scripts::joins_words;

use crate::phrases::words::Words;

/// A section of `words.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Bot,
    Consent,
    Missing,
    Paywall,
    Live,
}

const SECTIONS: [Section; 5] =
    [Section::Bot, Section::Consent, Section::Missing, Section::Paywall, Section::Live];

impl Section {
    /// The line that begins it.
    fn line(self) -> &'static str {
        match self {
            Self::Bot => "[bot]",
            Self::Consent => "[consent]",
            Self::Missing => "[missing]",
            Self::Paywall => "[paywall]",
            Self::Live => "[live]",
        }
    }

    /// Its words, which are in lower case.
    fn words(self) -> impl Iterator<Item = &'static str> {
        let lines = include_str!("words.txt").lines().map(str::trim);
        let lines = lines.skip_while(move |line| *line != self.line()).skip(1);
        let lines = lines.take_while(|line| !line.starts_with('['));
        lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
    }
}

/// The words of the sections, in their order.
static WORDS: LazyLock<[Words; 5]> =
    LazyLock::new(|| SECTIONS.map(|section| Words::plain(section.words().map(str::to_owned))));

/// Calls `found` with the ranges of a section's words in a lower-case text.
fn find(text: &str, section: Section, mut found: impl FnMut(Range<usize>)) {
    let Some(words) = WORDS.get(section as usize) else { return };
    words.find(text, |_, range| {
        if is_whole(text, &range) {
            found(range);
        }
    });
}

/// From the first words of a section to the last, in a lower-case text.
pub(super) fn span(text: &str, section: Section) -> Option<Range<usize>> {
    let mut span: Option<Range<usize>> = None;
    find(text, section, |next| {
        let all = span.take().unwrap_or(next.clone());
        span = Some(all.start.min(next.start)..all.end.max(next.end));
    });
    span
}

/// Whether a text has any words of a section.
pub(super) fn has(text: &str, section: Section) -> bool {
    span(&text.to_lowercase(), section).is_some()
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
        for section in SECTIONS {
            assert!(section.words().count() >= 15, "{section:?}");
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
