//! Whether a feed has been silent for longer than usual.
//!
//! A feed that shows the same entries for weeks may be a quiet one, or one that its publisher
//! forgot. Its own record decides: it counts as silent after twice the longest recent silence, and
//! after a day at least. In the first two weeks, before its weekends are known, it counts as silent
//! after four days.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wiresift_text::limits;

use crate::polling::schedule::rhythm::hours;

/// Fewer arrivals make no record.
const MIN_ARRIVALS: u32 = 10;

/// Hours after which a long silence weighs 1/e: two months.
const MEMORY: f64 = 60.0 * 24.0;

/// Longer silences count as this long, in hours: a clock was ahead.
const LONGEST_SILENCE: f64 = 400.0 * 24.0;

/// The shortest silence that counts, and the same while the record is short, in hours.
const MIN_SILENCE: f64 = 24.0;
const MIN_SILENCE_AT_FIRST: f64 = 96.0;

/// A shorter record does not contain two weekends.
const SHORT_RECORD: TimeDelta = TimeDelta::days(14);

/// A feed's record of silences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Silence {
    /// Time of the last arrival.
    pub last_at: Option<DateTime<Utc>>,
    /// The longest time without an arrival, in hours, fading.
    longest: f64,
    /// Number of arrivals.
    arrivals: u32,
    /// Start of the record.
    since: Option<DateTime<Utc>>,
}

impl Silence {
    /// Records the first poll. The dates of its entries already make a record.
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

    /// Records an arrival.
    pub(super) fn arrived(&mut self, now: DateTime<Utc>) {
        self.since = self.since.or(Some(now));
        if let Some(last) = self.last_at {
            let quiet = hours(last, now).min(LONGEST_SILENCE);
            self.longest = quiet.max(self.longest * (-quiet / MEMORY).exp());
        }
        self.last_at = Some(now);
        self.arrivals = self.arrivals.saturating_add(1);
    }

    /// The silence in hours up to which the feed is not silent; `None` while the record is too
    /// short.
    #[must_use]
    pub fn usual(&self, now: DateTime<Utc>) -> Option<f64> {
        let since = self.since.filter(|_| self.arrivals >= MIN_ARRIVALS)?;
        let least =
            if limits::age(since, now) < SHORT_RECORD { MIN_SILENCE_AT_FIRST } else { MIN_SILENCE };
        Some((2.0 * self.longest).max(least))
    }

    /// The longest time without an arrival of late, in hours.
    pub(super) fn longest(&self) -> f64 {
        self.longest
    }

    /// Hours of silence if it is longer than usual; `None` otherwise.
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
        // Daily for a month, except at weekends.
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
