//! The specimens of the tests, and entries as lines.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_feed::entry::Entry;
use wiresift_feed::{FeedError, ParsedFeed, parse};

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(crate) fn base() -> Url {
    Url::parse("https://gazette.example/feeds/all.xml").unwrap()
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

pub(crate) fn try_read(name: &str) -> Result<ParsedFeed, FeedError> {
    parse(&bytes(name), Some("application/rss+xml; charset=utf-8"), &base(), now())
}

pub(crate) fn read(name: &str) -> ParsedFeed {
    try_read(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// An entry on one line: title, link without the usual host, date.
pub(crate) fn line(entry: &Entry) -> String {
    let link = entry.link.as_ref().map_or("-", Url::as_str);
    let link = link.strip_prefix("https://gazette.example").unwrap_or(link);
    let date = entry.published.map_or("-".to_owned(), |at| at.format("%m-%dT%H:%M").to_string());
    format!("{} | {link} | {date}", entry.title.as_deref().unwrap_or("-"))
}

#[track_caller]
pub(crate) fn expect(name: &str, entries: &[&str]) -> ParsedFeed {
    let feed = read(name);
    let lines: Vec<String> = feed.entries.iter().map(line).collect();
    assert_eq!(lines, entries, "{name}");
    feed
}

pub(crate) const ONE: &str = "Story 1 | /1 | 11-02T10:00";
pub(crate) const TWO: &str = "Story 2 | /2 | 11-02T10:00";
pub(crate) const THREE: &str = "Story 3 | /3 | 11-02T10:00";
