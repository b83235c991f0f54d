//! Which entries of a site's news sitemap fill a gap of a feed.
//!
//! A news sitemap lists what the whole site published within about two days (sitemaps.org, with
//! Google's extension for news), while a feed may be one section of it. Both have the same scope if
//! the feed shows most of what the sitemap dates between the oldest and the newest entry that is
//! new in the feed. Then the sitemap's entries between the last poll and the oldest of these are
//! what the feed showed meanwhile. Entries that were known before the gap, above all pinned ones,
//! bound nothing.
//!
//! All of this depends on dates. If the feed has an entry without a date, or the sitemap too few
//! entries within that time, nothing is taken.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::polling::schedule::window::{MIN_ENTRIES, Window};
use wiresift_feed::entry::Entry;

/// Share, as a fraction, of the sitemap's entries of that time that the feed must show.
const SAME_SCOPE_SHARE: (usize, usize) = (3, 5);

/// The time of a gap, and the time that the feed covers after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GapSpan {
    /// The last poll before the gap.
    since: DateTime<Utc>,
    /// Dates of the oldest and the newest entry that is new since then.
    oldest: DateTime<Utc>,
    newest: DateTime<Utc>,
}

impl GapSpan {
    /// The time of a gap; `None` if the feed's dates do not tell.
    pub(super) fn of(shown: &[Entry], before: &Window, since: DateTime<Utc>) -> Option<Self> {
        let fresh = before.dates_of_others(shown)?;
        let fresh: Vec<_> = fresh.into_iter().filter(|at| *at > since).collect();
        if fresh.len() < MIN_ENTRIES {
            return None;
        }
        Some(Self {
            since,
            oldest: fresh.iter().copied().min()?,
            newest: fresh.iter().copied().max()?,
        })
    }
}

/// What a sitemap adds to a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GapFill {
    /// For each of its entries, whether the feed showed it within the gap.
    pub(super) is_missed: Vec<bool>,
    /// The sitemap lists an entry from before the gap, so it covers all of it.
    pub(super) reaches_back: bool,
}

/// The entries of a sitemap that the feed showed within the gap; `None` if the sitemap has another
/// scope. `before` and `now` are what the feed itself showed before and after the gap.
pub(super) fn fill(
    span: &GapSpan,
    listed: &[Entry],
    before: &Window,
    now: &Window,
) -> Option<GapFill> {
    let sides = before.knows(listed).into_iter().zip(now.knows(listed));
    let sides: Vec<(&Entry, (bool, bool))> = listed.iter().zip(sides).collect();
    let dated = |entry: &Entry, is: &dyn Fn(DateTime<Utc>) -> bool| entry.published.is_some_and(is);
    let is_of_its_time = |at| (span.oldest..=span.newest).contains(&at);
    let both = sides.iter().filter(|(entry, _)| dated(entry, &is_of_its_time));
    let (shown, all) = both
        .fold((0, 0), |(shown, all), (_, (_, is_shown))| (shown + usize::from(*is_shown), all + 1));
    if all < MIN_ENTRIES || shown * SAME_SCOPE_SHARE.1 < all * SAME_SCOPE_SHARE.0 {
        return None;
    }
    let is_within = |at| at > span.since && at < span.oldest;
    let is_missed = |(entry, (was_shown, is_shown)): &(&Entry, (bool, bool))| {
        !was_shown && !is_shown && dated(entry, &is_within)
    };
    Some(GapFill {
        is_missed: sides.iter().map(is_missed).collect(),
        // An entry that is still shown was pinned, and says nothing about the time between.
        reaches_back: sides.iter().any(|(_, (was_shown, is_shown))| *was_shown && !is_shown),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use url::Url;

    use super::*;
    use crate::polling::schedule::window::tests::entry;
    use wiresift_feed::entry::EntryKey;

    /// As a sitemap lists it: keyed by its link.
    fn listed(number: u32) -> Entry {
        Entry { key: EntryKey::of_link(&format!("a.example/{number}")), ..entry(number) }
    }

    /// An entry of another section, published in the hour of the entry with that number.
    fn foreign(number: u32) -> Entry {
        let link = format!("https://a.example/other/{number}");
        Entry {
            key: EntryKey::of_link(link.trim_start_matches("https://")),
            link: Url::parse(&link).ok(),
            ..entry(number)
        }
    }

    fn undated(entry: Entry) -> Entry {
        Entry { published: None, ..entry }
    }

    fn hour(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(number)
    }

    fn all(numbers: impl Iterator<Item = u32>) -> Vec<Entry> {
        numbers.map(entry).collect()
    }

    /// For a feed that showed 1 to 10 at the tenth hour, and 31 to 40 next: the indexes of the
    /// entries that are taken, and whether they close the gap.
    fn judged(sitemap: &[Entry]) -> Option<(Vec<usize>, bool)> {
        let (before, now) = (Window::of(&all(1..=10)), all(31..=40));
        let span = GapSpan::of(&now, &before, hour(10))?;
        let found = fill(&span, sitemap, &before, &Window::of(&now))?;
        let places =
            found.is_missed.iter().enumerate().filter(|(_, is)| **is).map(|(place, _)| place);
        Some((places.collect(), found.reaches_back))
    }

    #[test]
    fn a_sitemap_of_one_scope_fills_the_gap() {
        let sitemap: Vec<Entry> = (8..=40).rev().map(listed).collect();
        let places: Vec<usize> = (10..30).collect();
        assert_eq!(judged(&sitemap), Some((places, true)));
        let short: Vec<Entry> = (20..=40).rev().map(listed).collect();
        assert_eq!(judged(&short), Some(((10..21).collect(), false)), "it does not reach back");
    }

    #[test]
    fn a_sitemap_of_all_sections_adds_nothing_to_one() {
        let with = |strangers: u32| -> Vec<Entry> {
            (8..=40)
                .map(listed)
                .chain((0..strangers).map(|number| foreign(31 + number % 10)))
                .collect()
        };
        assert!(judged(&with(6)).is_some(), "ten of sixteen are shown");
        assert_eq!(judged(&with(7)), None, "ten of seventeen");
    }

    #[test]
    fn without_dates_nothing_is_taken() {
        let sitemap: Vec<Entry> = (8..=40).map(listed).collect();
        assert_eq!(judged(&sitemap.iter().cloned().map(undated).collect::<Vec<_>>()), None);
        let partly = sitemap.iter().cloned().map(|entry| match entry.published {
            Some(at) if at < hour(31) => undated(entry),
            _ => entry,
        });
        assert_eq!(judged(&partly.collect::<Vec<_>>()), Some((Vec::new(), true)));
        let before = Window::of(&all(1..=10));
        let mut now = all(31..=40);
        assert_eq!(GapSpan::of(&now, &before, hour(38)), None, "two entries are too few");
        now.push(undated(entry(41)));
        assert_eq!(GapSpan::of(&now, &before, hour(10)), None);
    }

    #[test]
    fn too_few_entries_of_the_same_time_say_nothing() {
        let sitemap: Vec<Entry> = (8..=32).map(listed).collect();
        assert_eq!(judged(&sitemap), None);
        assert_eq!(judged(&[]), None);
    }

    #[test]
    fn pinned_entries_neither_bound_the_gap_nor_close_it() {
        let pinned =
            |numbers: std::ops::RangeInclusive<u32>| all(std::iter::once(1).chain(numbers));
        let (before, now) = (Window::of(&pinned(5..=10)), pinned(31..=40));
        let span = GapSpan::of(&now, &before, hour(10)).unwrap();
        assert_eq!(span, GapSpan { since: hour(10), oldest: hour(31), newest: hour(40) });
        let sitemap: Vec<Entry> = std::iter::once(1).chain(20..=40).map(listed).collect();
        let found = fill(&span, &sitemap, &before, &Window::of(&now)).unwrap();
        assert!(!found.reaches_back);
        assert_eq!(found.is_missed.iter().filter(|is| **is).count(), 11);
    }
}
