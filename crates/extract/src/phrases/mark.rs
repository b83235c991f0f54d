//! Words that suggest boilerplate without proving it: "subscribe", "reporting by", "getty images".
//!
//! The phrase lists know whole lines; a mark is on any line, or beginning of a paragraph, with such
//! words.

use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

use crate::phrases::sections::Sections;

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

    fn bit(self) -> u32 {
        1 << self as u32
    }

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
pub(crate) struct Marks(u32);

impl Marks {
    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & mark.bit() != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn count(self) -> f32 {
        self.0.count_ones() as f32
    }
}

const FILE: &str = include_str!("marks.txt");

static SECTIONS: LazyLock<Sections> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    Sections::read(FILE).expect("marks.txt holds simple expressions")
});

/// Times, which stand for too many words.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TIMES).ok());
const TIMES: &str = r"\d:\d\d";

/// Words at the start with an apostrophe, which may be any sign: what is before it and after it.
const APOSTROPHES: [(Mark, &str, &str); 2] =
    [(Mark::Related, "don", "t miss"), (Mark::Note, "editor", "s note")];

/// The marks that the file does not hold.
fn others(lower: &str) -> u32 {
    let has_time = memchr(b':', lower.as_bytes()).is_some()
        && TIME.as_ref().is_some_and(|time| time.is_match(lower));
    let begins = |(_, before, after): &&(Mark, &str, &str)| {
        let mut rest = lower.strip_prefix(before).unwrap_or_default().chars();
        rest.next().is_some_and(|sign| sign != '\n') && rest.as_str().starts_with(after)
    };
    let begun = APOSTROPHES.iter().filter(begins).fold(0, |all, (mark, ..)| all | mark.bit());
    begun | if has_time { Mark::Date.bit() } else { 0 }
}

/// What is read of a text, in lower case.
fn beginning(text: &str) -> String {
    let text =
        text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '©' | '(' | '@'));
    let most = if text.len() < LINE_BYTES { text.len() } else { BEGINNING_BYTES };
    let head = text.get(..crate::tree::floor_char_boundary(text, most)).unwrap_or_default();
    head.to_lowercase()
}

/// The marks of a text.
pub(crate) fn marks(text: &str) -> Marks {
    let lower = beginning(text);
    let found = SECTIONS.find(&lower) | others(&lower);
    Marks(if introduces_writer(&lower) { found | Mark::Note.bit() } else { found })
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
    use crate::phrases::sections::expressions;

    #[test]
    fn the_file_has_a_section_for_every_mark_in_order() {
        let sections: Vec<&str> = FILE
            .lines()
            .filter_map(|l| l.strip_prefix('[').and_then(|l| l.strip_suffix(']')))
            .collect();
        let words: Vec<&str> = Mark::ALL.iter().map(|m| m.as_str()).collect();
        assert_eq!(sections, words);
    }

    fn regexes() -> Vec<(Regex, u32)> {
        let apostrophes =
            [(Mark::Related, "^don.t miss"), (Mark::Note, "^editor.s note"), (Mark::Date, TIMES)];
        let others = apostrophes.map(|(mark, expression)| (expression, mark as u32));
        let all = expressions(FILE).into_iter().chain(others);
        // Borders of ASCII, as the words have.
        all.map(|(line, mark)| (line.replace(r"\b", r"(?-u:\b)"), mark))
            .map(|(line, mark)| (Regex::new(&line).unwrap(), mark))
            .collect()
    }

    #[test]
    fn lines_have_the_marks_of_the_regular_expressions() {
        let regexes = regexes();
        let files = [FILE, include_str!("en.txt"), include_str!("asian.txt")];
        let more = ["12:30", "a ١:٢٣ b", "don’t miss", "editor's note: x", "via apple", "ago "];
        let lines = files.iter().flat_map(|file| file.lines()).chain(more);
        for line in lines.flat_map(|line| [line.to_owned(), format!("x{line}"), format!("{line}x")])
        {
            let text = beginning(&line);
            let found = regexes.iter().filter(|(regex, _)| regex.is_match(&text));
            let wanted = found.fold(0, |all, (_, mark)| all | 1 << mark);
            let words = SECTIONS.find(&text) | others(&text);
            assert_eq!(Marks(words), Marks(wanted), "{line}");
        }
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
