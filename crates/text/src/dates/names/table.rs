//! The table of names (`names.txt`), which is read once.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use chrono::Weekday;

use super::Context;
use crate::dates::half::Half;
use crate::dates::token::fold;

/// Some days of the week, a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::dates) struct Weekdays(u8);

impl Weekdays {
    /// By the English abbreviation in the table.
    fn named(name: &str) -> Option<Self> {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        days.iter().position(|day| *day == name).map(|at| Self(1 << at))
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Bit 0 is Monday.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    pub(in crate::dates) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(in crate::dates) fn has(self, day: Weekday) -> bool {
        self.0 >> day.num_days_from_monday() & 1 == 1
    }
}

pub(super) struct Name {
    /// [`fold`]ed words with single blanks between.
    pub(super) key: String,
    pub(super) month: u32,
    /// The languages in which it has this meaning; empty for all.
    pub(super) languages: &'static str,
    /// Elsewhere it has this meaning in a text that is nothing but a date.
    is_everyday: bool,
}

impl Name {
    pub(super) fn is_spoken(&self, context: Context) -> bool {
        let spoken = context.language.map(|language| language.0);
        self.languages.split_whitespace().any(|language| Some(language) == spoken)
    }

    pub(super) fn is_meant(&self, context: Context) -> bool {
        self.languages.is_empty()
            || (self.is_everyday && context.is_alone)
            || self.is_spoken(context)
    }
}

#[derive(Default)]
pub(super) struct Names {
    /// In the order of their keys.
    pub(super) months: Vec<Name>,
    /// Those that some name is restricted to.
    pub(super) languages: BTreeSet<&'static str>,
    /// One name may be different days in different languages.
    pub(super) weekdays: HashMap<String, Weekdays>,
    pub(super) halves: HashMap<String, Half>,
}

pub(super) static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names::default();
    let text = include_str!("names.txt");
    let body = text.find('[').and_then(|at| text.get(at + 1..)).unwrap_or_default();
    for (title, list) in body.split('[').filter_map(|section| section.split_once(']')) {
        for name in list.split(',') {
            let (name, languages) = name.split_once('(').unwrap_or((name, ""));
            let is_everyday = name.trim_end().ends_with('*');
            let name = name.trim_end().trim_end_matches('*');
            let key = name.split_whitespace().map(fold).collect::<Vec<_>>().join(" ");
            match title {
                day if Weekdays::named(day).is_some() => {
                    let days = Weekdays::named(day).unwrap_or_default();
                    names.weekdays.entry(key).or_default().add(days);
                }
                "am" => drop(names.halves.insert(key, Half::Am)),
                "pm" => drop(names.halves.insert(key, Half::Pm)),
                hours if hours.contains('-') => {
                    names.halves.extend(Half::of_hours(hours).map(|half| (key, half)));
                }
                month => {
                    let month = month.parse().unwrap_or_default();
                    let languages = languages.trim_end().trim_end_matches(')');
                    names.languages.extend(languages.split_whitespace());
                    names.months.push(Name { key, month, languages, is_everyday });
                }
            }
        }
    }
    names.months.sort_by(|one, other| one.key.cmp(&other.key));
    names
});

/// The names that begin so.
pub(super) fn beginning(beginning: &str) -> impl Iterator<Item = &'static Name> {
    let from = NAMES.months.partition_point(|name| name.key.as_str() < beginning);
    NAMES.months.iter().skip(from).take_while(move |name| name.key.starts_with(beginning))
}
