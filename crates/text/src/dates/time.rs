//! The time of day in a date text, with its zone.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::half;
use super::names;
use super::token::{Kind, Token};
use super::zone::{self, Zone};

/// How many tokens after a time its zone is looked for: `10:00:00 (Monday) 2026 +0200`.
const ZONE_TOKENS: usize = 8;

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    pub(super) zone: Option<Zone>,
}

impl Time {
    fn new(hour: u32, minute: u32, second: u32, nanosecond: u32) -> Option<Self> {
        let is_time = (hour < 24 && minute < 60 && second <= 60)
            || (hour == 24 && minute == 0 && second == 0);
        is_time.then_some(Self { hour, minute, second: second.min(59), nanosecond, zone: None })
    }

    /// The local time on a day; 24:00 is the next day's midnight.
    pub(super) fn on(self, date: NaiveDate) -> Option<NaiveDateTime> {
        if self.hour == 24 {
            return Some(date.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN));
        }
        date.and_hms_nano_opt(self.hour, self.minute, self.second, self.nanosecond)
    }
}

/// Takes the first time of day out of a text, with its zone. The outer none means that it contradicts itself.
pub(super) fn take(tokens: Vec<Token>) -> Option<(Option<Time>, Vec<Token>)> {
    let found = (0..tokens.len()).find_map(|at| Some((at, clock(&tokens, at)?)));
    let Some((at, clock)) = found else { return Some((None, tokens)) };
    let Clock { time, length } = clock;
    let mut time = time?;
    let mut used: Vec<usize> = (at..at + length).collect();
    if let Some((half, places)) = half::of_time(&tokens, at, at + length) {
        time.hour = half.hour(time.hour);
        used.extend(places);
    }
    let zone = zone_after(&tokens, at + length, &used).or_else(|| place_before(&tokens, at));
    if let Some((zone, places)) = zone {
        time.zone = Some(zone);
        used.extend(places);
    }
    let rest = tokens.into_iter().enumerate().filter(|(at, _)| !used.contains(at));
    Some((Some(time), rest.map(|(_, token)| token).collect()))
}

/// A time in a text and how many tokens it has. No time: it stands where only one can, and is none.
struct Clock {
    time: Option<Time>,
    length: usize,
}

/// The time that begins at a token.
fn clock(tokens: &[Token], at: usize) -> Option<Clock> {
    let rest = tokens.get(at..)?;
    if rest.first()?.word() == Some("noon") {
        return Some(Clock { time: Time::new(12, 0, 0, 0), length: 1 });
    }
    let hour = rest.first()?.number()?;
    let is_after_t = is_after_t(tokens, at);
    if is_after_t && let Some(clock) = compact(rest) {
        return Some(clock);
    }
    if hour.1 > 2 || is_offset(tokens, at) {
        return None;
    }
    let clock = with_colons(rest, hour.0)
        .or_else(|| with_units(rest, hour.0))
        .or_else(|| with_points(tokens, at, hour.0))
        .or_else(|| alone(tokens, at, hour.0))?;
    // `99:99` somewhere is no time, but `T25:00` is a wrong one.
    (clock.time.is_some() || is_after_t).then_some(clock)
}

/// Directly after the T of ISO 8601.
fn is_after_t(tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(at.saturating_sub(2)..at).unwrap_or_default();
    let is_t =
        matches!(before, [day, t] if t.word() == Some("t") && t.is_glued && day.number().is_some());
    is_t && tokens.get(at).is_some_and(|token| token.is_glued)
}

/// The offset after a date without a time: `2026-11-02+02:00`.
fn is_offset(tokens: &[Token], at: usize) -> bool {
    let has_seconds = tokens.get(at + 3).is_some_and(|token| token.is(':'));
    let before = tokens.get(at.saturating_sub(6)..at).unwrap_or_default();
    match before {
        _ if has_seconds => false,
        [.., sign] if sign.is('+') => true,
        [year, one, month, two, day, three] => {
            let is_date =
                year.exact(4).is_some() && month.exact(2).is_some() && day.exact(2).is_some();
            is_date && [one, two, three].iter().all(|sign| sign.is('-') && sign.is_glued)
        }
        _ => false,
    }
}

/// `10`, `1000` or `100000` after the T, with a fraction.
fn compact(rest: &[Token]) -> Option<Clock> {
    let (value, digits) = rest.first()?.number()?;
    let (hour, minute, second) = match digits {
        2 if rest.get(1).is_none_or(|next| next.word().is_some() || offset(rest, 1).is_some()) => {
            (value, 0, 0)
        }
        4 => (value / 100, value % 100, 0),
        6 => (value / 10_000, value / 100 % 100, value % 100),
        _ => return None,
    };
    let (nanosecond, length) = fraction(rest.get(1..)?).filter(|_| digits == 6).unwrap_or_default();
    Some(Clock { time: Time::new(hour, minute, second, nanosecond), length: 1 + length })
}

/// `10:00`, `10:00:00`, `10:00:00.123`.
fn with_colons(rest: &[Token], hour: u32) -> Option<Clock> {
    let [_, colon, minute, after @ ..] = rest else { return None };
    let minute = minute.exact(2).filter(|_| colon.is(':'))?;
    let second = after.get(1).and_then(|token| token.short(2));
    let Some(second) = second.filter(|_| is_sign(after, ':')) else {
        return Some(Clock { time: Time::new(hour, minute, 0, 0), length: 3 });
    };
    let (nanosecond, length) = fraction(after.get(2..)?).unwrap_or_default();
    Some(Clock { time: Time::new(hour, minute, second, nanosecond), length: 5 + length })
}

/// `10.00` and `10.00.00`, where a time is expected: after its word or a year, or with its half of the day.
fn with_points(tokens: &[Token], at: usize, hour: u32) -> Option<Clock> {
    let rest = tokens.get(at..)?;
    let pair = |from: usize| {
        let [point, number, ..] = rest.get(from..)? else { return None };
        let is_glued = point.is('.') && point.is_glued && number.is_glued;
        number.exact(2).filter(|_| is_glued)
    };
    let minute = pair(1)?;
    let has_two_digits = rest.first()?.exact(2).is_some();
    let second = pair(3);
    let mut length = if second.is_some() { 5 } else { 3 };
    if second.is_some() {
        length += fraction(rest.get(length..)?).map_or(0, |(_, length)| length);
    }
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let word = before(1).filter(|token| !token.is('.')).or_else(|| before(2));
    let is_expected = word.and_then(Token::word).is_some_and(is_time_word)
        || (has_two_digits && before(1).is_some_and(|token| token.exact(4).is_some()))
        || half::of_time(tokens, at, at + length).is_some();
    is_expected.then_some(Clock { time: Time::new(hour, minute, second.unwrap_or(0), 0), length })
}

/// Words before a time, in Finnish, the Scandinavian languages, German, Dutch, Indonesian, Italian and Romanian.
fn is_time_word(word: &str) -> bool {
    let words =
        ["klo", "kello", "kl", "klokken", "klockan", "um", "om", "pukul", "jam", "ore", "ora"];
    words.contains(&word)
}

/// `9pm`.
fn alone(tokens: &[Token], at: usize, hour: u32) -> Option<Clock> {
    half::of_hour(tokens, at + 1)?;
    let time = Time::new(hour, 0, 0, 0).filter(|_| (1..=12).contains(&hour))?;
    Some(Clock { time: Some(time), length: 1 })
}

/// `10h30`, `10h`, `10u30`, `10時30分`, `10時30分15秒`.
fn with_units(rest: &[Token], hour: u32) -> Option<Clock> {
    let [_, unit, after @ ..] = rest else { return None };
    let is_han = unit.is('時');
    // `10 h 00`, and `10h` with nothing after it.
    let has_minutes = after.first().is_some_and(|token| token.exact(2).is_some());
    let has_minutes_glued = has_minutes && after.first().is_some_and(|token| token.is_glued);
    let is_h = match unit.word() {
        Some("h") => unit.is_glued || has_minutes,
        // Dutch.
        Some("u") => unit.is_glued && has_minutes_glued,
        _ => false,
    };
    if !is_han && !is_h {
        return None;
    }
    let minute = after.first().filter(|token| is_han || token.is_glued || !unit.is_glued);
    let minute = minute.and_then(|token| token.short(2));
    let Some(minute) = minute else {
        return Some(Clock { time: Time::new(hour, 0, 0, 0), length: 2 });
    };
    let mut length = 3 + usize::from(is_sign(after.get(1..)?, '分'));
    let seconds = rest.get(length..)?;
    let second = seconds
        .first()
        .and_then(|token| token.short(2))
        .filter(|_| is_sign(seconds.get(1..).unwrap_or_default(), '秒'));
    length += if second.is_some() { 2 } else { 0 };
    Some(Clock { time: Time::new(hour, minute, second.unwrap_or(0), 0), length })
}

fn is_sign(rest: &[Token], sign: char) -> bool {
    rest.first().is_some_and(|token| token.is(sign))
}

/// `.123` or `,123`: nanoseconds and tokens.
fn fraction(rest: &[Token]) -> Option<(u32, usize)> {
    let [point, digits, ..] = rest else { return None };
    if !(point.is('.') && point.is_glued && digits.is_glued) {
        return None;
    }
    let Kind::Number(value, count) = digits.kind else { return None };
    let count = u32::try_from(count).ok()?;
    let nanoseconds = match count {
        0..=9 => value * 10_u64.pow(9 - count),
        10..=19 => value / 10_u64.pow(count - 9),
        _ => 0,
    };
    Some((u32::try_from(nanoseconds).ok()?, 2))
}

/// The zone after a time: a name or an offset, the first one that is written. With its tokens.
fn zone_after(tokens: &[Token], from: usize, used: &[usize]) -> Option<(Zone, Vec<usize>)> {
    // Nothing but half of day and brackets stands between it and the time.
    let mut is_next = true;
    let near = from..tokens.len().min(from + ZONE_TOKENS);
    for at in near.filter(|at| !used.contains(at)) {
        let token = tokens.get(at)?;
        match &token.kind {
            Kind::Word(name, is_upper) => {
                if let Some((zone, length)) = zone::place(tokens, at) {
                    return Some((zone, (at..at + length).collect()));
                }
                let is_zone = is_next || (*is_upper && name != "z");
                let found = zone::named(name).filter(|_| is_zone);
                // `GMT+2`: the number is the zone.
                let goes_on =
                    found.is_some_and(Zone::is_universal) && offset(tokens, at + 1).is_some();
                if let Some(zone) = found.filter(|_| !goes_on) {
                    return Some((zone, vec![at]));
                }
                is_next &= goes_on;
            }
            Kind::Sign('+' | '-') => {
                // The hyphen of another date.
                let is_joined =
                    token.is_glued && at > from && tokens.get(at - 1)?.number().is_some();
                if !is_joined && let Some((minutes, length)) = offset(tokens, at) {
                    return Some((Zone::Fixed(minutes), (at..at + length).collect()));
                }
                is_next = false;
            }
            Kind::Sign('(' | '[') => {}
            Kind::Number(..) => match lost_offset(tokens, at).filter(|_| is_next) {
                Some((minutes, length)) => {
                    return Some((Zone::Fixed(minutes), (at..at + length).collect()));
                }
                None => is_next = false,
            },
            Kind::Sign(_) => is_next = false,
        }
    }
    None
}

/// An offset that has lost its plus on the way, as in addresses where a plus is a blank: `10:00:00 0200`,
/// `10:00:00 02:00`. No year and no other time is written like that.
fn lost_offset(tokens: &[Token], at: usize) -> Option<(i32, usize)> {
    let rest = tokens.get(at..)?;
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let is_colon = |back: usize| before(back).is_some_and(|token| token.is(':'));
    let has_seconds = is_colon(4) && (is_colon(2) || before(2).is_some_and(|token| token.is('.')));
    let (hours, minutes, length) = match rest {
        [number, ..] if number.exact(4).is_some() => {
            let value = number.exact(4)?;
            (value / 100, value % 100, 1)
        }
        [hours, colon, minutes] if has_seconds && colon.is(':') => {
            (hours.exact(2)?, minutes.exact(2)?, 3)
        }
        _ => return None,
    };
    let is_offset = hours <= 14 && matches!(minutes, 0 | 30 | 45) && !rest.first()?.is_glued;
    is_offset.then_some(((hours * 60 + minutes) as i32, length))
}

/// `Europe/Berlin` somewhere before the time.
fn place_before(tokens: &[Token], end: usize) -> Option<(Zone, Vec<usize>)> {
    (0..end).find_map(|at| {
        let (zone, length) = zone::place(tokens, at)?;
        Some((zone, (at..at + length).collect()))
    })
}

/// `+0200`, `+02:00`, `-5`: minutes east of Greenwich and tokens. Not the hyphen of `10:00 - 2 November`.
fn offset(tokens: &[Token], at: usize) -> Option<(i32, usize)> {
    let rest = tokens.get(at..)?;
    let [sign, number, after @ ..] = rest else { return None };
    let sign_factor = match sign.sign()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (value, digits) = number.number().filter(|_| number.is_glued)?;
    let (hours, minutes, length) = match (digits, after) {
        (1 | 2, [colon, minutes, ..]) if colon.is(':') && minutes.exact(2).is_some() => {
            (value, minutes.exact(2)?, 4)
        }
        (1 | 2, [next, ..]) if begins_date(next) => return None,
        (1 | 2, _) => (value, 0, 2),
        (3 | 4, _) => (value / 100, value % 100, 2),
        (6, _) => (value / 10_000, value / 100 % 100, 2),
        _ => return None,
    };
    // No zone is further off; `-9999` and the like mean that the writer did not know.
    let minutes =
        i32::try_from(hours * 60 + minutes).ok().filter(|all| minutes < 60 && *all <= 14 * 60)?;
    Some((sign_factor * minutes, length))
}

/// What follows the day of a date.
fn begins_date(token: &Token) -> bool {
    match &token.kind {
        Kind::Sign(sign) => matches!(sign, '.' | '/' | '-' | '年' | '月' | '日'),
        // A month, or letters of a serial number.
        Kind::Word(word, _) => {
            names::is_month(word) || (token.is_glued && zone::named(word).is_none())
        }
        Kind::Number(..) => false,
    }
}
