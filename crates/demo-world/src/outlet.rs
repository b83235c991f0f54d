//! An outlet: a name, a host, a way of making pages, and its feeds.

use super::article::Article;

/// A publication of the world.
#[derive(Debug, Clone)]
pub struct Outlet {
    /// What it calls itself.
    pub name: String,
    /// Its host without a port, `….localhost`.
    pub host: String,
    /// BCP 47 tag of its texts.
    pub language: &'static str,
    /// How its pages are made.
    pub style: Style,
    pub(super) feeds: Vec<FeedSpec>,
    pub(super) articles: Vec<Article>,
}

/// The ways of making pages, from different years and trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A blog system's theme.
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

/// What becomes of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFate {
    /// Valid for good.
    Sound,
    /// Not well-formed, but no entry is damaged.
    Sloppy,
    /// From edition 1 on its address redirects permanently to another one.
    Moves,
    /// Cut off in mid-item; the items before are whole, and another feed lists the one that is not.
    CutOff,
    /// An HTML page with status 200.
    NotAFeed,
}

#[derive(Debug, Clone)]
pub(super) struct FeedSpec {
    /// The short name by which articles say which feeds list them.
    pub(super) key: &'static str,
    pub(super) title: String,
    pub(super) path: &'static str,
    /// Where it goes in edition 1, if it moves.
    pub(super) moves_to: Option<&'static str>,
    pub(super) format: Format,
    pub(super) full_text: bool,
    pub(super) fate: FeedFate,
    pub(super) links: Links,
    pub(super) guids: Guids,
    pub(super) tags: &'static [&'static str],
    /// How many entries it lists at most.
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
    /// With a campaign's parameters.
    Tracked,
    /// To the AMP twin.
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
