//! Stories: different texts about one event, and why we think so.
//!
//! A [`StoryFingerprint`] keeps of an article what tells its event: the words of headline and lead, the names, and which
//! words it has at all. How much a word says depends on how many articles of its language have it; [`Rarity`] knows.
//! A [`Tie`] compares two articles:
//!
//! - how alike headline and lead are (cosine of rarity-weighted words),
//! - how alike the names are (the same, over the whole text),
//! - how much of one's headline and lead the other's text tells anywhere (by weight of the words).
//!
//! Their weighted sum is the log-odds that both tell one event. The weights were learnt by logistic regression on
//! pairs from three public collections (docs/stories.md says how, and what each of the features is worth).
//!
//! Grouping is agglomerative with average linkage, and it is redone around every newcomer ([`regroup`]): the stories
//! that it is tied to are taken apart and put together again from the ties of their members. So a story grows where
//! the newcomer fits, two are merged where it shows that they were one, and one is split where it shows that they
//! were two, all by one rule and whatever the order of arrival. Only what a newcomer touches is looked at, and that
//! is bounded: candidates by rare words in common, members by number.
//!
//! Everything here is per language. Copies do not take part: one text that forty sites run is one telling.

mod fingerprint;
mod group;
mod index;
mod member;
mod rarity;
mod score;
mod words;

pub use fingerprint::{StoryFingerprint, Term, VERSION};
pub use group::{Group, regroup};
pub use index::StoryIndex;
pub use member::{Decision, Neighbourhood, Place, StoryMember, StoryRef, decide};
pub use rarity::{Rarity, language_of};
pub use score::{PairScore, Weighed};

/// Articles that one key may lead to, newest first.
pub const MOST_ON_A_KEY: usize = 64;

/// Candidates that are compared with a newcomer: those with most keys in common, newest first.
pub const MOST_CANDIDATES: usize = 32;

/// Members of one story that are looked at, newest first. A larger story is not taken apart.
pub const MOST_MEMBERS: usize = 40;
