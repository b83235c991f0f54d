//! Words that suggest boilerplate without proving it: "subscribe", "reporting by", "getty images".
//!
//! The phrase lists know whole lines; a mark is on any line, or beginning of a paragraph, with such
//! words.

use std::sync::LazyLock;

use regex::{RegexSet, RegexSetBuilder};

use crate::phrases::AUTOMATON_BYTES;

/// Longest text that is read whole, in bytes; of longer ones only the beginning is read.
const LINE_BYTES: usize = 250;
const BEGINNING_BYTES: usize = 120;

/// Words for people who write articles.
const WRITERS: [&str; 10] = [
    "reporter",
    "writer",
    "editor",
    "journalist",
    "correspondent",
    "contributor",
    "author",
    "columnist",
    "fellow",
    "professor",
];

/// Most characters before "is a", and between it and the word for a writer.
const GAP_CHARS: usize = 60;

/// The topic of the words, in the order of the sections of `marks.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mark {
    Related,
    Credit,
    Byline,
    Copyright,
    Subscription,
    Contact,
    Comment,
    Date,
    Script,
    Sharing,
    Note,
}

impl Mark {
    /// Every mark, in order.
    pub(crate) const ALL: [Self; 11] = [
        Self::Related,
        Self::Credit,
        Self::Byline,
        Self::Copyright,
        Self::Subscription,
        Self::Contact,
        Self::Comment,
        Self::Date,
        Self::Script,
        Self::Sharing,
        Self::Note,
    ];

    /// The name of its section.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Related => "related words",
            Self::Credit => "credit words",
            Self::Byline => "byline words",
            Self::Copyright => "copyright words",
            Self::Subscription => "subscription words",
            Self::Contact => "contact words",
            Self::Comment => "comment words",
            Self::Date => "date words",
            Self::Script => "script words",
            Self::Sharing => "sharing words",
            Self::Note => "note words",
        }
    }
}

/// A set of [`Mark`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks(u16);

impl Marks {
    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u16) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn count(self) -> f32 {
        self.0.count_ones() as f32
    }
}

/// The patterns, and the mark of each.
struct Words {
    set: RegexSet,
    marks: Vec<u16>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut patterns, mut marks, mut section) = (Vec::new(), Vec::new(), 0_u16);
    for line in include_str!("marks.txt").lines().map(str::trim) {
        if line.starts_with('[') {
            section += 1;
        } else if !line.is_empty() && !line.starts_with('#') {
            // ASCII word boundaries are cheap to find; Unicode ones would slow down every line.
            patterns.push(line.replace(r"\b", r"(?-u:\b)"));
            marks.push(section.saturating_sub(1));
        }
    }
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    let set = RegexSetBuilder::new(patterns)
        .dfa_size_limit(AUTOMATON_BYTES)
        .build()
        .expect("marks.txt holds valid patterns");
    Words { set, marks }
});

/// The marks of a text.
pub(crate) fn marks(text: &str) -> Marks {
    let text =
        text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '©' | '(' | '@'));
    let most = if text.len() < LINE_BYTES { text.len() } else { BEGINNING_BYTES };
    let head = text.get(..crate::tree::floor_char_boundary(text, most)).unwrap_or_default();
    let lower = head.to_lowercase();
    let found = WORDS.set.matches(&lower);
    let found = found
        .iter()
        .filter_map(|pattern| WORDS.marks.get(pattern))
        .fold(0, |all, mark| all | 1 << mark);
    Marks(if introduces_writer(&lower) { found | 1 << Mark::Note as u16 } else { found })
}

/// "A. Writer is a reporter at …". Not a pattern, because two gaps of any text would blow up the
/// automaton.
fn introduces_writer(lower: &str) -> bool {
    if !lower.contains(" is ") {
        return false;
    }
    let is_near = |text: &str| text.chars().count() <= GAP_CHARS;
    [" is a ", " is an ", " is the "].iter().any(|verb| {
        let verbs =
            lower.match_indices(verb).filter(|(at, _)| lower.get(..*at).is_some_and(is_near));
        verbs.filter_map(|(at, _)| lower.get(at + verb.len()..)).any(|rest| {
            WRITERS
                .iter()
                .any(|word| rest.find(word).and_then(|at| rest.get(..at)).is_some_and(is_near))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_a_section_for_every_mark_in_order() {
        let sections: Vec<&str> = include_str!("marks.txt")
            .lines()
            .filter_map(|l| l.strip_prefix('[').and_then(|l| l.strip_suffix(']')))
            .collect();
        let words: Vec<&str> = Mark::ALL.iter().map(|m| m.as_str()).collect();
        assert_eq!(sections, words);
    }

    #[test]
    fn beginnings_and_insides() {
        assert!(marks("» Read more: the river rises").has(Mark::Related));
        assert!(marks("A bridge at dawn. Anna Writer/Getty Images").has(Mark::Credit));
        assert!(marks("© 2026 The Daily").has(Mark::Copyright));
        assert!(marks("The river has risen by a metre since Friday.").is_empty());
    }

    #[test]
    fn only_the_beginning_of_long_texts_counts() {
        let text = format!("{} subscribe", "The river rises. ".repeat(20));
        assert!(marks(&text).is_empty());
    }
}
