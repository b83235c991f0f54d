//! The source of each value of an article, and how far it can be trusted.
//!
//! The confidence is not a probability from a model. It follows from the kind of source and from
//! whether a second source agrees. For titles and dates the numbers are the shares that were right
//! on pages with known answers; for the other values they only rank.

use serde::{Serialize, Serializer};

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A schema.org object in a JSON-LD script.
    JsonLd,
    /// `og:` and `article:` properties (Open Graph protocol).
    OpenGraph,
    /// Any other `meta`, or microdata.
    Meta,
    /// A visible heading.
    Heading,
    /// The `title` element.
    TitleElement,
    /// A `link` element.
    Link,
    /// A `time` element, or a line with a date beside the headline.
    Time,
    /// The `lang` attribute of the page.
    Lang,
    /// The words of the article.
    Text,
    /// An element marked as the author's name.
    Markup,
    /// The page's address.
    Url,
    /// The feed.
    Feed,
    /// The selector of a site rule.
    SiteRule,
}

impl Source {
    /// The stable name, also used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLd => "json-ld",
            Self::OpenGraph => "open-graph",
            Self::Meta => "meta",
            Self::Heading => "heading",
            Self::TitleElement => "title-element",
            Self::Link => "link",
            Self::Time => "time",
            Self::Lang => "lang",
            Self::Text => "text",
            Self::Markup => "markup",
            Self::Url => "url",
            Self::Feed => "feed",
            Self::SiteRule => "site-rule",
        }
    }
}

/// The source of a value and the confidence in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evidence {
    /// Where the value was read.
    pub source: Source,
    /// From 0 to 1.
    #[serde(serialize_with = "two_digits")]
    pub confidence: f32,
}

/// Evidence for each value of an article that has one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// Evidence for [`Article::title`](crate::article::Article::title).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Evidence>,
    /// Evidence for [`Article::byline`](crate::article::Article::byline).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byline: Option<Evidence>,
    /// Evidence for [`Article::published`](crate::article::Article::published).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Evidence>,
    /// Evidence for [`Article::modified`](crate::article::Article::modified).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Evidence>,
    /// The text that [`Article::published`](crate::article::Article::published) was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_text: Option<String>,
    /// The text that [`Article::modified`](crate::article::Article::modified) was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_text: Option<String>,
    /// Evidence for [`Article::language`](crate::article::Article::language).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Evidence>,
    /// Evidence for [`Article::image`](crate::article::Article::image).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Evidence>,
    /// Evidence for [`Article::section`](crate::article::Article::section).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<Evidence>,
    /// Evidence for [`Article::tags`](crate::article::Article::tags).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Evidence>,
    /// Evidence for [`Article::site_name`](crate::article::Article::site_name).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<Evidence>,
    /// Evidence for [`Article::canonical`](crate::article::Article::canonical).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<Evidence>,
}

impl Evidence {
    /// Pairs a source with a confidence from 0 to 1.
    #[must_use]
    pub fn new(source: Source, confidence: f32) -> Self {
        Self { source, confidence }
    }
}

/// Writes `0.95`, not `0.949999988079071`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn two_digits<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*value) * 100.0).round() / 100.0)
}
