//! Where entries end: every entry that a feed shows comes to an end with a cause.

use std::collections::BTreeMap;

use crate::console::view::format::{count, foreign};
use crate::console::view::outcomes::{described, sum};
use crate::console::view::svg::{Drawing, Flow, flows};
use crate::filing::words;
use crate::store::{HourlyOutcome, OutcomeHour};

/// How far back the page looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Day,
    Week,
}

impl Window {
    pub(crate) const ALL: [Self; 2] = [Self::Day, Self::Week];

    pub(crate) fn of(word: Option<&str>) -> Self {
        if word == Some("week") { Self::Week } else { Self::Day }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
        }
    }

    pub(crate) fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 168,
        }
    }
}

/// A cause of entries without an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CauseRow {
    pub(crate) outcome: &'static str,
    pub(crate) class: &'static str,
    pub(crate) cause: String,
    pub(crate) entries: String,
    pub(crate) words: String,
}

/// The ends of entries, from the top. `ended` entries ended when they were shown.
fn parts(rows: &[OutcomeHour], ended: i64) -> Vec<Flow> {
    let mut parts: Vec<Flow> = HourlyOutcome::ALL
        .into_iter()
        .map(|outcome| {
            let (class, name, meaning) = described(outcome);
            Flow {
                class,
                name: name.to_owned(),
                value: sum(rows, outcome),
                meaning: meaning.to_owned(),
            }
        })
        .collect();
    let known = Flow {
        class: "o-ended",
        name: "Ended at sight".to_owned(),
        value: ended,
        meaning: "its address is known, or it has neither a link nor a text".to_owned(),
    };
    parts.insert(4, known);
    parts
}

/// The flow from shown to ended.
pub(crate) fn flow(rows: &[OutcomeHour], ended: i64, window: Window) -> Drawing {
    let title = format!("Where the entries of the last {} ended", window.name());
    flows(&title, &parts(rows, ended))
}

/// The parts of the flow that there are, with their numbers.
pub(crate) fn legend(rows: &[OutcomeHour], ended: i64) -> Vec<(&'static str, String, String)> {
    let parts = parts(rows, ended).into_iter().filter(|part| part.value > 0);
    parts.map(|part| (part.class, part.name, count(part.value))).collect()
}

/// The causes of entries without an article, most entries first.
pub(crate) fn causes(rows: &[OutcomeHour]) -> Vec<CauseRow> {
    let mut sums: BTreeMap<(HourlyOutcome, &str), i64> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.cause.is_empty()) {
        *sums.entry((row.outcome, &row.cause)).or_default() += row.entries;
    }
    let mut sums: Vec<((HourlyOutcome, &str), i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, entries)| std::cmp::Reverse(*entries));
    let row = |((outcome, cause), entries): ((HourlyOutcome, &str), i64)| {
        let (class, name, _) = described(outcome);
        CauseRow {
            outcome: name,
            class,
            cause: foreign(cause, 60),
            entries: count(entries),
            words: words::explained(cause).unwrap_or("see docs/glossary.md").to_owned(),
        }
    };
    sums.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_summed_over_hours_and_the_most_frequent_is_first() {
        let row = |hour, cause: &str, entries| OutcomeHour {
            hour: chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour),
            outcome: HourlyOutcome::Abandoned,
            cause: cause.into(),
            entries,
        };
        let rows = [row(0, "robots", 2), row(1, "robots", 3), row(0, "no-text", 9)];
        let told: Vec<(String, String)> =
            causes(&rows).into_iter().map(|row| (row.cause, row.entries)).collect();
        assert_eq!(told, [("no-text".into(), "9".into()), ("robots".into(), "5".into())]);
        let drawn = flow(&rows, 6, Window::Day).to_string();
        assert!(drawn.contains("Ended at sight") && drawn.contains("70.0%"), "{drawn}");
    }

    #[test]
    fn a_word_that_is_no_window_is_a_day() {
        for window in Window::ALL {
            assert_eq!(Window::of(Some(window.word())), window);
        }
        assert_eq!(Window::of(Some("x")), Window::Day);
    }
}
