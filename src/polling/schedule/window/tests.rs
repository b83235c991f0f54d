use chrono::TimeDelta;
use proptest::prelude::*;
use url::Url;

use super::*;
use wiresift_feed::entry::EntryKey;

/// An entry by number, published that many hours after the epoch.
pub(in crate::polling::schedule) fn entry(number: u32) -> Entry {
    Entry {
        link: Url::parse(&format!("https://a.example/{number}")).ok(),
        title: Some(format!("Entry {number}")),
        published: Some(DateTime::UNIX_EPOCH + TimeDelta::hours(number.into())),
        ..Entry::with_key(EntryKey::from_stored(format!("id:{number}")))
    }
}

fn entries(numbers: impl IntoIterator<Item = u32>) -> Vec<Entry> {
    numbers.into_iter().map(entry).collect()
}

fn compare(before: &[Entry], now: &[Entry]) -> (usize, bool) {
    let stored = Window::of(before).to_stored();
    let overlap = Window::from_stored(&stored).compare(now, before.len() as f64);
    (overlap.fresh.len(), overlap.is_gap)
}

#[test]
fn the_overlap_is_what_was_there_before() {
    let before = entries((1..=10).rev());
    assert_eq!(compare(&before, &before), (0, false));
    assert_eq!(compare(&before, &entries((4..=13).rev())), (3, false));
    assert_eq!(compare(&before, &entries((10..=19).rev())), (9, false));
    assert_eq!(compare(&before, &entries((11..=20).rev())), (10, true));
    assert_eq!(compare(&[], &before), (10, false));
}

#[test]
fn a_window_that_is_not_full_has_no_gap() {
    let before = entries((1..=10).rev());
    assert_eq!(compare(&before, &entries([11, 12, 13])), (3, false));
    assert_eq!(compare(&before, &[]), (0, false));
    assert_eq!(compare(&entries([1]), &entries([2])), (1, false), "a feed of one entry");
}

#[test]
fn a_pinned_entry_hides_no_gap() {
    let before = entries([1, 50, 49, 48, 47, 46, 45, 44, 43, 42]);
    assert_eq!(compare(&before, &entries([1, 60, 59, 58, 57, 56, 55, 54, 53, 52])), (9, true));
    assert_eq!(compare(&before, &entries([1, 57, 56, 55, 54, 53, 52, 51, 50, 49])), (7, false));
}

#[test]
fn order_does_not_matter_without_dates() {
    let undated = |numbers: std::ops::RangeInclusive<u32>| {
        let entries = entries(numbers);
        entries.into_iter().map(|entry| Entry { published: None, ..entry }).collect::<Vec<_>>()
    };
    assert_eq!(compare(&undated(1..=20), &undated(19..=38)), (18, false));
}

#[test]
fn of_a_long_document_only_its_new_entries_are_new() {
    assert_eq!(compare(&entries((1..=5000).rev()), &entries((1..=5010).rev())), (10, false));
    assert_eq!(compare(&entries((1..=5000).rev()), &entries((1..=6000).rev())), (256, false));
    let undated = |last: u32| {
        let entries = entries(1..=last);
        entries.into_iter().map(|entry| Entry { published: None, ..entry }).collect::<Vec<_>>()
    };
    assert_eq!(compare(&undated(5000), &undated(5010)), (10, false));
}

#[test]
fn new_ids_or_new_links_alone_make_nothing_new() {
    let before = entries(1..=10);
    let renamed: Vec<_> = before
        .iter()
        .map(|entry| Entry {
            key: EntryKey::from_stored(format!("new{}", entry.key.as_str())),
            ..entry.clone()
        })
        .collect();
    assert_eq!(compare(&before, &renamed), (0, false));
    let moved: Vec<_> = before
        .iter()
        .map(|entry| {
            let link = entry
                .link
                .as_ref()
                .and_then(|link| Url::parse("https://b.example").ok()?.join(link.path()).ok());
            Entry { link, ..entry.clone() }
        })
        .collect();
    assert_eq!(compare(&before, &moved), (0, false));
}

#[test]
fn a_link_that_all_entries_share_does_not_count() {
    let home = |numbers: std::ops::RangeInclusive<u32>| {
        let link = Url::parse("https://a.example/live").ok();
        entries(numbers)
            .into_iter()
            .map(|entry| Entry { link: link.clone(), ..entry })
            .collect::<Vec<_>>()
    };
    assert_eq!(compare(&home(1..=10), &home(11..=20)), (10, true));
}

proptest! {
    #[test]
    fn a_stored_window_comes_back(numbers in proptest::collection::hash_set(0u32..1000, 0..300)) {
        let window = Window::of(&entries(numbers));
        prop_assert_eq!(Window::from_stored(&window.to_stored()), window);
    }

    #[test]
    fn any_numbers_are_a_window(numbers in proptest::collection::vec(any::<i64>(), 0..50)) {
        let _ = Window::from_stored(&numbers).compare(&entries(0..5), 5.0);
    }
}
