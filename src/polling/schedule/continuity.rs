//! Whether consecutive polls overlap, and the longest pause at which they do.
//!
//! `safe_pause` is the pause at which half of the window was replaced in the fastest recent
//! stretch. It is measured, not modelled: a poll that found a quarter of the window new shows how
//! fast that was. It shrinks at once and grows back by doubling every two days, so that last week's
//! election night does not count for ever.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::polling::schedule::rhythm::hours;
use crate::polling::schedule::window::MIN_ENTRIES;

/// Hours in which the safe pause doubles.
const DOUBLING_HOURS: f64 = 48.0;

/// Beyond this, in hours, there is no bound.
const NO_BOUND: f64 = 31.0 * 24.0;

/// Smallest new share of the window that measures the pause. Less is noise.
const MIN_NEW_SHARE: f64 = 0.25;

/// Share of the pause before a gap that is tried next, since the number of missed entries is
/// unknown.
const PAUSE_SHARE_AFTER_GAP: f64 = 0.25;

/// Least safe pause from dates alone, in hours. An import stamps a hundred entries within a second.
const MIN_PAUSE_BY_DATES: f64 = 0.25;

/// Factor by which the weight of earlier polls fades with each poll that brought entries.
const COVERAGE_FADE: f64 = 0.95;

/// What is known about the overlap of consecutive polls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Continuity {
    /// Entries that the feed usually shows.
    pub size: f64,
    /// The longest pause that misses nothing, in hours.
    pub safe_pause: Option<f64>,
    /// Gaps so far.
    pub gaps: u32,
    /// Share of recent polls that overlapped the one before; `None` while that cannot be judged.
    pub coverage: Option<f64>,
}

impl Continuity {
    /// Records the first poll.
    pub(super) fn begin(&mut self, shown: usize, dates: &[DateTime<Utc>]) {
        self.size = shown as f64;
        self.safe_pause = fastest_half(dates).map(|half| half.max(MIN_PAUSE_BY_DATES));
    }

    /// Records that `passed` hours went by without new entries.
    pub(super) fn relax(&mut self, passed: f64) {
        let relaxed =
            self.safe_pause.map(|safe_pause| safe_pause * (passed / DOUBLING_HOURS).exp2());
        self.safe_pause = relaxed.filter(|safe_pause| *safe_pause < NO_BOUND);
    }

    /// Records a poll, `passed` hours after the last: `fresh` of its `shown` entries were new.
    pub(super) fn observe(&mut self, passed: f64, shown: usize, fresh: usize, is_gap: bool) {
        self.relax(passed);
        let (shown_f, fresh_f) = (shown as f64, fresh as f64);
        // A larger window counts at once, a smaller one gradually.
        self.size =
            if shown_f >= self.size { shown_f } else { self.size + (shown_f - self.size) / 8.0 };
        if fresh > 0 && fresh_f >= shown_f * MIN_NEW_SHARE && self.can_detect_gaps() {
            let half = passed * (shown_f / 2.0) / fresh_f;
            self.limit_pause(if is_gap { passed * PAUSE_SHARE_AFTER_GAP } else { half });
        }
        self.gaps += u32::from(is_gap);
        if fresh > 0 && self.can_detect_gaps() {
            let whole = if is_gap { 0.0 } else { 1.0 };
            self.coverage =
                Some(self.coverage.map_or(whole, |before| {
                    before * COVERAGE_FADE + whole * (1.0 - COVERAGE_FADE)
                }));
        }
    }

    /// Number of new entries at which the pause should end.
    pub(super) fn max_new(&self) -> f64 {
        (self.size / 2.0).max(0.5)
    }

    fn can_detect_gaps(&self) -> bool {
        self.size >= MIN_ENTRIES as f64
    }

    fn limit_pause(&mut self, safe_pause: f64) {
        self.safe_pause = Some(self.safe_pause.map_or(safe_pause, |before| before.min(safe_pause)));
    }
}

/// The shortest time in which half of these entries were published, in hours; `None` if all have
/// the same date.
fn fastest_half(dates: &[DateTime<Utc>]) -> Option<f64> {
    let half = dates.len() / 2;
    if dates.len() < MIN_ENTRIES {
        return None;
    }
    let mut sorted = dates.to_vec();
    sorted.sort_unstable();
    let spans =
        sorted.iter().zip(sorted.iter().skip(half)).map(|(first, last)| hours(*first, *last));
    spans.filter(|span| *span > 0.0).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn known(size: usize) -> Continuity {
        Continuity { size: size as f64, ..Continuity::default() }
    }

    #[test]
    fn the_safe_pause_replaces_half_the_window() {
        let mut feed = known(20);
        feed.observe(1.0, 20, 4, false);
        assert_eq!(feed.safe_pause, None, "a fifth is too little");
        feed.observe(1.0, 20, 10, false);
        assert_eq!(feed.safe_pause, Some(1.0));
        feed.observe(0.5, 20, 20, false);
        assert_eq!(feed.safe_pause, Some(0.25));
        feed.relax(48.0);
        assert_eq!(feed.safe_pause, Some(0.5));
        feed.relax(48.0 * 20.0);
        assert_eq!(feed.safe_pause, None);
    }

    #[test]
    fn a_gap_is_counted_and_shortens_the_pause() {
        let mut feed = known(20);
        feed.observe(2.0, 20, 20, true);
        assert_eq!((feed.gaps, feed.coverage, feed.safe_pause), (1, Some(0.0), Some(0.5)));
        for _ in 0..60 {
            feed.observe(0.1, 20, 1, false);
        }
        assert!(feed.coverage.unwrap() > 0.9);
    }

    #[test]
    fn a_feed_of_one_entry_shows_no_gaps() {
        let mut feed = known(1);
        feed.observe(2.0, 1, 1, false);
        assert_eq!((feed.coverage, feed.safe_pause, feed.max_new()), (None, None, 0.5));
    }

    #[test]
    fn dates_of_the_first_poll_bound_the_pause() {
        let at = |minutes: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let hourly: Vec<_> = (0..10).map(|n| at(n * 60)).collect();
        let mut feed = Continuity::default();
        feed.begin(10, &hourly);
        assert_eq!(feed.safe_pause, Some(5.0));
        feed.begin(10, &[at(0); 10]);
        assert_eq!(feed.safe_pause, None);
    }
}
