//! A feed's bytes to entries: mended by us, parsed by feed-rs, judged by us.
//!
//! Feeds are broken more often than not, and a strict parser answers a forgotten `&` with no feed at all, or worse, an
//! unknown namespace with no entries *and no error*. So a tolerant mender goes first: decode, tokenize, resolve
//! references, understand namespaces, balance one entry at a time, rewrite it as Atom 1.0. feed-rs parses that, always,
//! whether the feed needed mending or not: an entry's key must not depend on which of two ways it came in, or a `&`
//! that somebody forgets to escape one day renames a whole feed. What its fields mean for us (plain text, the one link,
//! people, identity, no future) is decided on feed-rs' model.
//!
//! The unit is the entry, not the document. An entry that feed-rs refuses is lost alone; no second way for a feed that
//! fails as a whole is needed. And the cost stays linear: an entry is a document of its own, without the feed's head,
//! since what it inherits (base, language, authors) is known beside it.
//!
//! What a hostile document can do: nothing is fetched or expanded, each byte is looked at a bounded number of times,
//! and memory is a small multiple of the document and bounded per entry.
//!
//! The parts, in the order of the pass: `decode`, `markup` (tokens), `names` (namespaces), `build`
//! and `element` (one entry as a tree), `xml` (the walk) or `json`, `atom` (the entry rewritten), `read` (feed-rs and
//! its model) with `text`, `assemble`. Charsets, references and dates are read by `wiresift-text`.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;
use url::Url;

use crate::entry::Entry;
use crate::hub::Links;

pub mod address;
mod assemble;
mod atom;
mod build;
mod decode;
mod defect;
mod digest;
pub mod domain;
mod draft;
mod element;
pub mod entry;
pub mod hub;
mod json;
pub(crate) mod markup;
mod names;
pub mod opml;
mod read;
mod skip;
pub(crate) mod text;
mod xml;

pub use defect::Defect;
pub(crate) use defect::Defects;

/// Entries that are taken of one document. The largest real feeds have some thousands.
const MAX_ENTRIES: usize = 20_000;

/// Entries that are kept of a sitemap, the newest ones. Sitemaps list up to 50,000 pages (sitemaps.org), most of them years
/// old; those for news list a thousand of the last two days.
const SITEMAP_ENTRIES: usize = 5_000;

/// Sitemaps that are kept of a list of sitemaps, those changed last.
const SITEMAPS: usize = 50;

/// What a server gave us to ask "has it changed?" with (RFC 9110 section 13.1). Opaque: kept and sent back as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, quotes and weakness mark included.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

/// A feed document, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedFeed {
    /// The feed's name for itself, plain text.
    pub title: Option<String>,
    /// The page that the feed belongs to.
    pub home: Option<Url>,
    /// BCP 47 tag that the feed declares for itself.
    pub language: Option<String>,
    /// How long the feed asks to be left alone.
    pub ttl: Option<Duration>,
    /// What it says of hubs, and of its own address (WebSub).
    pub links: Links,
    /// The entries are no articles but sitemaps, each with the date of its last change.
    pub is_index: bool,
    /// Bit n: the feed says that nothing is published in hour n, UTC.
    pub skip_hours: u32,
    /// Bit n: the same for day n, counted from Monday.
    pub skip_days: u8,
    /// Where older entries are: `prev-archive` or `next` of RFC 5005, `next_url` of JSON Feed.
    pub older: Option<Url>,
    /// In the order of the document, one for each key; of a sitemap the newest.
    pub entries: Vec<Entry>,
    /// What had to be mended, each once, in a fixed order.
    pub defects: Vec<Defect>,
}

/// Why there are no entries at all. An empty feed is none of these.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// Nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// Something else was served in the feed's place.
    #[error("not a feed: it looks like {looks_like}")]
    NotAFeed {
        /// What it is.
        looks_like: LooksLike,
    },
    /// A feed, but nothing of it could be saved.
    #[error("the feed is broken: {why}")]
    Broken {
        /// In words.
        why: &'static str,
    },
}

/// What a document is that is no feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksLike {
    /// A web page: the feed moved, or a wall stands before it.
    Html,
    /// JSON that is no JSON Feed.
    Json,
    /// XML that is no feed.
    Xml,
    /// A list of feeds.
    Opml,
    /// Text without markup.
    Text,
    /// No text: an image, an archive.
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

/// Reads RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, sitemaps and lists of sitemaps.
///
/// `content_type` is the HTTP header; only its `charset` is believed, and that last. `base` is the address that answered;
/// relative links are resolved against `xml:base`, then it. No date of an entry is later than `now`.
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
        Some(_) => xml::read(start, base, &mut defects)?,
    };
    Ok(assemble::assemble(draft, now, defects))
}

/// First bytes of what servers send in a feed's place, or forget to decompress: gzip, zip, PDF, PNG, JPEG, GIF.
const MAGIC: [&[u8]; 6] =
    [b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8"];

fn is_binary(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

/// Bot walls and moved feeds answer with a page, often labelled as XML.
fn is_html(start: &str) -> bool {
    const DOCTYPE: &str = "<!doctype html";
    start.get(..DOCTYPE.len()).is_some_and(|head| head.eq_ignore_ascii_case(DOCTYPE))
}
