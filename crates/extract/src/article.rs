//! An Article: the clean result of reading one page.
//!
//! The body is kept as a small document model ([`Piece`]), not as text or HTML: text, sanitised HTML and
//! markdown are three renderings of the same pieces and so cannot drift apart. Nothing in it refers to the
//! page's own markup, which is why a revision can be told from a new layout.

use chrono::{DateTime, FixedOffset, Offset as _, Utc};
use serde::Serialize;
use url::Url;

use crate::provenance::{Provenance, Source};
use crate::rights::Rights;

/// One page's article, before it is judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Article {
    /// Headline, the site's name stripped. Empty when the page has none.
    pub title: String,
    /// The body in document order.
    pub body: Vec<Piece>,
    /// What the page or the feed says the article is about, as plain text.
    pub summary: Option<String>,
    /// People, in the order of the page; no "Staff", no addresses.
    pub byline: Vec<String>,
    /// BCP 47 tag, detected from the body, or declared where the body is too short to tell.
    pub language: Option<String>,
    /// The BCP 47 tag that the page declares, right or wrong.
    pub declared_language: Option<String>,
    /// When the article was published, with where we read it.
    pub published: Option<Dated>,
    /// When the page says it was last changed.
    pub modified: Option<Dated>,
    /// `rel=canonical` of the page, absolute, if it names one.
    pub canonical: Option<Url>,
    /// Other forms of the same article that the page names.
    pub alternates: Vec<Alternate>,
    /// The lead image.
    pub image: Option<Url>,
    /// Keywords and sections, as the page writes them.
    pub tags: Vec<String>,
    /// The part of the publication that it stands in.
    pub section: Option<String>,
    /// The publication's name for itself.
    pub site_name: Option<String>,
    /// What the page says about its use.
    pub rights: Rights,
    /// Where each of these was read, and how sure that makes it.
    pub provenance: Provenance,
    /// What kind of page this is.
    pub kind: PageKind,
    /// How sure the extraction is, 0 to 1.
    pub quality: f32,
    /// Where the body came from.
    pub source: BodySource,
}

/// A date with the place it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The instant, in UTC.
    pub at: DateTime<Utc>,
    /// Zone in which the publication dates it, as far as the page tells: a late evening's news has the day of its
    /// place, not of Greenwich.
    pub zone: Option<FixedOffset>,
    /// Where it was found.
    pub source: DateSource,
}

impl Dated {
    /// The feed's date of an entry.
    #[must_use]
    pub fn by_feed(at: DateTime<Utc>) -> Self {
        Self { at, zone: None, source: DateSource::Feed }
    }

    /// The instant with the publication's own clock, or in UTC where its zone is unknown.
    #[must_use]
    pub fn local(&self) -> DateTime<FixedOffset> {
        self.at.with_timezone(&self.zone.unwrap_or_else(|| Utc.fix()))
    }
}

/// Where a date was found, most trusted first on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateSource {
    /// `datePublished` of a JSON-LD article.
    JsonLd,
    /// `article:published_time` and its many cousins in `<meta>`, or microdata.
    Meta,
    /// A `<time datetime>` or a line with a date near the headline.
    Time,
    /// Digits in the address.
    Url,
    /// The feed's own date for the entry.
    Feed,
}

impl DateSource {
    /// The word the database and the JSON output use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLd => "json-ld",
            Self::Meta => "meta",
            Self::Time => "time",
            Self::Url => "url",
            Self::Feed => "feed",
        }
    }
}

/// Another form of the article, at an address of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alternate {
    /// Which form.
    pub kind: AlternateKind,
    /// Where it is.
    pub url: Url,
}

/// The other forms that an article may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlternateKind {
    /// AMP (`rel=amphtml`): the text without scripts.
    Amp,
    /// For printing (`rel=alternate media=print`).
    Print,
    /// The same page under a shorter address (`rel=shortlink`).
    Short,
}

impl From<DateSource> for Source {
    fn from(source: DateSource) -> Self {
        match source {
            DateSource::JsonLd => Self::JsonLd,
            DateSource::Meta => Self::Meta,
            DateSource::Time => Self::Time,
            DateSource::Url => Self::Url,
            DateSource::Feed => Self::Feed,
        }
    }
}

/// Where the body's text was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodySource {
    /// The page's own blocks.
    #[default]
    Page,
    /// `articleBody` of the page's JSON-LD, where the page's blocks had no article.
    JsonLd,
    /// The state that the page carries for its own scripts, where neither its blocks nor its JSON-LD had an article.
    PageState,
    /// The feed entry's full text, because the page could not be read.
    Feed,
}

impl BodySource {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::JsonLd => "json-ld",
            Self::PageState => "page-state",
            Self::Feed => "feed",
        }
    }
}

/// What kind of page it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// One article.
    #[default]
    Article,
    /// Many entries with their times, which grow while something happens.
    LiveBlog,
    /// Pictures with a line of text each.
    Gallery,
    /// A film with a few lines of text.
    Video,
    /// The beginning of an article whose rest is for subscribers.
    PaywallStub,
    /// A page that leads to articles and is none.
    Index,
    /// A page that asks for consent before it shows anything.
    ConsentWall,
    /// A challenge meant for robots.
    BotWall,
    /// "Not found", served as if it were a page.
    #[serde(rename = "soft-404")]
    SoftNotFound,
    /// No body text at all.
    Empty,
}

impl PageKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::LiveBlog => "live-blog",
            Self::Gallery => "gallery",
            Self::Video => "video",
            Self::PaywallStub => "paywall-stub",
            Self::Index => "index",
            Self::ConsentWall => "consent-wall",
            Self::BotWall => "bot-wall",
            Self::SoftNotFound => "soft-404",
            Self::Empty => "empty",
        }
    }

    /// Whether its text is what the feed announced, or at least a part of it, and so is filed.
    #[must_use]
    pub fn is_filed(self) -> bool {
        match self {
            Self::Article | Self::LiveBlog | Self::Gallery | Self::Video | Self::PaywallStub => {
                true
            }
            Self::Index | Self::ConsentWall | Self::BotWall | Self::SoftNotFound | Self::Empty => {
                false
            }
        }
    }
}

/// One paragraph-like piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text in runs of one style, white space normalised, no empty run.
    pub spans: Vec<Span>,
}

/// The kinds of piece that a body may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A paragraph.
    Paragraph,
    /// A sub-heading, level 2 to 4.
    Heading(u8),
    /// An item of a list.
    ListItem {
        /// From an `ol`.
        ordered: bool,
    },
    /// A paragraph of a quotation.
    Quote,
    /// Preformatted text, line breaks kept.
    Preformatted,
}

/// A run of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Emphasised (`em`, `i`).
    pub em: bool,
    /// Strong (`strong`, `b`).
    pub strong: bool,
    /// Where it links to; `http` or `https` only.
    pub link: Option<Url>,
}

impl Piece {
    /// A paragraph of plain text.
    #[must_use]
    pub fn paragraph(text: &str) -> Self {
        let span = Span { text: text.to_owned(), ..Span::default() };
        Self { kind: PieceKind::Paragraph, spans: vec![span] }
    }

    /// The piece's text without its styles.
    #[must_use]
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

impl Article {
    /// The body as text: pieces parted by a blank line.
    #[must_use]
    pub fn text(&self) -> String {
        let pieces: Vec<String> = self.body.iter().map(Piece::text).collect();
        pieces.join("\n\n")
    }
}

/// A block that was left out of the body, and why: the other half of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Index of the block in the page, counting kept ones too.
    pub position: u32,
    /// Its text, shortened to a few hundred letters.
    pub text: String,
    /// Why it was removed: a short fixed word with an optional detail, such as `links` or `phrase: related`.
    pub reason: String,
}
