//! Whether consecutive looks hang together, and how long a pause may be for that.
//!
//! The bound, `reach`, is the pause at which half of the window was replaced in the fastest stretch of late. It is measured, not
//! modelled: a poll that found a quarter of the window new says how fast that went. It shrinks at once and grows back by
//! doubling every two days, so that last week's election night does not hold for ever.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::polling::schedule::rhythm::hours;
use crate::polling::schedule::window::SMALLEST;

/// Hours in which the bound doubles.
const RELAX: f64 = 48.0;

/// A bound beyond this is none, in hours.
const NO_BOUND: f64 = 31.0 * 24.0;

/// Smallest share of the window that tells how fast it is replaced; less is noise.
const TELLING: f64 = 0.25;

/// After a gap nobody knows how much was missed; this share of the pause that led to it is tried next.
const AFTER_GAP: f64 = 0.25;

/// Least bound that dates alone may set, in hours: an import stamps a hundred entries within a second.
const LEAST_BY_DATES: f64 = 0.25;

/// How much each further look that brought something counts against those before it.
const FADE: f64 = 0.95;

/// What is known of how looks hang together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Continuity {
    /// Entries that the feed usually shows.
    pub size: f64,
    /// The longest pause that is safe, in hours.
    pub reach: Option<f64>,
    /// Gaps so far.
    pub gaps: u32,
    /// Share of late looks that hung together with the one before; none while nobody can tell.
    pub coverage: Option<f64>,
}

impl Continuity {
    /// Takes in a first look.
    pub(super) fn begin(&mut self, shown: usize, dates: &[DateTime<Utc>]) {
        self.size = shown as f64;
        self.reach = fastest_half(dates).map(|half| half.max(LEAST_BY_DATES));
    }

    /// Takes in that `passed` hours went by, without any news.
    pub(super) fn relax(&mut self, passed: f64) {
        let relaxed = self.reach.map(|reach| reach * (passed / RELAX).exp2());
        self.reach = relaxed.filter(|reach| *reach < NO_BOUND);
    }

    /// Takes in a look, `passed` hours after the last, of whose `shown` entries `fresh` were new.
    pub(super) fn observe(&mut self, passed: f64, shown: usize, fresh: usize, is_broken: bool) {
        self.relax(passed);
        let (shown_f, fresh_f) = (shown as f64, fresh as f64);
        // A larger window is believed at once, a smaller one by and by.
        self.size =
            if shown_f >= self.size { shown_f } else { self.size + (shown_f - self.size) / 8.0 };
        if fresh > 0 && fresh_f >= shown_f * TELLING && self.can_tell() {
            let half = passed * (shown_f / 2.0) / fresh_f;
            self.bound(if is_broken { passed * AFTER_GAP } else { half });
        }
        self.gaps += u32::from(is_broken);
        if fresh > 0 && self.can_tell() {
            let whole = if is_broken { 0.0 } else { 1.0 };
            self.coverage =
                Some(self.coverage.map_or(whole, |before| before * FADE + whole * (1.0 - FADE)));
        }
    }

    /// New entries for which there is room before the pause should end.
    pub(super) fn room(&self) -> f64 {
        (self.size / 2.0).max(0.5)
    }

    fn can_tell(&self) -> bool {
        self.size >= SMALLEST as f64
    }

    fn bound(&mut self, reach: f64) {
        self.reach = Some(self.reach.map_or(reach, |before| before.min(reach)));
    }
}

/// The shortest time in which half of these were published, in hours; none where they were all stamped at once.
fn fastest_half(dates: &[DateTime<Utc>]) -> Option<f64> {
    let half = dates.len() / 2;
    if dates.len() < SMALLEST {
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
    fn half_the_window_is_as_much_as_may_pass() {
        let mut feed = known(20);
        feed.observe(1.0, 20, 4, false);
        assert_eq!(feed.reach, None, "a fifth tells nothing");
        feed.observe(1.0, 20, 10, false);
        assert_eq!(feed.reach, Some(1.0));
        feed.observe(0.5, 20, 20, false);
        assert_eq!(feed.reach, Some(0.25));
        feed.relax(48.0);
        assert_eq!(feed.reach, Some(0.5));
        feed.relax(48.0 * 20.0);
        assert_eq!(feed.reach, None);
    }

    #[test]
    fn a_gap_is_counted_and_shortens_the_pause() {
        let mut feed = known(20);
        feed.observe(2.0, 20, 20, true);
        assert_eq!((feed.gaps, feed.coverage, feed.reach), (1, Some(0.0), Some(0.5)));
        for _ in 0..60 {
            feed.observe(0.1, 20, 1, false);
        }
        assert!(feed.coverage.unwrap() > 0.9);
    }

    #[test]
    fn a_feed_of_one_entry_cannot_tell() {
        let mut feed = known(1);
        feed.observe(2.0, 1, 1, false);
        assert_eq!((feed.coverage, feed.reach, feed.room()), (None, None, 0.5));
    }

    #[test]
    fn dates_of_the_first_look_bound_the_pause() {
        let at = |minutes: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let hourly: Vec<_> = (0..10).map(|n| at(n * 60)).collect();
        let mut feed = Continuity::default();
        feed.begin(10, &hourly);
        assert_eq!(feed.reach, Some(5.0));
        feed.begin(10, &[at(0); 10]);
        assert_eq!(feed.reach, None);
    }
}
