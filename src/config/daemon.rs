//! Section `[daemon]`: how much work runs at once, and in how much memory.

use serde::Deserialize;

use crate::units;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Feeds polled at the same time, over all sites. A poll counts until it has its answer.
    #[serde(deserialize_with = "units::number::<1, 10000, _, _>")]
    pub polls: usize,
    /// Pages read at the same time, over all sites.
    #[serde(deserialize_with = "units::number::<1, 10000, _, _>")]
    pub reads: usize,
    /// Memory for what the web sends: bodies, parsed pages, feeds, articles that wait to be filed,
    /// caches. In bytes. The process takes some 40 MB besides.
    #[serde(with = "units::size")]
    pub memory: u64,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { polls: 256, reads: 64, memory: 256_000_000 }
    }
}
