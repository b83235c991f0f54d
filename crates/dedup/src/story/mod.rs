//! Stories: different texts about one event.
//!
//! A [`StoryFingerprint`] keeps what an article says about its event: the words of headline and
//! lead, the names, the numbers, the days, and the set of all its words. A word is the more
//! important the fewer articles of its language have it; [`Rarity`] gives its weight. A
//! [`PairScore`] compares two articles: a [`Likeness`] of 17 features, and a [`Model`] of small
//! decision trees that makes of it the log-odds that both articles are about one event
//! (docs/stories.md has the method and the figures).
//!
//! Grouping is agglomerative with average linkage. Every incoming article repeats it for the
//! stories that have good scores with it ([`regroup`]): their members are grouped again from the
//! pair scores. So one rule lets a story grow, merges two stories, or splits one. The work for an
//! incoming article is bounded: it is compared with a limited number of candidates that share rare
//! words with it, and with a limited number of members of their stories.
//!
//! Each language is separate; [`LinkIndex`] links articles of different languages. Copies take no
//! part: a text that forty sites publish is one member of a story.

mod block_page;
mod bridge;
mod days;
mod fingerprint;
mod group;
mod index;
mod likeness;
mod links;
mod member;
mod model;
mod pair;
mod rarity;
mod score;
mod stored;
mod terms;
mod word_counts;
mod words;

pub use bridge::{ALL_LANGUAGES, Abroad, Bridge, FEWEST_SHARED, Link, nearest};
pub use days::Days;
pub use fingerprint::{Said, StoryFingerprint, Term, VERSION};
pub use group::{Fixed, Group, regroup};
pub use index::{Incoming, StoryIndex, StoryKey};
pub use likeness::{Feature, Likeness};
pub use links::{LinkIndex, Linked, Linking, MOST_ABROAD, language_tag};
pub use member::{Decision, Missing, Neighbourhood, Place, StoryMember, StoryRef, decide};
pub use model::Model;
pub use pair::{Ground, PairScore};
pub use rarity::{Rarities, Rarity, UNKNOWN_LANGUAGE, language_of};
pub use score::Weighed;
pub use word_counts::WordCounts;

/// The most articles to which one key leads. The newest ones count.
pub const MOST_ON_A_KEY: usize = 64;

/// The most candidates that are compared with an incoming article. Those with the most keys in
/// common come first; of these, the newest.
pub const MOST_CANDIDATES: usize = 32;

/// The most members of one story that are compared, the newest ones. A larger story is not split.
pub const MOST_MEMBERS: usize = 40;
