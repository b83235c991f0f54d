//! The settings of the pipeline: sections `[site]`, `[extract]` and `[raw]`.

use std::num::NonZero;
use std::time::Duration;

use serde::Deserialize;
use wiresift_extract::Embeds;

use crate::polling::failure::RetryPolicy;
use crate::units;

/// Section `[site]`: politeness towards one site.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// Pause between the end of one request and the start of the next. A longer Crawl-delay is
    /// respected.
    #[serde(with = "units::pause")]
    pub spacing: Duration,
    /// Requests in progress at once.
    #[serde(deserialize_with = "units::number::<1, 1000, _, _>")]
    pub concurrency: u32,
    /// Tries of a page before it is given up.
    #[serde(deserialize_with = "units::number::<0, 1000, _, _>")]
    pub retries: u32,
    /// Pause before the second try. It grows fourfold with each further try.
    #[serde(with = "units::pause")]
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
    /// When pages are tried again.
    #[must_use]
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            first: self.retry_pause,
            factor: 4.0,
            longest: self.retry_pause.saturating_mul(64).max(Duration::from_mins(1)),
            attempts: self.retries.max(1),
        }
    }
}

/// Section `[extract]`: reading pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractSettings {
    /// Pages parsed at once; 0 means one for each core.
    #[serde(deserialize_with = "units::number::<0, 1024, _, _>")]
    pub workers: usize,
    /// What becomes of embedded posts of social networks.
    pub embeds: Embeds,
    /// Whether what the articles of a site have in common is learned and left out.
    pub site_memory: bool,
    /// How long a text is held back that is so unlike the other articles of its site that it may be
    /// something else. Then it is filed with a low quality.
    #[serde(with = "units::pause")]
    pub hold: Duration,
}

impl Default for ExtractSettings {
    fn default() -> Self {
        Self {
            workers: 0,
            embeds: Embeds::default(),
            site_memory: true,
            hold: Duration::from_hours(6),
        }
    }
}

impl ExtractSettings {
    /// The number of workers; never zero.
    #[must_use]
    pub fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            workers => workers,
        }
    }
}

/// Section `[raw]`: the stored bytes of pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSettings {
    /// How long the bytes of pages are kept, so that better rules can extract them again; "0s"
    /// keeps none.
    #[serde(with = "units::duration")]
    pub keep: Duration,
}

impl Default for RawSettings {
    fn default() -> Self {
        Self { keep: Duration::from_hours(14 * 24) }
    }
}
