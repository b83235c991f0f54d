//! Polls that failed in a row, over all feeds.
//!
//! One feed that fails is that feed's fault. If no feed at all can be polled, the fault is likely on
//! this side: the network, the name service, a proxy.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::polling::failure::Cause;

/// The failures since the last poll that worked. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct PollStreak(Arc<Mutex<Streak>>);

/// A snapshot of the failures since the last poll that worked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    pub failures: u64,
    /// How many of them could not look up a name.
    pub dns: u64,
    /// When the first of them failed.
    pub since: Option<DateTime<Utc>>,
}

impl PollStreak {
    /// Records a poll; `failure` is `None` if it worked.
    pub(in crate::pipeline) fn polled(&self, failure: Option<Cause>, now: DateTime<Utc>) {
        let mut streak = self.lock();
        match failure {
            None => *streak = Streak::default(),
            Some(cause) => {
                streak.failures += 1;
                streak.dns += u64::from(cause == Cause::Dns);
                streak.since.get_or_insert(now);
            }
        }
    }

    #[must_use]
    pub fn now(&self) -> Streak {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Streak> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_ends_the_streak() {
        let (streak, start) = (PollStreak::default(), DateTime::UNIX_EPOCH);
        streak.polled(Some(Cause::Dns), start);
        streak.polled(Some(Cause::Timeout), start + chrono::TimeDelta::minutes(1));
        assert_eq!(streak.now(), Streak { failures: 2, dns: 1, since: Some(start) });
        streak.polled(None, start);
        assert_eq!(streak.now(), Streak::default());
    }
}
