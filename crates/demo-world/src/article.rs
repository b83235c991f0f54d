//! An article of the world, independent of the outlets that publish it.

use super::generator;

/// One article as its outlet stores it.
#[derive(Debug, Clone, Default)]
pub(super) struct Article {
    /// Unique within its outlet, used in addresses.
    pub(super) slug: String,
    /// Unique within its outlet, used in addresses.
    pub(super) number: u32,
    pub(super) title: String,
    pub(super) section: String,
    pub(super) author: String,
    pub(super) teaser: String,
    pub(super) caption: Option<String>,
    pub(super) credit: Option<String>,
    pub(super) tags: Vec<String>,
    /// Minutes between publication and the start of the world.
    pub(super) age_minutes: i64,
    /// The first edition that has it.
    pub(super) edition: u32,
    /// The feeds that list it, by their keys.
    pub(super) feeds: Vec<String>,
    /// The edition in which its feeds leave it out.
    pub(super) dropped: Option<u32>,
    /// The agency in its credit line.
    pub(super) wire: Option<String>,
    /// A label shared by articles of different writers about one event.
    pub(super) story: Option<String>,
    /// A note on the page from the first revision on.
    pub(super) correction: Option<String>,
    /// The shortener's code, if the feed links to that.
    pub(super) short: Option<String>,
    pub(super) availability: Availability,
    pub(super) origin: Origin,
    pub(super) body: Body,
}

/// What a visitor to the page gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Availability {
    #[default]
    Open,
    /// 410.
    Gone,
    /// 404.
    Missing,
    /// `robots.txt` disallows it.
    Disallowed,
    /// 503 with `Retry-After` at the first visit, then the page.
    Flaky,
}

/// The author of the text. The other article is named `outlet/slug`; the outlet is the first label
/// of its host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Own,
    CopyOf(String),
    EditedFrom(String),
}

/// The text, written out or generated on demand.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Written(Vec<Passage>),
    Seeded(u64),
}

impl Default for Body {
    fn default() -> Self {
        Self::Written(Vec::new())
    }
}

/// A block and the editions that have it.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    pub(super) block: Block,
    /// First edition with it.
    pub(super) from: u32,
    /// First edition without it again.
    pub(super) until: u32,
}

/// One paragraph-like piece of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(String),
    Heading(String),
    Quote(String),
    Item(String),
}

impl Block {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Paragraph(text) | Self::Heading(text) | Self::Quote(text) | Self::Item(text) => {
                text
            }
        }
    }
}

impl Article {
    /// The text as of an edition.
    pub(super) fn blocks(&self, edition: u32) -> Vec<Block> {
        match &self.body {
            Body::Written(passages) => passages
                .iter()
                .filter(|passage| passage.from <= edition && edition < passage.until)
                .map(|passage| passage.block.clone())
                .collect(),
            Body::Seeded(seed) => {
                generator::paragraphs(*seed).into_iter().map(Block::Paragraph).collect()
            }
        }
    }

    /// The latest edition, up to the given one, in which the text changed after publication.
    pub(super) fn revised(&self, edition: u32) -> Option<u32> {
        let Body::Written(passages) = &self.body else { return None };
        let changes = passages.iter().flat_map(|passage| [passage.from, passage.until]);
        changes.filter(|change| (self.edition + 1..=edition).contains(change)).max()
    }
}
