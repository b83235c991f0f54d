//! The lines that may hold the article's date, most trusted first.
//!
//! A text often begins with the day on which it was fetched, and ends with the dates of other
//! articles. So only lines beside the title and the body count: between both, shortly above the
//! title but for the first line of all, right before or after the body, and the beginning of the
//! body up to its dash ("HARBOURTON, 3 May 2026 - …").

use crate::flat::view::View;

/// How many lines after the title, if the body begins late, and how many before it.
const BELOW: usize = 12;
const ABOVE: usize = 4;

/// How many lines before the body, if there is no title.
const BEFORE: usize = 8;

/// How many lines after the body.
const AFTER: usize = 2;

/// Longest place and date in front of the first sentence, in characters.
const OPENING: usize = 60;

/// The dated lines near the article. `kept` are the indices of the first and the last line of the
/// body.
pub(crate) fn datelines<'a>(
    view: &View<'a>,
    title: Option<usize>,
    kept: Option<(usize, usize)>,
) -> Vec<&'a str> {
    let Some((first, last)) = kept else { return Vec::new() };
    let mut lines = Vec::new();
    let dated = |at: usize| view.lines.get(at).filter(|line| line.is_dated).map(|line| line.text);
    // The first line of all is the day of fetching, unless it stands right before the body.
    let above = |end: usize, most: usize| (end.saturating_sub(most).max(1)..end).rev();
    if let Some(title) = title.filter(|title| *title <= first) {
        lines.extend((title + 1..first.min(title + BELOW)).filter_map(dated));
        lines.extend(above(title, ABOVE).filter_map(dated));
    } else {
        lines.extend(above(first, BEFORE).filter_map(dated));
        lines.extend((first == 1).then(|| dated(0)).flatten());
    }
    lines.extend((first..=last.min(first + 1)).filter_map(dated));
    lines.extend(view.lines.get(first).and_then(|line| opening(line.text)));
    let after = (last + 1..view.len()).take(AFTER);
    let after = after.take_while(|at| {
        view.lines.get(*at).is_some_and(|line| !line.is_boilerplate() || line.is_dated)
    });
    lines.extend(after.filter_map(dated));
    lines
}

/// The beginning of a text up to its first dash.
fn opening(text: &str) -> Option<&str> {
    let end = text.char_indices().nth(OPENING).map_or(text.len(), |(at, _)| at);
    let head = text.get(..end)?;
    let dash = [" – ", " — ", " - "].iter().filter_map(|dash| head.find(dash)).min()?;
    head.get(..dash).filter(|head| head.contains(|c: char| c.is_ascii_digit()))
}
