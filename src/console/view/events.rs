//! The calendar of events: a row for each kind, a cell for each day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::console::view::format::{count, foreign};
use crate::console::view::svg::{HeatCell, heat_row};
use crate::store::EventDay;

/// Days of the calendar.
pub(crate) const DAYS: i64 = 28;

/// A kind of event.
#[derive(Debug, Clone)]
pub(crate) struct KindRow {
    pub(crate) kind: String,
    pub(crate) events: String,
    /// Its days, drawn.
    pub(crate) days: String,
}

/// The kinds of the calendar, by name. All are painted on a scale of their own, since one gap a day
/// matters and a thousand retractions may not.
pub(crate) fn calendar(days: &[EventDay], now: DateTime<Utc>) -> Vec<KindRow> {
    let mut kinds: BTreeMap<&str, BTreeMap<NaiveDate, i64>> = BTreeMap::new();
    for day in days {
        *kinds.entry(&day.kind).or_default().entry(day.day).or_default() += day.events;
    }
    let today = now.date_naive();
    let dates: Vec<NaiveDate> = (0..DAYS)
        .rev()
        .filter_map(|back| today.checked_sub_signed(TimeDelta::days(back)))
        .collect();
    let row = |(kind, counts): (&str, BTreeMap<NaiveDate, i64>)| {
        let cell = |date| HeatCell { value: Some(*counts.get(date).unwrap_or(&0)), failed: false };
        let cells: Vec<HeatCell> = dates.iter().map(cell).collect();
        let (sum, most) = (counts.values().sum::<i64>(), counts.values().copied().max());
        let title = format!("{}: {} in {DAYS} days", foreign(kind, 40), count(sum));
        KindRow {
            kind: foreign(kind, 40),
            events: count(sum),
            days: heat_row(&title, &cells, most.unwrap_or(0)),
        }
    };
    kinds.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_a_cell_for_each_day() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let day = |back, events| EventDay {
            kind: "gap".into(),
            day: now.date_naive() - TimeDelta::days(back),
            events,
        };
        let rows = calendar(&[day(0, 2), day(27, 1), day(28, 50)], now);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].days.matches("<rect").count(), 28);
        assert_eq!(rows[0].days.matches("\"h0\"").count(), 26);
    }
}
