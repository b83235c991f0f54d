//! What of a poll an operator or a curator should hear.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Something worth an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Nothing of the last look was left in a full window: entries may have come and gone unseen.
    Gap {
        /// The last look.
        since: Option<DateTime<Utc>>,
        /// Entries in the window.
        shown: usize,
    },
    /// Older pages of the feed were read because of a gap.
    Backfilled {
        /// How many.
        pages: u32,
        /// Whether known entries came up, so that the gap is closed.
        closed: bool,
    },
    /// It has been quieter than it ever is.
    Silent {
        /// For so long.
        quiet: Duration,
    },
    /// A wall came up before it.
    Blocked {
        /// In words.
        error: String,
    },
    /// 410.
    Gone,
    /// Its validators said "not modified" and lied.
    Lied {
        /// They are not sent before this.
        until: Option<DateTime<Utc>>,
    },
    /// Permanent redirects lead elsewhere.
    Moved {
        /// Where the feed was found.
        to: String,
        /// It is asked there from now on.
        adopted: bool,
    },
    /// The address it had moved to failed, and it is asked at the listed one again.
    Returned {
        /// The address that failed.
        from: String,
    },
}

impl Notice {
    /// The fixed word: a counter's label, an event's kind.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Backfilled { .. } => "backfill",
            Self::Silent { .. } => "silent",
            Self::Blocked { .. } => "blocked",
            Self::Gone => "gone",
            Self::Lied { .. } => "validators-distrusted",
            Self::Moved { .. } | Self::Returned { .. } => "moved",
        }
    }
}
