//! Consumers: how far each has read the change log.

use chrono::{DateTime, Utc};

use crate::console::view::format::{When, count, foreign, span};
use crate::store::ConsumerLine;

/// Seconds behind after which a consumer is marked: as long as a notice waits.
const FAR: i64 = 3_600;

/// A consumer.
#[derive(Debug, Clone)]
pub(crate) struct ConsumerView {
    pub(crate) name: String,
    pub(crate) seq: String,
    /// Changes that it has not reported as read.
    pub(crate) behind: String,
    /// For how long.
    pub(crate) lag: String,
    pub(crate) is_far: bool,
    pub(crate) reported: When,
}

/// The consumers, the one farthest behind first.
pub(crate) fn consumers(
    lines: &[ConsumerLine],
    head: i64,
    now: DateTime<Utc>,
) -> Vec<ConsumerView> {
    let view = |line: &ConsumerLine| {
        let lag = line.behind_since.map(|at| (now - at).num_seconds().max(0));
        ConsumerView {
            name: foreign(&line.name, 80),
            seq: count(line.seq),
            behind: count((head - line.seq).max(0)),
            lag: lag.map_or_else(|| "has read all".to_owned(), span),
            is_far: lag.is_some_and(|lag| lag >= FAR),
            reported: When::of(line.at, now),
        }
    };
    lines.iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_that_has_read_all_is_not_behind() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(2);
        let line =
            |seq, behind_since| ConsumerLine { name: "search".into(), seq, at: now, behind_since };
        let told = consumers(&[line(3, Some(DateTime::UNIX_EPOCH)), line(9, None)], 9, now);
        assert!(told[0].is_far && told[0].behind == "6" && told[0].lag == "2 h");
        assert!(!told[1].is_far && told[1].behind == "0");
    }
}
