//! A Poll: all that one visit to a Feed found out, as one value.
//!
//! The step that makes the visit returns this on every path, and one function records it; so no early return
//! can forget to plan the next visit.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use crate::polling::failure::Cause;
use wiresift_feed::{ParsedFeed, Validators};

/// One visit to a feed.
#[derive(Debug)]
pub struct Poll {
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// Who was asked; none where there was nobody to ask.
    pub address: Option<Url>,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// `Retry-After`, on whatever status carried it.
    pub retry_after: Option<Duration>,
    /// How long the answer says that it stays fresh.
    pub fresh_for: Option<Duration>,
    /// There were validators, and they were not sent: the answer tests them.
    pub withheld_validators: bool,
    /// The answer has the validators of the last whole one, and has some.
    pub same_validators: bool,
    /// What it was.
    pub outcome: PollOutcome,
}

impl Poll {
    /// A visit of which nothing else is known.
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
            outcome,
        }
    }
}

/// What one visit found.
#[derive(Debug)]
pub enum PollOutcome {
    /// A feed, parsed.
    Parsed {
        /// Its entries.
        feed: Box<ParsedFeed>,
        /// What to send along next time.
        validators: Validators,
        /// Of the entries, to notice a repeat when the server has no validators.
        digest: Vec<u8>,
        /// Whether all of it came.
        complete: bool,
    },
    /// The same as last time: 304, or the same entries.
    Unchanged {
        /// What to send along next time.
        validators: Validators,
    },
    /// It is elsewhere; the next request goes there.
    Moved {
        /// Where.
        to: Url,
        /// 301 or 308.
        permanent: bool,
    },
    /// It could not be had.
    Failed {
        /// What was observed.
        cause: Cause,
        /// A sentence for people.
        error: String,
    },
}

/// Redirects in a row after which a chain is given up (RFC 9110, 15.4 leaves the limit to us; browsers use 20).
pub const MOST_HOPS: i32 = 10;
