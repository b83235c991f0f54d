//! Whether a feed is quieter than it ever is.
//!
//! A feed that answers 200 and shows the same entries for weeks may be a quiet one, or one that its publisher forgot. Its own
//! record tells: it is said to be silent when it has been quiet for twice the longest silence of late, and for a day at
//! least; in its first two weeks, when nobody has seen its weekends, for four days.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::polling::schedule::rhythm::hours;

/// Arrivals without which there is no record.
const FEWEST: u32 = 10;

/// Hours after which a long silence weighs a third: two months.
const MEMORY: f64 = 60.0 * 24.0;

/// The least silence that is worth a word, and the same while the record is short, in hours.
const LEAST: f64 = 24.0;
const LEAST_AT_FIRST: f64 = 96.0;

/// A record that is shorter has not seen two weekends.
const SHORT_RECORD: TimeDelta = TimeDelta::days(14);

/// A feed's record of silences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Silence {
    /// When something last came.
    pub last_at: Option<DateTime<Utc>>,
    /// The longest time without anything, in hours, fading.
    longest: f64,
    /// Times that something came.
    arrivals: u32,
    /// Where the record begins.
    since: Option<DateTime<Utc>>,
}

impl Silence {
    /// Takes in a first look: the dates of the entries are a record already.
    pub(super) fn begin(&mut self, now: DateTime<Utc>, dates: &[DateTime<Utc>]) {
        let mut sorted = dates.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for date in sorted {
            self.arrived(date);
        }
        self.since = self.since.or(Some(now));
        self.last_at = self.last_at.or(Some(now));
    }

    /// Takes in that something came.
    pub(super) fn arrived(&mut self, now: DateTime<Utc>) {
        self.since = self.since.or(Some(now));
        if let Some(last) = self.last_at {
            let quiet = hours(last, now);
            self.longest = quiet.max(self.longest * (-quiet / MEMORY).exp());
        }
        self.last_at = Some(now);
        self.arrivals = self.arrivals.saturating_add(1);
    }

    /// For how many hours it may be quiet before it is silent; none while there is no record.
    #[must_use]
    pub fn usual(&self, now: DateTime<Utc>) -> Option<f64> {
        let since = self.since.filter(|_| self.arrivals >= FEWEST)?;
        let least = if now - since < SHORT_RECORD { LEAST_AT_FIRST } else { LEAST };
        Some((2.0 * self.longest).max(least))
    }

    /// Hours of silence beyond what is usual; none if it is not silent.
    pub(super) fn silent_for(&self, now: DateTime<Utc>) -> Option<f64> {
        let quiet = hours(self.last_at?, now);
        self.usual(now).is_some_and(|usual| quiet > usual).then_some(quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(number)
    }

    #[test]
    fn a_feed_is_silent_beyond_its_own_record() {
        // Daily for a month, but never at the weekend.
        let dates: Vec<_> = (0..30).filter(|day| day % 7 < 5).map(|day| hour(day * 24)).collect();
        let mut silence = Silence::default();
        let last = 29 * 24;
        silence.begin(hour(last), &dates);
        assert_eq!(silence.silent_for(hour(last + 140)), None);
        assert_eq!(silence.silent_for(hour(last + 170)), Some(170.0));
        silence.arrived(hour(last + 170));
        assert_eq!(silence.silent_for(hour(last + 330)), None, "it has been that quiet before");
    }

    #[test]
    fn without_a_record_there_is_no_verdict() {
        let mut silence = Silence::default();
        silence.begin(hour(0), &[hour(-5), hour(-4)]);
        assert_eq!(silence.silent_for(hour(10_000)), None);
    }

    #[test]
    fn a_busy_feed_gets_its_first_weekend() {
        let dates: Vec<_> = (0..20).map(hour).collect();
        let mut silence = Silence::default();
        silence.begin(hour(20), &dates);
        assert_eq!(silence.silent_for(hour(19 + 70)), None);
        assert!(silence.silent_for(hour(19 + 97)).is_some());
    }
}
