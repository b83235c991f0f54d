//! What must hold of any bytes, apart from the fuzzer that makes them up.
//!
//! Each function is one target. It panics when something does not hold.

mod dates;
#[cfg(feature = "program")]
mod feed_list;
mod json_ld;
mod names;
mod page;
#[cfg(feature = "program")]
mod robots;
mod urls;

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};

pub use dates::dates;
#[cfg(feature = "program")]
pub use feed_list::feed_list;
pub use json_ld::json_ld;
pub use names::names;
pub use page::page;
#[cfg(feature = "program")]
pub use robots::robots;
pub use urls::urls;

/// The instant of every reading.
static NOW: LazyLock<DateTime<Utc>> =
    LazyLock::new(|| DateTime::UNIX_EPOCH + TimeDelta::days(20_000));

/// Any bytes as a feed: read twice alike, or refused twice alike.
pub fn feed(bytes: &[u8]) {
    let base = "https://observer.example/feed".parse().expect("an address");
    let read = || wiresift_feed::parse(bytes, None, &base, *NOW);
    assert_eq!(format!("{:?}", read()), format!("{:?}", read()));
}

/// The parts of a text that end in NUL, as arguments, and the rest of it.
fn arguments<const N: usize>(text: &str) -> ([&str; N], &str) {
    let mut rest = text;
    let arguments = [(); N].map(|()| match rest.split_once('\0') {
        Some((argument, after)) => {
            rest = after;
            argument
        }
        None => "",
    });
    (arguments, rest)
}

/// Text between the tags of an element or the quotes of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
