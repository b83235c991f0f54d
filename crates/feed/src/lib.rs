#![doc = include_str!("../README.md")]
//!
//! # How it works
//!
//! A strict parser answers a forgotten `&` with no feed at all, or an unknown namespace with no
//! entries *and no error*. So the parser is tolerant: decode, tokenize, resolve references, resolve
//! namespaces, balance one entry at a time, find its facts under all names that they have in any
//! dialect. Every feed goes this way, broken or not: an entry's key must not depend on which of two
//! ways it took, or one forgotten `&` would give every entry of a feed a new key.
//!
//! The unit is the entry, not the document: what is wrong in one entry costs that entry. The cost
//! stays linear: an entry is read without the feed's head; what it inherits (base, language,
//! authors) is passed beside it. What the entries of a document say about each other (which link
//! is the page, which order of day and month is meant, which ids are shared) is decided last.
//!
//! The modules in the order of the pass: `decode`, `markup` (tokens), `names` (namespaces), `build`
//! and `element` (one entry as a tree), `xml` (the walk) or `json`, `fields` (its facts), `read`
//! with `text`, `people`, `prose` and `link`, then `assemble` with `dates` and `keys`. Charsets,
//! references and dates are read by `wiresift-text`.

#![warn(missing_docs)]

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;
use url::Url;

use crate::entry::Entry;
use crate::hub::Links;

pub mod address;
mod assemble;
pub mod bridge;
mod build;
mod dates;
mod declared;
mod decode;
mod defect;
mod digest;
pub mod domain;
mod draft;
mod element;
mod encoded;
pub mod entry;
mod fields;
pub mod hub;
mod json;
mod keys;
pub mod link;
pub(crate) mod markup;
mod names;
pub mod opml;
mod people;
mod prose;
mod read;
mod skip;
mod tags;
pub(crate) mod text;
mod xml;

pub use defect::Defect;
pub(crate) use defect::Defects;

/// Most entries of one document. The largest real feeds have some thousands.
const MAX_ENTRIES: usize = 20_000;

/// Most entries of a sitemap; the newest are kept. Sitemaps list up to 50,000 pages (sitemaps.org),
/// most of them years old; news sitemaps list a thousand pages of the last two days.
const SITEMAP_ENTRIES: usize = 5_000;

/// Most sitemaps of a list of sitemaps; the last changed are kept.
const SITEMAPS: usize = 50;

/// The validators of a response, for conditional requests (RFC 9110 section 13.1). Opaque: send
/// them back as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header with its quotes and weakness mark.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

/// A parsed feed document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedFeed {
    /// The feed's title, plain text.
    pub title: Option<String>,
    /// The page that the feed belongs to.
    pub home: Option<Url>,
    /// BCP 47 tag that the feed declares for itself.
    pub language: Option<String>,
    /// How long the feed asks clients to wait between two polls: RSS `ttl`, or `sy:updatePeriod`
    /// divided by `sy:updateFrequency`.
    pub ttl: Option<Duration>,
    /// Hubs and the feed's own address (WebSub).
    pub links: Links,
    /// The document is a list of sitemaps: the entries are not articles but sitemaps, each with the
    /// date of its last change.
    pub is_index: bool,
    /// Hours without news (RSS `skipHours`): bit n stands for hour n in UTC.
    pub skip_hours: u32,
    /// Days without news (RSS `skipDays`): bit n stands for day n, counted from Monday.
    pub skip_days: u8,
    /// Where older entries are: `prev-archive` or `next` of RFC 5005, `next_url` of JSON Feed.
    pub older: Option<Url>,
    /// The entries in the order of the document, one for each key, at most 20,000. Of a sitemap
    /// only the newest.
    pub entries: Vec<Entry>,
    /// The defects that were repaired, each once, in a fixed order.
    pub defects: Vec<Defect>,
}

/// Why a document gives no entries. A feed without entries is not an error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// Nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// The document is not a feed.
    #[error("not a feed: it looks like {looks_like}")]
    NotAFeed {
        /// What it looks like.
        looks_like: LooksLike,
    },
    /// A feed, but no entry of it can be read.
    #[error("the feed is broken: {why}")]
    Broken {
        /// The reason in words.
        why: &'static str,
    },
}

/// What a document is if it is not a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksLike {
    /// A web page: the feed has moved, or the server blocks the client.
    Html,
    /// JSON, but not JSON Feed.
    Json,
    /// XML, but no feed.
    Xml,
    /// A list of feeds: see [`opml`].
    Opml,
    /// Text without markup.
    Text,
    /// An image, an archive or the like.
    Binary,
}

impl fmt::Display for LooksLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Html => "a web page",
            Self::Json => "JSON of another kind",
            Self::Xml => "XML of another kind",
            Self::Opml => "a list of feeds (OPML)",
            Self::Text => "plain text",
            Self::Binary => "binary data",
        })
    }
}

/// Parses RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, sitemaps and lists of
/// sitemaps.
///
/// `content_type` is the HTTP header; only its `charset` is used, after everything else. `base` is
/// the address of the response; relative links are resolved against `xml:base`, then against it. No
/// date of an entry is later than `now`. The same arguments always give the same result.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &Url,
    now: DateTime<Utc>,
) -> Result<ParsedFeed, FeedError> {
    if is_binary(bytes) {
        return Err(FeedError::NotAFeed { looks_like: LooksLike::Binary });
    }
    let mut defects = Defects::default();
    let text = decode::decode(bytes, content_type, base.host_str(), &mut defects);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let draft = match start.chars().next() {
        None => return Err(FeedError::Empty),
        Some('{' | '[') => json::read(start, base, &mut defects)?,
        Some(_) if is_html(start) => {
            return Err(FeedError::NotAFeed { looks_like: LooksLike::Html });
        }
        Some('<') => xml::read(start, base, &mut defects)?,
        Some(_) => match json::after_guard(start) {
            Some(json) => {
                defects.note(Defect::Json);
                json::read(json, base, &mut defects)?
            }
            None => xml::read(start, base, &mut defects)?,
        },
    };
    Ok(assemble::assemble(draft, now, defects))
}

/// First bytes of what servers send in a feed's place, or forget to decompress: gzip, zip, PDF,
/// PNG, JPEG, GIF.
const MAGIC: [&[u8]; 6] =
    [b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8"];

fn is_binary(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

/// Bot walls and moved feeds send a page, often labelled as XML.
fn is_html(start: &str) -> bool {
    const DOCTYPE: &str = "<!doctype html";
    start.get(..DOCTYPE.len()).is_some_and(|head| head.eq_ignore_ascii_case(DOCTYPE))
}
