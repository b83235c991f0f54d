//! How often a feed publishes, and when within its day.
//!
//! Entries are counted with a weight that fades with their age, and so is the time under watch; the rate is the one by
//! the other. A second count with a short memory notices a burst. Three-hour stretches of the day (UTC) have counts of
//! their own, shrunk towards an even day, so that a feed whose newsroom sleeps is left to sleep.
//!
//! From the rate follows the pause. What a late poll costs is the waiting of entries that nobody has seen; it grows with
//! the rate and with the square of the pause. So the next poll is due when the entries that are probably there have
//! together waited for a fixed time, the same for all feeds. For an even rate that is the square-root rule: a feed with
//! four times the rate is polled twice as often, which spends a given number of polls with the least waiting overall
//! (the allocation that Cho and Garcia-Molina's "Effective page refresh policies for web crawlers", 2003, leads to when
//! the cost is age).

use chrono::{DateTime, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

/// Hours after which what was seen weighs a third: a week.
const LONG: f64 = 168.0;

/// The same for bursts.
const SHORT: f64 = 3.0;

/// Hours of watching that a new feed is credited with, at one entry an hour.
const CREDIT: f64 = 3.0;

/// Hours in a stretch of the day.
const STRETCH: f64 = 3.0;

/// Entries that an even day is credited with: so few say nothing about the hours.
const EVEN: f64 = 24.0;

/// Fewest dates that are worth believing, and the least time between the first and the last of them, in hours.
const FEWEST_DATES: usize = 3;
const LEAST_SPAN: f64 = 1.0;

/// What is known of a feed's rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// Entries, each weighing e^(-age / LONG).
    entries: f64,
    /// Hours under watch, weighed alike.
    hours: f64,
    /// Entries, each weighing e^(-age / SHORT).
    recent: f64,
    /// `entries` by stretch of the day.
    day: [f64; 8],
    /// The instant of those weights.
    at: Option<DateTime<Utc>>,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { entries: CREDIT, hours: CREDIT, recent: 0.0, day: [0.0; 8], at: None }
    }
}

impl Rhythm {
    /// When the feed was last seen.
    pub(super) fn seen_at(&self) -> Option<DateTime<Utc>> {
        self.at
    }

    /// Takes in a first look: the dates that the entries carry tell of the time before it.
    pub(super) fn begin(&mut self, now: DateTime<Utc>, dates: &[DateTime<Utc>]) {
        self.at = Some(now);
        let Some(oldest) = dates.iter().min() else { return };
        let newest = dates.iter().max().unwrap_or(oldest);
        if dates.len() < FEWEST_DATES || hours(*oldest, *newest) < LEAST_SPAN {
            return;
        }
        self.hours += LONG * (1.0 - (-hours(*oldest, now) / LONG).exp());
        for date in dates {
            let age = hours(*date, now);
            self.add(*date, (-age / LONG).exp(), (-age / SHORT).exp());
        }
    }

    /// Takes in what came since the last look.
    pub(super) fn observe(&mut self, now: DateTime<Utc>, arrived: usize) {
        let since = self.at.map_or(0.0, |at| hours(at, now));
        let fade = (-since / LONG).exp();
        self.entries = faded(self.entries, fade);
        self.hours = self.hours * fade + LONG * (1.0 - fade);
        self.recent = faded(self.recent, (-since / SHORT).exp());
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

    /// Entries an hour as a burst has it: what is sure of it, one deviation below the count, so that a single entry is none.
    fn burst(&self) -> f64 {
        (self.recent - self.recent.sqrt()).max(0.0) / SHORT
    }

    /// How a stretch of the day compares with the average one.
    fn share(&self, stretch: usize) -> f64 {
        let seen: f64 = self.day.iter().sum();
        let own = self.day.get(stretch).copied().unwrap_or_default();
        (own + EVEN / 8.0) / (seen + EVEN) * 8.0
    }

    /// Hours until the entries that probably came since `now` have waited for `debt` hours together, or until `room` of
    /// them have come, whichever is first; `longest` at most.
    pub(super) fn pause(&self, now: DateTime<Utc>, debt: f64, room: f64, longest: f64) -> f64 {
        let (rate, burst) = (self.rate(), self.burst());
        let (mut passed, mut come, mut waited) = (0.0, 0.0, 0.0);
        let mut left = STRETCH - within_stretch(now);
        let mut stretch = stretch_of(now);
        while passed < longest {
            let rate_now = (rate * self.share(stretch)).max(burst * (-passed / SHORT).exp());
            let step = until(rate_now, come, debt - waited).min((room - come).max(0.0) / rate_now);
            // Also where the rate is nought and the step infinite or no number.
            if step <= left {
                return (passed + step).min(longest);
            }
            waited += come * left + rate_now * left * left / 2.0;
            come += rate_now * left;
            passed += left;
            left = STRETCH;
            stretch = (stretch + 1) % 8;
        }
        longest
    }
}

/// A weight that has faded to next to nothing is nothing: in decimals, as it is stored, it would grow without end.
fn faded(weight: f64, fade: f64) -> f64 {
    let faded = weight * fade;
    if faded < 1e-9 { 0.0 } else { faded }
}

/// Hours until `come` entries and those that follow at `rate` have waited for `debt` more.
fn until(rate: f64, come: f64, debt: f64) -> f64 {
    // rate / 2 x² + come x = debt, written so that a small rate does no harm.
    2.0 * debt.max(0.0) / (come + (come * come + 2.0 * rate * debt.max(0.0)).sqrt())
}

fn stretch_of(at: DateTime<Utc>) -> usize {
    at.hour() as usize / 3
}

fn within_stretch(at: DateTime<Utc>) -> f64 {
    f64::from(at.hour() % 3) + f64::from(at.minute()) / 60.0 + f64::from(at.second()) / 3600.0
}

/// Hours from one instant to another, none if it is earlier.
pub(super) fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).to_std().map_or(0.0, |passed| passed.as_secs_f64() / 3600.0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// What an entry an hour waits for in a quarter of an hour.
    const DEBT: f64 = 0.25 * 0.25 / 2.0;

    fn midnight() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    /// A feed watched for a month, every hour, with `arrivals` by hour of the day.
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
        let pause = Rhythm::default().pause(midnight(), DEBT, 10.0, 24.0);
        assert!((pause - 0.25).abs() < 1e-9, "{pause}");
    }

    #[test]
    fn four_times_the_rate_is_half_the_pause() {
        let pause = |arrivals: usize| {
            let (rhythm, now) = watched(|_| arrivals);
            rhythm.pause(now + TimeDelta::hours(48), DEBT, 1000.0, 24.0)
        };
        assert!((pause(1) / pause(4) - 2.0).abs() < 0.1, "{} {}", pause(1), pause(4));
    }

    #[test]
    fn the_dates_of_the_first_look_give_the_rate() {
        let dates: Vec<_> = (0..20).map(|n| midnight() - TimeDelta::days(n)).collect();
        let mut rhythm = Rhythm::default();
        rhythm.begin(midnight(), &dates);
        assert!((0.03..0.09).contains(&rhythm.rate()), "{}", rhythm.rate());
        // Stamped at one instant, they say nothing.
        let mut stamped = Rhythm::default();
        stamped.begin(midnight(), &[midnight(); 20]);
        assert!((stamped.rate() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn silence_slows_down_without_end_but_for_the_longest() {
        let (rhythm, now) = watched(|_| 0);
        let pause = rhythm.pause(now, DEBT, 10.0, 24.0);
        assert!(pause > 8.0, "{pause}");
        assert!((rhythm.pause(now, DEBT, 10.0, 6.0) - 6.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_newsroom_that_sleeps_is_left_to_sleep() {
        let (rhythm, now) = watched(|hour| if (6..18).contains(&hour) { 4 } else { 0 });
        let at = |hour: i64| rhythm.pause(now + TimeDelta::hours(hour), DEBT, 100.0, 24.0);
        assert!(at(20) > 3.0 * at(36), "{} {}", at(20), at(36));
        // Late in the night the morning is seen coming.
        assert!(at(29) < 1.5, "{}", at(29));
    }

    #[test]
    fn a_burst_is_noticed_and_a_single_entry_is_none() {
        let (quiet, now) = watched(|_| 0);
        let mut one = quiet.clone();
        one.observe(now + TimeDelta::minutes(20), 1);
        let mut many = quiet.clone();
        many.observe(now + TimeDelta::minutes(20), 12);
        let pause = |rhythm: &Rhythm| rhythm.pause(now + TimeDelta::minutes(20), DEBT, 100.0, 24.0);
        assert!(pause(&one) > 1.0, "{}", pause(&one));
        assert!(pause(&many) < 0.3, "{}", pause(&many));
    }

    #[test]
    fn no_more_come_than_there_is_room_for() {
        let (rhythm, now) = watched(|_| 6);
        let pause = rhythm.pause(now, 1000.0, 3.0, 24.0);
        assert!((0.3..0.7).contains(&pause), "{pause}");
    }
}
