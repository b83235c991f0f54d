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

/// A feed's habits. Fields that a stored document lacks are as for a new feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// The pause after the last poll before it was jittered, in seconds.
    pub interval: Option<f64>,
    /// How often the feed publishes.
    pub rhythm: Rhythm,
    /// Whether consecutive polls overlap.
    pub continuity: Continuity,
    /// The pauses that the feed asks for.
    pub hints: Hints,
    /// Whether its validators are reliable.
    pub trust: ValidatorTrust,
    /// How long it is usually silent.
    pub silence: Silence,
    /// The address to which it seems to have moved.
    pub pending_move: Option<PendingMove>,
    /// Addresses that the operator rejected as the feed's new address.
    pub rejected_addresses: Vec<String>,
    /// The feeds that the listed page states, while they are tried.
    pub stated_feeds: Option<StatedFeeds>,
    /// The listed address is a page, and the polled one a feed that it states.
    pub is_page: bool,
    /// While redirects are followed: whether all of them so far were permanent.
    pub permanent_chain: Option<bool>,
    /// Throttled polls in a row.
    pub throttled: u32,
    /// The feed shows the same entries whatever page is requested.
    pub ignores_paging: bool,
    /// The document is a sitemap index.
    pub is_sitemap_index: bool,
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
