//! Section `[daemon]`: how much work runs at once.

use serde::Deserialize;

use crate::units;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Feeds polled at the same time, over all sites.
    #[serde(deserialize_with = "units::number::<1, 10000, _, _>")]
    pub polls: usize,
    /// Pages read at the same time, over all sites.
    #[serde(deserialize_with = "units::number::<1, 10000, _, _>")]
    pub reads: usize,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { polls: 64, reads: 64 }
    }
}
