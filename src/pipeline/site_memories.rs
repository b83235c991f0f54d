//! The site memories in use, for the steps that extract articles.
//!
//! A memory of another instance comes in use here a little later. That a text was extracted with the
//! memory before makes no difference: its revision says which one it was.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use wiresift_extract::memory::SiteMemory;

use crate::pipeline::source_cache::SourceCache;
use crate::store::{Store, StoreError};

/// Most bytes of all memories that are held. A memory takes a few kilobytes.
const MOST_BYTES: usize = 32 << 20;

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
    cache: SourceCache<Used>,
}

impl SiteMemories {
    pub(super) fn new(store: Store, enabled: bool) -> Self {
        Self { store, enabled, cache: SourceCache::new(MOST_BYTES) }
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
        if let Some(used) = self.cache.get(source, now) {
            return Ok(used);
        }
        let stored = self.store.site_memory(source).await?;
        let used = stored.map(|stored| (stored.id, Arc::new(stored.memory)));
        self.put(source, used.clone(), now);
        Ok(used)
    }

    /// Puts a memory in use.
    pub(super) fn put(&self, source: &str, used: Used, now: DateTime<Utc>) {
        let bytes = used.as_ref().map_or(0, |(_, memory)| BLOCK_BYTES * memory.len());
        self.cache.put(source, used, bytes, now);
    }
}
