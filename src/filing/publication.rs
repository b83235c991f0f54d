//! Trusted dates of publication: those that can decide which of two articles was published first.

use chrono::{DateTime, NaiveTime, Utc};
use wiresift_extract::article::{DateSource, Dated};

/// Returns a date that can decide which of two articles was published first: page or feed state it
/// with its time, and it is not in the future. Midnight does not count, because a day without a
/// time reads as midnight.
#[must_use]
pub fn trusted(published: Option<Dated>, seen_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let dated = published?;
    let stated = matches!(dated.source, DateSource::JsonLd | DateSource::Meta | DateSource::Feed);
    (stated && dated.at < seen_at && dated.at.time() != NaiveTime::MIN).then_some(dated.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + 60 * minute, 0).unwrap()
    }

    #[test]
    fn only_dates_that_are_stated_with_a_time_are_trusted() {
        let seen = at(0);
        let dated = |minute, source| Some(Dated { at: at(minute), zone: None, source });
        assert!(trusted(dated(-5, DateSource::Feed), seen).is_some());
        assert_eq!(trusted(dated(-5, DateSource::Url), seen), None);
        assert_eq!(trusted(dated(5, DateSource::Feed), seen), None, "in the future");
        let midnight = Dated {
            at: "2023-11-01T00:00:00Z".parse().unwrap(),
            zone: None,
            source: DateSource::Meta,
        };
        assert_eq!(trusted(Some(midnight), seen), None);
    }
}
