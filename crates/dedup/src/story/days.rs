//! The days that an article names: "5 May", "May 5", "5. Mai", "5/5", "5月5日", and weekdays.
//!
//! Two reports of one event often name the same day, and two similar events different ones. Years
//! are left out, because most articles do not write them.

use std::collections::BTreeSet;

use wiresift_text::dates::{month_named, weekdays_named};

/// The days that an article names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days {
    /// Days of the year in ascending order: 32 × month + day of the month.
    pub dates: Vec<u16>,
    /// Weekdays in headline and text. Bit 0 is Monday.
    pub weekdays: u8,
    /// Weekdays in headline and lead.
    pub lead_weekdays: u8,
}

/// The most dates that count. More are a calendar, not an event.
const MOST_DATES: usize = 24;

/// The most bytes of a text that are read.
const MOST_BYTES: usize = 2_000;

/// The bytes at the beginning of a text that count as its lead.
const LEAD_BYTES: usize = 500;

impl Days {
    /// The days that a headline and the beginning of a text name.
    pub(super) fn of(title: &str, body: &str, language: &str) -> Self {
        let mut days = Self::default();
        let mut dates = BTreeSet::new();
        for (text, lead) in [(title, usize::MAX), (body, LEAD_BYTES)] {
            let parts = parts(cut(text));
            dates.extend(parts.windows(3).filter_map(|three| date(three, language)));
            for (at, word) in parts.iter().filter_map(Part::word) {
                let named = weekdays_named(word);
                days.weekdays |= named;
                if at < lead {
                    days.lead_weekdays |= named;
                }
            }
        }
        days.dates = dates.into_iter().take(MOST_DATES).collect();
        days
    }
}

/// The beginning of a text.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or(text)
}

/// A part of a text. Blanks are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part<'a> {
    /// A number of at most two digits.
    Number(u16),
    /// A word, and where it begins.
    Word(usize, &'a str),
    Sign(char),
}

impl<'a> Part<'a> {
    fn word(&self) -> Option<(usize, &'a str)> {
        match self {
            Self::Word(at, word) => Some((*at, *word)),
            _ => None,
        }
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |letter: char| match first {
            first if first.is_numeric() => letter.is_numeric(),
            first if first.is_alphabetic() => letter.is_alphabetic(),
            _ => false,
        };
        let end = rest.find(|letter| !same(letter)).unwrap_or(rest.len()).max(first.len_utf8());
        let (part, after) = rest.split_at(end);
        if first.is_numeric() {
            // A longer number is a year or a count, and separates as a sign does.
            let number = part.parse().ok().filter(|_| part.len() <= 2);
            parts.push(number.map_or(Part::Sign('#'), Part::Number));
        } else if first.is_alphabetic() {
            parts.push(Part::Word(text.len() - rest.len(), part));
        } else if !first.is_whitespace() {
            parts.push(Part::Sign(first));
        }
        rest = after;
    }
    // The last parts too are the first of three.
    parts.extend([Part::Sign(' '); 2]);
    parts
}

/// The date at the beginning of three parts of a text.
fn date(three: &[Part<'_>], language: &str) -> Option<u16> {
    let month = |word| month_named(word, language).and_then(|month| u16::try_from(month).ok());
    match *three {
        // Day first, as most languages write it.
        [Part::Number(day), Part::Sign('.' | '/' | '-'), Part::Number(month)] => of(month, day),
        [Part::Number(number), Part::Word(_, "月"), Part::Number(day)] => of(number, day),
        [Part::Number(day), Part::Word(_, word), next] => {
            let month = month(word).or_else(|| match next {
                // "5 de mayo"
                Part::Word(_, next) if word.chars().nth(3).is_none() => month(next),
                _ => None,
            });
            of(month?, day)
        }
        // "5. Mai"
        [Part::Number(day), Part::Sign('.'), Part::Word(_, word)] => of(month(word)?, day),
        [Part::Word(_, word), Part::Number(day), next] if next != Part::Sign(':') => {
            of(month(word)?, day)
        }
        _ => None,
    }
}

fn of(month: u16, day: u16) -> Option<u16> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(32 * month + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(text: &str, language: &str) -> Vec<(u16, u16)> {
        let days = Days::of("", text, language);
        days.dates.into_iter().map(|date| (date / 32, date % 32)).collect()
    }

    #[test]
    fn dates_are_read_as_languages_write_them() {
        for (text, language) in [
            ("on 5 May", "en"),
            ("on May 5, 2026", "en"),
            ("on May 5th", "en"),
            ("am 5. Mai", "de"),
            ("el 5 de mayo", "es"),
            ("5 мая", "ru"),
            ("5 maja 2026", "pl"),
            ("ngày 5/5", "vi"),
            ("05.05.2026", "tr"),
            ("5月5日", "zh"),
        ] {
            assert_eq!(dates(text, language), [(5, 5)], "{text}");
        }
        assert_eq!(dates("3-1 win in 2026, at 10:30", "en"), [(1, 3)]);
        assert_eq!(dates("1,234.5 tons for 45 people", "en"), []);
    }

    #[test]
    fn weekdays_of_the_lead_are_told_from_others() {
        let text = format!("On Monday. {} On Friday.", "word ".repeat(120));
        let days = Days::of("", &text, "en");
        assert_eq!((days.weekdays, days.lead_weekdays), (0b1_0001, 1));
        assert_eq!(Days::of("Freitag", "", "de").lead_weekdays, 0b1_0000);
    }
}
