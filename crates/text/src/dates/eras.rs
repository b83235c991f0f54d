//! Years and days of other calendars: the eras of Japan and Taiwan, the years of Buddha, and the solar calendar of
//! Iran (Jalali).
//!
//! Each is rewritten as a Gregorian date before the day is looked for. None can be mistaken for a Gregorian date of
//! the web's time: era names stand before the year, and the years of the others are about 1400 and 2560.

use std::borrow::Cow;

use chrono::{Datelike as _, Days, NaiveDate};

use super::numerals;
use super::token::{Kind, Token, fold};

/// Names of eras, and the year before their first.
const ERAS: [(&str, u32); 7] = [
    ("令和", 2018),
    ("平成", 1988),
    ("昭和", 1925),
    ("大正", 1911),
    ("中華民國", 1911),
    ("民國", 1911),
    ("民国", 1911),
];

/// Years of the Republic of China (Taiwan) of three digits that are of the web's time.
const REPUBLIC: std::ops::RangeInclusive<u32> = 100..=189;
const REPUBLIC_YEARS: u32 = 1911;

/// Years of Buddha that are of the web's time.
const BUDDHIST: std::ops::RangeInclusive<u32> = 2533..=2643;
const BUDDHIST_YEARS: u32 = 543;

/// Years of the solar calendar that are of the web's time.
const SOLAR: std::ops::RangeInclusive<u32> = 1369..=1479;

/// The months of the solar calendar, as Unicode CLDR has them for Persian (calendar `persian`).
const SOLAR_MONTHS: [&str; 12] = [
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
];

/// A text with years of eras as Gregorian ones: `令和5年11月6日` is `2023年11月6日`.
pub(super) fn common(text: &str) -> Cow<'_, str> {
    if let Some(text) = initialled(text) {
        return Cow::Owned(text);
    }
    match numerals::in_digits(text) {
        Some(digits) => Cow::Owned(with_era(&digits).into_owned()),
        None => with_era(text),
    }
}

fn with_era(text: &str) -> Cow<'_, str> {
    let era = ERAS.iter().find_map(|(name, before)| Some((text.find(name)?, *name, *before)));
    let Some((at, name, before)) = era else { return Cow::Borrowed(text) };
    let (head, rest) = text.split_at(at);
    let rest = rest.get(name.len()..).unwrap_or_default().trim_start();
    let end = rest.find('年').unwrap_or(0);
    let (year, tail) = rest.split_at(end);
    // The first year of an era is called its origin.
    let year = if year == "元" { Some(1) } else { number(year) };
    match year.filter(|year| (1..=120).contains(year)) {
        Some(year) => Cow::Owned(format!("{head}{}{tail}", before + year)),
        None => Cow::Borrowed(text),
    }
}

/// `R8.11.24`, `令8.11.24`: the eras of Japan by their initials.
fn initialled(text: &str) -> Option<String> {
    let mut letters = text.chars();
    let before = match letters.next()? {
        'R' | '令' => 2018,
        'H' | '平' => 1988,
        'S' | '昭' => 1925,
        _ => return None,
    };
    let (year, rest) = letters.as_str().split_once(['.', '/'])?;
    let mut parts = rest.split(|c: char| !c.is_ascii_digit());
    let is_short = |part: &str| (1..=2).contains(&part.len());
    let is_date = is_short(year) && is_short(parts.next()?) && is_short(parts.next()?);
    let year: u32 = year.parse().ok().filter(|_| is_date)?;
    Some(format!("{}-{}", before + year, rest.replacen(['.', '/'], "-", 1)))
}

/// A number of at most three digits, in any of the scripts that the reader knows.
fn number(text: &str) -> Option<u32> {
    match super::token::tokens(text).as_slice() {
        [only] => only.short(3),
        _ => None,
    }
}

/// Tokens with a day of the solar calendar, or a year of Buddha, as Gregorian ones.
pub(super) fn gregorian(mut tokens: Vec<Token>) -> Vec<Token> {
    let year = |token: &Token| token.exact(4);
    if let Some(at) =
        tokens.iter().position(|token| year(token).is_some_and(|year| SOLAR.contains(&year)))
        && let Some((range, date)) = solar(&tokens, at)
    {
        let number = |value: u32, digits| Kind::Number(u64::from(value), digits);
        let kinds = [
            number(date.year_ce().1, 4),
            Kind::Sign('-'),
            number(date.month(), 2),
            Kind::Sign('-'),
            number(date.day(), 2),
        ];
        let new = kinds.into_iter().enumerate().map(|(at, kind)| Token { kind, is_glued: at > 0 });
        tokens.splice(range, new);
        return tokens;
    }
    if let Some((token, year)) =
        republic(&tokens).and_then(|(at, year)| Some((tokens.get_mut(at)?, year)))
    {
        token.kind = Kind::Number(u64::from(year), 4);
        return tokens;
    }
    for token in &mut tokens {
        if let Some(year) = year(token).filter(|year| BUDDHIST.contains(year)) {
            token.kind = Kind::Number(u64::from(year - BUDDHIST_YEARS), 4);
        }
    }
    tokens
}

/// The year of the Republic in a text and its place: `115/11/24`, `115年11月24日`. No other date begins with three
/// digits.
fn republic(tokens: &[Token]) -> Option<(usize, u32)> {
    let at = tokens.iter().position(|token| token.exact(3).is_some())?;
    let [year, sign, month, same, day, ..] = tokens.get(at..)? else { return None };
    let signs = (sign.sign()?, same.sign()?);
    let is_date = matches!(signs, ('/', '/') | ('-', '-') | ('.', '.') | ('年', '月'))
        && (1..=12).contains(&month.short(2)?)
        && (1..=31).contains(&day.short(2)?);
    // A label in Chinese may stand before it, but no name or number of something else.
    let is_label = |token: &Token| match &token.kind {
        Kind::Number(..) => false,
        Kind::Word(word, _) => !word.is_ascii(),
        Kind::Sign(sign) => matches!(sign, ':' | '(' | '[' | '【' | '（'),
    };
    let goes_on = at
        .checked_sub(1)
        .and_then(|before| tokens.get(before))
        .is_some_and(|token| !is_label(token))
        || tokens.get(at + 5).is_some_and(|next| next.kind == sign.kind && next.is_glued);
    let year = year.exact(3).filter(|year| is_date && !goes_on && REPUBLIC.contains(year))?;
    Some((at, year + REPUBLIC_YEARS))
}

/// The day whose year is at a token, and its tokens: `15 آبان 1402`, `1402/8/15`.
fn solar(tokens: &[Token], at: usize) -> Option<(std::ops::Range<usize>, NaiveDate)> {
    let year = tokens.get(at)?.exact(4)?;
    if let Some([sign, month, same, day]) = tokens.get(at + 1..at + 5)
        && matches!(sign.sign(), Some('/' | '-'))
        && sign.kind == same.kind
    {
        return Some((at..at + 5, solar_date(year, month.short(2)?, day.short(2)?)?));
    }
    if let Some([day, sign, month, same]) = at.checked_sub(4).and_then(|from| tokens.get(from..at))
        && matches!(sign.sign(), Some('/' | '-'))
        && sign.kind == same.kind
    {
        return Some((at - 4..at + 1, solar_date(year, month.short(2)?, day.short(2)?)?));
    }
    let start = at.checked_sub(2)?;
    let (day, month) = (tokens.get(start)?, tokens.get(start + 1)?);
    let month = month.word()?;
    let number = SOLAR_MONTHS.iter().position(|name| fold(name) == month)?;
    let number = u32::try_from(number).ok()? + 1;
    Some((start..at + 1, solar_date(year, number, day.short(2)?)?))
}

/// A day of the solar calendar, by the cycle of 33 years, which is right from 1244 to 1530.
fn solar_date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let days = match month {
        1..=6 => 31,
        7..=12 => 30,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    // Leap years of the cycle are the 1st, 5th, 9th, 13th, 17th, 22nd, 26th and 30th: 8 in 33.
    let leaps = |year: u32| (year * 8 + 29) / 33;
    // The first day of 1400 was 21 March 2021.
    let since = i64::from(year) - 1400;
    let leap_days = i64::from(leaps(year - 1)) - i64::from(leaps(1399));
    let before: u32 = if month <= 7 { (month - 1) * 31 } else { 186 + (month - 7) * 30 };
    let all = since * 365 + leap_days + i64::from(before + day - 1);
    let first = NaiveDate::from_ymd_opt(2021, 3, 21)?;
    let days = Days::new(all.unsigned_abs());
    if all >= 0 { first.checked_add_days(days) } else { first.checked_sub_days(days) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solar_year_begins_in_spring() {
        for ((year, month, day), wanted) in [
            ((1400, 1, 1), "2021-03-21"),
            ((1402, 8, 15), "2023-11-06"),
            ((1399, 12, 30), "2021-03-20"),
            ((1403, 12, 30), "2025-03-20"),
            ((1404, 1, 1), "2025-03-21"),
            ((1395, 12, 30), "2017-03-20"),
            ((1388, 1, 1), "2009-03-21"),
        ] {
            assert_eq!(solar_date(year, month, day).unwrap().to_string(), wanted);
        }
        assert_eq!(solar_date(1402, 7, 31), None);
    }
}
