//! How many entries the feeds have shown, by the hours that are over.
//!
//! Each feed has counters of its own, so that no two polls wait for each other. Their sum over a week
//! takes a sixth of a second with a thousand feeds. What is over does not change any more, so that
//! part is summed once an hour.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Entries that were shown, and those of them that were not read.
pub(super) type Sums = (i64, i64);

/// Sums of hours that are over: by how many hours they span, their end and what they are.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<BTreeMap<i64, (DateTime<Utc>, Sums)>>);

impl Shown {
    /// The hour from which counters may still grow, if it is `hour` now: a poll that began in the last
    /// hour may end in this one.
    pub(super) fn open_since(hour: DateTime<Utc>) -> DateTime<Utc> {
        hour - TimeDelta::hours(1)
    }

    /// The sums of so many hours that end with one, if they are known.
    pub(super) fn known(&self, hours: i64, until: DateTime<Utc>) -> Option<Sums> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&hours).filter(|(end, _)| *end == until).map(|(_, sums)| *sums)
    }

    /// Keeps sums in the place of older ones.
    pub(super) fn keep(&self, hours: i64, until: DateTime<Utc>, sums: Sums) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(hours, (until, sums));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_kept_until_the_hour_ends() {
        let shown = Shown::default();
        let until = Shown::open_since(DateTime::UNIX_EPOCH);
        assert_eq!(DateTime::UNIX_EPOCH - until, TimeDelta::hours(1));
        assert_eq!(shown.known(24, until), None);
        shown.keep(24, until, (7, 2));
        assert_eq!(shown.known(24, until), Some((7, 2)));
        assert_eq!(shown.known(168, until), None);
        let later = until + TimeDelta::hours(1);
        assert_eq!(shown.known(24, later), None);
        shown.keep(24, later, (8, 2));
        assert_eq!(shown.known(24, until), None);
    }
}
