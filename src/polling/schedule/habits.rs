//! What polls have shown about a feed. It is stored as one JSON document with the feed, because
//! only this module reads it, and the contract views for a few of its fields.

use serde::{Deserialize, Serialize};

use crate::polling::schedule::continuity::Continuity;
use crate::polling::schedule::hints::Hints;
use crate::polling::schedule::pending_move::PendingMove;
use crate::polling::schedule::rhythm::Rhythm;
use crate::polling::schedule::silence::Silence;
use crate::polling::schedule::stated_feeds::StatedFeeds;
use crate::polling::schedule::validator_trust::ValidatorTrust;

/// A feed's habits. Fields that a stored document lacks are as for a new feed, and such fields are not
/// stored: each poll writes the document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// The pause after the last poll before it was jittered, in seconds.
    #[serde(skip_serializing_if = "is_new")]
    pub interval: Option<f64>,
    /// How often the feed publishes.
    pub rhythm: Rhythm,
    /// Whether consecutive polls overlap.
    #[serde(skip_serializing_if = "is_new")]
    pub continuity: Continuity,
    /// The pauses that the feed asks for.
    #[serde(skip_serializing_if = "is_new")]
    pub hints: Hints,
    /// Whether its validators are reliable.
    #[serde(skip_serializing_if = "is_new")]
    pub trust: ValidatorTrust,
    /// How long it is usually silent.
    #[serde(skip_serializing_if = "is_new")]
    pub silence: Silence,
    /// The address to which it seems to have moved.
    #[serde(skip_serializing_if = "is_new")]
    pub pending_move: Option<PendingMove>,
    /// Addresses that the operator rejected as the feed's new address.
    #[serde(skip_serializing_if = "is_new")]
    pub rejected_addresses: Vec<String>,
    /// The feeds that the listed page states, while they are tried.
    #[serde(skip_serializing_if = "is_new")]
    pub stated_feeds: Option<StatedFeeds>,
    /// The listed address is a page, and the polled one a feed that it states.
    #[serde(skip_serializing_if = "is_new")]
    pub is_page: bool,
    /// While redirects are followed: whether all of them so far were permanent.
    #[serde(skip_serializing_if = "is_new")]
    pub permanent_chain: Option<bool>,
    /// Throttled polls in a row.
    #[serde(skip_serializing_if = "is_new")]
    pub throttled: u32,
    /// The feed shows the same entries whatever page is requested.
    #[serde(skip_serializing_if = "is_new")]
    pub ignores_paging: bool,
    /// The document is a sitemap index.
    #[serde(skip_serializing_if = "is_new")]
    pub is_sitemap_index: bool,
}

/// Whether a field is as for a new feed.
fn is_new<T: Default + PartialEq>(field: &T) -> bool {
    *field == T::default()
}

impl Habits {
    /// Records that the operator rejects `address` as the feed's new address. Redirects to it are
    /// still followed, but it is never adopted.
    pub fn reject_address(&mut self, address: &str) {
        (self.pending_move, self.permanent_chain) = (None, None);
        if !self.rejects(address) {
            self.rejected_addresses.push(address.to_owned());
        }
    }

    /// Whether the operator rejected this address.
    pub(super) fn rejects(&self, address: &str) -> bool {
        self.rejected_addresses.iter().any(|rejected| rejected == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_for_a_new_feed_is_not_stored_and_reads_the_same() {
        let mut habits = Habits { throttled: 2, is_page: true, ..Habits::default() };
        habits.reject_address("https://news.example/feed");
        habits.continuity.gaps = 1;
        for habits in [Habits::default(), habits] {
            let stored = serde_json::to_value(&habits).expect("habits are JSON");
            assert_eq!(stored.get("throttled").is_some(), habits.throttled > 0, "{stored}");
            assert!(stored.get("pending_move").is_none(), "{stored}");
            let read: Habits = serde_json::from_value(stored).expect("habits are read");
            assert_eq!(read, habits);
        }
    }
}
