//! An outlet: a name, a host, a page style, and its feeds.

use super::article::Article;

/// A publication of the world.
#[derive(Debug, Clone)]
pub struct Outlet {
    pub name: String,
    /// Its host without a port, `….localhost`.
    pub host: String,
    /// BCP 47 tag of its texts.
    pub language: &'static str,
    pub style: Style,
    pub(super) feeds: Vec<FeedSpec>,
    pub(super) articles: Vec<Article>,
}

/// Page styles, from different years and systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A blog theme.
    Press,
    /// A script framework: hashed class names, JSON-LD, hydration data.
    Prism,
    /// Bare semantic HTML.
    Plain,
    /// Nested tables, windows-1252.
    Tables,
    /// A content management system with block-element class names, German.
    Portal,
    /// Nested `div`s with microdata, Spanish.
    Divs,
    /// Line breaks instead of paragraphs, windows-1251, Russian.
    Breaks,
    /// Sections, Japanese.
    Sections,
}

/// What happens to a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFate {
    /// Always valid.
    Sound,
    /// Not well-formed, but no entry is damaged.
    Sloppy,
    /// From edition 1 on its address redirects permanently to another one.
    Moves,
    /// Truncated inside an item. The items before are complete, and another feed lists the
    /// truncated one.
    CutOff,
    /// An HTML page with status 200.
    NotAFeed,
}

#[derive(Debug, Clone)]
pub(super) struct FeedSpec {
    /// The short name by which articles refer to feeds.
    pub(super) key: &'static str,
    pub(super) title: String,
    pub(super) path: &'static str,
    /// Its new path in edition 1, if it moves.
    pub(super) moves_to: Option<&'static str>,
    pub(super) format: Format,
    pub(super) full_text: bool,
    pub(super) fate: FeedFate,
    pub(super) links: Links,
    pub(super) guids: Guids,
    pub(super) tags: &'static [&'static str],
    /// Most entries that it lists.
    pub(super) limit: usize,
}

impl FeedSpec {
    pub(super) fn new(key: &'static str, title: &str, path: &'static str, format: Format) -> Self {
        Self {
            key,
            title: title.to_owned(),
            path,
            moves_to: None,
            format,
            full_text: false,
            fate: FeedFate::Sound,
            links: Links::Plain,
            guids: Guids::Permalink,
            tags: &[],
            limit: 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Rss2,
    Rss1,
    Atom,
    Atom03,
    Json,
    Sitemap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Plain,
    /// With campaign parameters.
    Tracked,
    /// To the AMP page.
    Amp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guids {
    Permalink,
    /// Stable, but no address.
    Opaque,
    /// Another one in each edition.
    Restless,
    Absent,
}
