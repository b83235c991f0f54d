//! The day in a date text, which has lost its time of day.

use chrono::NaiveDate;

use super::token::Token;
use super::{Order, Precision, Style, date, full_year, month};

/// A day, or a month with its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) precision: Precision,
}

pub(super) fn find(tokens: &[Token], style: Style) -> Option<Day> {
    let day = |date| Day { date, precision: Precision::Day };
    let numbers = || (0..tokens.len()).find_map(|at| by_number(tokens, at, style));
    let names = || month::find(tokens, style);
    let compact = || tokens.iter().find_map(|token| by_eight_digits(token, style)).map(day);
    numbers().map(day).or_else(names).or_else(compact).or_else(|| alone(tokens, style))
}

/// `2026-11-02`, `02.11.2026`, `11/02/2026`, `2026年11月2日`, at a token.
fn by_number(tokens: &[Token], at: usize, style: Style) -> Option<NaiveDate> {
    let [first, sign, second, same, third, ..] = tokens.get(at..)? else { return None };
    let ((one, length), (two, middle), (three, last)) =
        (first.number()?, second.number()?, third.number()?);
    let signs = (sign.sign()?, same.sign()?);
    if signs == ('年', '月') {
        return date(one, two, three).filter(|_| length == 4 && style.has_year(one));
    }
    // The third and fourth number of something else, such as an address on the network.
    let goes_on =
        at >= 2 && tokens.get(at - 1) == Some(sign) && tokens.get(at - 2)?.number().is_some();
    let is_known = match signs {
        ('-', '-') | ('.', '.') | ('/', '/') => true,
        // `2/11-2026` is Danish, `01/14 - 01/21` is a week.
        ('/', '-') => last == 4,
        _ => false,
    };
    if goes_on || !is_known || middle > 2 {
        return None;
    }
    if length == 4 && last <= 2 {
        return date(one, two, three).filter(|_| style.has_year(one));
    }
    let year = match last {
        4 => three,
        2 => full_year(three),
        _ => return None,
    };
    let is_month_first =
        two > 12 || (one <= 12 && signs.0 != '.' && style.order == Order::MonthFirst);
    let (day, month) = if is_month_first { (two, one) } else { (one, two) };
    date(year, month, day).filter(|_| length <= 2 && style.has_year(year))
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
