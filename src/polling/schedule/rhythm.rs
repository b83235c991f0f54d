//! How often a feed publishes, and at which hours.
//!
//! The rate is the number of entries by the time of observation; both fade with age. A second count
//! with a short memory detects bursts. Three-hour stretches of the day (UTC) have counts of their
//! own, shrunk towards an even day, so that a feed without night shift is polled less at night.
//!
//! The pause follows from the rate. A late poll costs waiting time of entries that nobody has seen;
//! it grows with the rate and with the square of the pause. So the next poll is due when the
//! entries that have probably appeared have together waited for a fixed time, the same for all
//! feeds. For an even rate this is the square-root rule: a feed with four times the rate is polled
//! twice as often, which spends a given number of polls with the least total waiting. It is the
//! allocation that Cho and Garcia-Molina's "Effective page refresh policies for web crawlers"
//! (2003) leads to when the cost is age.

use chrono::{DateTime, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

/// Hours after which an observation weighs 1/e: a week.
const LONG_MEMORY: f64 = 168.0;

/// The same for bursts.
const SHORT_MEMORY: f64 = 3.0;

/// Hours of observation that a new feed starts with, at one entry an hour.
const INITIAL_HOURS: f64 = 3.0;

/// Hours in a stretch of the day.
const STRETCH_HOURS: f64 = 3.0;

/// Entries of an even day that each feed starts with, since few entries say little about hours.
const PRIOR_ENTRIES: f64 = 24.0;

/// Fewest dates that give a rate, and the least time between the first and the last, in hours.
const MIN_DATES: usize = 3;
const MIN_SPAN: f64 = 1.0;

/// What is known about a feed's rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// Entries, each weighing e^(-age / `LONG_MEMORY`).
    entries: f64,
    /// Hours of observation, weighted alike.
    hours: f64,
    /// Entries, each weighing e^(-age / `SHORT_MEMORY`).
    recent: f64,
    /// `entries` by stretch of the day.
    day: [f64; 8],
    /// The time to which the weights refer: the last poll.
    at: Option<DateTime<Utc>>,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { entries: INITIAL_HOURS, hours: INITIAL_HOURS, recent: 0.0, day: [0.0; 8], at: None }
    }
}

impl Rhythm {
    /// Time of the last successful poll.
    pub(super) fn seen_at(&self) -> Option<DateTime<Utc>> {
        self.at
    }

    /// Records the first poll. The dates of its entries cover the time before it.
    pub(super) fn begin(&mut self, now: DateTime<Utc>, dates: &[DateTime<Utc>]) {
        self.at = Some(now);
        let Some(oldest) = dates.iter().min() else { return };
        let newest = dates.iter().max().unwrap_or(oldest);
        if dates.len() < MIN_DATES || hours(*oldest, *newest) < MIN_SPAN {
            return;
        }
        self.hours += LONG_MEMORY * (1.0 - (-hours(*oldest, now) / LONG_MEMORY).exp());
        for date in dates {
            let age = hours(*date, now);
            self.add(*date, (-age / LONG_MEMORY).exp(), (-age / SHORT_MEMORY).exp());
        }
    }

    /// Records the entries that arrived since the last poll.
    pub(super) fn observe(&mut self, now: DateTime<Utc>, arrived: usize) {
        let since = self.at.map_or(0.0, |at| hours(at, now));
        let fade = (-since / LONG_MEMORY).exp();
        self.entries = faded(self.entries, fade);
        self.hours = self.hours * fade + LONG_MEMORY * (1.0 - fade);
        self.recent = faded(self.recent, (-since / SHORT_MEMORY).exp());
        for stretch in &mut self.day {
            *stretch = faded(*stretch, fade);
        }
        self.at = Some(now);
        self.add(now, arrived as f64, arrived as f64);
    }

    fn add(&mut self, at: DateTime<Utc>, long: f64, short: f64) {
        self.entries += long;
        self.recent += short;
        if let Some(stretch) = self.day.get_mut(stretch_of(at)) {
            *stretch += long;
        }
    }

    /// Entries an hour, averaged over the day.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.hours > 0.0 { self.entries / self.hours } else { 0.0 }
    }

    /// Entries an hour in each stretch of the day, from midnight UTC.
    #[must_use]
    pub fn by_stretch(&self) -> [f64; 8] {
        std::array::from_fn(|stretch| self.rate() * self.share(stretch))
    }

    /// Entries an hour in a burst, one standard deviation below the count, so that a single entry
    /// is no burst.
    fn burst(&self) -> f64 {
        (self.recent - self.recent.sqrt()).max(0.0) / SHORT_MEMORY
    }

    /// Rate of a stretch of the day, relative to the average stretch.
    fn share(&self, stretch: usize) -> f64 {
        let seen: f64 = self.day.iter().sum();
        let own = self.day.get(stretch).copied().unwrap_or_default();
        (own + PRIOR_ENTRIES / 8.0) / (seen + PRIOR_ENTRIES) * 8.0
    }

    /// Hours until the expected entries have together waited for `waiting_limit` hours, or until
    /// `max_new` of them are expected, whichever is first; at most `longest`.
    pub(super) fn pause(
        &self,
        now: DateTime<Utc>,
        waiting_limit: f64,
        max_new: f64,
        longest: f64,
    ) -> f64 {
        let (rate, burst) = (self.rate(), self.burst());
        let (mut passed, mut come, mut waited) = (0.0, 0.0, 0.0);
        let mut left = STRETCH_HOURS - within_stretch(now);
        let mut stretch = stretch_of(now);
        while passed < longest {
            let rate_now = (rate * self.share(stretch)).max(burst * (-passed / SHORT_MEMORY).exp());
            let step = until(rate_now, come, waiting_limit - waited)
                .min((max_new - come).max(0.0) / rate_now);
            // This also holds where the rate is zero and the step infinite or NaN.
            if step <= left {
                return (passed + step).min(longest);
            }
            waited += come * left + rate_now * left * left / 2.0;
            come += rate_now * left;
            passed += left;
            left = STRETCH_HOURS;
            stretch = (stretch + 1) % 8;
        }
        longest
    }
}

/// Sets tiny weights to zero. As decimals in JSON they would grow longer without end.
fn faded(weight: f64, fade: f64) -> f64 {
    let faded = weight * fade;
    if faded < 1e-9 { 0.0 } else { faded }
}

/// Hours until `come` entries, and those that follow at `rate`, have waited for `waiting_limit`
/// hours more.
fn until(rate: f64, come: f64, waiting_limit: f64) -> f64 {
    // Solves rate / 2 x² + come x = waiting_limit in the form that is stable for a small rate.
    2.0 * waiting_limit.max(0.0)
        / (come + (come * come + 2.0 * rate * waiting_limit.max(0.0)).sqrt())
}

fn stretch_of(at: DateTime<Utc>) -> usize {
    at.hour() as usize / 3
}

fn within_stretch(at: DateTime<Utc>) -> f64 {
    f64::from(at.hour() % 3) + f64::from(at.minute()) / 60.0 + f64::from(at.second()) / 3600.0
}

/// Hours from one instant to another; zero if it is earlier.
pub(super) fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).to_std().map_or(0.0, |passed| passed.as_secs_f64() / 3600.0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// The waiting time of one entry an hour at a pause of a quarter of an hour.
    const WAITING_LIMIT: f64 = 0.25 * 0.25 / 2.0;

    fn midnight() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    /// A feed that is polled every hour for a month, with `arrivals` by hour of the day.
    fn watched(arrivals: impl Fn(u32) -> usize) -> (Rhythm, DateTime<Utc>) {
        let mut rhythm = Rhythm::default();
        let mut now = midnight();
        rhythm.begin(now, &[]);
        for _ in 0..24 * 30 {
            now += TimeDelta::hours(1);
            rhythm.observe(now, arrivals(now.hour()));
        }
        (rhythm, now)
    }

    #[test]
    fn a_new_feed_is_taken_for_one_with_an_entry_an_hour() {
        let pause = Rhythm::default().pause(midnight(), WAITING_LIMIT, 10.0, 24.0);
        assert!((pause - 0.25).abs() < 1e-9, "{pause}");
    }

    #[test]
    fn four_times_the_rate_is_half_the_pause() {
        let pause = |arrivals: usize| {
            let (rhythm, now) = watched(|_| arrivals);
            rhythm.pause(now + TimeDelta::hours(48), WAITING_LIMIT, 1000.0, 24.0)
        };
        assert!((pause(1) / pause(4) - 2.0).abs() < 0.1, "{} {}", pause(1), pause(4));
    }

    #[test]
    fn the_dates_of_the_first_poll_give_the_rate() {
        let dates: Vec<_> = (0..20).map(|n| midnight() - TimeDelta::days(n)).collect();
        let mut rhythm = Rhythm::default();
        rhythm.begin(midnight(), &dates);
        assert!((0.03..0.09).contains(&rhythm.rate()), "{}", rhythm.rate());
        // Equal dates say nothing.
        let mut stamped = Rhythm::default();
        stamped.begin(midnight(), &[midnight(); 20]);
        assert!((stamped.rate() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn silence_slows_down_without_end_but_for_the_longest() {
        let (rhythm, now) = watched(|_| 0);
        let pause = rhythm.pause(now, WAITING_LIMIT, 10.0, 24.0);
        assert!(pause > 8.0, "{pause}");
        assert!((rhythm.pause(now, WAITING_LIMIT, 10.0, 6.0) - 6.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_newsroom_that_sleeps_is_polled_less() {
        let (rhythm, now) = watched(|hour| if (6..18).contains(&hour) { 4 } else { 0 });
        let at = |hour: i64| rhythm.pause(now + TimeDelta::hours(hour), WAITING_LIMIT, 100.0, 24.0);
        assert!(at(20) > 3.0 * at(36), "{} {}", at(20), at(36));
        // Late at night the pause ends in the morning.
        assert!(at(29) < 1.5, "{}", at(29));
    }

    #[test]
    fn a_burst_is_noticed_and_a_single_entry_is_no_burst() {
        let (quiet, now) = watched(|_| 0);
        let mut one = quiet.clone();
        one.observe(now + TimeDelta::minutes(20), 1);
        let mut many = quiet.clone();
        many.observe(now + TimeDelta::minutes(20), 12);
        let pause = |rhythm: &Rhythm| {
            rhythm.pause(now + TimeDelta::minutes(20), WAITING_LIMIT, 100.0, 24.0)
        };
        assert!(pause(&one) > 1.0, "{}", pause(&one));
        assert!(pause(&many) < 0.3, "{}", pause(&many));
    }

    #[test]
    fn the_pause_ends_at_the_largest_number_of_new_entries() {
        let (rhythm, now) = watched(|_| 6);
        let pause = rhythm.pause(now, 1000.0, 3.0, 24.0);
        assert!((0.3..0.7).contains(&pause), "{pause}");
    }
}
