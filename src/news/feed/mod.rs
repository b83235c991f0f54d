//! Feeds.
use crate::news::entry::Entry;
use chrono::{DateTime, Utc};
use std::time::Duration;
use url::Url;
/// V
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// e
    pub etag: Option<String>,
    /// l
    pub last_modified: Option<String>,
}
/// P
#[derive(Debug, Clone)]
pub struct ParsedFeed {
    /// t
    pub title: Option<String>,
    /// h
    pub home: Option<Url>,
    /// l
    pub language: Option<String>,
    /// t
    pub ttl: Option<Duration>,
    /// e
    pub entries: Vec<Entry>,
}
/// E
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// x
    #[error("x")]
    X,
}
/// p
pub fn parse(_: &[u8], _: Option<&str>, _: &Url, _: DateTime<Utc>) -> Result<ParsedFeed, FeedError> {
    Err(FeedError::X)
}
