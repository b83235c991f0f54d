//! Who shares a key with a text: the postings of every key, and which keys are too common to follow.
//!
//! The daemon's postings live in the database; this is the part of them that a batch needs, or all of them where
//! there is no database. Both are asked here, so that both answer alike.
//!
//! - A key that leads to [`HOT`] prints is on half of all pages (a disclaimer, a newsletter's pitch) and leads
//!   nowhere: it is hot, neither followed nor posted until the window has passed, and the text's next key takes its
//!   place. So a text has at most [`PROBES`] x [`HOT`] neighbours, of which the [`MOST_CANDIDATES`] with the most
//!   keys in common are compared.
//! - Twins post a key once a day: what a hundred copies share leads to one of them, which is as good as all of them,
//!   and does not get hot for being popular.

use std::collections::{BTreeMap, HashMap};

use crate::copy::WINDOW_DAYS;
use crate::fingerprint::Key;

/// Keys of a text that are followed.
pub const PROBES: usize = 12;

/// Keys that a text is posted under. Fewer than are followed: a text that grew has others among its first, and following
/// takes no room.
const POSTED: usize = 8;

/// Prints under one key from which on it leads nowhere.
pub const STOP_KEY_COUNT: usize = 32;

/// Most prints that a text is compared with.
const MOST_CANDIDATES: usize = 16;

/// The print of an article as it stood on a day. A revision on another day makes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FingerprintId {
    /// Days since 1 January 1970, UTC.
    pub day: i32,
    /// Whose.
    pub article: i64,
}

/// Postings of keys.
#[derive(Debug, Default)]
pub struct KeyIndex {
    postings: HashMap<Key, Vec<FingerprintId>>,
    /// Since which day a key is hot.
    hot: HashMap<Key, i32>,
}

/// What a text's keys lead to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Prints to compare with, most keys in common first.
    pub candidates: Vec<FingerprintId>,
    /// The keys that were followed.
    pub followed: Vec<Key>,
    /// Keys that turned out to be hot.
    pub new_stop_keys: Vec<Key>,
}

impl KeyIndex {
    /// Enters a posting.
    pub fn post(&mut self, key: Key, fingerprint: FingerprintId) {
        self.postings.entry(key).or_default().push(fingerprint);
    }

    /// Marks a key as hot since a day.
    pub fn mark_stop_key(&mut self, key: Key, day: i32) {
        self.postings.remove(&key);
        self.hot.insert(key, day);
    }

    /// Whom a text of that day shares keys with.
    #[must_use]
    pub fn find(&self, keys: &[Key], today: i32) -> Found {
        let mut found = Found::default();
        let mut counts: BTreeMap<FingerprintId, usize> = BTreeMap::new();
        for key in keys.iter().filter(|key| !self.is_hot(**key, today)) {
            if found.followed.len() == PROBES {
                break;
            }
            let fingerprints: Vec<FingerprintId> = self.live(*key, today).collect();
            if fingerprints.len() >= STOP_KEY_COUNT {
                found.new_stop_keys.push(*key);
                continue;
            }
            found.followed.push(*key);
            for fingerprint in fingerprints {
                *counts.entry(fingerprint).or_default() += 1;
            }
        }
        let mut ranked: Vec<(usize, FingerprintId)> =
            counts.into_iter().map(|(fingerprint, keys)| (keys, fingerprint)).collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        found.candidates =
            ranked.into_iter().take(MOST_CANDIDATES).map(|(_, fingerprint)| fingerprint).collect();
        found
    }

    /// Those of the followed keys under which a print has to be posted: the first that do not lead to a twin yet.
    #[must_use]
    pub fn to_post(
        &self,
        followed: &[Key],
        fingerprint: FingerprintId,
        is_twin: impl Fn(i64) -> bool,
    ) -> Vec<Key> {
        let leads_there = |known: FingerprintId| {
            if known.article == fingerprint.article {
                known.day == fingerprint.day
            } else {
                known.day >= fingerprint.day - 1 && is_twin(known.article)
            }
        };
        let posted = followed.iter().copied().take(POSTED);
        posted.filter(|key| !self.live(*key, fingerprint.day).any(leads_there)).collect()
    }

    fn is_hot(&self, key: Key, today: i32) -> bool {
        self.hot.get(&key).is_some_and(|since| *since >= today - WINDOW_DAYS)
    }

    fn live(&self, key: Key, today: i32) -> impl Iterator<Item = FingerprintId> {
        let fingerprints = self.postings.get(&key).into_iter().flatten().copied();
        fingerprints.filter(move |fingerprint| fingerprint.day >= today - WINDOW_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(day: i32, article: i64) -> FingerprintId {
        FingerprintId { day, article }
    }

    fn keys(range: std::ops::Range<i32>) -> Vec<Key> {
        range.map(Key).collect()
    }

    #[test]
    fn most_keys_in_common_come_first() {
        let mut index = KeyIndex::default();
        for key in keys(0..3) {
            index.post(key, fingerprint(1, 10));
        }
        for key in keys(0..5) {
            index.post(key, fingerprint(1, 11));
        }
        let found = index.find(&keys(0..20), 1);
        assert_eq!(found.candidates, [fingerprint(1, 11), fingerprint(1, 10)]);
        assert_eq!(found.followed, keys(0..12));
        assert!(
            index.find(&keys(0..20), 2 + WINDOW_DAYS).candidates.is_empty(),
            "the window has passed"
        );
    }

    #[test]
    fn a_hot_key_gives_way_to_the_next_until_the_window_has_passed() {
        let mut index = KeyIndex::default();
        for article in 0..STOP_KEY_COUNT as i64 {
            index.post(Key(0), fingerprint(1, article));
        }
        index.post(Key(12), fingerprint(1, 99));
        let found = index.find(&keys(0..20), 1);
        assert_eq!(found.new_stop_keys, [Key(0)]);
        assert_eq!(found.candidates, [fingerprint(1, 99)]);
        index.mark_stop_key(Key(0), 1);
        let found = index.find(&keys(0..20), 1);
        assert_eq!((found.new_stop_keys, found.followed), (vec![], keys(1..13)));
        let found = index.find(&keys(0..20), 2 + WINDOW_DAYS);
        assert_eq!(found.followed, keys(0..12), "cool again");
    }

    #[test]
    fn twins_post_a_key_once_a_day() {
        let mut index = KeyIndex::default();
        index.post(Key(0), fingerprint(5, 1));
        index.post(Key(1), fingerprint(5, 2));
        let twin = |article| article == 1;
        assert_eq!(index.to_post(&keys(0..3), fingerprint(6, 7), twin), [Key(1), Key(2)]);
        assert_eq!(
            index.to_post(&keys(0..3), fingerprint(7, 7), twin),
            keys(0..3),
            "a day has passed"
        );
        assert_eq!(
            index.to_post(&keys(0..2), fingerprint(6, 1), |_| true),
            [Key(0)],
            "a revision of its own"
        );
        assert_eq!(index.to_post(&keys(10..26), fingerprint(6, 7), twin), keys(10..18));
    }
}
