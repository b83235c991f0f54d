//! Polling hints of a feed and its server: `ttl` (RSS 2.0), `sy:updatePeriod` and
//! `sy:updateFrequency` (RSS syndication module), `skipHours` and `skipDays` (RSS 2.0),
//! `Cache-Control: max-age` and `Expires` (RFC 9111).
//!
//! Hints are bounded in both directions. None makes a poll come sooner than the feed's own rhythm.
//! None may more than quadruple the pause: many feeds say "daily" by default and publish hourly,
//! and a `max-age` of a year on a feed is a configuration mistake. None may lengthen the pause
//! beyond what the window allows.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

use wiresift_feed::ParsedFeed;
use wiresift_text::limits;

/// Factor by which hints may lengthen the pause.
const MAX_STRETCH: u32 = 4;

/// The hints of the feed itself, kept for polls without a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    /// Seconds between updates.
    pub ttl: Option<u64>,
    /// Bit n: nothing is published in hour n, UTC.
    pub skip_hours: u32,
    /// Bit n: nothing is published on day n, counted from Monday.
    pub skip_days: u8,
}

impl Hints {
    /// The hints of a feed.
    #[must_use]
    pub fn of(feed: &ParsedFeed) -> Self {
        let (skip_hours, skip_days) = (feed.skip_hours, feed.skip_days);
        Self { ttl: feed.ttl.map(|ttl| ttl.as_secs()), skip_hours, skip_days }
    }

    fn skips(&self, at: DateTime<Utc>) -> bool {
        self.skip_hours >> at.hour() & 1 == 1
            || self.skip_days >> at.weekday().num_days_from_monday() & 1 == 1
    }

    /// The pause with all hints applied: at least `own`, at most four times that and at most
    /// `most`.
    pub(super) fn lengthened(
        &self,
        own: Duration,
        most: Duration,
        fresh_for: Option<Duration>,
        now: DateTime<Utc>,
    ) -> Duration {
        let limit = own.saturating_mul(MAX_STRETCH).min(most).max(own);
        let asked = self.ttl.map(Duration::from_secs).max(fresh_for).unwrap_or_default();
        let pause = own.max(asked).min(limit);
        self.after_skipped(now, pause, limit)
    }

    /// The first full hour from `pause` on that is not skipped, if it is within the limit.
    fn after_skipped(&self, now: DateTime<Utc>, pause: Duration, limit: Duration) -> Duration {
        let (Ok(wait), Ok(furthest)) = (TimeDelta::from_std(pause), TimeDelta::from_std(limit))
        else {
            return pause;
        };
        let (Some(mut at), Some(last)) =
            (now.checked_add_signed(wait), now.checked_add_signed(furthest))
        else {
            return pause;
        };
        // A week has no more hours. A feed that skips all of them is ignored.
        for _ in 0..=7 * 24 {
            if !self.skips(at) {
                return limits::age(now, at).to_std().unwrap_or(pause);
            }
            at += TimeDelta::seconds(3600 - i64::from(at.minute() * 60 + at.second()));
            if at > last {
                return limit;
            }
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    use super::*;

    const QUARTER: Duration = Duration::from_mins(15);
    const DAY: Duration = Duration::from_hours(24);

    /// A Friday.
    fn at(hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 20, hour, minute, 0).unwrap()
    }

    #[test]
    fn a_hint_lengthens_the_pause_at_most_fourfold() {
        let ttl = |seconds| Hints { ttl: Some(seconds), ..Hints::default() };
        for (ttl_s, fresh_s, expected) in [
            (60, None, 15),
            (1800, None, 30),
            (1800, Some(2700), 45),
            (31_536_000, None, 60),
            (0, Some(31_536_000), 60),
            (0, Some(0), 15),
        ] {
            let fresh_for = fresh_s.map(Duration::from_secs);
            let pause = ttl(ttl_s).lengthened(QUARTER, DAY, fresh_for, at(12, 0));
            assert_eq!(pause, Duration::from_mins(expected), "{ttl_s} {fresh_s:?}");
        }
        assert_eq!(
            ttl(3600).lengthened(QUARTER, Duration::from_mins(20), None, at(12, 0)),
            Duration::from_mins(20)
        );
    }

    #[test]
    fn skipped_hours_and_days_are_waited_out_up_to_the_limit() {
        let night = Hints { skip_hours: 0b1111, ..Hints::default() };
        let hour = Duration::from_hours(1);
        assert_eq!(night.lengthened(hour, DAY, None, at(0, 30)), Duration::from_mins(210));
        assert_eq!(night.lengthened(QUARTER, DAY, None, at(0, 30)), hour, "four times a quarter");
        assert_eq!(night.lengthened(QUARTER, DAY, None, at(5, 0)), QUARTER);
        let weekend = Hints { skip_days: 0b110_0000, ..Hints::default() };
        assert_eq!(weekend.lengthened(12 * hour, 4 * DAY, None, at(23, 0)), 48 * hour);
        let always = Hints { skip_hours: u32::MAX, ..Hints::default() };
        assert_eq!(always.lengthened(QUARTER, DAY, None, at(5, 0)), hour);
    }

    proptest! {
        #[test]
        fn the_pause_stays_within_its_bounds(
            own in 1u64..1_000_000, most in 1u64..1_000_000,
            ttl in proptest::option::of(any::<u64>()),
            fresh in proptest::option::of(any::<u64>()), skip_hours: u32, skip_days: u8,
            minute in 0i64..10_000_000,
        ) {
            let (own, most) = (Duration::from_secs(own), Duration::from_secs(most));
            let hints = Hints { ttl, skip_hours, skip_days };
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
            let pause = hints.lengthened(own, most, fresh.map(Duration::from_secs), now);
            prop_assert!(pause >= own);
            prop_assert!(pause <= (own * 4).min(most).max(own));
        }
    }
}
