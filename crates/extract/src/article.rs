//! The result of reading one page.
//!
//! The body is a small document model ([`Piece`]), not text or HTML. Plain text, sanitised HTML and
//! markdown are renderings of the same pieces, so they cannot differ. Nothing in it refers to the
//! page's own markup, so a redesign of the site does not change it.

use chrono::{DateTime, FixedOffset, Offset as _, Utc};
use serde::Serialize;
use url::Url;

use crate::provenance::{Provenance, Source};
use crate::rights::Rights;

/// The article of one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Article {
    /// Headline without the site's name. Empty if the page has none.
    pub title: String,
    /// The body in document order.
    pub body: Vec<Piece>,
    /// What the page or the feed says the article is about, as plain text.
    pub summary: Option<String>,
    /// Names of people, in the order of the page. Job titles and e-mail addresses are removed.
    pub byline: Vec<String>,
    /// Names of organisations that the page gives as authors: agencies, desks, the publication
    /// itself.
    pub agency: Vec<String>,
    /// BCP 47 tag, detected from the body; the declared one if the body is too short.
    pub language: Option<String>,
    /// The BCP 47 tag that the page declares, right or wrong.
    pub declared_language: Option<String>,
    /// When the article was published.
    pub published: Option<Dated>,
    /// When the page says it was last changed.
    pub modified: Option<Dated>,
    /// `rel=canonical` of the page, absolute.
    pub canonical: Option<Url>,
    /// Other forms of the same article that the page links to.
    pub alternates: Vec<Alternate>,
    /// Address of the lead image, absolute.
    pub image: Option<Url>,
    /// Keywords and sections, as the page writes them.
    pub tags: Vec<String>,
    /// The section of the publication, such as "Sport".
    pub section: Option<String>,
    /// The publication's name for itself.
    pub site_name: Option<String>,
    /// What the page says about its use.
    pub rights: Rights,
    /// The source and the confidence of each value.
    pub provenance: Provenance,
    /// What kind of page this is.
    pub kind: PageKind,
    /// Estimated probability that the body is right, 0 to 1: see [`Signals`](crate::Signals).
    pub quality: f32,
    /// Where the body came from.
    pub source: BodySource,
}

/// A date and its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The instant, in UTC.
    pub at: DateTime<Utc>,
    /// Offset of the publication's time zone, if known. The local day of an evening's news may
    /// differ from the UTC day.
    pub zone: Option<FixedOffset>,
    /// Where it was found.
    pub source: DateSource,
}

impl Dated {
    /// A date that the feed gives for its entry.
    #[must_use]
    pub fn from_feed(at: DateTime<Utc>) -> Self {
        Self { at, zone: None, source: DateSource::Feed }
    }

    /// The instant in the publication's time zone, or in UTC if that is unknown.
    #[must_use]
    pub fn local(&self) -> DateTime<FixedOffset> {
        self.at.with_timezone(&self.zone.unwrap_or_else(|| Utc.fix()))
    }
}

/// Where a date was found, most trusted first on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateSource {
    /// `datePublished` or `dateModified` of a JSON-LD article (schema.org).
    JsonLd,
    /// `article:published_time` and similar `<meta>` properties, or microdata.
    Meta,
    /// A `<time datetime>` or a line with a date near the headline.
    Time,
    /// Digits in the address, such as `/2026/03/14/`.
    Url,
    /// The feed's date for the entry.
    Feed,
}

impl DateSource {
    /// The stable name, also used in JSON.
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
    /// Which form it is.
    pub kind: AlternateKind,
    /// Its address, absolute.
    pub url: Url,
}

/// The other forms that an article may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlternateKind {
    /// AMP (`rel=amphtml`): the text with few scripts.
    Amp,
    /// The print version (`rel=alternate media=print`).
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
    /// `articleBody` of the page's JSON-LD, because the page's blocks had no article.
    JsonLd,
    /// The data that the page carries for its scripts, because neither its blocks nor its JSON-LD
    /// had an article.
    PageState,
    /// The feed entry's full text: see [`from_feed_content`](crate::from_feed_content).
    Feed,
}

impl BodySource {
    /// The stable name, also used in JSON.
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
    /// A live blog: many entries with their times, which grows while something happens.
    LiveBlog,
    /// A picture gallery: pictures with a line of text each.
    Gallery,
    /// A video with a few lines of text.
    Video,
    /// The beginning of an article; the rest is for subscribers.
    PaywallStub,
    /// A front page or section page: links to articles.
    Index,
    /// A page that asks for consent before it shows anything.
    ConsentWall,
    /// A bot challenge, such as a CAPTCHA.
    BotWall,
    /// "Not found", served with status 200.
    #[serde(rename = "soft-404")]
    SoftNotFound,
    /// No body text at all.
    Empty,
}

impl PageKind {
    /// The stable name, also used in JSON.
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

    /// Whether the page holds an article or a part of one. The other kinds are not worth storing.
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

/// One paragraph-like part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text in runs of one style. White space is normalised and no run is empty.
    pub spans: Vec<Span>,
}

/// The kinds of pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A paragraph.
    Paragraph,
    /// A sub-heading, level 2 to 4.
    Heading(u8),
    /// An item of a list.
    ListItem {
        /// Whether the list is an `ol`.
        ordered: bool,
    },
    /// A paragraph of a quotation.
    Quote,
    /// Preformatted text with its line breaks.
    Preformatted,
}

/// A run of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The text, not escaped.
    pub text: String,
    /// Emphasised (`em`, `i`).
    pub em: bool,
    /// Strong (`strong`, `b`).
    pub strong: bool,
    /// The target of the link around it, absolute; only `http` and `https`.
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
    /// The body as plain text, with a blank line between pieces.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, piece) in self.body.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { "\n\n" });
            piece.spans.iter().for_each(|span| text.push_str(&span.text));
        }
        text
    }
}

/// A block that was left out of the body, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Index of the block in the page; kept blocks count too.
    pub position: u32,
    /// Its text, cut to 300 characters.
    pub text: String,
    /// Why it was removed: a fixed word with an optional detail, such as `links` or `phrase:
    /// related`.
    pub reason: String,
}
