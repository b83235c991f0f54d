//! Finds the texts that share a key with a text. Keeps the postings of every key, and the stop
//! keys.
//!
//! The daemon's postings are in the database; this index has the part that a batch needs. Without a
//! database it has all postings. Both are looked up here, so both give the same answer.
//!
//! - A key with [`STOP_KEY_COUNT`] postings belongs to text that is on many pages, such as a
//!   disclaimer. It becomes a stop key, like a stop word: until the window has passed it is neither
//!   followed nor posted, and the text's next key takes its place. So the keys of a text lead to
//!   fewer than [`PROBES`] x [`STOP_KEY_COUNT`] fingerprints. The [`MOST_CANDIDATES`] with the most
//!   keys in common are compared.
//! - Twins (texts that are nearly the same) post a key once a day. One posting is enough to find
//!   the cluster of a hundred copies, and a text does not make its keys stop keys by being copied
//!   often.

use std::collections::{BTreeMap, HashMap};

use crate::copy::WINDOW_DAYS;
use crate::fingerprint::Key;

/// The most keys of a text that are followed.
pub const PROBES: usize = 12;

/// The most keys under which a text is posted. It is fewer than are followed: a text that has
/// become longer has other keys among its first, and following more keys takes no space.
const POSTED: usize = 8;

/// A key with this many postings becomes a stop key.
pub const STOP_KEY_COUNT: usize = 32;

/// The most fingerprints that a text is compared with.
const MOST_CANDIDATES: usize = 16;

/// Identifies the fingerprint of an article's text on a day. A revision on another day has another
/// fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FingerprintId {
    /// Days since 1 January 1970, UTC.
    pub day: i32,
    pub article: i64,
}

/// The postings of keys.
#[derive(Debug, Default)]
pub struct KeyIndex {
    postings: HashMap<Key, Vec<FingerprintId>>,
    /// Stop keys, and the day on which each became one.
    stop_keys: HashMap<Key, i32>,
}

/// What the keys of a text lead to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Fingerprints to compare with. Those with the most keys in common come first.
    pub candidates: Vec<FingerprintId>,
    /// The keys that were followed.
    pub followed: Vec<Key>,
    /// Keys that turned out to be stop keys.
    pub new_stop_keys: Vec<Key>,
}

impl KeyIndex {
    /// Enters a posting.
    pub fn post(&mut self, key: Key, fingerprint: FingerprintId) {
        self.postings.entry(key).or_default().push(fingerprint);
    }

    /// Marks a key as a stop key since `day`.
    pub fn mark_stop_key(&mut self, key: Key, day: i32) {
        self.postings.remove(&key);
        self.stop_keys.insert(key, day);
    }

    /// Finds the fingerprints that share keys with a text that was seen `today`.
    #[must_use]
    pub fn find(&self, keys: &[Key], today: i32) -> Found {
        let mut found = Found::default();
        let mut counts: BTreeMap<FingerprintId, usize> = BTreeMap::new();
        for key in keys.iter().filter(|key| !self.is_stop_key(**key, today)) {
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

    /// Returns the keys under which a fingerprint is posted: of the first followed keys those that
    /// do not lead to a twin already.
    #[must_use]
    pub fn to_post(
        &self,
        followed: &[Key],
        fingerprint: FingerprintId,
        is_twin: impl Fn(i64) -> bool,
    ) -> Vec<Key> {
        let is_known = |known: FingerprintId| {
            if known.article == fingerprint.article {
                known.day == fingerprint.day
            } else {
                known.day >= fingerprint.day - 1 && is_twin(known.article)
            }
        };
        let posted = followed.iter().copied().take(POSTED);
        posted.filter(|key| !self.live(*key, fingerprint.day).any(is_known)).collect()
    }

    fn is_stop_key(&self, key: Key, today: i32) -> bool {
        self.stop_keys.get(&key).is_some_and(|since| *since >= today - WINDOW_DAYS)
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
    fn a_stop_key_gives_way_to_the_next_until_the_window_has_passed() {
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
        assert_eq!(found.followed, keys(0..12), "no longer a stop key");
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
