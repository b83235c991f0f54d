//! The settings of the journey: sections `[site]`, `[extract]` and `[raw]`.

use std::num::NonZero;
use std::time::Duration;

use serde::Deserialize;

use crate::polling::failure::RetryPolicy;
use crate::units;

/// Section `[site]`: courtesy towards one host.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// Pause between the end of one request and the start of the next. A longer Crawl-delay is honoured.
    #[serde(with = "units::duration")]
    pub spacing: Duration,
    /// Requests under way at once.
    pub concurrency: u32,
    /// How often a page is tried before it is given up.
    pub retries: u32,
    /// Pause before the second try; it grows fourfold with each further one.
    #[serde(with = "units::duration")]
    pub retry_pause: Duration,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            spacing: Duration::from_secs(1),
            concurrency: 1,
            retries: 4,
            retry_pause: Duration::from_mins(1),
        }
    }
}

impl SiteSettings {
    /// How pages are tried again.
    #[must_use]
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            first: self.retry_pause,
            factor: 4.0,
            longest: (self.retry_pause * 64).max(Duration::from_mins(1)),
            attempts: self.retries.max(1),
        }
    }
}

/// Section `[extract]`: what parsing may use.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractSettings {
    /// Pages parsed at once; 0 means one for each core.
    pub workers: usize,
}

impl ExtractSettings {
    /// The number meant.
    #[must_use]
    pub fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            workers => workers,
        }
    }
}

/// Section `[raw]`: the bytes of pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSettings {
    /// How long a page's bytes are kept for reading again under better rules; "0s" keeps none.
    #[serde(with = "units::duration")]
    pub keep: Duration,
}

impl Default for RawSettings {
    fn default() -> Self {
        Self { keep: Duration::from_hours(14 * 24) }
    }
}
