//! What polls have taught of a feed: kept with it as one document, because nothing but this room reads it.

use serde::{Deserialize, Serialize};

use crate::news::schedule::continuity::Continuity;
use crate::news::schedule::hints::Hints;
use crate::news::schedule::moving::Moving;
use crate::news::schedule::rhythm::Rhythm;
use crate::news::schedule::silence::Silence;
use crate::news::schedule::trust::Trust;

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
    /// While redirects are followed: whether all of them so far were permanent.
    pub chain: Option<bool>,
    /// Times in a row that it was throttled.
    pub throttled: u32,
    /// It gives the same entries whatever page is asked for.
    pub unpaged: bool,
    /// It is a list of sitemaps.
    pub is_list: bool,
}
