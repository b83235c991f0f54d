//! Finds copies and stories: texts that are copies of each other, and different texts about one
//! event. Plain values and functions, without I/O and without a clock.
//!
//! 1. [`fingerprint`] makes of a text an exact digest, a sketch of its runs of words, and lookup
//!    keys.
//! 2. [`key_index`] finds the texts that share a key, and [`copy`] compares two of them.
//! 3. [`cluster`] keeps copies in clusters: trees of edges with one original each.
//! 4. [`index`] combines these in memory. The daemon fills it with what one batch needs from the
//!    database.
//! 5. [`revision`] says what kind of change a new text of an article is.
//! 6. [`story`] groups different texts about one event.

pub mod cluster;
pub mod copy;
pub mod fingerprint;
pub mod index;
pub mod key_index;
pub mod revision;
pub mod story;
