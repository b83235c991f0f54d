//! What all pages have in common: the navigation, and how often the page is loaded again.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::console::Console;
use crate::console::assets::ASSETS;

/// The places of the navigation.
const PLACES: [(&str, &str); 6] = [
    ("/", "Overview"),
    ("/feeds", "Feeds"),
    ("/explain", "Explain"),
    ("/events", "Events"),
    ("/accounting", "Accounting"),
    ("/consumers", "Consumers"),
];

/// How often a page may be loaded again, in seconds.
const LIVE: std::ops::RangeInclusive<u32> = 5..=3600;

/// The part of a query that every page has.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FrameQuery {
    /// Seconds after which the page is loaded again.
    live: Option<String>,
}

/// What the template around a page needs.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) places: Vec<Link>,
    /// Seconds after which the page is loaded again.
    pub(super) live: Option<u32>,
    pub(super) made_at: String,
    /// Whether the page can do more than show.
    pub(super) actions: bool,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) version: &'static str,
}

/// A link of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

impl Frame {
    /// `place` is the address in the navigation that the page belongs to.
    pub(super) fn new(
        console: &Console,
        place: &str,
        title: impl Into<String>,
        query: &FrameQuery,
        now: DateTime<Utc>,
    ) -> Self {
        let live = query.live.as_deref().and_then(|text| text.parse().ok());
        Self {
            live: live.map(|seconds: u32| seconds.clamp(*LIVE.start(), *LIVE.end())),
            made_at: now.format("%H:%M:%S UTC").to_string(),
            actions: console.settings.actions,
            ..Self::plain(place, title)
        }
    }

    /// The frame of a page that says what went wrong.
    pub(super) fn plain(place: &str, title: impl Into<String>) -> Self {
        let link = |(href, name)| Link { href, name, is_here: href == place };
        Self {
            title: title.into(),
            places: PLACES.into_iter().map(link).collect(),
            live: None,
            made_at: String::new(),
            actions: false,
            style: &ASSETS.style,
            script: &ASSETS.script,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_page_is_marked() {
        let frame = Frame::plain("/", "Overview");
        let here: Vec<&str> =
            frame.places.iter().filter(|link| link.is_here).map(|link| link.href).collect();
        assert_eq!(here, ["/"]);
        assert!(Frame::plain("", "x").places.iter().all(|link| !link.is_here));
    }
}
