//! Which of day and month a writer puts first, from all the dates that he wrote.
//!
//! `11/5/2026` alone is open. Beside others it seldom is. The signs, the surest first:
//!
//! 1. A number above 12 is a day.
//! 2. A weekday that is written beside the numbers fits one order only.
//! 3. In one order some dates are in the future, in the other none is.
//! 4. In one order the dates rise or fall throughout, as a feed lists them, in the other they do not.
//! 5. "AM" and "PM" in English: who writes the time so mostly writes the month first, unless the language is that of
//!    a country that does not.
//!
//! If nothing tells, the language decides. If the numbers above 12 contradict each other, two writers are mixed, and
//! then what is open stays open ([`Order::Unknown`]): a wrong date is worse than none.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use super::{Moment, Style, day, eras, names, read, token};

/// Which number comes first where `3/4/2026` leaves it open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As in most countries.
    #[default]
    DayFirst,
    /// As in the United States.
    MonthFirst,
    /// Not known: what is open is no date.
    Unknown,
}

/// How far ahead a date may be before it counts as in the future: zones, and clocks that are wrong.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// Least dates whose rise or fall says something.
const ROW: usize = 3;

/// Whether a text is a date of numbers whose order is open.
#[must_use]
pub fn is_open(text: &str) -> bool {
    // Most dates of feeds have the name of a month, or begin with the year.
    let may_be = text.contains(['/', '-', '／', '－']) && !text.get(..4).is_some_and(is_number);
    may_be && readings(text, Style::of(None, i32::MIN..=i32::MAX)).is_some()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a text means with the day first and with the month first, if that differs.
fn readings(text: &str, style: Style) -> Option<[Moment; 2]> {
    let in_order = |order| read(text, Style { order, ..style });
    let both = [in_order(Order::DayFirst)?, in_order(Order::MonthFirst)?];
    (both[0].at != both[1].at).then_some(both)
}

impl Style {
    /// The same, in the order of day and month that these dates of one writer show. They are in the order in which
    /// the document has them, as of `now`.
    #[must_use]
    pub fn of_all<'a>(self, texts: impl IntoIterator<Item = &'a str>, now: DateTime<Utc>) -> Self {
        let mut signs = Signs::default();
        for text in texts {
            signs.add(text, self, now);
        }
        Self { order: signs.order(self).unwrap_or(self.order), ..self }
    }
}

/// What the dates of a document say for each order: the day first, the month first.
#[derive(Default)]
struct Signs {
    /// Dates that can be read in this order only.
    decided: [usize; 2],
    weekdays: [usize; 2],
    future: [usize; 2],
    rows: [Row; 2],
    halves: usize,
}

impl Signs {
    fn add(&mut self, text: &str, style: Style, now: DateTime<Utc>) {
        let Some(both) = readings(text, style) else {
            // The number above 12 stands where the day is.
            if let Some(at) = decided(text, style) {
                self.decided = add(self.decided, at);
            }
            if let Some(moment) = read(text, style) {
                self.rows.iter_mut().for_each(|row| row.add(moment.at));
            }
            return;
        };
        let weekdays = names::weekdays(&token::tokens(&eras::common(text)));
        for (at, moment) in both.iter().enumerate() {
            let is_ahead = moment.at.signed_duration_since(now) > AHEAD;
            let fits = weekdays.has(moment.local().weekday());
            self.future = if is_ahead { add(self.future, at) } else { self.future };
            self.weekdays = if fits { add(self.weekdays, at) } else { self.weekdays };
            if let Some(row) = self.rows.get_mut(at) {
                row.add(moment.at);
            }
        }
        self.halves += usize::from(has_english_half(text));
    }

    fn order(&self, style: Style) -> Option<Order> {
        match self.decided {
            [0, 0] => {}
            [_, 0] => return Some(Order::DayFirst),
            [0, _] => return Some(Order::MonthFirst),
            _ => return Some(Order::Unknown),
        }
        let [day, month] = self.weekdays;
        let by_weekday = more(day, month);
        let [day, month] = self.future;
        let by_future = if day > 0 && month > 0 { None } else { more(month, day) };
        let [day, month] = [&self.rows[0], &self.rows[1]].map(Row::breaks);
        let has_row = self.rows[0].count >= ROW && (day == 0 || month == 0);
        let by_row = if has_row { more(month, day) } else { None };
        let by_half = (self.halves > 0 && style.may_be_american).then_some(Order::MonthFirst);
        by_weekday.or(by_future).or(by_row).or(by_half)
    }
}

fn add(mut counts: [usize; 2], at: usize) -> [usize; 2] {
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
    counts
}

/// The order that has more.
fn more(day_first: usize, month_first: usize) -> Option<Order> {
    match day_first.cmp(&month_first) {
        std::cmp::Ordering::Greater => Some(Order::DayFirst),
        std::cmp::Ordering::Less => Some(Order::MonthFirst),
        std::cmp::Ordering::Equal => None,
    }
}

/// A row of dates, by where it turns.
#[derive(Default)]
struct Row {
    last: Option<DateTime<Utc>>,
    count: usize,
    rises: usize,
    falls: usize,
}

impl Row {
    fn add(&mut self, at: DateTime<Utc>) {
        if let Some(last) = self.last.replace(at) {
            self.rises += usize::from(at > last);
            self.falls += usize::from(at < last);
        }
        self.count += 1;
    }

    /// How many steps go against the others.
    fn breaks(&self) -> usize {
        self.rises.min(self.falls)
    }
}

/// Which order a number above 12 shows: 0 for the day first, 1 for the month first.
fn decided(text: &str, style: Style) -> Option<usize> {
    let order = day::order_of(&token::tokens(&eras::common(text)), style)?;
    Some(usize::from(order == Order::MonthFirst))
}

/// Whether a text has "AM" or "PM" in English: `9:30 PM`, `9:30 p.m.`.
fn has_english_half(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| *c != '.').collect();
    let mut words = bare.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| ["am", "pm"].iter().any(|half| word.eq_ignore_ascii_case(half)))
}
