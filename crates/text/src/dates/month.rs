//! The day in a date text whose month is a name.

use chrono::{Datelike as _, NaiveDate};

use super::day::Day;
use super::names::{self, Context, Reading, Weekdays};
use super::token::Token;
use super::{Precision, Style, date, full_year};

/// Thai years count from the death of the Buddha.
const BUDDHIST_YEARS: u32 = 543;

/// How far from a name its day and its year are looked for, in tokens, and how many words may stand between a year
/// and the name that follows it.
#[derive(Debug, Clone, Copy)]
struct Reach {
    day: usize,
    year: usize,
    words_after_year: usize,
}

/// First what stands together, then what has an ordinal, a preposition or a remark between.
const REACHES: [Reach; 2] = [
    Reach { day: 2, year: 4, words_after_year: 0 },
    Reach { day: 3, year: 6, words_after_year: 1 },
];

/// Tokens between the day after a name and the year: `2nd`, `2.`.
const ORDINAL: usize = 2;

/// `2 November 2026`, `Nov. 2nd, 2026`, `lunes, 2 de noviembre de 2026`, `2026. november 2.`, `2-Nov-26`,
/// `November 2026`.
///
/// A name that is another month elsewhere means that one if the weekday of the text says so.
pub(super) fn find(tokens: &[Token], style: Style, weekdays: Weekdays) -> Option<Day> {
    let numbers = || tokens.iter().filter_map(Token::number);
    if !numbers().any(|(_, digits)| digits == 4) && numbers().count() < 2 {
        return None;
    }
    let context = Context::of(tokens, style.language);
    let found = (0..tokens.len()).filter_map(|at| Named::at(tokens, at, context));
    let mut months: Vec<Named> = found.collect();
    // `mar` may be a Tuesday: it is a month only if nothing else is.
    months.sort_by_key(|month| (month.reading, month.is_weekday));
    let day = |date| Day { date, precision: Precision::Day };
    let with_year = |reach| {
        let found =
            months.iter().find_map(|month| Some((month, month.with_year(tokens, style, reach)?)));
        let (month, date) = found?;
        let fits = |date: &NaiveDate| weekdays.is_empty() || weekdays.has(date.weekday());
        let elsewhere = || {
            let others = month.meanings(tokens);
            others.filter_map(|month| month.with_year(tokens, style, reach)).find(fits)
        };
        Some(date).filter(fits).or_else(elsewhere).or(Some(date))
    };
    let short = || months.iter().find_map(|month| month.with_short_year(tokens, style));
    let without_day = || months.iter().find_map(|month| month.without_day(tokens, style));
    let date = REACHES.into_iter().find_map(with_year);
    let date = date.or_else(|| short().filter(|_| context.is_alone));
    date.map(day).or_else(without_day)
}

/// A month by its name.
#[derive(Debug, Clone, Copy)]
struct Named {
    month: u32,
    reading: Reading,
    /// Its tokens.
    start: usize,
    end: usize,
    /// Its words.
    words: usize,
    is_weekday: bool,
    is_thai: bool,
}

impl Named {
    /// The month whose name begins at a token.
    fn at(tokens: &[Token], start: usize, context: Context) -> Option<Self> {
        let word = tokens.get(start)?.word()?;
        let is_thai = word.starts_with(|c| ('\u{e00}'..'\u{e80}').contains(&c));
        let month = Self {
            month: 0,
            reading: Reading::Exact,
            start,
            end: start,
            words: 1,
            is_weekday: false,
            is_thai,
        };
        // Vietnamese counts its months.
        if word == "thang"
            && let Some(number) = tokens.get(start + 1).and_then(|token| token.short(2))
        {
            return Some(Self { month: number, end: start + 2, ..month });
        }
        let context = if is_joined(tokens, start) { context.alone() } else { context };
        if !names::may_begin(word, context) {
            return None;
        }
        (1..=names::MOST_WORDS).rev().find_map(|words| {
            let (phrase, end) = names::phrase(tokens, start, words)?;
            let (number, reading) = names::month(&phrase, context)?;
            let is_weekday = names::is_weekday(&phrase);
            Some(Self { month: number, reading, end, words, is_weekday, ..month })
        })
    }

    /// What else the name means.
    fn meanings(self, tokens: &[Token]) -> impl Iterator<Item = Self> {
        let key = names::phrase(tokens, self.start, self.words).map(|(key, _)| key);
        let others: Vec<u32> = key.iter().flat_map(|key| names::meanings(key)).collect();
        others.into_iter().map(move |month| Self { month, ..self })
    }

    /// The date with a year of four digits.
    fn with_year(self, tokens: &[Token], style: Style, reach: Reach) -> Option<NaiveDate> {
        let after = tokens.get(self.end..)?;
        let year_of = |token: &Token| self.year(token, style);
        match after.iter().take(reach.year).position(|token| year_of(token).is_some()) {
            Some(place) => {
                let year = year_of(after.get(place)?)?;
                date(year, self.month, self.day_before_year(tokens, place, reach)?)
            }
            None => self.after_year(tokens, style, reach),
        }
    }

    /// The day where the year is so many tokens after the name.
    fn day_before_year(self, tokens: &[Token], place: usize, reach: Reach) -> Option<u32> {
        let (before, after) = (tokens.get(..self.start)?, tokens.get(self.end..)?);
        let next = after.first().and_then(day_of).filter(|_| place <= 1 + ORDINAL);
        let ahead = || before.iter().rev().take(reach.day).find_map(day_of);
        let between = || after.iter().take(place.min(reach.day)).find_map(day_of);
        next.or_else(ahead).or_else(between)
    }

    /// `2026. november 2.`, `2026. gada 2. novembris`.
    fn after_year(self, tokens: &[Token], style: Style, reach: Reach) -> Option<NaiveDate> {
        let before = tokens.get(..self.start)?;
        let since_year = |place: usize| before.iter().rev().take(place);
        let year_of = |token: &Token| self.year(token, style);
        let place =
            before.iter().rev().take(reach.year).position(|token| year_of(token).is_some())?;
        let words = since_year(place).filter(|token| token.word().is_some()).count();
        if words > reach.words_after_year {
            return None;
        }
        let year = year_of(before.get(before.len().checked_sub(place + 1)?)?)?;
        let next = tokens.get(self.end).and_then(day_of);
        date(year, self.month, next.or_else(|| since_year(place.min(reach.day)).find_map(day_of))?)
    }

    /// The date with a year of two digits, if there are no other numbers: `2-Nov-26`, `Nov 2 '26`.
    fn with_short_year(self, tokens: &[Token], style: Style) -> Option<NaiveDate> {
        let numbers: Vec<usize> = (0..tokens.len()).filter(|at| is_number(tokens, *at)).collect();
        let &[day, year] = numbers.as_slice() else { return None };
        let is_name = |at: &usize| (self.start..self.end).contains(at);
        let between: Vec<&Token> =
            (day + 1..year).filter(|at| !is_name(at)).filter_map(|at| tokens.get(at)).collect();
        // `May 5 - 12` is no year, and a word is nothing to pass over.
        let signs = if self.start < day { "'’" } else { "'’.-/" };
        let is_passed_over = |token: &&Token| match token.sign() {
            Some(sign) => signs.contains(sign),
            None => self.start > day && token.word().is_some_and(|word| word.len() <= 3),
        };
        if self.start > year || !between.iter().all(is_passed_over) {
            return None;
        }
        let short = tokens.get(year)?.exact(2)?;
        let year = if self.is_thai { thai_year(short) } else { full_year(short) };
        date(year, self.month, day_of(tokens.get(day)?)?).filter(|_| style.has_year(year))
    }

    /// The first of a month, where there is no number but the year beside it.
    fn without_day(self, tokens: &[Token], style: Style) -> Option<Day> {
        let mut numbers = (0..tokens.len()).filter(|at| is_number(tokens, *at));
        let (Some(at), None) = (numbers.next(), numbers.next()) else { return None };
        let is_near = at + 2 >= self.start && at <= self.end + 1;
        let year = self.year(tokens.get(at)?, style).filter(|_| is_near)?;
        Some(Day { date: date(year, self.month, 1)?, precision: Precision::Month })
    }

    fn year(self, token: &Token, style: Style) -> Option<u32> {
        let year = token.exact(4)?;
        let year = if self.is_thai && year > 2400 { year - BUDDHIST_YEARS } else { year };
        style.has_year(year).then_some(year)
    }
}

/// `04-ago-2026`: signs join a word with numbers on both sides, so it can be nothing but a month.
fn is_joined(tokens: &[Token], at: usize) -> bool {
    let around = tokens.get(at.saturating_sub(2)..at + 3).unwrap_or_default();
    let [day, sign, word, same, year] = around else { return false };
    let is_sign = matches!(sign.sign(), Some('-' | '/' | '.')) && sign.kind == same.kind;
    is_sign
        && [sign, word, same, year].iter().all(|token| token.is_glued)
        && day.short(2).is_some()
        && year.number().is_some()
}

fn is_number(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.number().is_some())
}

/// In Thai, two digits are the end of a year of the Buddha, if that year is of the web's time.
fn thai_year(short: u32) -> u32 {
    if short >= 33 { 2500 + short - BUDDHIST_YEARS } else { full_year(short) }
}

/// A number that can be a day of the month.
fn day_of(token: &Token) -> Option<u32> {
    token.short(2).filter(|day| (1..=31).contains(day))
}
