//! The bounds of values from outside: instants, pauses, durations, and the lengths of texts.
//!
//! Each bound stands here once. What is read is refused, cut or corrected by these numbers where it comes in, and the
//! database has the same numbers as constraints. A test of the program compares the two.
//!
//! Instants that are stored may be wrong too: a clock that was ahead when they were written leaves them in the future.
//! So nothing waits for an instant that lies further ahead than any lawful pause: [`is_due`].

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// The longest time that anything waits: a poll, a retry, a site, a page that is read again, a renewal.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::days(31);

/// [`LONGEST_PAUSE`] as it is configured.
pub const LONGEST_CONFIGURED_PAUSE: Duration = Duration::from_hours(31 * 24);

/// How far two clocks may differ. A stored instant that is ahead by no more was written by another machine.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::hours(1);

/// The longest time that a site is not asked: the longest `Retry-After` that counts is a week.
pub const LONGEST_HOLD: TimeDelta = TimeDelta::days(8);

/// The longest time that a request holds a slot of a site, or a worker a row. Time limits of requests are bounded so
/// that no lease is longer.
pub const LONGEST_LEASE: TimeDelta = TimeDelta::hours(1);

/// The longest time limit of a request, which leases are made of.
pub const LONGEST_REQUEST: Duration = Duration::from_mins(30);

/// The longest configured age, such as that up to which pages are kept.
pub const LONGEST_AGE: Duration = Duration::from_hours(100 * 366 * 24);

/// The largest configured size of one document, in bytes.
pub const LARGEST_DOCUMENT: u64 = 1 << 30;

/// The largest configured amount of memory, in bytes.
pub const LARGEST_MEMORY: u64 = 1 << 40;

/// Minutes east or west of UTC. No clock is further off.
pub const MAX_OFFSET_MINUTES: i32 = 14 * 60;

/// The years of entries: some archives go back to the beginnings of the web, or of Unix time. The readers of dates
/// refuse those after now, too.
pub const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// A name in the DNS (RFC 1035, 2.3.4), in bytes.
pub const HOST_BYTES: usize = 253;

/// A label of such a name, in bytes.
pub const LABEL_BYTES: usize = 63;

/// A host with a port.
pub const SITE_BYTES: usize = HOST_BYTES + ":65535".len();

/// A URL that is requested or filed, in bytes. Servers need not accept more (RFC 9110, 4.1).
pub const URL_BYTES: usize = 8_000;

/// The cookies of a chain of redirects, as they are stored, in bytes.
pub const COOKIES_BYTES: usize = 16_000;

/// A text in an index, in bytes; of a longer one the digest is stored. A row of a B-tree takes 2,704 bytes.
pub const KEY_BYTES: usize = 512;

/// The address of a listed feed, in bytes. It is in an index and shown as it was written, so it is not digested.
pub const FEED_URL_BYTES: usize = 2_048;

/// The id that a feed gives to an entry, in bytes; of a longer one the digest is stored.
pub const GUID_BYTES: usize = 2_048;

/// A title, a headline, in bytes.
pub const TITLE_BYTES: usize = 4_096;

/// A name: of an author, a tag, a site, a section, a licence; in bytes.
pub const NAME_BYTES: usize = 512;

/// Authors or tags of one entry or article.
pub const NAMES: usize = 100;

/// A summary, in bytes.
pub const SUMMARY_BYTES: usize = 65_536;

/// A language tag (BCP 47), in bytes.
pub const LANGUAGE_BYTES: usize = 64;

/// A media type, in bytes.
pub const MEDIA_TYPE_BYTES: usize = 255;

/// A validator, `ETag` or `Last-Modified`, in bytes. A longer one is not used: cut, it would be another one.
pub const VALIDATOR_BYTES: usize = 2_048;

/// The text of an error, in bytes.
pub const ERROR_BYTES: usize = 2_048;

/// In which respects a text is unlike the others of its site.
pub const DOUBT_BYTES: usize = 2_048;

/// `now + by`, at most [`LONGEST_PAUSE`] ahead, truncated to the microseconds that the database stores.
#[must_use]
pub fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
    now.checked_add_signed(by).unwrap_or(now).trunc_subsecs(6)
}

/// `now - age`; the earliest instant that the database stores if that is earlier.
#[must_use]
pub fn earlier(now: DateTime<Utc>, age: Duration) -> DateTime<Utc> {
    let age = age.min(LONGEST_AGE);
    let earlier = TimeDelta::from_std(age).ok().and_then(|age| now.checked_sub_signed(age));
    earlier.unwrap_or(DateTime::UNIX_EPOCH)
}

/// The time from one instant to another. Zero if the first is the later one: then a clock was wrong.
#[must_use]
pub fn age(from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    to.signed_duration_since(from).max(TimeDelta::zero())
}

/// Whether something that is due at `at` is due at `now`. An instant beyond the longest lawful pause is due: a clock
/// was ahead when it was written.
#[must_use]
pub fn is_due(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now || at > far(now)
}

/// The instant after which no lawful due time lies.
#[must_use]
pub fn far(now: DateTime<Utc>) -> DateTime<Utc> {
    after_all(now, LONGEST_PAUSE)
}

/// The instant after which nothing lies that lasts no longer than `longest` from now, by any clock.
#[must_use]
pub fn after_all(now: DateTime<Utc>, longest: TimeDelta) -> DateTime<Utc> {
    let most = longest.checked_add(&CLOCK_SKEW).unwrap_or(longest);
    now.checked_add_signed(most).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether something seen at `at` is known to be younger than `memory`. What was seen in the future is of unknown age.
#[must_use]
pub fn is_recent(at: DateTime<Utc>, now: DateTime<Utc>, memory: TimeDelta) -> bool {
    let passed = now.signed_duration_since(at);
    passed <= memory && passed >= -memory.min(CLOCK_SKEW)
}

/// Whether `at` lies so far ahead that a clock was wrong when it was written.
#[must_use]
pub fn is_ahead(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at.signed_duration_since(now) > CLOCK_SKEW
}

/// The beginning of a text, at most so many bytes of it, cut between characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Whether the DNS can have a name: it is short enough, as a whole and in each label, and no label is empty.
#[must_use]
pub fn is_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= HOST_BYTES
        && host.split('.').all(|label| (1..=LABEL_BYTES).contains(&label.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant() -> impl Strategy<Value = DateTime<Utc>> {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        (first.timestamp()..=last.timestamp())
            .prop_map(|second| DateTime::from_timestamp(second, 0).unwrap_or_default())
    }

    proptest! {
        #[test]
        fn nothing_overflows(now in instant(), at in instant(), seconds: u64) {
            let by = Duration::from_secs(seconds);
            prop_assert!(later(now, by) <= far(now));
            prop_assert!(earlier(now, by) <= now.max(DateTime::UNIX_EPOCH));
            prop_assert!(age(at, now) >= TimeDelta::zero());
            prop_assert!(is_due(at, now) || at <= far(now));
            let _ = (is_recent(at, now, TimeDelta::MAX), is_ahead(at, now));
        }

        #[test]
        fn a_text_is_cut_between_characters(text in ".*", bytes in 0_usize..40) {
            let start = cut(&text, bytes);
            prop_assert!(start.len() <= bytes && text.starts_with(start));
        }
    }

    #[test]
    fn what_lies_beyond_every_pause_is_due() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let days = |days| now + TimeDelta::days(days);
        for (at, due) in [(-4000, true), (0, true), (1, false), (31, false), (40, true)] {
            assert_eq!(is_due(days(at), now), due, "{at}");
        }
        assert!(!is_recent(days(4000), now, TimeDelta::hours(1)));
        assert!(is_recent(days(0), now, TimeDelta::hours(1)));
    }

    #[test]
    fn hosts_have_the_lengths_of_the_dns() {
        assert!(is_host("news.example."));
        assert!(is_host(&format!("{}.example", "a".repeat(63))));
        assert!(!is_host(&format!("{}.example", "a".repeat(64))));
        assert!(!is_host(&vec!["abc"; 64].join(".")));
        assert!(!["", ".", "a..example", ".example", "example.."].into_iter().any(is_host));
    }
}
