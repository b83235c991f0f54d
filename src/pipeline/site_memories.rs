//! The site memories in use, for the steps that extract articles.
//!
//! Memories of other instances come in use here after [`FRESH`]. That a text was extracted with the
//! memory before makes no difference: its revision says which one it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use wiresift_extract::memory::SiteMemory;

use crate::store::{Store, StoreError};

/// How long it is not looked whether a source has another memory.
const FRESH: TimeDelta = TimeDelta::seconds(30);

/// Most bytes of all memories that are held. A memory takes a few kilobytes.
const MOST_BYTES: usize = 32 << 20;

/// What an entry takes besides the blocks that it knows.
const ENTRY_BYTES: usize = 300;

/// The bytes of a known block in memory.
const BLOCK_BYTES: usize = 32;

/// A memory and its id.
pub(super) type Used = Option<(i64, Arc<SiteMemory>)>;

/// The memories in use. Clones share them.
#[derive(Clone)]
pub struct SiteMemories {
    store: Store,
    /// Whether memories are used at all.
    enabled: bool,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    sources: HashMap<String, Entry>,
    bytes: usize,
}

struct Entry {
    used: Used,
    looked_at: DateTime<Utc>,
}

impl Entry {
    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.used.as_ref().map_or(0, |(_, memory)| BLOCK_BYTES * memory.len())
    }
}

impl SiteMemories {
    pub(super) fn new(store: Store, enabled: bool) -> Self {
        Self { store, enabled, held: Arc::default() }
    }

    /// Whether memories are used at all.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The memory in use of a source.
    pub(super) async fn of(&self, source: &str, now: DateTime<Utc>) -> Result<Used, StoreError> {
        if !self.enabled {
            return Ok(None);
        }
        if let Some(used) = self.held(source, now) {
            return Ok(used);
        }
        let stored = self.store.site_memory(source).await?;
        let used = stored.map(|stored| (stored.id, Arc::new(stored.memory)));
        self.put(source, used.clone(), now);
        Ok(used)
    }

    /// Puts a memory in use.
    pub(super) fn put(&self, source: &str, used: Used, now: DateTime<Utc>) {
        self.lock().put(source, Entry { used, looked_at: now });
    }

    fn held(&self, source: &str, now: DateTime<Utc>) -> Option<Used> {
        let held = self.lock();
        let entry = held.sources.get(source)?;
        let age = now - entry.looked_at;
        (TimeDelta::zero() <= age && age < FRESH).then(|| entry.used.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Where there is no room, all are dropped and looked up again: that costs one query a source.
    fn put(&mut self, source: &str, entry: Entry) {
        let bytes = entry.bytes() + source.len();
        if self.bytes + bytes > MOST_BYTES {
            self.sources.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some(before) = self.sources.insert(source.to_owned(), entry) {
            self.bytes -= before.bytes() + source.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_held_memories_are_bounded() {
        let mut held = Held::default();
        let entry = || Entry { used: None, looked_at: DateTime::UNIX_EPOCH };
        for n in 0..2 * MOST_BYTES / ENTRY_BYTES {
            held.put(&format!("{n}.example"), entry());
            assert!(held.bytes <= MOST_BYTES);
        }
        held.put("a.example", entry());
        let before = held.bytes;
        held.put("a.example", entry());
        assert_eq!(held.bytes, before);
    }
}
