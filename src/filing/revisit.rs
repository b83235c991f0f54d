//! Decides when an article is read again. Most corrections come soon after publication.
//!
//! The pauses grow with the age of the article, so the number of requests for one article is small
//! and fixed. A missing page is requested again before the article counts as retracted, because
//! some sites answer 404 during a deployment.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use wiresift_text::limits;

use crate::units;

/// Section `[revisit]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RevisitSettings {
    /// Ages at which an article is read again, counted from its publication. With an empty list an
    /// article is read again only if its feed says that it has changed.
    #[serde(with = "units::pauses")]
    pub after: Vec<Duration>,
}

impl Default for RevisitSettings {
    fn default() -> Self {
        let hours = [1, 6, 24, 72];
        Self { after: hours.map(Duration::from_hours).to_vec() }
    }
}

impl RevisitSettings {
    /// Settings with which an article is read again only if its feed says that it has changed.
    #[must_use]
    pub fn never() -> Self {
        Self { after: Vec::new() }
    }

    /// The next time to read an article that was read at `now`. Returns `None` if it is older than
    /// all ages of the settings, or of unknown age: it was first seen when a clock was ahead.
    #[must_use]
    pub fn next(
        &self,
        published: Option<DateTime<Utc>>,
        first_seen: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if limits::is_ahead(first_seen, now) {
            return None;
        }
        let start = published.map_or(first_seen, |published| published.min(first_seen));
        let ages = self.after.iter().filter_map(|age| TimeDelta::from_std(*age).ok());
        ages.filter_map(|age| start.checked_add_signed(age)).filter(|at| *at > now).min()
    }
}

/// An article counts as retracted after this many answers in a row that its page is missing.
pub const MISSING_LIMIT: u32 = 3;

/// The pauses after the first and the second such answer.
const MISSING_PAUSES: [Duration; 2] = [Duration::from_hours(1), Duration::from_hours(6)];

/// The pause before a page is requested again that was missing `times` in a row. Returns `None` if
/// it counts as gone.
#[must_use]
pub fn pause_while_missing(times: u32) -> Option<Duration> {
    MISSING_PAUSES.get(usize::try_from(times).ok()?.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUBLISHED: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn after(hours: i64) -> Option<i64> {
        let next = RevisitSettings::default().next(
            Some(PUBLISHED),
            PUBLISHED,
            PUBLISHED + TimeDelta::hours(hours),
        );
        next.map(|at| (at - PUBLISHED).num_hours())
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(
            [after(0), after(1), after(7), after(25)],
            [Some(1), Some(6), Some(24), Some(72)]
        );
        assert_eq!(after(72), None);
        assert_eq!(RevisitSettings::never().next(None, PUBLISHED, PUBLISHED), None);
    }

    #[test]
    fn a_date_in_the_future_does_not_delay() {
        let future = Some(PUBLISHED + TimeDelta::days(400));
        let next = RevisitSettings::default().next(future, PUBLISHED, PUBLISHED);
        assert_eq!(next, Some(PUBLISHED + TimeDelta::hours(1)));
    }

    #[test]
    fn an_article_that_was_seen_in_the_future_is_not_read_for_ever() {
        let future = PUBLISHED + TimeDelta::days(4400);
        assert_eq!(RevisitSettings::default().next(None, future, PUBLISHED), None);
    }

    #[test]
    fn a_page_that_is_missing_twice_is_requested_again() {
        assert_eq!((pause_while_missing(0), pause_while_missing(MISSING_LIMIT)), (None, None));
        assert!((1..MISSING_LIMIT).all(|times| pause_while_missing(times).is_some()));
    }

    proptest! {
        #[test]
        fn any_article_is_read_a_bounded_number_of_times(
            ages in prop::collection::vec(0_u64..10_000_000, 0..6),
            published in -1_000_000_i64..1_000_000,
        ) {
            let after = ages.iter().copied().map(Duration::from_secs).collect();
            let settings = RevisitSettings { after };
            let published = Some(PUBLISHED + TimeDelta::seconds(published));
            let (mut now, mut times) = (PUBLISHED, 0);
            while let Some(at) = settings.next(published, PUBLISHED, now) {
                prop_assert!(at > now);
                (now, times) = (at, times + 1);
            }
            prop_assert!(times <= ages.len());
        }
    }
}
