//! Where each statement about an article was read, and how sure that makes it.
//!
//! A consumer who files by date or quotes a byline wants to know whether the page said so in as many words or
//! whether we concluded it. The confidence is no probability of a model: it follows from the kind of source and
//! from whether another source says the same, by a short table beside each rule. For titles and dates the numbers
//! are the shares that were right when measured (`docs/extraction.md`); for the rest they only rank.

use serde::{Serialize, Serializer};

/// A kind of place where a value was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A schema.org object in a JSON-LD script.
    JsonLd,
    /// `og:` and `article:` properties.
    OpenGraph,
    /// Any other `meta`, or microdata.
    Meta,
    /// A heading that readers see.
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
    /// The address.
    Url,
    /// The feed.
    Feed,
    /// What the curator's rule for the site selects.
    SiteRule,
}

impl Source {
    /// The word that JSON and database use.
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

/// Where a value was read, and how sure that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evidence {
    /// The place.
    pub source: Source,
    /// 0 to 1.
    #[serde(serialize_with = "two_digits")]
    pub confidence: f32,
}

/// Evidence for each value of an article that has one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// Of `title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Evidence>,
    /// Of `byline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byline: Option<Evidence>,
    /// Of `published`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Evidence>,
    /// Of `modified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Evidence>,
    /// Of `language`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Evidence>,
    /// Of `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Evidence>,
    /// Of `section`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<Evidence>,
    /// Of `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Evidence>,
    /// Of `site_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<Evidence>,
    /// Of `canonical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<Evidence>,
}

impl Evidence {
    /// A source with the confidence it deserves.
    #[must_use]
    pub fn new(source: Source, confidence: f32) -> Self {
        Self { source, confidence }
    }
}

/// `0.95`, not `0.949999988079071`: the digits beyond say nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn two_digits<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*value) * 100.0).round() / 100.0)
}
