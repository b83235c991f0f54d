//! Numbers, times and foreign text as the pages write them.

use chrono::{DateTime, Utc};

/// Longest text of a headline, a name or an error on a page, in characters.
pub(crate) const LINE: usize = 240;

/// What a visitor has typed, as a page shows it again.
pub(crate) fn echoed(text: &str) -> String {
    foreign(text, 200)
}

/// Text from the web: at most so many characters, without control characters and without those
/// that turn the direction of writing, which would go on behind the text.
pub(crate) fn foreign(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut letters = text.chars().filter(|letter| !is_unwanted(*letter));
    for letter in letters.by_ref().take(most) {
        out.push(if letter.is_whitespace() { ' ' } else { letter });
    }
    if letters.next().is_some() {
        out.push('…');
    }
    out
}

fn is_unwanted(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{061c}');
    turns || letter.is_control() && !letter.is_whitespace()
}

/// A number with its thousands apart: 1 234 567.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A size in bytes: 1.4 GB.
pub(crate) fn bytes(bytes: u64) -> String {
    let steps =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match steps.into_iter().find(|(size, _)| bytes >= *size) {
        None => format!("{bytes} B"),
        Some((size, unit)) => {
            let value = bytes as f64 / size as f64;
            if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
        }
    }
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// A stretch of time in its largest two units: 40 s, 5 min, 2 h 10 min, 3 d.
pub(crate) fn span(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..3_600 => format!("{minutes} min"),
        3_600..36_000 if minutes % 60 > 0 => format!("{hours} h {} min", minutes % 60),
        3_600..172_800 => format!("{hours} h"),
        _ => format!("{days} d"),
    }
}

/// How long ago something was, or how soon it will be.
pub(crate) fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        -1..=1 => "now".to_owned(),
        2.. => format!("{} ago", span(seconds)),
        _ => format!("in {}", span(-seconds)),
    }
}

/// An instant in words, and how far it is from now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// 2026-11-02 12:00:00 UTC
    pub(crate) exact: String,
    /// 2026-11-02T12:00:00Z, for programs.
    pub(crate) machine: String,
    /// 5 min ago
    pub(crate) relative: String,
}

impl When {
    pub(crate) fn of(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            exact: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            relative: relative(at, now),
        }
    }
}

/// Text in XML 1.0, which has no control characters, escaped or not.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_keeps_its_direction_to_itself() {
        assert_eq!(foreign("a\u{202e}b\u{0}c\nd", 10), "abc d");
        assert_eq!(foreign("abcdef", 3), "abc…");
        assert_eq!(foreign(&"é".repeat(2_000_000), 5).chars().count(), 6);
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(count(0), "0");
        assert_eq!(count(-1_234_567), "−1\u{202f}234\u{202f}567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_440_000_000), "1.4 GB");
        assert_eq!(bytes(25_000_000), "25 MB");
        assert_eq!(percent(0.256), "26%");
    }

    #[test]
    fn times_are_told_from_now() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(9);
        let told = |seconds| relative(now - chrono::TimeDelta::seconds(seconds), now);
        assert_eq!(told(0), "now");
        assert_eq!(told(40), "40 s ago");
        assert_eq!(told(7_800), "2 h 10 min ago");
        assert_eq!(told(90_000), "25 h ago");
        assert_eq!(told(-600), "in 10 min");
        assert_eq!(told(400_000), "4 d ago");
    }
}
