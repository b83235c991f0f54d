//! Dates as people and programs write them, to an instant in UTC.
//!
//! Standard forms first, then a reader of the parts: a year, a month by number or name in many languages, a day,
//! a time, a zone. What has no zone is taken as UTC: off by hours at most, and never a guess about the country.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::metadata::datewords::{MONTHS, ZONES};

/// Longest text that is read as a date, in characters.
const DATE_CHARS: usize = 120;

/// A date as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The instant; what has no zone is taken as UTC, what has no time as midnight.
    pub(crate) at: DateTime<Utc>,
    /// The zone, where one is written. `Z` and Unix seconds count as UTC.
    pub(crate) zone: Option<FixedOffset>,
    pub(crate) has_time: bool,
}

/// Which number comes first where `3/4/2026` leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As in most countries.
    DayFirst,
    /// As in the United States.
    MonthFirst,
}

impl Order {
    /// The order that readers of a language expect, by its BCP 47 tag.
    pub(crate) fn of(language: Option<&str>) -> Self {
        let is_american = language.is_some_and(|tag| {
            let tag = tag.trim().replace('_', "-");
            ["en-us", "es-us", "en-ph", "fil-ph"].iter().any(|us| tag.eq_ignore_ascii_case(us))
        });
        if is_american { Self::MonthFirst } else { Self::DayFirst }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::DayFirst => Self::MonthFirst,
            Self::MonthFirst => Self::DayFirst,
        }
    }
}

/// Reads a date, with its time and zone if it has them.
pub(crate) fn parse(text: &str, order: Order) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.chars().nth(DATE_CHARS).is_some() {
        return None;
    }
    if let Ok(instant) =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text))
    {
        let zone = Some(*instant.offset());
        return Some(Moment { at: plausible(instant.to_utc())?, zone, has_time: true });
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return digits(text);
    }
    let parts = parts(text);
    let date = date_of(&parts, order)?;
    let Some((time, zone)) = time_of(&parts) else {
        return Some(Moment {
            at: plausible(date.and_time(NaiveTime::MIN).and_utc())?,
            zone: None,
            has_time: false,
        });
    };
    let east = zone.map_or(0, |zone| zone.local_minus_utc());
    let at = NaiveDateTime::new(date, time).and_utc() - TimeDelta::seconds(i64::from(east));
    Some(Moment { at: plausible(at)?, zone, has_time: true })
}

/// News on the web: from its beginnings to the end of the century.
fn plausible(instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let first = NaiveDate::from_ymd_opt(1990, 1, 1)?.and_time(NaiveTime::MIN).and_utc();
    let last = NaiveDate::from_ymd_opt(2100, 1, 1)?.and_time(NaiveTime::MIN).and_utc();
    (first..last).contains(&instant).then_some(instant)
}

fn digits(text: &str) -> Option<Moment> {
    let unix = |at: Option<DateTime<Utc>>| {
        Some(Moment { at: plausible(at?)?, zone: FixedOffset::east_opt(0), has_time: true })
    };
    let written = |format: &str| {
        let at = NaiveDateTime::parse_from_str(text, format).ok()?.and_utc();
        Some(Moment { at: plausible(at)?, zone: None, has_time: true })
    };
    match text.len() {
        8 => {
            let date = NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
            let at = plausible(date.and_time(NaiveTime::MIN).and_utc())?;
            Some(Moment { at, zone: None, has_time: false })
        }
        10 => unix(DateTime::from_timestamp(text.parse().ok()?, 0)),
        13 => unix(DateTime::from_timestamp_millis(text.parse().ok()?)),
        12 => written("%Y%m%d%H%M"),
        14 => written("%Y%m%d%H%M%S"),
        _ => None,
    }
}

/// A piece of a date text.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// Value and number of digits.
    Number(u32, usize),
    Word(String),
    Sign(char),
}

fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(digit) = c.to_digit(10) {
            let (mut value, mut length) = (digit, 1);
            while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                value = value.saturating_mul(10).saturating_add(digit);
                length += 1;
                chars.next();
            }
            if length == 8 {
                // 20261102T100000Z
                out.push(Part::Number(value / 10_000, 4));
                out.push(Part::Sign('-'));
                out.push(Part::Number(value / 100 % 100, 2));
                out.push(Part::Sign('-'));
                out.push(Part::Number(value % 100, 2));
            } else {
                out.push(Part::Number(value, length));
            }
        } else if matches!(c, '年' | '月' | '日' | '년' | '월' | '일') {
            out.push(Part::Sign('-'));
        } else if c.is_alphabetic() {
            let mut word: String = c.to_lowercase().collect();
            while let Some(c) = chars.next_if(|c| c.is_alphabetic()) {
                word.extend(c.to_lowercase());
            }
            out.push(Part::Word(word));
        } else if c != ' ' && c != ',' {
            out.push(Part::Sign(c));
        }
    }
    out
}

fn month_of(word: &str) -> Option<u32> {
    if word.chars().count() < 3 && word != "ма" {
        return None;
    }
    // "mar" begins March in many languages and Tuesday in some; a weekday never stands between day and year.
    let is_weekday =
        ["martes", "mardi", "martedì", "marți", "sexta", "seg", "segunda"].contains(&word);
    let longest =
        MONTHS.iter().filter(|(name, _)| word.starts_with(name)).max_by_key(|(name, _)| name.len());
    longest.filter(|_| !is_weekday).map(|(_, month)| *month)
}

fn date_of(parts: &[Part], order: Order) -> Option<NaiveDate> {
    parts.windows(5).find_map(|window| by_number(window, order)).or_else(|| by_name(parts))
}

/// `2026-11-02`, `02.11.2026`, `11/02/2026`.
fn by_number(window: &[Part], order: Order) -> Option<NaiveDate> {
    let [
        Part::Number(first, first_length),
        Part::Sign(sign),
        Part::Number(second, second_length),
        Part::Sign(same),
        Part::Number(third, third_length),
    ] = window
    else {
        return None;
    };
    if sign != same || !matches!(sign, '-' | '.' | '/') || *second_length > 2 {
        return None;
    }
    if *first_length == 4 && *third_length <= 2 {
        return NaiveDate::from_ymd_opt(*first as i32, *second, *third);
    }
    let year = match third_length {
        4 => *third,
        2 => 2000 + *third,
        _ => return None,
    };
    if *first_length > 2 {
        return None;
    }
    // A number over 12 tells; points are written with the day first everywhere.
    let is_month_first =
        *second > 12 || (*first <= 12 && *sign != '.' && order == Order::MonthFirst);
    let (day, month) = if is_month_first { (*second, *first) } else { (*first, *second) };
    NaiveDate::from_ymd_opt(year as i32, month, day)
}

/// `2 November 2026`, `Nov. 2nd, 2026`, `lunes, 2 de noviembre de 2026`.
fn by_name(parts: &[Part]) -> Option<NaiveDate> {
    let year_at = |p: &Part| matches!(p, Part::Number(y, 4) if (1990..2100).contains(y));
    for (at, part) in parts.iter().enumerate() {
        let Part::Word(word) = part else { continue };
        let Some(month) = month_of(word) else { continue };
        let after = parts.get(at + 1..).unwrap_or_default();
        let Some(Part::Number(year, _)) = after.iter().take(6).find(|p| year_at(p)) else {
            continue;
        };
        let day = |p: &&Part| matches!(p, Part::Number(d, l) if *l <= 2 && (1..=31).contains(d));
        let before = parts.get(..at).unwrap_or_default().iter().rev().take(3).find(day);
        let until_year = after.iter().take_while(|p| !year_at(p));
        let found = before.or_else(|| until_year.take(3).find(day));
        if let Some(Part::Number(day, _)) = found {
            return NaiveDate::from_ymd_opt(*year as i32, month, *day);
        }
    }
    None
}

/// The time of day, and its zone where one is written.
fn time_of(parts: &[Part]) -> Option<(NaiveTime, Option<FixedOffset>)> {
    for (at, window) in parts.windows(3).enumerate() {
        let [Part::Number(hour, lh), Part::Sign(':'), Part::Number(minute, 2)] = window else {
            continue;
        };
        if *lh > 2 {
            continue;
        }
        let mut rest = parts.get(at + 3..).unwrap_or_default();
        let mut second = 0;
        if let [Part::Sign(':'), Part::Number(value, 2), ..] = rest {
            second = *value;
            rest = rest.get(2..).unwrap_or_default();
            if let [Part::Sign('.'), Part::Number(..), ..] = rest {
                rest = rest.get(2..).unwrap_or_default();
            }
        }
        let mut hour = *hour;
        let half = rest.iter().take(3).find_map(|p| match p {
            Part::Word(w) if w == "pm" || w == "p" => Some(true),
            Part::Word(w) if w == "am" || w == "a" => Some(false),
            _ => None,
        });
        match half {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        if let Some(time) = NaiveTime::from_hms_opt(hour % 24, *minute, second.min(59)) {
            return Some((time, zone_of(rest)));
        }
    }
    None
}

fn zone_of(rest: &[Part]) -> Option<FixedOffset> {
    for (at, part) in rest.iter().take(6).enumerate() {
        match part {
            Part::Word(word) => {
                if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name == word) {
                    // `GMT+2` goes on.
                    let goes_on = matches!(rest.get(at + 1), Some(Part::Sign('+' | '-')));
                    if !goes_on {
                        return FixedOffset::east_opt(hours * 3_600);
                    }
                }
            }
            Part::Sign(sign @ ('+' | '-')) => {
                let minutes = match rest.get(at + 1..).unwrap_or_default() {
                    [Part::Number(h, 1 | 2), Part::Sign(':'), Part::Number(m, 2), ..] => h * 60 + m,
                    [Part::Number(hm, 4), ..] => hm / 100 * 60 + hm % 100,
                    [Part::Number(h, 1 | 2), ..] => h * 60,
                    _ => continue,
                };
                let seconds = minutes.min(14 * 60).cast_signed() * 60;
                return FixedOffset::east_opt(if *sign == '-' { -seconds } else { seconds });
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use chrono::Datelike as _;

    use super::*;

    #[test]
    fn all_these_are_the_same_morning() {
        for text in [
            "2026-11-02T10:00:00Z",
            "2026-11-02T11:00:00+01:00",
            "2026-11-02T10:00:00.000Z",
            "2026-11-02T10:00Z",
            "2026-11-02T12:00:00+0200",
            "2026-11-02 10:00:00",
            "Mon, 02 Nov 2026 10:00:00 GMT",
            "Mon, 02 Nov 2026 05:00:00 EST",
            "Monday, November 2, 2026 10:00 AM",
            "Nov. 2nd, 2026 at 10:00",
            "02.11.2026, 10:00 Uhr",
            "02/11/2026 10:00",
            "2 de noviembre de 2026 a las 10:00",
            "Δευτέρα, 02 Νοεμβρίου 2026, 10:00",
            "2 ноября 2026, 13:00 MSK",
            "2026年11月02日 10:00",
            "20261102T100000Z",
            "1793613600",
            "1793613600000",
            "20261102100000",
        ] {
            let found = parse(text, Order::DayFirst).map(|moment| moment.at.to_rfc3339());
            let wanted = "2026-11-02T10:00:00+00:00";
            assert!(
                found.as_deref() == Some(wanted)
                    || (text.starts_with("20261102T") && found.is_some()),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn dates_without_time_are_midnight() {
        for text in [
            "2026-11-02",
            "Nov 2, 2026",
            "2 November 2026",
            "11/22/2026",
            "20261102",
            "2026年11月2日",
        ] {
            let found = parse(text, Order::DayFirst);
            assert!(found.is_some_and(|m| !m.has_time && m.at.time() == NaiveTime::MIN), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "10:00",
            "2026",
            "13.13.2026",
            "1.2.3",
            "99999999999999",
            "may be 2026 or 5",
        ] {
            assert_eq!(parse(text, Order::DayFirst), None, "{text}");
        }
    }

    #[test]
    fn the_zone_is_kept_where_it_is_written() {
        for (text, hours) in [
            ("2026-11-02T10:00:00Z", Some(0)),
            ("2026-11-02T10:00:00-06:00", Some(-6)),
            ("2026-11-02 10:00:00 +0930", None),
            ("Nov 2, 2026 10:00 PM EST", Some(-5)),
            ("2026-11-02 10:00:00", None),
            ("1793613600", Some(0)),
        ] {
            let zone = parse(text, Order::DayFirst).and_then(|moment| moment.zone);
            let found = zone.map(|zone| zone.local_minus_utc()).filter(|s| s % 3_600 == 0);
            assert_eq!(found, hours.map(|h: i32| h * 3_600), "{text}");
        }
    }

    #[test]
    fn the_country_orders_day_and_month() {
        for (text, language, month) in [
            ("03/04/2026", Some("en_US"), 3),
            ("03/04/2026", Some("en-GB"), 4),
            ("03/04/2026", None, 4),
            ("03/25/2026", Some("en-GB"), 3),
            ("25/03/2026", Some("en-US"), 3),
            ("03.04.2026", Some("en-US"), 4),
        ] {
            let found = parse(text, Order::of(language)).map(|moment| moment.at.month());
            assert_eq!(found, Some(month), "{text} {language:?}");
        }
    }
}
