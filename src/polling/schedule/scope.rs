//! What the news sitemap of a site may add to a feed after a gap.
//!
//! A news sitemap lists what the whole site published within two days or so (sitemaps.org, with Google's extension for news),
//! while a feed may be one section of it. Whether the two are of one scope shows where both tell of the same time: of what
//! the sitemap dates between the oldest and the newest entry that came into the feed, the feed must show most. Then what it
//! dates between the last look and the oldest of these is what the feed showed meanwhile. Entries that were known before the
//! gap, pinned ones above all, bound nothing.
//!
//! Dates carry all of this. Where the feed has an entry without one, or the sitemap too few within that time, nothing is known
//! and nothing is taken.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::polling::schedule::window::{SMALLEST, Window};
use wiresift_feed::entry::Entry;

/// Share, as a fraction, of what a sitemap lists of the feed's time that the feed must show too.
const OF_ONE_SCOPE: (usize, usize) = (3, 5);

/// When a gap was, and of which time the feed tells after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// The last look before the gap.
    since: DateTime<Utc>,
    /// Of the entries that came into the feed since then.
    oldest: DateTime<Utc>,
    newest: DateTime<Utc>,
}

impl Span {
    /// That of a feed after a gap; none where its dates do not tell.
    pub(super) fn of(shown: &[Entry], before: &Window, since: DateTime<Utc>) -> Option<Self> {
        let fresh = before.dates_of_others(shown)?;
        let fresh: Vec<_> = fresh.into_iter().filter(|at| *at > since).collect();
        if fresh.len() < SMALLEST {
            return None;
        }
        Some(Self {
            since,
            oldest: fresh.iter().copied().min()?,
            newest: fresh.iter().copied().max()?,
        })
    }
}

/// What a sitemap has for a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missed {
    /// For each of its entries, whether the feed showed it unseen by us.
    pub(super) is_missed: Vec<bool>,
    /// It lists an entry from before the gap, so that nothing lies between.
    pub(super) reaches_back: bool,
}

/// What of a sitemap the feed showed within the gap; none where the sitemap is of another scope. `before` and `now` are what
/// the feed itself showed on either side of the gap.
pub(super) fn missed(
    span: &Span,
    listed: &[Entry],
    before: &Window,
    now: &Window,
) -> Option<Missed> {
    let sides = before.knows(listed).into_iter().zip(now.knows(listed));
    let sides: Vec<(&Entry, (bool, bool))> = listed.iter().zip(sides).collect();
    let dated = |entry: &Entry, is: &dyn Fn(DateTime<Utc>) -> bool| entry.published.is_some_and(is);
    let is_of_its_time = |at| (span.oldest..=span.newest).contains(&at);
    let both = sides.iter().filter(|(entry, _)| dated(entry, &is_of_its_time));
    let (shown, all) = both
        .fold((0, 0), |(shown, all), (_, (_, is_shown))| (shown + usize::from(*is_shown), all + 1));
    if all < SMALLEST || shown * OF_ONE_SCOPE.1 < all * OF_ONE_SCOPE.0 {
        return None;
    }
    let is_within = |at| at > span.since && at < span.oldest;
    let is_missed = |(entry, (was_shown, is_shown)): &(&Entry, (bool, bool))| {
        !was_shown && !is_shown && dated(entry, &is_within)
    };
    Some(Missed {
        is_missed: sides.iter().map(is_missed).collect(),
        // One that is still shown was pinned, and says nothing of what lies between.
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

    /// As a sitemap lists it: under its link.
    fn listed(number: u32) -> Entry {
        Entry { key: EntryKey::of_link(&format!("a.example/{number}")), ..entry(number) }
    }

    /// Of another section, published in the hour of the one with that number.
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

    /// A feed that showed 1 to 10 at the tenth hour, and 31 to 40 next; places of what is taken, and whether it closes the gap.
    fn judged(sitemap: &[Entry]) -> Option<(Vec<usize>, bool)> {
        let (before, now) = (Window::of(&all(1..=10)), all(31..=40));
        let span = Span::of(&now, &before, hour(10))?;
        let found = missed(&span, sitemap, &before, &Window::of(&now))?;
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
        assert_eq!(Span::of(&now, &before, hour(38)), None, "two entries tell no time");
        now.push(undated(entry(41)));
        assert_eq!(Span::of(&now, &before, hour(10)), None);
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
        let span = Span::of(&now, &before, hour(10)).unwrap();
        assert_eq!(span, Span { since: hour(10), oldest: hour(31), newest: hour(40) });
        let sitemap: Vec<Entry> = std::iter::once(1).chain(20..=40).map(listed).collect();
        let found = missed(&span, &sitemap, &before, &Window::of(&now)).unwrap();
        assert!(!found.reaches_back);
        assert_eq!(found.is_missed.iter().filter(|is| **is).count(), 11);
    }
}
