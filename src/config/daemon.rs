//! Section `[daemon]`: how much work runs at once.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Feeds polled at the same time, over all sites.
    pub polls: usize,
    /// Pages read at the same time, over all sites.
    pub reads: usize,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { polls: 64, reads: 64 }
    }
}
