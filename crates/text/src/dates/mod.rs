//! Dates as people and programs write them.
//!
//! Formats tried one by one never end, so a text is read as what it is made of: a time of day with its zone first,
//! then a day in numbers, then a day with the name of its month in any language of Unicode CLDR. RFC 822 and its
//! two-digit years, RFC 3339 with parts missing, `asctime`, Unix seconds and most hand-made forms fall out of the same
//! few rules.
//!
//! Decisions:
//! - **No zone means UTC.** The site's own zone is not known, and a fixed error is better than a changing one.
//!   [`Moment::zone`] says whether one was written.
//! - **`02/11/2026` is 2 November** unless the language is that of a country that writes the month first. A part
//!   above 12 decides by itself, and points are written with the day first everywhere. Where several dates of one
//!   writer are known, they decide together: see [`Style::of_all`].
//! - **`24:00:00` is midnight at the end of that day** (ISO 8601), and a leap second is the second before it.
//! - **Words that say nothing are passed over** (`at`, `um`, `de`), so a wrong weekday does no harm. A weekday decides
//!   only where a text can mean two days.
//! - **1970-01-01 and before is no date**, but the zero of somebody's counter.
//! - **What contradicts itself is no date**: 31 February, `T25:00`. A wrong date is worse than none.

mod day;
mod digits;
mod eras;
mod half;
mod month;
mod names;
mod numerals;
mod order;
mod spelling;
mod time;
mod token;
mod zone;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{
    DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc,
};

use names::Language;

use day::Day;
pub use order::{Order, is_open};
use token::Token;

/// A longer text is no date, in characters.
const MAX_CHARS: usize = 120;

/// The first instant that is a date and not the zero of a counter, in Unix seconds.
const FIRST_SECOND: i64 = 86_400;

/// A date as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant. What has no zone is taken as UTC, what has no time as midnight, what has no day as the first.
    pub at: DateTime<Utc>,
    /// The zone, where one is written. `Z` and Unix seconds count as UTC.
    pub zone: Option<FixedOffset>,
    pub precision: Precision,
}

impl Moment {
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.precision == Precision::Time
    }

    /// The day and time that were written.
    fn local(&self) -> NaiveDateTime {
        let east = self.zone.map_or(0, |zone| i64::from(zone.local_minus_utc()));
        let utc = self.at.naive_utc();
        utc.checked_add_signed(TimeDelta::seconds(east)).unwrap_or(utc)
    }
}

/// How much of a date was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Month,
    Day,
    Time,
}

/// How the writer of a date writes dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub order: Order,
    /// Decides what a name means that is two months in two languages.
    language: Option<Language>,
    /// The language is English, of no country.
    is_english: bool,
    /// The language is not known, or English of no country or of one that writes the month first.
    may_be_american: bool,
    /// Years of two digits come first: `26.11.24`.
    is_year_first: bool,
    first_year: i32,
    last_year: i32,
}

impl Style {
    /// The style that goes with a language, by its BCP 47 tag, for dates in these years.
    #[must_use]
    pub fn of(language: Option<&str>, years: RangeInclusive<i32>) -> Self {
        let tag = language.unwrap_or_default().trim().replace('_', "-").to_ascii_lowercase();
        let is_american = ["en-us", "es-us", "en-ph", "fil-ph"].contains(&tag.as_str());
        let order = if is_american { Order::MonthFirst } else { Order::DayFirst };
        let (first_year, last_year) = years.into_inner();
        let is_english = tag == "en";
        Self {
            order,
            language: Language::of(&tag),
            is_english,
            may_be_american: is_american || is_english || tag.is_empty(),
            is_year_first: ["ja", "ko", "zh"].contains(&tag.split('-').next().unwrap_or_default()),
            first_year,
            last_year,
        }
    }

    /// The same, with the other order of day and month.
    #[must_use]
    pub fn reversed(self) -> Self {
        let order = match self.order {
            Order::DayFirst => Order::MonthFirst,
            Order::MonthFirst => Order::DayFirst,
            Order::Unknown => Order::Unknown,
        };
        Self { order, ..self }
    }

    /// The same, for a text that has an American time zone: with it the month comes first.
    #[must_use]
    pub fn where_written(self, text: &str) -> Self {
        const ZONES: [&str; 9] = ["EDT", "EST", "ET", "CDT", "PDT", "PST", "PT", "MDT", "MST"];
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let is_american = self.is_english && words.any(|word| ZONES.contains(&word));
        if is_american { Self { order: Order::MonthFirst, ..self } } else { self }
    }

    fn has_year(self, year: u32) -> bool {
        i32::try_from(year).is_ok_and(|year| (self.first_year..=self.last_year).contains(&year))
    }
}

/// Reads a date; none where there is none to be read with confidence.
#[must_use]
pub fn read(text: &str, style: Style) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.chars().nth(MAX_CHARS).is_some() {
        return None;
    }
    let text = unescaped(text);
    let moment =
        digits::read(&text).or_else(|| read_tokens(token::tokens(&eras::common(&text)), style))?;
    let is_date = moment.at.timestamp() >= FIRST_SECOND
        && u32::try_from(moment.at.year()).is_ok_and(|year| style.has_year(year));
    is_date.then_some(moment)
}

/// A text whose signs were escaped for an address: `2026-11-02T10%3A00%3A00%2B02%3A00`.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let signs = [("%3A", ":"), ("%3a", ":"), ("%2B", "+"), ("%2b", "+"), ("%20", " ")];
    let replace = |text: String, (from, to): (&str, &str)| text.replace(from, to);
    Cow::Owned(signs.into_iter().fold(text.to_owned(), replace))
}

/// Whether a word is the name of a month, in any language, or its usual abbreviation.
#[must_use]
pub fn is_month_name(word: &str) -> bool {
    names::is_month_name(&token::fold(word.trim_end_matches('.')))
}

/// The month that a word inside a text names, 1 to 12. `language` is a BCP 47 tag in lower case.
#[must_use]
pub fn month_named(word: &str, language: &str) -> Option<u32> {
    names::month_in_text(&token::fold(word), language)
}

/// The weekdays that a word inside a text names: bit 0 is Monday. A word that may also name a month
/// names no weekday.
#[must_use]
pub fn weekdays_named(word: &str) -> u8 {
    names::weekdays_of(&token::fold(word))
}

/// Whether a word is the name of a month or a weekday, or another word that dates are written with.
#[must_use]
pub fn is_date_word(word: &str) -> bool {
    let word = token::fold(word.trim_end_matches('.'));
    names::is_month_name(&word) || names::is_of_dates(&word)
}

fn read_tokens(tokens: Vec<Token>, style: Style) -> Option<Moment> {
    let tokens = eras::gregorian(tokens);
    if !tokens.iter().any(|token| token.number().is_some()) {
        return None;
    }
    let (time, rest) = time::take(tokens)?;
    let Day { date, precision } = day::find(&rest, style, names::weekdays(&rest))?;
    let Some(time) = time else {
        let at = date.and_time(NaiveTime::MIN).and_utc();
        return Some(Moment { at, zone: None, precision });
    };
    let local = time.on(date)?;
    let zone = time.zone.and_then(|zone| zone.on(local));
    let east = TimeDelta::seconds(zone.map_or(0, |zone| i64::from(zone.local_minus_utc())));
    Some(Moment { at: local.checked_sub_signed(east)?.and_utc(), zone, precision: Precision::Time })
}

/// A date of three numbers, if there is such a day.
fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Two-digit years as in RFC 2822 section 4.3, with the pivot at 70: nothing on the web is older than the epoch.
fn full_year(short: u32) -> u32 {
    short + if short < 70 { 2000 } else { 1900 }
}

#[cfg(test)]
mod tests;
