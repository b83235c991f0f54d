//! What was looked up for sources, for a short while and within a bound of bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// How long it is not looked whether there is something newer.
const FRESH: TimeDelta = TimeDelta::seconds(30);

/// What an entry takes besides its value.
const ENTRY_BYTES: usize = 200;

/// A value for each source. Clones share it.
pub(super) struct SourceCache<T>(Arc<Mutex<Held<T>>>);

impl<T> Clone for SourceCache<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Held<T> {
    sources: HashMap<String, Entry<T>>,
    bytes: usize,
    most_bytes: usize,
}

struct Entry<T> {
    value: T,
    bytes: usize,
    looked_at: DateTime<Utc>,
}

impl<T: Clone> SourceCache<T> {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Held { sources: HashMap::new(), bytes: 0, most_bytes })))
    }

    /// The value, if it is fresh.
    pub(super) fn get(&self, source: &str, now: DateTime<Utc>) -> Option<T> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = held.sources.get(source)?;
        let age = now - entry.looked_at;
        (TimeDelta::zero() <= age && age < FRESH).then(|| entry.value.clone())
    }

    /// Holds a value of this size. Where there is no room, all are dropped and looked up again: that
    /// costs one query a source.
    pub(super) fn put(&self, source: &str, value: T, bytes: usize, now: DateTime<Utc>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = bytes + source.len() + ENTRY_BYTES;
        if held.bytes + bytes > held.most_bytes {
            held.sources.clear();
            held.bytes = 0;
        }
        held.bytes += bytes;
        let entry = Entry { value, bytes, looked_at: now };
        if let Some(before) = held.sources.insert(source.to_owned(), entry) {
            held.bytes -= before.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_fresh() {
        let cache = SourceCache::new(10_000);
        let bytes = || cache.0.lock().unwrap().bytes;
        let now = DateTime::UNIX_EPOCH;
        for n in 0..1_000 {
            cache.put(&format!("{n}.example"), n, 100, now);
            assert!(bytes() <= 10_000);
        }
        cache.put("a.example", 1, 100, now);
        let before = bytes();
        cache.put("a.example", 2, 100, now);
        assert_eq!(bytes(), before);
        assert_eq!(cache.get("a.example", now), Some(2));
        assert_eq!(cache.get("a.example", now + FRESH), None);
        assert_eq!(cache.get("a.example", now - FRESH), None, "the clock went back");
    }
}
