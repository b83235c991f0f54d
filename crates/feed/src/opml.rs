//! OPML 1.0 and 2.0, as programs export it and people edit it.
//!
//! It is read with the same tolerant tokenizer as feeds, because bare `&` and doubled attributes
//! are as common here. An outline with `xmlUrl` is a feed, one without any address is a folder.
//!
//! Nothing is passed over without a word: what is no feed, and what says more than a feed list can
//! hold, is told, so that a person who changes readers knows what was lost.

use std::borrow::Cow;
use std::fmt;

use wiresift_text::charset::{self, Document, Source};

use crate::link::unescaped;
use crate::markup::{Tag, Token, Tokens};
use crate::text::push_escaped;

/// Most nested outlines. Deeper folders are ignored; the feeds in them are kept.
const MAX_DEPTH: usize = 32;

/// A feed of an OPML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// `xmlUrl` as written.
    pub url: String,
    /// `text` or else `title`, white space normalised.
    pub name: Option<String>,
    /// The names of the folders around it, outermost first.
    pub folders: Vec<String>,
    /// `category` as written: comma-separated names; a leading slash marks a path (OPML 2.0).
    pub category: Option<String>,
    /// `isComment="true"`: the outline and what is in it are not to be used.
    pub is_comment: bool,
    /// Attributes with a value that a feed list has no place for, as written.
    pub others: Vec<String>,
    /// Start of its tag, in bytes from the start of the text.
    pub offset: usize,
}

/// An outline with an address that is no feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoFeed {
    /// `text` or else `title`.
    pub name: Option<String>,
    /// What it is.
    pub kind: NoFeedKind,
    /// Start of its tag, in bytes from the start of the text.
    pub offset: usize,
}

/// What an outline is if it is no feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoFeedKind {
    /// `type="include"`: another list.
    Include,
    /// `type="link"`, or an address of a page alone.
    Page,
    /// A page that another reader reads by rules of its own, by its `type`: `HTML+XPath`.
    Rules(String),
}

impl fmt::Display for NoFeedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Include => f.write_str("it includes another list; import that one too"),
            Self::Page => f.write_str(
                "it is a page and no feed; `wiresift feeds find URL` looks for the feeds of a page",
            ),
            Self::Rules(kind) => write!(
                f,
                "its type `{kind}` means a page that another reader reads by rules of its own"
            ),
        }
    }
}

/// What an OPML document has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opml {
    /// The feeds, in their order.
    pub outlines: Vec<Outline>,
    /// What has an address and is no feed.
    pub no_feeds: Vec<NoFeed>,
    /// The document has its end. Without it, it was cut off.
    pub is_whole: bool,
}

/// The text of an OPML document, in the encoding that it declares.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let source = Source { document: Document::Feed, bytes, content_type: None, host: None };
    charset::decode(source).text
}

/// Reads an OPML document. `None` if the text has no `<opml>` element.
#[must_use]
pub fn read(text: &str) -> Option<Opml> {
    let mut tokens = Tokens::new(text);
    let mut opml = Opml::default();
    // Names of the open outlines; `None` for a feed's.
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("opml") => is_opml = true,
            Token::Start(tag) if is_opml && tag.name.eq_ignore_ascii_case("outline") => {
                let no_feed = no_feed(&tag).map(|kind| {
                    let (name, offset) = (name(&tag), tokens.start());
                    NoFeed { name, kind, offset }
                });
                let feed = outline(&tag, &folders, tokens.start()).filter(|_| no_feed.is_none());
                if !tag.empty && folders.len() < MAX_DEPTH {
                    folders.push(if feed.is_some() { None } else { name(&tag) });
                }
                opml.outlines.extend(feed);
                opml.no_feeds.extend(no_feed);
            }
            Token::End(name) if name.eq_ignore_ascii_case("outline") => drop(folders.pop()),
            Token::End(name)
                if ["opml", "body"].iter().any(|end| name.eq_ignore_ascii_case(end)) =>
            {
                opml.is_whole = true;
            }
            _ => {}
        }
    }
    is_opml.then_some(opml)
}

/// Escapes text for an attribute value or for the content of an element.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(text, &mut out);
    out
}

fn outline(tag: &Tag<'_>, folders: &[Option<String>], offset: usize) -> Option<Outline> {
    let url = address(tag)?;
    let is_other = |(name, value): &&(&str, Cow<'_, str>)| {
        let is_used = USED.iter().any(|used| name.eq_ignore_ascii_case(used));
        !is_used && !value.trim().is_empty()
    };
    Some(Outline {
        url: unescaped(url).into_owned(),
        others: tag
            .attributes
            .iter()
            .filter(is_other)
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        name: name(tag),
        folders: folders.iter().flatten().cloned().collect(),
        category: tag.attribute("category").map(str::to_owned),
        is_comment: tag
            .attribute("isComment")
            .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        offset,
    })
}

/// Attributes that a feed list takes over, and those that repeat what is known.
const USED: [&str; 10] = [
    "text",
    "title",
    "type",
    "xmlUrl",
    "url",
    "category",
    "isComment",
    "version",
    "isBreakpoint",
    "rssVersion",
];

/// Types of outlines that are feeds.
const FEED_TYPES: [&str; 6] = ["rss", "atom", "feed", "json", "rdf", "xml"];

/// The address of a feed. Some programs write it as `url`, and its type says that it is a feed.
fn address<'t>(tag: &'t Tag<'_>) -> Option<&'t str> {
    let stated = |name| tag.attribute(name).map(str::trim).filter(|url| !url.is_empty());
    stated("xmlUrl").or_else(|| stated("url").filter(|_| is_feed_type(tag)))
}

fn is_feed_type(tag: &Tag<'_>) -> bool {
    let kind = tag.attribute("type").unwrap_or_default().trim();
    FEED_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// What an outline with an address is if it is no feed.
fn no_feed(tag: &Tag<'_>) -> Option<NoFeedKind> {
    let kind = tag.attribute("type").unwrap_or_default().trim();
    let has = |name| tag.attribute(name).is_some_and(|url| !url.trim().is_empty());
    if kind.eq_ignore_ascii_case("include") {
        return Some(NoFeedKind::Include);
    }
    if has("xmlUrl") {
        // `HTML+XPath`, `JSON+DotNotation` and their like are of FreshRSS.
        return kind.contains('+').then(|| NoFeedKind::Rules(kind.to_owned()));
    }
    let is_page = address(tag).is_none() && (has("htmlUrl") || has("url"));
    is_page.then_some(NoFeedKind::Page)
}

fn name(tag: &Tag<'_>) -> Option<String> {
    let name = ["text", "title"]
        .iter()
        .find_map(|key| tag.attribute(key).map(str::trim).filter(|name| !name.is_empty()))?;
    Some(unescaped(name).split_whitespace().collect::<Vec<_>>().join(" "))
}
