//! What all pages have in common: the navigation, and how often the page is loaded again.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use url::form_urlencoded;

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

/// How often it is, if a person does not say.
const USUAL: u32 = 30;

/// The part of a query that every page has.
#[derive(Debug)]
pub(super) struct FrameQuery {
    /// Seconds after which the page is loaded again.
    live: Option<u32>,
    /// The query with and without being loaded again.
    lively: String,
    still: String,
}

impl FrameQuery {
    fn of(query: &str) -> Self {
        let pairs = || form_urlencoded::parse(query.as_bytes());
        let live = pairs().find(|(name, _)| name == "live");
        let live = live.and_then(|(_, seconds)| seconds.parse::<u32>().ok());
        // What was done is said once.
        let kept = pairs().filter(|(name, _)| name != "live" && name != "done");
        let mut still = form_urlencoded::Serializer::new(String::new());
        still.extend_pairs(kept);
        let still = still.finish();
        let mark = if still.is_empty() { "" } else { "&" };
        Self {
            live: live.map(|seconds| seconds.clamp(*LIVE.start(), *LIVE.end())),
            lively: format!("?{still}{mark}live={USUAL}"),
            still: format!("?{still}"),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for FrameQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

/// What the template around a page needs.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) places: Vec<Link>,
    /// Seconds after which the page is loaded again.
    pub(super) live: Option<u32>,
    /// Addresses of the same page, loaded again and not.
    pub(super) lively: String,
    pub(super) still: String,
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
        query: FrameQuery,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            live: query.live,
            lively: query.lively,
            still: query.still,
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
            lively: String::new(),
            still: String::new(),
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
    fn a_page_that_is_loaded_again_stays_the_same_page() {
        let query = FrameQuery::of("url=a%26b&live=1&done=due");
        assert_eq!(query.live, Some(5));
        assert_eq!(
            (query.still.as_str(), query.lively.as_str()),
            ("?url=a%26b", "?url=a%26b&live=30")
        );
        let plain = FrameQuery::of("");
        assert_eq!(
            (plain.live, plain.still.as_str(), plain.lively.as_str()),
            (None, "?", "?live=30")
        );
    }

    #[test]
    fn the_place_of_a_page_is_marked() {
        let frame = Frame::plain("/", "Overview");
        let here: Vec<&str> =
            frame.places.iter().filter(|link| link.is_here).map(|link| link.href).collect();
        assert_eq!(here, ["/"]);
        assert!(Frame::plain("", "x").places.iter().all(|link| !link.is_here));
    }
}
