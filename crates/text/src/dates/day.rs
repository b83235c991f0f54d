//! The day in a date text, which has lost its time of day.

use chrono::{Datelike as _, NaiveDate};

use super::names::Weekdays;
use super::order::Order;
use super::token::Token;
use super::{Precision, Style, date, full_year, month};

/// A day, or a month with its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) precision: Precision,
}

pub(super) fn find(tokens: &[Token], style: Style, weekdays: Weekdays) -> Option<Day> {
    let day = |date| Day { date, precision: Precision::Day };
    let numbers = || (0..tokens.len()).find_map(|at| by_number(tokens, at, style, weekdays));
    let names = || month::find(tokens, style, weekdays);
    let compact = || tokens.iter().find_map(|token| by_eight_digits(token, style)).map(day);
    numbers().map(day).or_else(names).or_else(compact).or_else(|| alone(tokens, style))
}

/// Which order the numbers of a text show: one above 12 is the day.
pub(super) fn order_of(tokens: &[Token], style: Style) -> Option<Order> {
    let numbers = (0..tokens.len()).find_map(|at| numbers(tokens, at, style));
    match numbers? {
        Numbers::Open { first: 13.., .. } => Some(Order::DayFirst),
        Numbers::Open { second: 13.., .. } => Some(Order::MonthFirst),
        _ => None,
    }
}

/// The day of the numbers at a token. If the weekday beside them is that of another order, that order counts.
fn by_number(tokens: &[Token], at: usize, style: Style, weekdays: Weekdays) -> Option<NaiveDate> {
    let numbers = numbers(tokens, at, style)?;
    let fits = |date: &NaiveDate| weekdays.has(date.weekday());
    let usual = numbers.date(style.order);
    if weekdays.is_empty() || usual.is_some_and(|date| fits(&date)) {
        return usual;
    }
    let in_order = |order| numbers.date(order).filter(fits);
    in_order(Order::DayFirst).or_else(|| in_order(Order::MonthFirst)).or(usual)
}

/// Numbers of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// In an order that is known.
    Known(NaiveDate),
    /// Day and month in some order, and the year.
    Open { first: u32, second: u32, year: u32 },
}

impl Numbers {
    /// The day in this order, unless a number above 12 shows the other one.
    fn date(self, order: Order) -> Option<NaiveDate> {
        let (first, second, year) = match self {
            Self::Known(date) => return Some(date),
            Self::Open { first, second, year } => (first, second, year),
        };
        let is_month_first = match order {
            _ if second > 12 => true,
            _ if first > 12 || first == second => false,
            Order::Unknown => return None,
            order => order == Order::MonthFirst,
        };
        let (day, month) = if is_month_first { (second, first) } else { (first, second) };
        date(year, month, day)
    }
}

/// `2026-11-02`, `02.11.2026`, `11/02/2026`, `2026年11月2日`, at a token.
fn numbers(tokens: &[Token], at: usize, style: Style) -> Option<Numbers> {
    let [first, sign, second, same, third, ..] = tokens.get(at..)? else { return None };
    let ((one, length), (two, middle), (three, last)) =
        (first.number()?, second.number()?, third.number()?);
    let signs = (sign.sign()?, same.sign()?);
    if signs == ('年', '月') {
        let date = date(one, two, three).filter(|_| length == 4 && style.has_year(one));
        return date.map(Numbers::Known);
    }
    // The third and fourth number of something else, such as an address on the network.
    let is_version = at >= 1 && first.is_glued && {
        let before = tokens.get(at - 1)?.word();
        before.is_some_and(|word| word != "t" && word.chars().nth(1).is_none())
    };
    let goes_on =
        at >= 2 && tokens.get(at - 1) == Some(sign) && tokens.get(at - 2)?.number().is_some();
    let is_known = match signs {
        ('-', '-') | ('.', '.') | ('/', '/') => true,
        // `2/11-2026` is Danish, `01/14 - 01/21` is a week.
        ('/', '-') => last == 4,
        _ => false,
    };
    if goes_on || is_version || !is_known || middle > 2 {
        return None;
    }
    if length == 4 && last <= 2 {
        return date(one, two, three).filter(|_| style.has_year(one)).map(Numbers::Known);
    }
    if style.is_year_first
        && (length, last) == (2, 2)
        && let Some(date) = date(full_year(one), two, three)
    {
        return Some(Numbers::Known(date)).filter(|_| style.has_year(full_year(one)));
    }
    let year = match last {
        4 => three,
        2 => full_year(three),
        _ => return None,
    };
    if length > 2 || !style.has_year(year) {
        return None;
    }
    let numbers = Numbers::Open { first: one, second: two, year };
    // With points the day comes first everywhere.
    let is_dotted = signs.0 == '.' && two <= 12;
    if is_dotted { numbers.date(Order::DayFirst).map(Numbers::Known) } else { Some(numbers) }
}

/// `20261102`.
fn by_eight_digits(token: &Token, style: Style) -> Option<NaiveDate> {
    let value = token.exact(8)?;
    date(value / 10_000, value / 100 % 100, value % 100).filter(|_| style.has_year(value / 10_000))
}

/// Dates that are told from other numbers only because nothing else is there: `2026-11`, `2026-306` (the day of the
/// year), `2026年11月`.
fn alone(tokens: &[Token], style: Style) -> Option<Day> {
    let tokens = match tokens {
        [rest @ .., t] if matches!(t.word(), Some("t" | "z")) && t.is_glued => rest,
        all => all,
    };
    let (year, sign, number) = match tokens {
        [year, sign, number] => (year, sign, number),
        [year, sign, number, month] if sign.is('年') && month.is('月') => (year, sign, number),
        _ => return None,
    };
    let is_known = matches!(sign.sign()?, '-' | '/' | '.' | '年');
    let year = year.exact(4).filter(|year| is_known && style.has_year(*year))?;
    if let Some(ordinal) = number.exact(3).filter(|_| sign.is('-')) {
        let date = NaiveDate::from_yo_opt(year as i32, ordinal)?;
        return Some(Day { date, precision: Precision::Day });
    }
    let date = date(year, number.short(2)?, 1)?;
    Some(Day { date, precision: Precision::Month })
}
