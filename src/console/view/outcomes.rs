//! What became of entries, over hours and in sum.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use crate::console::view::svg::{Bar, Chart, Drawing, stacked_bars};
use crate::store::{HourlyOutcome, OutcomeHour};

/// Class, name and meaning of an outcome.
pub(crate) fn described(outcome: HourlyOutcome) -> (&'static str, &'static str, &'static str) {
    match outcome {
        HourlyOutcome::New => ("o-new", "New articles", "an article that was not on file"),
        HourlyOutcome::Revision => ("o-revision", "Revisions", "a new text of an article on file"),
        HourlyOutcome::Copy => ("o-copy", "Copies", "the text of another article on file"),
        HourlyOutcome::Same => ("o-same", "Known", "an article on file that has not changed"),
        HourlyOutcome::Skipped => ("o-skipped", "Skipped", "a rule says not to read it"),
        HourlyOutcome::Abandoned => ("o-abandoned", "Given up", "no article could be read"),
    }
}

/// The parts of the bars, from the ground up. Those that are known already would hide the rest.
const PARTS: [HourlyOutcome; 5] = [
    HourlyOutcome::New,
    HourlyOutcome::Revision,
    HourlyOutcome::Copy,
    HourlyOutcome::Skipped,
    HourlyOutcome::Abandoned,
];

/// The names of the parts with their classes, for a legend.
pub(crate) fn legend() -> Vec<(&'static str, &'static str)> {
    let parts = PARTS.map(described);
    parts.into_iter().map(|(class, name, _)| (class, name)).collect()
}

/// The start of an hour.
pub(crate) fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

/// The hours up to now, oldest first.
pub(crate) fn hours_until(now: DateTime<Utc>, hours: i64) -> Vec<DateTime<Utc>> {
    let last = hour_of(now);
    (0..hours).rev().map(|back| last - TimeDelta::hours(back)).collect()
}

/// Bars of the last hours.
pub(crate) fn bars(rows: &[OutcomeHour], now: DateTime<Utc>, hours: i64) -> Drawing {
    let bar = |hour: DateTime<Utc>| {
        let of = |outcome| {
            let rows = rows.iter().filter(|row| row.hour == hour && row.outcome == outcome);
            rows.map(|row| row.entries).sum()
        };
        Bar { label: hour.format("%a %H:%M").to_string(), parts: PARTS.map(of).into() }
    };
    let bars: Vec<Bar> = hours_until(now, hours).into_iter().map(bar).collect();
    let title = format!("What became of entries in each of the last {hours} hours");
    let (parts, unit) = (&legend(), "an hour");
    stacked_bars(Chart { title: &title, width: 720.0, height: 130.0, parts, unit }, &bars)
}

/// How many entries had an outcome.
pub(crate) fn sum(rows: &[OutcomeHour], outcome: HourlyOutcome) -> i64 {
    rows.iter().filter(|row| row.outcome == outcome).map(|row| row.entries).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_end_with_the_present_one() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(190);
        let hours = hours_until(now, 3);
        let expected = [1, 2, 3].map(|hour| DateTime::UNIX_EPOCH + TimeDelta::hours(hour));
        assert_eq!(hours, expected);
    }

    #[test]
    fn causes_of_an_hour_are_summed() {
        let row = |cause: &str, entries| OutcomeHour {
            hour: DateTime::UNIX_EPOCH,
            outcome: HourlyOutcome::Abandoned,
            cause: cause.into(),
            entries,
        };
        let rows = [row("robots", 2), row("no-text", 3)];
        assert_eq!(sum(&rows, HourlyOutcome::Abandoned), 5);
        let html = bars(&rows, DateTime::UNIX_EPOCH, 2).to_string();
        assert_eq!(html.matches("o-abandoned").count(), 1);
        assert!(html.contains("<td>5</td>"), "{html}");
    }
}
