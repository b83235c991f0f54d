//! The day that the page itself shows as its own: a line beside the headline that holds a date and
//! little else, without a word for what the date is.
//!
//! Where metadata name another day, the shown one is the publisher's. An article that was published
//! anew has its first publication in the metadata, and the day that its readers see in their
//! `modified`. Some systems state the day of an import or of the last change as publication.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use wiresift_text::dates::is_date_word;

use crate::article::DateSource;
use crate::metadata::date::Places;
use crate::metadata::date::line::{Label, labelled};
use crate::metadata::date::reader::{Found, Reader, only};

/// Longest line with such a date, in bytes.
const LINE_BYTES: usize = 80;

/// Longest small word beside a date: "at", "de", "pm".
const SMALL: usize = 2;

/// Days from which two dates are not the same instant in two time zones.
const APART: i64 = 2;

/// Offsets from UTC that are inferred, in hours.
const HOURS: std::ops::RangeInclusive<i32> = -11..=10;

/// The day that is shown beside the headline.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) found: Found,
    /// A word says that it is the day of publication.
    pub(super) is_issued: bool,
}

/// The only day that is shown beside the headline. Those that are called the day of publication
/// come before others.
pub(super) fn day(places: Places<'_>, reader: Reader) -> Option<Shown> {
    let named = places.stamps.iter().filter(|stamp| !stamp.is_exact);
    let lines = places.datelines.iter().copied();
    let lines: Vec<&str> = lines.chain(named.map(|stamp| stamp.value.as_str())).collect();
    let parts = |is_issued: bool| {
        let parts = lines.iter().flat_map(move |line| parts(line, is_issued));
        parts.filter_map(move |part| alone(part, is_issued, reader))
    };
    [true, false].into_iter().find_map(|is_issued| {
        let mut parts = parts(is_issued).peekable();
        parts.peek()?;
        // Two different days tell nothing.
        Some(only(parts).map(|found| Shown { found, is_issued }))
    })?
}

/// The date of a line that holds nothing else, but for the word that it was published.
pub(super) fn of_line(line: &str, reader: Reader) -> Option<Found> {
    let find = |is_issued: bool| {
        parts(line, is_issued).into_iter().find_map(|part| alone(part, is_issued, reader))
    };
    find(true).or_else(|| find(false))
}

/// The parts of a short line that say that they are of publication, or that say nothing.
fn parts(line: &str, is_issued: bool) -> Vec<&str> {
    let has_date = || line.chars().filter(|c| c.is_numeric()).nth(2).is_some();
    if line.len() > LINE_BYTES || !has_date() {
        return Vec::new();
    }
    let wanted = if is_issued { Label::Issued } else { Label::None };
    let parts = labelled(line).into_iter().filter(|(label, _)| *label == wanted);
    parts.map(|(_, part)| part).collect()
}

/// The date of a part of a line that holds nothing else.
fn alone(part: &str, is_labelled: bool, reader: Reader) -> Option<Found> {
    let mut pieces = part.split(['|', '•', '·', '—', '–']).flat_map(|piece| piece.split(" - "));
    let date = pieces.find(|piece| is_date(piece, is_labelled))?;
    reader.found(DateSource::Time, date)
}

/// Whether a text is a date and nothing else. After a label other words may stand before it.
fn is_date(text: &str, is_labelled: bool) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_of_date = |word: &str| {
        let is_number = word.starts_with(|c: char| c.is_numeric());
        is_number || is_date_word(&word.to_lowercase()) || word.chars().count() <= SMALL
    };
    let years = text.split(|c: char| !c.is_numeric()).filter(|run| run.chars().count() == 4);
    let is_one = years.count() <= 1 && text.chars().filter(|c| c.is_numeric()).nth(2).is_some();
    let mut rest = words.by_ref().skip(usize::from(is_labelled));
    // A time for programs, which readers do not see.
    let is_machine = text.as_bytes().windows(2).any(|pair| matches!(pair, [b'T', b'0'..=b'9']));
    is_one && !is_machine && rest.all(is_of_date)
}

/// Whether the shown day is that of publication, where metadata state another one.
pub(super) fn is_publication(
    shown: &Found,
    source: DateSource,
    stated: NaiveDate,
    modified: Option<NaiveDate>,
) -> bool {
    let day = shown.moment.at.date_naive();
    let is_stated = matches!(source, DateSource::JsonLd | DateSource::Meta);
    let days = (day - stated).num_days();
    let is_apart = days.abs() >= APART;
    let is_anew = days > 0 && modified == Some(day);
    let is_first = days < 0 && is_apart;
    let is_later = is_apart && modified.is_none_or(|modified| modified >= day);
    is_stated && (is_anew || is_first || is_later)
}

/// The time zone of an instant in UTC whose day beside the headline is the one before or after: the
/// smallest offset with which it has that day.
pub(super) fn zone(
    at: DateTime<Utc>,
    zone: Option<FixedOffset>,
    found: &Found,
    shown: &Found,
) -> Option<FixedOffset> {
    let is_utc = zone.is_some_and(|zone| zone.local_minus_utc() == 0);
    let day = shown.moment.at.date_naive();
    if !is_utc || !found.moment.has_time() || day == at.date_naive() {
        return zone;
    }
    let mut hours: Vec<i32> = HOURS.collect();
    hours.sort_by_key(|hours| hours.abs());
    let fits = |hours: &i32| (at + TimeDelta::hours(i64::from(*hours))).date_naive() == day;
    let hours = hours.into_iter().find(fits);
    hours.and_then(|hours| FixedOffset::east_opt(hours * 3_600)).or(zone)
}
