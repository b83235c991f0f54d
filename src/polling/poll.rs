//! The result of one poll of a feed, as one value.
//!
//! The step that polls returns a [`Poll`] on every path, and one function records it. So no early
//! return can skip the planning of the next poll.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use crate::polling::failure::Cause;
use wiresift_feed::{ParsedFeed, Validators};

/// One poll of a feed.
#[derive(Debug)]
pub struct Poll {
    /// When the response was complete.
    pub at: DateTime<Utc>,
    /// The address that was requested; `None` if there was none to request.
    pub address: Option<Url>,
    /// HTTP status; `None` without a response.
    pub status: Option<u16>,
    /// `Retry-After`, which counts on every status.
    pub retry_after: Option<Duration>,
    /// Freshness lifetime that the response states (`Cache-Control`, `Expires`).
    pub fresh_for: Option<Duration>,
    /// Validators were on file and were not sent, so the response tests them.
    pub withheld_validators: bool,
    /// The response carries the same validators as the last full one, and at least one.
    pub same_validators: bool,
    /// The cookies of the chain of redirects so far, as they are stored.
    pub cookies: Option<String>,
    pub outcome: PollOutcome,
}

impl Poll {
    /// A poll without any response headers.
    #[must_use]
    pub fn new(at: DateTime<Utc>, address: Option<Url>, outcome: PollOutcome) -> Self {
        Self {
            at,
            address,
            status: None,
            retry_after: None,
            fresh_for: None,
            withheld_validators: false,
            same_validators: false,
            cookies: None,
            outcome,
        }
    }
}

/// The result of one poll.
#[derive(Debug)]
pub enum PollOutcome {
    /// The response was a feed.
    Parsed {
        /// The parsed feed.
        feed: Box<ParsedFeed>,
        /// Validators for the next request.
        validators: Validators,
        /// Digest of the entries. It shows a repeat when the server sends no validators.
        digest: Vec<u8>,
        /// Whether the whole response arrived.
        complete: bool,
    },
    /// Nothing changed: a 304, or the same entries as before.
    Unchanged {
        /// Validators for the next request.
        validators: Validators,
    },
    /// A redirect. The next request goes to its target.
    Moved {
        /// Where.
        to: Url,
        /// The status was 301 or 308.
        permanent: bool,
    },
    /// A page came back that states feeds.
    Page {
        /// The feeds, best first.
        feeds: Vec<Url>,
        /// A sentence for the operator.
        error: String,
    },
    /// No feed came back.
    Failed {
        /// The observation.
        cause: Cause,
        /// A sentence for the operator.
        error: String,
    },
}

/// Redirects in a row that are followed before the chain counts as a failure. RFC 9110, 15.4 sets
/// no limit; browsers use 20.
pub const MAX_REDIRECTS: i32 = 10;
