//! Whether a hub is reliable, so that its feed is polled less often.
//!
//! A hub earns trust by delivering something new. It loses trust by an entry that a poll found and
//! that the hub did not deliver within the grace time. That time starts when the poll found the
//! entry, not at a date in the feed: the poll may come between publication and delivery, and dates
//! are often wrong by hours.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_text::limits;

/// How far a hub is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubTrust {
    /// It has delivered nothing new yet.
    Unproven,
    /// It delivers what is new.
    Proven,
    /// A poll found an entry before the hub delivered it.
    Suspected {
        /// The entry's key in its feed.
        key: String,
        /// Time of that poll.
        since: DateTime<Utc>,
    },
    /// It did not deliver an entry in time.
    Distrusted {
        /// When it can earn trust again.
        until: DateTime<Utc>,
    },
}

/// An entry that a poll found before any delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedEntry {
    /// Its key in its feed.
    pub key: String,
}

/// How long a hub that missed an entry is distrusted, counted from the latest missed entry.
const PROBATION: TimeDelta = TimeDelta::days(7);

impl HubTrust {
    /// The stored form: the word, its time, and the key of a missed entry.
    #[must_use]
    pub fn to_stored(&self) -> (&'static str, Option<DateTime<Utc>>, Option<&str>) {
        match self {
            Self::Unproven => ("unproven", None, None),
            Self::Proven => ("proven", None, None),
            Self::Suspected { key, since } => ("suspected", Some(*since), Some(key)),
            Self::Distrusted { until } => ("distrusted", Some(*until), None),
        }
    }

    /// Reads the stored form; `None` if its parts do not fit together.
    #[must_use]
    pub fn from_stored(
        word: &str,
        at: Option<DateTime<Utc>>,
        missed_key: Option<String>,
    ) -> Option<Self> {
        match (word, at, missed_key) {
            ("unproven", None, None) => Some(Self::Unproven),
            ("proven", None, None) => Some(Self::Proven),
            ("suspected", Some(since), Some(key)) => Some(Self::Suspected { key, since }),
            ("distrusted", Some(until), None) => Some(Self::Distrusted { until }),
            _ => None,
        }
    }

    /// Whether its feed may be polled less often.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        *self == Self::Proven
    }

    /// The trust after a signed delivery. `news` says whether it contained something new, `shows`
    /// whether it contained the entry with that key.
    #[must_use]
    pub fn after_delivery(
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
            Self::Distrusted { until } if is_past(*until, now) && news => Self::Proven,
            Self::Unproven | Self::Proven | Self::Suspected { .. } | Self::Distrusted { .. } => {
                self.clone()
            }
        }
    }

    /// The trust after a poll. `missed` is an entry that the poll found first, if any.
    #[must_use]
    pub fn after_poll(
        &self,
        missed: Option<MissedEntry>,
        now: DateTime<Utc>,
        grace: Duration,
    ) -> Self {
        match (self, missed) {
            (Self::Proven, Some(missed)) => Self::Suspected { key: missed.key, since: now },
            (Self::Suspected { since, .. }, _) if is_over(*since, now, grace) => distrusted(now),
            (Self::Distrusted { .. }, Some(_)) => distrusted(now),
            _ => self.clone(),
        }
    }
}

fn is_over(since: DateTime<Utc>, now: DateTime<Utc>, grace: Duration) -> bool {
    let passed = limits::age(since, now).to_std();
    limits::is_ahead(since, now) || passed.is_ok_and(|passed| passed >= grace)
}

/// Whether a probation is over: also if it would last longer than any, because a clock was ahead.
fn is_past(until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    until <= now || until > limits::after_all(now, PROBATION)
}

fn distrusted(now: DateTime<Utc>) -> HubTrust {
    HubTrust::Distrusted { until: now.checked_add_signed(PROBATION).unwrap_or(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_mins(15);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn missed() -> MissedEntry {
        MissedEntry { key: "a".to_owned() }
    }

    fn suspected() -> HubTrust {
        HubTrust::Proven.after_poll(Some(missed()), at(0), GRACE)
    }

    #[test]
    fn the_stored_form_is_read_back() {
        for trust in [
            HubTrust::Unproven,
            HubTrust::Proven,
            suspected(),
            HubTrust::Distrusted { until: at(0) },
        ] {
            let (word, at, key) = trust.to_stored();
            assert_eq!(
                HubTrust::from_stored(word, at, key.map(str::to_owned)),
                Some(trust.clone())
            );
        }
        assert_eq!(HubTrust::from_stored("suspected", Some(at(0)), None), None);
    }

    #[test]
    fn new_entries_earn_trust() {
        assert_eq!(
            HubTrust::Unproven.after_delivery(false, |_| true, at(0), GRACE),
            HubTrust::Unproven
        );
        assert_eq!(
            HubTrust::Unproven.after_delivery(true, |_| true, at(0), GRACE),
            HubTrust::Proven
        );
        // An unproven hub cannot miss anything.
        assert_eq!(HubTrust::Unproven.after_poll(Some(missed()), at(0), GRACE), HubTrust::Unproven);
    }

    #[test]
    fn only_a_delivery_of_the_entry_within_the_grace_time_clears_a_hub() {
        assert_eq!(
            suspected().after_delivery(true, |key| key == "a", at(14), GRACE),
            HubTrust::Proven
        );
        assert_eq!(suspected().after_delivery(true, |key| key == "b", at(14), GRACE), suspected());
        assert_eq!(suspected().after_poll(None, at(14), GRACE), suspected());
        assert!(matches!(suspected().after_poll(None, at(15), GRACE), HubTrust::Distrusted { .. }));
        assert!(matches!(
            suspected().after_delivery(true, |_| true, at(15), GRACE),
            HubTrust::Distrusted { .. }
        ));
    }

    #[test]
    fn a_hub_can_earn_trust_again_after_a_week() {
        let out = suspected().after_poll(None, at(15), GRACE);
        let week = 7 * 24 * 60;
        assert_eq!(out.after_delivery(true, |_| true, at(week), GRACE), out);
        assert_eq!(out.after_delivery(true, |_| true, at(week + 15), GRACE), HubTrust::Proven);
        let revisit = out.after_poll(Some(missed()), at(week), GRACE);
        assert_eq!(revisit.after_delivery(true, |_| true, at(week + 15), GRACE), revisit);
    }
}
