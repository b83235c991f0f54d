//! Whether a feed's validators (`ETag`, `Last-Modified`) may be relied on.
//!
//! They save most of the traffic, and some lie: a cache that is keyed wrongly, an `ETag` made of the file's name, a
//! `Last-Modified` of the template. A feed behind such a one says "not modified" for ever and nobody notices. So they are
//! relied on, and put to the test: now and then the feed is asked without them, a day after the last whole answer, then
//! two, four, up to sixteen days the longer they have been honest. They are caught lying if the entries are others while the
//! validators are the same, or if most of the new entries are dated well before an answer that said "not modified". Of a
//! liar they are no longer sent, for a week, two, four; then it has another chance.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Pause between two tests of validators that have not passed any.
const FIRST_TEST: TimeDelta = TimeDelta::days(1);

/// How often that pause is doubled at most.
const MOST_DOUBLINGS: u32 = 4;

/// How long a liar's validators are not sent, the first time.
const FIRST_DISTRUST: TimeDelta = TimeDelta::days(7);

/// How often that is doubled at most.
const MOST_RELAPSES: u32 = 2;

/// Publishing systems show entries some time after their date.
const TARDINESS: TimeDelta = TimeDelta::hours(1);

/// What is known of a feed's validators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trust {
    /// Tests passed in a row.
    pub honest: u32,
    /// Times caught.
    pub caught: u32,
    /// They are not sent before this.
    pub distrusted_until: Option<DateTime<Utc>>,
    /// The last whole answer.
    whole_at: Option<DateTime<Utc>>,
    /// The last "not modified" since then.
    relied_at: Option<DateTime<Utc>>,
}

/// A whole answer, held against what "not modified" claimed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'a> {
    /// The validators were not sent, so that the answer tests them.
    pub(super) is_test: bool,
    /// The entries are others than at the last whole answer.
    pub(super) is_changed: bool,
    /// The validators are those of the last whole answer.
    pub(super) same_validators: bool,
    /// Dates of the entries that are new.
    pub(super) fresh: &'a [DateTime<Utc>],
}

impl Trust {
    /// Whether to send the validators.
    #[must_use]
    pub fn sends_validators(&self, now: DateTime<Utc>) -> bool {
        let is_distrusted = self.distrusted_until.is_some_and(|until| now < until);
        !is_distrusted && !self.is_test_due(now)
    }

    fn is_test_due(&self, now: DateTime<Utc>) -> bool {
        let pause = FIRST_TEST * 2_i32.pow(self.honest.min(MOST_DOUBLINGS));
        self.relied_at.is_some() && self.whole_at.is_none_or(|at| now - at >= pause)
    }

    /// Takes in a "not modified".
    pub(super) fn relied(&mut self, now: DateTime<Utc>) {
        self.relied_at = Some(now);
    }

    /// Takes in a whole answer; true if the validators are caught lying.
    pub(super) fn hold_against(&mut self, now: DateTime<Utc>, whole: &Whole<'_>) -> bool {
        let belied = self.relied_at.is_some_and(|relied| {
            let overdue = whole.fresh.iter().filter(|date| **date < relied - TARDINESS).count();
            overdue * 2 > whole.fresh.len()
        });
        let is_caught = whole.is_test && whole.is_changed && (whole.same_validators || belied);
        if is_caught {
            let pause = FIRST_DISTRUST * 2_i32.pow(self.caught.min(MOST_RELAPSES));
            self.caught = self.caught.saturating_add(1);
            self.honest = 0;
            self.distrusted_until = Some(now + pause);
        } else if whole.is_test && self.relied_at.is_some() {
            self.honest = self.honest.saturating_add(1);
        }
        self.whole_at = Some(now);
        self.relied_at = None;
        is_caught
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: Whole<'static> =
        Whole { is_test: true, is_changed: false, same_validators: true, fresh: &[] };

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    /// A whole answer on day 0 and a "not modified" half a day later.
    fn relying() -> Trust {
        let mut trust = Trust::default();
        assert!(!trust.hold_against(day(0), &Whole { is_test: false, is_changed: true, ..TEST }));
        trust.relied(day(0) + TimeDelta::hours(12));
        trust
    }

    #[test]
    fn validators_are_tested_after_a_day_and_ever_more_rarely() {
        let mut trust = relying();
        let mut last = 0;
        for pause in [1, 2, 4, 8, 16, 16] {
            assert!(trust.sends_validators(day(last + pause) - TimeDelta::hours(1)), "{pause}");
            assert!(!trust.sends_validators(day(last + pause)), "{pause}");
            last += pause;
            assert!(!trust.hold_against(day(last), &TEST));
            assert!(trust.sends_validators(day(last)));
            trust.relied(day(last) + TimeDelta::hours(1));
        }
    }

    #[test]
    fn whoever_answers_whole_all_the_time_is_not_tested() {
        let mut trust = Trust::default();
        trust.hold_against(day(0), &Whole { is_test: false, ..TEST });
        assert!(trust.sends_validators(day(100)));
    }

    #[test]
    fn other_entries_under_the_same_validators_are_a_lie() {
        let mut trust = relying();
        assert!(trust.hold_against(day(1), &Whole { is_changed: true, ..TEST }));
        assert!(!trust.sends_validators(day(2)));
        assert!(trust.hold_against(day(3), &Whole { is_changed: true, ..TEST }), "and again");
        assert!(!trust.sends_validators(day(16)));
        assert!(trust.sends_validators(day(17)), "another chance");
    }

    #[test]
    fn new_entries_from_before_a_not_modified_are_a_lie() {
        let mut trust = relying();
        let other = Whole { is_changed: true, same_validators: false, ..TEST };
        let honest = [day(0) + TimeDelta::hours(13), day(0) + TimeDelta::hours(20)];
        assert!(!trust.clone().hold_against(day(1), &Whole { fresh: &honest, ..other }));
        let hidden = [
            day(0) + TimeDelta::hours(3),
            day(0) + TimeDelta::hours(20),
            day(0) + TimeDelta::hours(4),
        ];
        assert!(trust.hold_against(day(1), &Whole { fresh: &hidden, ..other }));
    }
}
