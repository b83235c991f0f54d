//! Results of a poll that the operator should know.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A result of a poll that becomes an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The full window shares no entry with the last poll, so entries may have been missed.
    Gap {
        /// Time of the last poll.
        since: Option<DateTime<Utc>>,
        /// Entries in the window.
        shown: usize,
    },
    /// Older pages were read because of a gap.
    Backfilled {
        /// Number of pages.
        pages: u32,
        /// Whether known entries appeared, which closes the gap.
        closed: bool,
    },
    /// The feed has been silent for longer than usual.
    Silent {
        /// Time since the last new entry.
        quiet: Duration,
    },
    /// A bot wall or a consent page blocks the feed.
    Blocked {
        /// The error in words.
        error: String,
    },
    /// The server responded 410.
    Gone,
    /// The feed's validators said "not modified" although it had changed.
    ValidatorsDistrusted {
        /// Validators are not sent before this.
        until: Option<DateTime<Utc>>,
    },
    /// Permanent redirects lead to another address.
    Moved {
        /// The new address.
        to: String,
        /// Whether the new address is polled from now on.
        adopted: bool,
    },
    /// The listed address is a page, and a feed that it states is polled from now on.
    FeedOfPage {
        /// The feed.
        to: String,
        /// The other feeds that the page states.
        others: Vec<String>,
    },
    /// The adopted address failed, and the listed one is polled again.
    Returned {
        /// The address that failed.
        from: String,
    },
}

impl Notice {
    /// The fixed word: a counter's label, an event's kind.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Backfilled { .. } => "backfill",
            Self::Silent { .. } => "silent",
            Self::Blocked { .. } => "blocked",
            Self::Gone => "gone",
            Self::ValidatorsDistrusted { .. } => "validators-distrusted",
            Self::FeedOfPage { .. } => "feed-of-page",
            Self::Moved { .. } | Self::Returned { .. } => "moved",
        }
    }
}
