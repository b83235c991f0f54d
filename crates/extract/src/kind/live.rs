//! A live blog: many entries, each with its time, on one page that grows.
//!
//! It counts as an article, but consumers should know: its text changes all day.

use crate::kind::View;
use crate::kind::words::{self, Section};

/// Least times with text below them; fewer are enough if the title says so.
const ENTRIES: usize = 8;
const ENTRIES_UNDER_TITLE: usize = 4;

/// Most blocks between an entry's time and its text.
const GAP: usize = 3;

/// Longest line that is a time and little else, in words.
const TIME_WORDS: f32 = 8.0;

pub(super) fn is_live(view: &View<'_>) -> bool {
    if view.is_stated(&["LiveBlogPosting"]) {
        return true;
    }
    let entries = entries(view);
    entries >= ENTRIES
        || (entries >= ENTRIES_UNDER_TITLE && words::has(&view.article.title, Section::Live))
}

/// Number of kept paragraphs that follow a line with a time of day.
fn entries(view: &View<'_>) -> usize {
    let (mut entries, mut since) = (0, usize::MAX);
    for (at, feature) in view.features.blocks.iter().enumerate() {
        let text = view.page.blocks.get(at).map_or("", |block| view.page.text(block));
        if feature.text.tokens <= TIME_WORDS && has_time_of_day(text) {
            since = 0;
            continue;
        }
        since = since.saturating_add(1);
        let is_kept = view.reasons.get(at).is_some_and(|reason| reason.is_kept());
        if is_kept && feature.is_good && since <= GAP {
            entries += 1;
            since = usize::MAX;
        }
    }
    entries
}

/// Whether a line has a time such as 14:05, 2.05pm, 14h05, 14.05 Uhr.
fn has_time_of_day(line: &str) -> bool {
    let line = line.as_bytes();
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    let is_time = |at: usize| {
        let two = digit(at + 1) && digit(at + 2) && !digit(at + 3);
        let starts = !at.checked_sub(3).is_some_and(digit);
        let hour = at.checked_sub(1).is_some_and(digit) && starts;
        // 14.05.2026 is a date; 3.50 is more often a price than a time.
        let goes_on = matches!(line.get(at + 3), Some(b'.')) && digit(at + 4);
        let is_said = line.get(at) != Some(&b'.') || follows_with_unit(line, at + 3);
        two && hour && !goes_on && is_said
    };
    let divides = |at: &usize| matches!(line.get(*at), Some(b':' | b'.' | b'h' | b'H'));
    (1..line.len()).filter(divides).any(is_time)
}

fn follows_with_unit(line: &[u8], at: usize) -> bool {
    let rest = line.get(at..).unwrap_or_default().trim_ascii_start().to_ascii_lowercase();
    [b"am".as_slice(), b"pm", b"a.m", b"p.m", b"uhr"].iter().any(|unit| rest.starts_with(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_distinguished_from_dates_and_prices() {
        for line in ["14:05", "Updated 9:30 am", "2.05pm", "14h05", "14.05 Uhr", "5 March, 18:20"] {
            assert!(has_time_of_day(line), "{line}");
        }
        for line in ["14.05.2026", "3.50", "1:0", "12 March 2026", "100:200", "h", "", "a:bc"] {
            assert!(!has_time_of_day(line), "{line}");
        }
    }
}
