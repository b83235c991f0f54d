//! When an article is read again: articles are corrected while they are young, and mostly soon.
//!
//! The pauses grow with age, so the number of requests for one article is small and fixed. A page that is missing is
//! looked at again before that is taken for a fact: sites answer 404 while they deploy.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::units;

/// Section `[revisit]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevisitSettings {
    /// Ages at which an article is read again, from its publication; an empty list reads none again but those that
    /// their feed says were changed.
    #[serde(with = "units::durations")]
    pub after: Vec<Duration>,
}

impl Default for RevisitSettings {
    fn default() -> Self {
        let hours = [1, 6, 24, 72];
        Self { after: hours.map(Duration::from_hours).to_vec() }
    }
}

impl RevisitSettings {
    /// No article is read again unless its feed asks for it.
    #[must_use]
    pub fn never() -> Self {
        Self { after: Vec::new() }
    }

    /// The next time to read an article that was read just now. An article that was old when it was found has fewer.
    #[must_use]
    pub fn next(
        &self,
        published: Option<DateTime<Utc>>,
        first_seen: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let born = published.map_or(first_seen, |published| published.min(first_seen));
        let ages = self.after.iter().filter_map(|age| TimeDelta::from_std(*age).ok());
        ages.filter_map(|age| born.checked_add_signed(age)).filter(|at| *at > now).min()
    }
}

/// Answers in a row that a page is missing, before the article counts as retracted.
pub const MISSING_FOR_GOOD: u32 = 3;

/// Pause after the first and the second such answer.
const MISSING_PAUSES: [Duration; 2] = [Duration::from_hours(1), Duration::from_hours(6)];

/// When to look again for a page that was missing `times` in a row; none: that is a fact by now.
#[must_use]
pub fn look_again(times: u32) -> Option<Duration> {
    MISSING_PAUSES.get(usize::try_from(times).ok()?.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BORN: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn after(hours: i64) -> Option<i64> {
        let next =
            RevisitSettings::default().next(Some(BORN), BORN, BORN + TimeDelta::hours(hours));
        next.map(|at| (at - BORN).num_hours())
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(
            [after(0), after(1), after(7), after(25)],
            [Some(1), Some(6), Some(24), Some(72)]
        );
        assert_eq!(after(72), None);
        assert_eq!(RevisitSettings::never().next(None, BORN, BORN), None);
    }

    #[test]
    fn a_date_ahead_does_not_delay() {
        let ahead = Some(BORN + TimeDelta::days(400));
        let next = RevisitSettings::default().next(ahead, BORN, BORN);
        assert_eq!(next, Some(BORN + TimeDelta::hours(1)));
    }

    #[test]
    fn missing_twice_is_no_fact() {
        assert_eq!((look_again(0), look_again(MISSING_FOR_GOOD)), (None, None));
        assert!((1..MISSING_FOR_GOOD).all(|times| look_again(times).is_some()));
    }

    proptest! {
        #[test]
        fn any_article_is_read_a_bounded_number_of_times(
            ages in prop::collection::vec(0_u64..10_000_000, 0..6), published in -1_000_000_i64..1_000_000,
        ) {
            let settings = RevisitSettings { after: ages.iter().copied().map(Duration::from_secs).collect() };
            let (mut now, mut times) = (BORN, 0);
            while let Some(at) = settings.next(Some(BORN + TimeDelta::seconds(published)), BORN, now) {
                prop_assert!(at > now);
                (now, times) = (at, times + 1);
            }
            prop_assert!(times <= ages.len());
        }
    }
}
