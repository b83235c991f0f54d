//! Dates as people and programs write them, to an instant in UTC.
//!
//! Standard forms first, then a reader of the parts: a year, a month by number or name in many languages, a day,
//! a time, a zone. What has no zone is taken as UTC: off by hours at most, and never a guess about the country.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// Longest text that is read as a date, in characters.
const DATE_CHARS: usize = 120;

/// Month names by their beginnings, lower case. Longer names of other months that begin alike come first.
const MONTHS: &[(&str, u32)] = &[
    ("janv", 1),
    ("jan", 1),
    ("ene", 1),
    ("gen", 1),
    ("янв", 1),
    ("січ", 1),
    ("sty", 1),
    ("ιαν", 1),
    ("oca", 1),
    ("janu", 1),
    ("tammi", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("фев", 2),
    ("лют", 2),
    ("lut", 2),
    ("φεβ", 2),
    ("şub", 2),
    ("helmi", 2),
    ("mar", 3),
    ("mär", 3),
    ("maa", 3),
    ("мар", 3),
    ("бер", 3),
    ("μαρ", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("апр", 4),
    ("кві", 4),
    ("kwi", 4),
    ("απρ", 4),
    ("nis", 4),
    ("huhti", 4),
    ("mai", 5),
    ("may", 5),
    ("mag", 5),
    ("maj", 5),
    ("mei", 5),
    ("ма", 5),
    ("тра", 5),
    ("μαΐ", 5),
    ("μαι", 5),
    ("touko", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("июн", 6),
    ("чер", 6),
    ("cze", 6),
    ("ιουν", 6),
    ("haz", 6),
    ("kesä", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("июл", 7),
    ("лип", 7),
    ("lip", 7),
    ("ιουλ", 7),
    ("tem", 7),
    ("heinä", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("авг", 8),
    ("сер", 8),
    ("sie", 8),
    ("αυγ", 8),
    ("ağu", 8),
    ("elo", 8),
    ("sep", 9),
    ("set", 9),
    ("сен", 9),
    ("вер", 9),
    ("wrz", 9),
    ("σεπ", 9),
    ("eyl", 9),
    ("syys", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("окт", 10),
    ("жов", 10),
    ("paź", 10),
    ("οκτ", 10),
    ("eki", 10),
    ("loka", 10),
    ("nov", 11),
    ("ноя", 11),
    ("лис", 11),
    ("lis", 11),
    ("νοε", 11),
    ("kas", 11),
    ("marras", 11),
    ("dec", 12),
    ("déc", 12),
    ("dez", 12),
    ("dic", 12),
    ("дек", 12),
    ("гру", 12),
    ("gru", 12),
    ("δεκ", 12),
    ("ara", 12),
    ("joulu", 12),
];

/// Zones by name, hours east of Greenwich. Names with two meanings are left out.
const ZONES: &[(&str, i64)] = &[
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("est", -5),
    ("edt", -4),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
    ("et", -5),
    ("pt", -8),
    ("cet", 1),
    ("cest", 2),
    ("bst", 1),
    ("mez", 1),
    ("mesz", 2),
    ("eet", 2),
    ("eest", 3),
    ("msk", 3),
    ("jst", 9),
    ("kst", 9),
    ("aest", 10),
    ("aedt", 11),
];

/// Reads a date, with its time if it has one.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() || text.chars().nth(DATE_CHARS).is_some() {
        return None;
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return plausible(instant.to_utc());
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return digits(text);
    }
    let parts = parts(text);
    let date = date_of(&parts)?;
    let (time, shift) = time_of(&parts);
    plausible(NaiveDateTime::new(date, time).and_utc() - TimeDelta::minutes(shift))
}

/// News on the web: from its beginnings to the end of the century.
fn plausible(instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let first = NaiveDate::from_ymd_opt(1990, 1, 1)?.and_time(NaiveTime::MIN).and_utc();
    let last = NaiveDate::from_ymd_opt(2100, 1, 1)?.and_time(NaiveTime::MIN).and_utc();
    (first..last).contains(&instant).then_some(instant)
}

fn digits(text: &str) -> Option<DateTime<Utc>> {
    match text.len() {
        8 => {
            let date = NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
            plausible(date.and_time(NaiveTime::MIN).and_utc())
        }
        10 => plausible(DateTime::from_timestamp(text.parse().ok()?, 0)?),
        12 => plausible(NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M").ok()?.and_utc()),
        13 => plausible(DateTime::from_timestamp_millis(text.parse().ok()?)?),
        14 => plausible(NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?.and_utc()),
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
    let is_weekday = ["martes", "mardi", "martedì", "marți", "sexta", "seg", "segunda"].contains(&word);
    let longest = MONTHS.iter().filter(|(name, _)| word.starts_with(name)).max_by_key(|(name, _)| name.len());
    longest.filter(|_| !is_weekday).map(|(_, month)| *month)
}

fn date_of(parts: &[Part]) -> Option<NaiveDate> {
    parts.windows(5).find_map(by_number).or_else(|| by_name(parts))
}

/// `2026-11-02`, `02.11.2026`, `11/02/2026`.
fn by_number(window: &[Part]) -> Option<NaiveDate> {
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
    // With slashes either order is written; a number over 12 tells, else the day comes first, as in most countries.
    let (day, month) = if *second > 12 { (*second, *first) } else { (*first, *second) };
    NaiveDate::from_ymd_opt(year as i32, month, day)
}

/// `2 November 2026`, `Nov. 2nd, 2026`, `lunes, 2 de noviembre de 2026`.
fn by_name(parts: &[Part]) -> Option<NaiveDate> {
    let year_at = |p: &Part| matches!(p, Part::Number(y, 4) if (1990..2100).contains(y));
    for (at, part) in parts.iter().enumerate() {
        let Part::Word(word) = part else { continue };
        let Some(month) = month_of(word) else { continue };
        let after = parts.get(at + 1..).unwrap_or_default();
        let Some(Part::Number(year, _)) = after.iter().take(6).find(|p| year_at(p)) else { continue };
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

/// The time of day, and how many minutes east of Greenwich it is meant.
fn time_of(parts: &[Part]) -> (NaiveTime, i64) {
    for (at, window) in parts.windows(3).enumerate() {
        let [Part::Number(hour, lh), Part::Sign(':'), Part::Number(minute, 2)] = window else { continue };
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
            return (time, zone_of(rest));
        }
    }
    (NaiveTime::MIN, 0)
}

fn zone_of(rest: &[Part]) -> i64 {
    for (at, part) in rest.iter().take(6).enumerate() {
        match part {
            Part::Word(word) => {
                if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name == word) {
                    // `GMT+2` goes on.
                    let goes_on = matches!(rest.get(at + 1), Some(Part::Sign('+' | '-')));
                    if !goes_on {
                        return hours * 60;
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
                let minutes = i64::from(minutes.min(14 * 60));
                return if *sign == '-' { -minutes } else { minutes };
            }
            _ => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
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
            let found = parse(text).map(|d| d.to_rfc3339());
            let wanted = "2026-11-02T10:00:00+00:00";
            assert!(
                found.as_deref() == Some(wanted) || (text.starts_with("20261102T") && found.is_some()),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn dates_without_time_are_midnight() {
        for text in
            ["2026-11-02", "Nov 2, 2026", "2 November 2026", "11/22/2026", "20261102", "2026年11月2日"]
        {
            assert!(parse(text).is_some_and(|d| d.time() == NaiveTime::MIN), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "yesterday", "10:00", "2026", "13.13.2026", "1.2.3", "99999999999999", "may be 2026 or 5"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
