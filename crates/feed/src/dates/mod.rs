//! Dates as feeds write them.
//!
//! Formats tried one by one never end, so a date is read as what it is made of: numbers, a month's name, a time with
//! colons, a zone. RFC 822 and its two-digit years, RFC 3339 with parts missing, `asctime`, epoch seconds and most hand-made
//! forms fall out of the same few rules.
//!
//! Decisions:
//! - **No zone means UTC.** The site's own zone is not known, and a fixed error is better than a changing one.
//! - **`02/11/2026` is 2 November.** Most of the world writes the day first; only a feed whose language is
//!   American English is read month first. A part above 12 decides by itself.
//! - **`24:00:00` is midnight at the end of that day** (ISO 8601), and a leap second is the second before it.
//! - **Words that say nothing are passed over** (`at`, `um`, `de`, week days), so a wrong week day does no harm.
//! - **1970-01-01 and before is no date**, but the zero of somebody's counter.

mod names;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// A date longer than this is a text.
const MAX_BYTES: usize = 100;

/// Which number of `02/11/2026` is the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// Day, month, year.
    #[default]
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

impl Order {
    /// The order that goes with a feed's language.
    #[must_use]
    pub(crate) fn of_language(language: Option<&str>) -> Self {
        match language {
            Some(tag) if tag.eq_ignore_ascii_case("en-us") => Self::MonthFirst,
            _ => Self::DayFirst,
        }
    }
}

/// Reads a date; `None` where there is none to be read with confidence.
#[must_use]
pub(crate) fn parse_date(text: &str, order: Order) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let at = digits_only(text).or_else(|| Dependencies::read(text, order)?.instant())?;
    (at.timestamp() >= 86_400).then_some(at)
}

/// Epoch seconds or milliseconds, `20261102`, `202611021000`, `20261102100000`.
fn digits_only(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let plausible_year = |year: &str| matches!(year.parse(), Ok(1970..=2100));
    match whole.len() {
        9..=10 => DateTime::from_timestamp(whole.parse().ok()?, 0),
        13 => DateTime::from_timestamp_millis(whole.parse().ok()?),
        8 | 12 | 14 if fraction.is_empty() && plausible_year(whole.get(..4)?) => {
            compact(whole, "").map(|at| at.and_utc())
        }
        _ => None,
    }
}

/// `20261102` and `100000`, or `20261102100000`.
fn compact(date: &str, time: &str) -> Option<NaiveDateTime> {
    let number = |text: &str, from: usize| {
        text.get(from..from + 2).and_then(|digits| digits.parse::<u32>().ok())
    };
    let day =
        NaiveDate::from_ymd_opt(date.get(..4)?.parse().ok()?, number(date, 4)?, number(date, 6)?)?;
    let time = if time.is_empty() { date.get(8..)? } else { time };
    let part = |from| number(time, from).unwrap_or(0);
    clock(day, part(0), part(2), part(4), 0)
}

/// A time on a day; 24:00:00 is the next day's midnight.
fn clock(
    day: NaiveDate,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
) -> Option<NaiveDateTime> {
    if hour == 24 && minute == 0 && second == 0 {
        return Some(day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN));
    }
    day.and_hms_nano_opt(hour, minute, second.min(59), nanosecond).filter(|_| second <= 60)
}

/// What was found of a date so far.
#[derive(Debug, Default)]
struct Dependencies {
    order: Order,
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    /// Hour, minute, second, nanosecond.
    time: Option<(u32, u32, u32, u32)>,
    afternoon: Option<bool>,
    /// Seconds east of Greenwich.
    zone: Option<i32>,
    /// The month was a name and stood before any number: `mar` may have been a Tuesday.
    doubtful_month: bool,
    seen_number: bool,
    whole: Option<NaiveDateTime>,
}

impl Dependencies {
    fn read(text: &str, order: Order) -> Option<Self> {
        let mut parts = Self { order, ..Self::default() };
        let text = names::western(text);
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_ascii_digit() {
                parts.number(rest)?
            } else if first.is_alphabetic() {
                parts.word(rest)
            } else if matches!(first, '+' | '-' | '−') && parts.time.is_some() {
                parts.offset(rest)
            } else {
                first.len_utf8()
            };
            rest = rest.get(length..)?;
        }
        Some(parts)
    }

    /// A group that begins with a digit: a date, a time, or one number.
    fn number(&mut self, rest: &str) -> Option<usize> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(digits..)?.chars().next();
        let joined = rest
            .get(digits + 1..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        self.seen_number = true;
        match after {
            Some(':') if digits <= 2 && joined => self.time(rest),
            Some('h' | 'H') if digits <= 2 && self.day.is_some() => self.french_time(rest),
            Some('-' | '/' | '.') if joined && self.day.is_none() => self.date(rest),
            Some('T' | 't') if digits == 8 && joined => {
                let time = rest.get(9..)?;
                let length = time.bytes().take_while(u8::is_ascii_digit).count();
                self.whole = compact(rest.get(..8)?, time.get(..length)?);
                self.time = Some((0, 0, 0, 0));
                self.whole.map(|_| 9 + length)
            }
            _ => self.lone(rest.get(..digits)?),
        }
    }

    /// `2026`, `02`, `2nd`: the day comes before a short year.
    fn lone(&mut self, digits: &str) -> Option<usize> {
        let number: u32 = digits.parse().ok()?;
        if digits.len() == 4 && self.year.is_none() {
            self.year = Some(number as i32);
        } else if digits.len() <= 2 && self.day.is_none() {
            self.day = Some(number);
        } else if digits.len() == 2 && self.year.is_none() {
            self.year = Some(full_year(number));
        } else if digits.len() == 8 && self.year.is_none() {
            let day = compact(digits, "000000")?;
            self.whole = Some(day);
        } else {
            return None;
        }
        Some(digits.len())
    }

    /// `2026-11-02`, `02/11/2026`, `02.11.26`, `2026-11`, `02-Nov-2026`.
    fn date(&mut self, rest: &str) -> Option<usize> {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.'))
            .count();
        let text = rest.get(..length)?.trim_end_matches(['-', '/', '.']);
        let separator = text.chars().find(|c| !c.is_ascii_digit())?;
        let fields: Vec<&str> = text.split(['-', '/', '.']).take(4).collect();
        let numbers: Vec<u32> =
            fields.iter().map(|field| field.parse()).collect::<Result<_, _>>().ok()?;
        match (numbers.as_slice(), fields.first()?.len()) {
            (&[year, month, day], 4) => self.set_date(year as i32, month, day),
            // `2026-306`: the day of the year.
            (&[year, day], 4) if fields.get(1)?.len() == 3 => {
                let date = NaiveDate::from_yo_opt(year as i32, day)?;
                self.whole = Some(date.and_time(NaiveTime::MIN));
            }
            (&[year, month], 4) => self.set_date(year as i32, month, 1),
            (&[one, two, year], _) => {
                let year = if fields.get(2)?.len() <= 2 { full_year(year) } else { year as i32 };
                let month_first =
                    (separator == '/' && self.order == Order::MonthFirst && one <= 12) || two > 12;
                let (day, month) = if month_first { (two, one) } else { (one, two) };
                self.set_date(year, month, day);
            }
            _ => return None,
        }
        Some(text.len())
    }

    fn set_date(&mut self, year: i32, month: u32, day: u32) {
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        self.doubtful_month = false;
    }

    /// `10:00`, `10:00:00`, `10:00:00.123`.
    fn time(&mut self, rest: &str) -> Option<usize> {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b','))
            .count();
        let text = rest.get(..length)?.trim_end_matches([':', '.', ',']);
        let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
        let fields: Vec<u32> =
            clock.split(':').take(4).map(str::parse).collect::<Result<_, _>>().ok()?;
        let nanosecond = format!("{fraction:0<9}").get(..9)?.parse().unwrap_or(0);
        self.time = match *fields.as_slice() {
            [hour, minute] => Some((hour, minute, 0, 0)),
            [hour, minute, second] => Some((hour, minute, second, nanosecond)),
            _ => return None,
        };
        Some(text.len())
    }

    /// `10h30`, `10h`.
    fn french_time(&mut self, rest: &str) -> Option<usize> {
        let (hour, after) = rest.split_once(['h', 'H'])?;
        let minutes = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let minute = after.get(..minutes)?.parse().unwrap_or(0);
        self.time = Some((hour.parse().ok()?, minute, 0, 0));
        Some(hour.len() + 1 + minutes)
    }

    /// A month, a zone, or nothing of use.
    fn word(&mut self, rest: &str) -> usize {
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default().to_lowercase();
        if let Some(month) =
            names::month(&word).filter(|_| self.month.is_none() || self.doubtful_month)
        {
            self.month = Some(month);
            self.doubtful_month = !self.seen_number;
        } else if let Some(afternoon) = names::half_of_day(&word) {
            self.afternoon = Some(afternoon);
        } else if let Some(seconds) =
            names::zone(&word).filter(|_| self.zone.is_none() && self.seen_number)
        {
            self.zone = Some(seconds);
            let sign = rest.get(length..).unwrap_or_default();
            if sign.starts_with(['+', '-'])
                && sign.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
            {
                // `GMT+2`: the number is the zone.
                self.zone = None;
                self.time.get_or_insert_default();
            }
        }
        length
    }

    /// `+0200`, `+02:00`, `-5`; the first one counts, so `-0500 (GMT-5)` is read once.
    fn offset(&mut self, rest: &str) -> usize {
        let sign = if rest.starts_with('+') { 1 } else { -1 };
        let start = rest.chars().next().map_or(1, char::len_utf8);
        let body = rest.get(start..).unwrap_or_default();
        let length = body.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':').count();
        let digits: String = body.chars().take(length).filter(char::is_ascii_digit).collect();
        let part =
            |from: usize, to: usize| digits.get(from..to).and_then(|text| text.parse::<i32>().ok());
        let offset = match digits.len() {
            1 | 2 => part(0, digits.len()).map(|hours| hours * 3600),
            3 => part(0, 1).zip(part(1, 3)).map(|(hours, minutes)| hours * 3600 + minutes * 60),
            4 | 6 => part(0, 2).zip(part(2, 4)).map(|(hours, minutes)| hours * 3600 + minutes * 60),
            _ => None,
        };
        // No zone is further off; `-9999` and the like mean that the writer did not know.
        if let Some(offset) = offset.filter(|offset| *offset <= 14 * 3600) {
            self.zone.get_or_insert(sign * offset);
        }
        start + length
    }

    fn instant(self) -> Option<DateTime<Utc>> {
        let (hour, minute, second, nanosecond) = self.time.unwrap_or_default();
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        let local = match self.whole {
            Some(whole) if self.year.is_none() && hour == 0 => whole,
            Some(whole) => clock(whole.date(), hour, minute, second, nanosecond)?,
            None => clock(
                NaiveDate::from_ymd_opt(self.year?, self.month?, self.day.unwrap_or(1))?,
                hour,
                minute,
                second,
                nanosecond,
            )?,
        };
        let zone = TimeDelta::try_seconds(i64::from(self.zone.unwrap_or(0)))?;
        Some(local.checked_sub_signed(zone)?.and_utc())
    }
}

/// Two-digit years as in RFC 2822 section 4.3, with the pivot at 70: no feed is older than the epoch.
fn full_year(short: u32) -> i32 {
    short as i32 + if short < 70 { 2000 } else { 1900 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        parse_date(text, Order::DayFirst).map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    #[test]
    fn one_instant_in_many_shapes() {
        for text in [
            "Mon, 02 Nov 2026 10:00:00 GMT",
            "Mon, 02 Nov 2026 10:00:00 +0000",
            "Mon, 2 Nov 26 10:00 UT",
            "Mon,02 Nov 2026 10:00:00 Z",
            "Wed, 02 Nov 2026 10:00:00 GMT",
            "Mon, 02 Nov 2026 05:00:00 EST",
            "Mon, 02 Nov 2026 02:00:00 PST",
            "Mon, 02 Nov 2026 11:00:00 CET",
            "Mon, 02 Nov 2026 11:00:00 MEZ",
            "Mon, 02 Nov 2026 05:00:00 -0500 (EST)",
            "Mon, 02 Nov 2026 12:00:00 GMT+2",
            "Mon, 02 Nov 2026 12:00:00 UTC+02:00",
            "Mon, 02 Nov 2026 10:00:00 +0000GMT",
            "Monday, November 2, 2026 10:00 AM",
            "Nov 2, 2026 10:00",
            "November 2nd, 2026 at 10:00am",
            "Mon Nov  2 10:00:00 2026",
            "Mon Nov  2 10:00:00 UTC 2026",
            "02-Nov-2026 10:00",
            "2026-11-02T10:00:00Z",
            "2026-11-02T10:00:00.000Z",
            "2026-11-02t10:00:00z",
            "2026-11-02T12:00:00+02:00",
            "2026-11-02T12:00+0200",
            "2026-11-02T10:00Z",
            "2026-11-02T10:00:00",
            "2026-11-02 10:00:00",
            "2026-11-02 10:00:00 UTC",
            "2026-11-02 12:00:00 +02:00",
            "2026-11-02 10:00",
            "2026/11/02 10:00",
            "2026-306T10:00:00Z",
            "20261102T100000Z",
            "20261102T120000+0200",
            "20261102100000",
            "202611021000",
            "1793613600",
            "1793613600000",
            "1793613600.25",
            "02/11/2026 10:00",
            "02.11.2026 10:00",
            "2.11.2026, 10:00 Uhr",
            "Montag, 2. November 2026 - 11:00 MEZ",
            "lundi 2 novembre 2026 10h00",
            "lun, 02 nov 2026 10:00:00 +0000",
            "lunes, 2 de noviembre de 2026 10:00",
            "Пн, 02 ноя 2026 13:00:00 +0300",
            "2 listopada 2026 10:00",
            "2 листопада 2026 10:00",
            "02 Kas 2026 10:00",
            "Δευ, 02 Νοε 2026 12:00:00 +0200",
            "2026年11月2日 10:00",
            "2026年11月02日 10時00分",
            "Mon Nov 02 2026 12:00:00 GMT+0200 (CEST)",
            "2026-11-02T12:00:00+02:00[Europe/Berlin]",
            "2-Nov-26 10:00",
            "Nov. 2, 2026 10:00AM",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-11-02T10:00:00Z"), "{text}");
        }
    }

    #[test]
    fn midnights_and_days_alone() {
        assert_eq!(read("Tue, 03 Nov 2026 24:00:00 GMT").as_deref(), Some("2026-11-04T00:00:00Z"));
        assert_eq!(read("31 Dec 2026 23:59:60 GMT").as_deref(), Some("2026-12-31T23:59:59Z"));
        assert_eq!(read("12:30 AM, Nov 2, 2026").as_deref(), Some("2026-11-02T00:30:00Z"));
        assert_eq!(read("Nov 2, 2026 12:30 PM").as_deref(), Some("2026-11-02T12:30:00Z"));
        for text in
            ["02 Nov 2026", "2026-11-02", "2026-11-02Z", "20261102", "Nov 2, 2026", "02/11/26"]
        {
            assert_eq!(read(text).as_deref(), Some("2026-11-02T00:00:00Z"), "{text}");
        }
        assert_eq!(read("2026-11").as_deref(), Some("2026-11-01T00:00:00Z"));
    }

    #[test]
    fn a_week_day_is_not_taken_for_a_month() {
        assert_eq!(
            read("mar, 03 nov 2026 10:00:00 +0100").as_deref(),
            Some("2026-11-03T09:00:00Z")
        );
        assert_eq!(read("mar 3 mar 2026").as_deref(), Some("2026-03-03T00:00:00Z"));
        assert_eq!(read("Mar 3, 2026").as_deref(), Some("2026-03-03T00:00:00Z"));
        assert_eq!(read("середа, 4 листопада 2026").as_deref(), Some("2026-11-04T00:00:00Z"));
    }

    #[test]
    fn the_order_of_day_and_month() {
        let american =
            |text| parse_date(text, Order::MonthFirst).map(|at| at.format("%m-%d").to_string());
        assert_eq!(american("11/02/2026 10:00").as_deref(), Some("11-02"));
        assert_eq!(american("25/11/2026").as_deref(), Some("11-25"));
        assert_eq!(american("02.11.2026").as_deref(), Some("11-02"));
        assert_eq!(read("11/25/2026").as_deref(), Some("2026-11-25T00:00:00Z"));
        assert_eq!(Order::of_language(Some("en-US")), Order::MonthFirst);
        assert_eq!(Order::of_language(Some("en")), Order::DayFirst);
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "yesterday",
            "0",
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00",
            "2026-13-02",
            "31 Feb 2026",
            "Nov",
            "-",
            "99:99",
            "2026-11-02T25:00:00Z",
            "12345",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}", dateish in "[0-9a-zA-Z:+./ ,年-]{0,30}") {
            let _ = parse_date(&text, Order::DayFirst);
            let _ = parse_date(&dateish, Order::MonthFirst);
        }

        #[test]
        fn reads_what_chrono_writes(seconds in 100_000i64..4_000_000_000) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            prop_assert_eq!(parse_date(&at.to_rfc2822(), Order::DayFirst), Some(at));
            prop_assert_eq!(parse_date(&at.to_rfc3339(), Order::DayFirst), Some(at));
            prop_assert_eq!(parse_date(&at.format("%a %b %e %T %Y").to_string(), Order::DayFirst), Some(at));
        }
    }
}
