//! Results of a poll that the operator should know.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::units::span;

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
        /// The longest time without one before that.
        longest: Duration,
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
    /// A sentence for the operator.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Gap { since, shown } => {
                let since = since.map_or_else(String::new, |since| {
                    format!(" since {}", since.format("%Y-%m-%d %H:%M UTC"))
                });
                format!(
                    "all {shown} entries of the feed are new, so it may have shown others{since} \
                     that nobody saw"
                )
            }
            Self::Backfilled { pages, closed: true } => {
                format!("the gap is closed: {pages} older pages of the feed were read")
            }
            Self::Backfilled { pages, closed: false } => {
                format!("{pages} older pages of the feed were read, and the gap stays open")
            }
            Self::Silent { quiet, longest } => format!(
                "the feed has been silent for {}; before that it had news at least every {}",
                span(*quiet),
                span(*longest)
            ),
            Self::Blocked { error } => format!("the site blocks the feed: {error}"),
            Self::Gone => "the server says that the feed is gone for good (410)".to_owned(),
            Self::ValidatorsDistrusted { until } => {
                let until = until.map_or_else(String::new, |until| {
                    format!(" until {}", until.format("%Y-%m-%d %H:%M UTC"))
                });
                format!(
                    "the server said \"not modified\" of a feed that had changed; \
                     it is read in full{until}"
                )
            }
            Self::Moved { to, adopted: true } => {
                format!("the feed has moved to {to}, which is polled from now on")
            }
            Self::Moved { to, adopted: false } => {
                format!("the feed redirects to {to} for good; that is adopted if it lasts")
            }
            Self::FeedOfPage { to, others } if others.is_empty() => {
                format!("the listed address is a page; its feed {to} is polled from now on")
            }
            Self::FeedOfPage { to, others } => format!(
                "the listed address is a page; its feed {to} is polled from now on, and {} others \
                 are not",
                others.len()
            ),
            Self::Returned { from } => {
                format!("{from} failed, so the listed address is polled again")
            }
        }
    }

    /// Whether the operator may have to do something.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        match self {
            Self::Backfilled { .. } | Self::Moved { .. } | Self::FeedOfPage { .. } => false,
            Self::Gap { .. }
            | Self::Silent { .. }
            | Self::Blocked { .. }
            | Self::Gone
            | Self::ValidatorsDistrusted { .. }
            | Self::Returned { .. } => true,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_sentences() {
        let silent = Notice::Silent {
            quiet: Duration::from_secs(5_651_398),
            longest: Duration::from_hours(23),
        };
        assert_eq!(
            silent.sentence(),
            "the feed has been silent for 65 days; before that it had news at least every 23 hours"
        );
        let moved = Notice::Moved { to: "https://example.com/new".to_owned(), adopted: true };
        assert_eq!(
            moved.sentence(),
            "the feed has moved to https://example.com/new, which is polled from now on"
        );
        assert!(silent.is_warning() && !moved.is_warning());
    }
}
