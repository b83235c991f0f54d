//! Whether a hub may be relied upon, so that its feed is polled less often.
//!
//! Trust is earned by a delivery that brought something new, and lost by an entry that a poll found and that the hub
//! had not brought within the grace time. The hub gets that time from the moment the poll found the entry, not from
//! any date in the feed: a poll may come between publication and delivery, and dates are often wrong by hours.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What a hub's record amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// It has brought nothing new yet.
    Unproven,
    /// It brings what is new.
    Proven,
    /// A poll found an entry first.
    Suspected {
        /// The entry's key in its feed.
        key: String,
        /// When.
        since: DateTime<Utc>,
    },
    /// It missed an entry.
    Distrusted {
        /// When it may earn trust again.
        until: DateTime<Utc>,
    },
}

/// An entry that a poll found and no delivery had brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Its key in its feed.
    pub key: String,
}

/// How long a hub that missed an entry has to wait for its second chance, counted from the last one missed.
const PROBATION: TimeDelta = TimeDelta::days(7);

impl Trust {
    /// Whether its feed may be polled less often.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        *self == Self::Proven
    }

    /// After a delivery that the hub signed; `news` says whether it brought something that was not known, `shows`
    /// whether an entry of that key was in it.
    #[must_use]
    pub fn delivered(
        &self,
        news: bool,
        shows: impl Fn(&str) -> bool,
        now: DateTime<Utc>,
        grace: Duration,
    ) -> Self {
        match self {
            Self::Unproven if news => Self::Proven,
            Self::Suspected { since, .. } if is_over(*since, now, grace) => distrusted(now),
            Self::Suspected { key, .. } if shows(key) => Self::Proven,
            Self::Distrusted { until } if *until <= now && news => Self::Proven,
            Self::Unproven | Self::Proven | Self::Suspected { .. } | Self::Distrusted { .. } => {
                self.clone()
            }
        }
    }

    /// After a poll, with an entry that it found first, if there was one.
    #[must_use]
    pub fn polled(&self, missed: Option<Missed>, now: DateTime<Utc>, grace: Duration) -> Self {
        match (self, missed) {
            (Self::Proven, Some(missed)) => Self::Suspected { key: missed.key, since: now },
            (Self::Suspected { since, .. }, _) if is_over(*since, now, grace) => distrusted(now),
            (Self::Distrusted { .. }, Some(_)) => distrusted(now),
            _ => self.clone(),
        }
    }
}

fn is_over(since: DateTime<Utc>, now: DateTime<Utc>, grace: Duration) -> bool {
    (now - since).to_std().is_ok_and(|passed| passed >= grace)
}

fn distrusted(now: DateTime<Utc>) -> Trust {
    Trust::Distrusted { until: now + PROBATION }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_mins(15);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn missed() -> Missed {
        Missed { key: "a".to_owned() }
    }

    fn suspected() -> Trust {
        Trust::Proven.polled(Some(missed()), at(0), GRACE)
    }

    #[test]
    fn trust_is_earned_by_news() {
        assert_eq!(Trust::Unproven.delivered(false, |_| true, at(0), GRACE), Trust::Unproven);
        assert_eq!(Trust::Unproven.delivered(true, |_| true, at(0), GRACE), Trust::Proven);
        // What it did not promise yet it cannot miss.
        assert_eq!(Trust::Unproven.polled(Some(missed()), at(0), GRACE), Trust::Unproven);
    }

    #[test]
    fn a_late_delivery_within_the_grace_time_clears_and_no_other_does() {
        assert_eq!(suspected().delivered(true, |key| key == "a", at(14), GRACE), Trust::Proven);
        assert_eq!(suspected().delivered(true, |key| key == "b", at(14), GRACE), suspected());
        assert_eq!(suspected().polled(None, at(14), GRACE), suspected());
        assert!(matches!(suspected().polled(None, at(15), GRACE), Trust::Distrusted { .. }));
        assert!(matches!(
            suspected().delivered(true, |_| true, at(15), GRACE),
            Trust::Distrusted { .. }
        ));
    }

    #[test]
    fn a_second_chance_comes_after_a_week_without_a_fault() {
        let out = suspected().polled(None, at(15), GRACE);
        let week = 7 * 24 * 60;
        assert_eq!(out.delivered(true, |_| true, at(week), GRACE), out);
        assert_eq!(out.delivered(true, |_| true, at(week + 15), GRACE), Trust::Proven);
        let revisit = out.polled(Some(missed()), at(week), GRACE);
        assert_eq!(revisit.delivered(true, |_| true, at(week + 15), GRACE), revisit);
    }
}
