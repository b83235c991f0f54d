//! Lines with dates: what a line says about its date, and which part of it the date is.

use std::sync::LazyLock;

use crate::metadata::datewords::{CHANGED, ISSUED, OTHER, RIGHTS};

/// Most bytes at the beginning of a text in which its date stands.
const OPENING_BYTES: usize = 80;

/// What a date is the date of, by the words before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    None,
    Issued,
    Changed,
    /// The site's rights, an event, a submission.
    Other,
}

type Words = Vec<(Label, &'static str)>;

/// The words of all labels by their first letter, most important label first. A line is searched at
/// each of its words, and few labels begin with the same letter.
static WORDS: LazyLock<Vec<(char, Words)>> = LazyLock::new(|| {
    let lists = [
        (Label::Other, OTHER),
        (Label::Changed, CHANGED),
        (Label::Issued, ISSUED),
        (Label::Other, RIGHTS),
    ];
    let all = lists.iter().flat_map(|(label, words)| words.iter().map(|word| (*label, *word)));
    let mut by_letter: Vec<(char, Words)> = Vec::new();
    for (label, word) in all {
        let Some(first) = word.chars().next() else { continue };
        match by_letter.iter_mut().find(|(letter, _)| *letter == first) {
            Some((_, words)) => words.push((label, word)),
            None => by_letter.push((first, vec![(label, word)])),
        }
    }
    by_letter.sort_by_key(|(letter, _)| *letter);
    by_letter
});

/// The label that a text begins with.
fn label(text: &str) -> Option<Label> {
    let first = text.chars().next()?.to_lowercase().next()?;
    let at = WORDS.binary_search_by_key(&first, |(letter, _)| *letter).ok()?;
    let (_, words) = WORDS.get(at)?;
    words.iter().find(|(_, word)| starts_with(text, word)).map(|(label, _)| *label)
}

/// The parts of a line, each with its label: "Updated 3 May 2026 | Published 1 May 2026".
pub(super) fn labelled(line: &str) -> Vec<(Label, &str)> {
    let mut parts = Vec::new();
    let (mut current, mut start, mut is_border) = (Label::None, 0, true);
    for (at, c) in line.char_indices().take(LINE_CHARS) {
        if is_border && !c.is_whitespace() {
            let rest = line.get(at..).unwrap_or_default();
            if let Some(next) = label(rest)
                && (at == 0 || next != current)
            {
                parts.push((current, line.get(start..at).unwrap_or_default()));
                (current, start) = (next, at);
            }
        }
        // "3 May 2026Updated: …", where the page has only a border of elements.
        is_border = !c.is_alphabetic() || !c.is_ascii();
    }
    parts.push((current, line.get(start..).unwrap_or_default()));
    parts.retain(|(_, text)| !text.trim().is_empty());
    parts
}

/// Longest line that is searched for labels, in characters.
const LINE_CHARS: usize = 200;

/// Whether a text starts with this word in lower case, whatever its own case.
fn starts_with(text: &str, word: &str) -> bool {
    let mut letters = text.chars().flat_map(char::to_lowercase);
    word.chars().all(|wanted| letters.next() == Some(wanted))
}

/// The part of a paragraph in which a press release has its date: up to the first dash or bracket
/// behind it.
pub(super) fn opening_date(text: &str) -> Option<&str> {
    let end = text.floor_char_boundary(OPENING_BYTES);
    let head = text.get(..end)?;
    let mut signs = head.match_indices([')', '–', '—', ':', '|']).map(|(at, _)| at);
    let dash = head.match_indices(" - ").map(|(at, _)| at).next();
    let end =
        signs.find(|at| head.get(..*at).is_some_and(has_year)).into_iter().chain(dash).min()?;
    head.get(..end).filter(|head| has_year(head))
}

fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| window.iter().all(u8::is_ascii_digit))
}

/// Most words of a date inside a sentence.
const DATE_WORDS: usize = 6;

/// The beginnings of what follows the first number of a line, longest first, which may be a date.
pub(super) fn from_number(line: &str) -> impl Iterator<Item = &str> {
    let start = line.find(|c: char| c.is_numeric()).unwrap_or(line.len());
    let rest = line.get(start..).unwrap_or_default();
    let ends = rest.match_indices(' ').map(|(at, _)| at).take(DATE_WORDS);
    let ends: Vec<usize> =
        ends.chain((rest.matches(' ').count() < DATE_WORDS).then_some(rest.len())).collect();
    ends.into_iter().rev().filter_map(move |end| rest.get(..end))
}

/// Whether a sentence says that something was published: "The article was published on …".
pub(super) fn says_issued(line: &str) -> bool {
    labelled(line).iter().any(|(label, _)| *label == Label::Issued)
}

/// Whether a line begins with a word for publication.
pub(super) fn is_issued(line: &str) -> bool {
    ISSUED.iter().any(|word| starts_with(line, word))
}
