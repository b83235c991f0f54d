//! Whether a feed's validators (`ETag`, `Last-Modified`) are reliable.
//!
//! They save most of the traffic, and some are wrong: a cache with the wrong key, an `ETag` made of
//! the file name, a `Last-Modified` of the template. Such a feed says "not modified" for ever and
//! nobody notices. So validators are used, and tested: now and then the feed is requested without
//! them, one day after the last full response, then two, four, up to sixteen days with each passed
//! test. A test fails if the entries changed while the validators stayed the same, or if most of
//! the new entries are dated well before a response that said "not modified". After a failed test
//! the validators are not sent for one week, then two, then four; after that they get another
//! chance.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wiresift_text::limits;

/// Pause before the first test.
const FIRST_TEST: TimeDelta = TimeDelta::days(1);

/// How often that pause is doubled at most.
const MAX_DOUBLINGS: u32 = 4;

/// How long validators are not sent after the first failed test.
const FIRST_DISTRUST: TimeDelta = TimeDelta::days(7);

/// How often that time is doubled at most.
const MAX_DISTRUST_DOUBLINGS: u32 = 2;

/// Publishing systems show entries some time after their date.
const PUBLISHING_DELAY: TimeDelta = TimeDelta::hours(1);

/// What is known about a feed's validators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ValidatorTrust {
    /// Tests passed in a row.
    pub passed: u32,
    /// Tests failed so far.
    pub failed: u32,
    /// Validators are not sent before this.
    pub distrusted_until: Option<DateTime<Utc>>,
    /// The last full response.
    full_at: Option<DateTime<Utc>>,
    /// The last "not modified" since then.
    not_modified_at: Option<DateTime<Utc>>,
}

/// A full response, to be compared with what "not modified" claimed.
#[derive(Debug, Clone, Copy)]
pub(super) struct FullAnswer<'a> {
    /// The validators were not sent, so the response tests them.
    pub(super) is_test: bool,
    /// The entries differ from those of the last full response.
    pub(super) is_changed: bool,
    /// The validators equal those of the last full response.
    pub(super) same_validators: bool,
    /// Dates of the new entries.
    pub(super) fresh: &'a [DateTime<Utc>],
}

impl ValidatorTrust {
    /// Whether to send the validators.
    #[must_use]
    pub fn sends_validators(&self, now: DateTime<Utc>) -> bool {
        let longest = FIRST_DISTRUST * 2_i32.pow(MAX_DISTRUST_DOUBLINGS);
        let is_distrusted = self
            .distrusted_until
            .is_some_and(|until| now < until && until <= limits::after_all(now, longest));
        !is_distrusted && !self.is_test_due(now)
    }

    fn is_test_due(&self, now: DateTime<Utc>) -> bool {
        let pause = FIRST_TEST * 2_i32.pow(self.passed.min(MAX_DOUBLINGS));
        self.not_modified_at.is_some()
            && self
                .full_at
                .is_none_or(|at| limits::is_ahead(at, now) || limits::age(at, now) >= pause)
    }

    /// Records a "not modified".
    pub(super) fn observe_not_modified(&mut self, now: DateTime<Utc>) {
        self.not_modified_at = Some(now);
    }

    /// Records a full response. True if it proves the validators unreliable.
    pub(super) fn observe_full(&mut self, now: DateTime<Utc>, answer: &FullAnswer<'_>) -> bool {
        let belied = self.not_modified_at.is_some_and(|relied| {
            let overdue = answer
                .fresh
                .iter()
                .filter(|date| limits::age(**date, relied) > PUBLISHING_DELAY)
                .count();
            overdue * 2 > answer.fresh.len()
        });
        let is_caught = answer.is_test && answer.is_changed && (answer.same_validators || belied);
        if is_caught {
            let pause = FIRST_DISTRUST * 2_i32.pow(self.failed.min(MAX_DISTRUST_DOUBLINGS));
            self.failed = self.failed.saturating_add(1);
            self.passed = 0;
            self.distrusted_until = now.checked_add_signed(pause);
        } else if answer.is_test && self.not_modified_at.is_some() {
            self.passed = self.passed.saturating_add(1);
        }
        self.full_at = Some(now);
        self.not_modified_at = None;
        is_caught
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: FullAnswer<'static> =
        FullAnswer { is_test: true, is_changed: false, same_validators: true, fresh: &[] };

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    /// A full response on day 0 and a "not modified" half a day later.
    fn answered_not_modified() -> ValidatorTrust {
        let mut trust = ValidatorTrust::default();
        assert!(
            !trust.observe_full(day(0), &FullAnswer { is_test: false, is_changed: true, ..TEST })
        );
        trust.observe_not_modified(day(0) + TimeDelta::hours(12));
        trust
    }

    #[test]
    fn validators_are_tested_after_a_day_and_then_more_rarely() {
        let mut trust = answered_not_modified();
        let mut last = 0;
        for pause in [1, 2, 4, 8, 16, 16] {
            assert!(trust.sends_validators(day(last + pause) - TimeDelta::hours(1)), "{pause}");
            assert!(!trust.sends_validators(day(last + pause)), "{pause}");
            last += pause;
            assert!(!trust.observe_full(day(last), &TEST));
            assert!(trust.sends_validators(day(last)));
            trust.observe_not_modified(day(last) + TimeDelta::hours(1));
        }
    }

    #[test]
    fn a_feed_that_always_responds_in_full_is_not_tested() {
        let mut trust = ValidatorTrust::default();
        trust.observe_full(day(0), &FullAnswer { is_test: false, ..TEST });
        assert!(trust.sends_validators(day(100)));
    }

    #[test]
    fn changed_entries_under_the_same_validators_fail_the_test() {
        let mut trust = answered_not_modified();
        assert!(trust.observe_full(day(1), &FullAnswer { is_changed: true, ..TEST }));
        assert!(!trust.sends_validators(day(2)));
        assert!(trust.observe_full(day(3), &FullAnswer { is_changed: true, ..TEST }), "and again");
        assert!(!trust.sends_validators(day(16)));
        assert!(trust.sends_validators(day(17)), "another chance");
    }

    #[test]
    fn new_entries_from_before_a_not_modified_fail_the_test() {
        let mut trust = answered_not_modified();
        let other = FullAnswer { is_changed: true, same_validators: false, ..TEST };
        let honest = [day(0) + TimeDelta::hours(13), day(0) + TimeDelta::hours(20)];
        assert!(!trust.clone().observe_full(day(1), &FullAnswer { fresh: &honest, ..other }));
        let hidden = [
            day(0) + TimeDelta::hours(3),
            day(0) + TimeDelta::hours(20),
            day(0) + TimeDelta::hours(4),
        ];
        assert!(trust.observe_full(day(1), &FullAnswer { fresh: &hidden, ..other }));
    }
}
