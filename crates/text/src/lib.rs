//! What every reader of news needs to know about text, each thing once.
//!
//! - [`charset`]: bytes to text, for pages and feeds.
//! - [`dates`]: text to an instant. The names of months and weekdays are those of Unicode CLDR.
//! - [`entities`]: HTML character references.
//! - [`json`]: JSON as the web writes it, mended and read.
//! - [`limits`]: the bounds of instants, pauses and lengths.
//! - [`prose`]: letters and sentences of a text, and whether it breaks off.
//! - [`scripts`]: scripts that are written without blanks.
//! - [`sentences`]: where sentences end.
//! - [`urls`]: which addresses are lawful, and what is cut from them.
//! - [`words`]: text to words, for digests, fingerprints, stories and counts.
//! - [`similarity`]: how much two texts have in common, counted exactly; [`shingles`]: the same by hashes.
//!
//! Nothing here does input or output, and nothing asks for the time. The crate is a part of `wiresift-extract` and
//! `wiresift-feed` that both need; its interface changes with them, without notice.

pub mod charset;
pub mod dates;
pub mod entities;
pub mod json;
pub mod limits;
pub mod prose;
pub mod scripts;
pub mod sentences;
pub mod shingles;
pub mod similarity;
pub mod urls;
pub mod words;
