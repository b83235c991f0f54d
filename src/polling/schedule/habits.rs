//! What polls have taught of a feed: kept with it as one document, because nothing but this room reads it.

use serde::{Deserialize, Serialize};

use crate::polling::schedule::continuity::Continuity;
use crate::polling::schedule::hints::Hints;
use crate::polling::schedule::moving::Moving;
use crate::polling::schedule::rhythm::Rhythm;
use crate::polling::schedule::silence::Silence;
use crate::polling::schedule::trust::Trust;

/// A feed's habits. What a stored document lacks is as for a new feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// The pause that the last poll led to, before it was drawn a little shorter or longer, in seconds.
    pub interval: Option<f64>,
    /// How often it publishes.
    pub rhythm: Rhythm,
    /// Whether looks at it hang together.
    pub continuity: Continuity,
    /// What it asks for.
    pub hints: Hints,
    /// Whether its validators are honest.
    pub trust: Trust,
    /// How quiet it may be.
    pub silence: Silence,
    /// Where it seems to have moved.
    pub moving: Option<Moving>,
    /// Addresses that somebody said it has not moved to.
    pub refused: Vec<String>,
    /// While redirects are followed: whether all of them so far were permanent.
    pub chain: Option<bool>,
    /// Times in a row that it was throttled.
    pub throttled: u32,
    /// It gives the same entries whatever page is asked for.
    pub unpaged: bool,
    /// It is a list of sitemaps.
    pub is_list: bool,
}

impl Habits {
    /// Somebody says that the feed has not moved to `address`: it is followed there where redirects lead, and never adopted.
    pub fn refuse(&mut self, address: &str) {
        (self.moving, self.chain) = (None, None);
        if !self.refuses(address) {
            self.refused.push(address.to_owned());
        }
    }

    /// Whether that was said of this address.
    pub(super) fn refuses(&self, address: &str) -> bool {
        self.refused.iter().any(|refused| refused == address)
    }
}
