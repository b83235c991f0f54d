//! The half of the day that a time of twelve hours is in.
//!
//! Most words for am and pm come from Unicode CLDR (`names.txt`), and so do those for other parts of the day ("in the
//! evening", "凌晨") with their hours. Of the two hours that a time can mean, the one nearer to the part is meant. Those of two letters mean something else in too many
//! languages, so they are not in that table. The ones that dates are written with stand here, each with the form that
//! tells it from another word: `CH` in capitals, `ip.` with a point.

use std::ops::Range;

use super::names;
use super::token::{Kind, Token};

/// Half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
    /// The hours from one to another, perhaps past midnight.
    Part {
        from: u32,
        before: u32,
    },
}

impl Half {
    /// By the hours in the table: `18-24`.
    pub(super) fn of_hours(text: &str) -> Option<Self> {
        let (from, before) = text.split_once('-')?;
        Some(Self::Part { from: from.parse().ok()?, before: before.parse().ok()? })
    }

    pub(super) fn hour(self, hour: u32) -> u32 {
        match self {
            Self::Part { from, before } if (1..=12).contains(&hour) => {
                let end = if before > from { before } else { before + 24 };
                let other = (hour + 12) % 24;
                // In half hours, on a clock of 24: a time is somewhere in its hour.
                let distance = |hour: u32| {
                    let apart = (2 * hour + 1).abs_diff((from + end) % 48);
                    apart.min(48 - apart)
                };
                if distance(other) < distance(hour) { other } else { hour }
            }
            Self::Am if hour == 12 => 0,
            Self::Pm if hour < 12 => hour + 12,
            _ => hour,
        }
    }
}

/// How a short word has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its script has no other word like it.
    Any,
    Capitals,
    Pointed,
    /// Nothing but its point follows it.
    Last,
    /// Directly after the time: `9:30p`.
    Glued,
}

use Form::{Any, Capitals, Glued, Last, Pointed};
use Half::{Am, Pm};

/// Greek, Vietnamese, Turkish, Albanian, Finnish, Hungarian, Swedish, English. In the form in which words are compared.
const SHORT: [(&str, Half, Form); 15] = [
    ("πμ", Am, Any),
    ("μμ", Pm, Any),
    ("sa", Am, Capitals),
    ("ch", Pm, Capitals),
    ("oo", Am, Capitals),
    ("os", Pm, Capitals),
    ("pd", Am, Capitals),
    ("md", Pm, Capitals),
    ("ap", Am, Pointed),
    ("ip", Pm, Pointed),
    ("du", Pm, Pointed),
    ("fm", Am, Last),
    ("em", Pm, Last),
    ("a", Am, Glued),
    ("p", Pm, Glued),
];

/// The half of the day of the time that stands there: the words after it, or before it where that is how it is said.
/// With the tokens of those words.
pub(super) fn of_time(tokens: &[Token], start: usize, end: usize) -> Option<(Half, Range<usize>)> {
    let after = |words: usize| {
        let (phrase, last) = names::phrase(tokens, end, words)?;
        // "9:30 de la noche": the table has names without the preposition.
        let bare = phrase.strip_prefix("de ").unwrap_or(&phrase);
        Some((names::half_of_day(bare)?, end..last))
    };
    let before = |words: usize| {
        let first = start.checked_sub(words)?;
        let (phrase, last) = names::phrase(tokens, first, words)?;
        let half = names::half_before(&phrase).filter(|_| last == start)?;
        Some((half, 0..0))
    };
    let short = || Some((short(tokens, end)?, end..end + 1));
    (1..=3)
        .rev()
        .find_map(after)
        .or_else(short)
        .or_else(|| (1..=3).rev().find_map(before))
        .or_else(|| short_before(tokens, start))
}

fn short(tokens: &[Token], at: usize) -> Option<Half> {
    let token = tokens.get(at)?;
    let Kind::Word(word, is_upper) = &token.kind else { return None };
    let next = tokens.get(at + 1);
    let has_point = next.is_some_and(|next| next.is('.') && next.is_glued);
    let is_written = |form| match form {
        Any => true,
        Capitals => *is_upper,
        Pointed => has_point,
        Last => next.is_none() || (has_point && tokens.get(at + 2).is_none()),
        Glued => token.is_glued && !has_point,
    };
    let found = SHORT.iter().find(|(known, _, form)| known == word && is_written(*form));
    found.map(|(_, half, _)| *half)
}

/// `ÖS 9:30`, `du. 9:30`.
fn short_before(tokens: &[Token], start: usize) -> Option<(Half, Range<usize>)> {
    let last = start.checked_sub(1)?;
    let at = if tokens.get(last)?.is('.') { last.checked_sub(1)? } else { last };
    Some((short(tokens, at)?, at..start))
}

/// The half of the day that an hour alone is written with: `9pm`, `9 p.m.`, `9 PM`. With the tokens of its words. A
/// small `am` apart from its number is a preposition as often as not.
pub(super) fn of_hour(tokens: &[Token], end: usize) -> Option<Half> {
    let first = tokens.get(end)?;
    let Kind::Word(word, is_upper) = &first.kind else { return None };
    let (phrase, half) = match names::phrase(tokens, end, 2) {
        Some((phrase, _)) if matches!(phrase.as_str(), "a m" | "p m") => (phrase, true),
        _ => (word.clone(), first.is_glued || *is_upper || word == "pm"),
    };
    match phrase.as_str() {
        "am" | "a m" if half => Some(Am),
        "pm" | "p m" if half => Some(Pm),
        _ => None,
    }
}
