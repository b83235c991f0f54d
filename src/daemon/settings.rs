//! How much the daemon does at once: section `[daemon]`.

use serde::Deserialize;

/// Section `[daemon]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Feeds polled at once, over all sites.
    pub polls: usize,
    /// Pages read at once, over all sites.
    pub reads: usize,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { polls: 64, reads: 64 }
    }
}
