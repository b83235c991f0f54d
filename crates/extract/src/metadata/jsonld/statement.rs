//! What an article-like object says.

use serde_json::{Map, Value};

use crate::metadata::html_text;
use crate::metadata::jsonld::references::References;
use crate::metadata::jsonld::value::{address, parts_free, strings, truth};
use crate::metadata::jsonld::witness::place;

/// Most keywords of one string.
const KEYWORDS: usize = 500;

/// An author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) name: String,
    /// The object's type is not a person's.
    pub(crate) is_organisation: bool,
    /// The object's type is a person's.
    pub(crate) is_person: bool,
}

/// The properties of one article-like object.
#[derive(Debug, Default, Clone)]
pub(crate) struct Statement {
    pub(crate) headline: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    /// When a film was put on the web.
    pub(crate) uploaded: Option<String>,
    pub(crate) authors: Vec<Author>,
    pub(crate) image: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) section: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) is_free: Option<bool>,
    /// Its addresses.
    pub(super) urls: Vec<String>,
    /// Whether its type is an article's, not a page's around one.
    pub(super) is_article: bool,
}

impl Statement {
    /// Takes from another object what this one lacks.
    pub(super) fn fill(&mut self, other: Self) {
        fn or<T>(own: &mut Option<T>, other: Option<T>) {
            if own.is_none() {
                *own = other;
            }
        }
        or(&mut self.headline, other.headline);
        or(&mut self.description, other.description);
        or(&mut self.body, other.body);
        or(&mut self.published, other.published);
        or(&mut self.modified, other.modified);
        or(&mut self.uploaded, other.uploaded);
        or(&mut self.image, other.image);
        or(&mut self.section, other.section);
        or(&mut self.language, other.language);
        or(&mut self.licence, other.licence);
        or(&mut self.is_free, other.is_free);
        if self.authors.is_empty() {
            self.authors = other.authors;
        }
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
    }
}

/// The statement of an object.
pub(super) fn article<'a>(
    object: &'a Map<String, Value>,
    references: &References<'a>,
    is_article: bool,
) -> Statement {
    let text = |key: &str| strings(object.get(key)).into_iter().next().map(|s| html_text(&s));
    let instant = |key: &str| match object.get(key) {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => text(key),
    };
    let mut tags = strings(object.get("keywords"));
    if let [one] = tags.as_slice() {
        tags = one.split([',', ';']).take(KEYWORDS).map(|tag| tag.trim().to_owned()).collect();
    }
    tags.extend(strings(object.get("articleSection")));
    let authors = Some(references.authors(object.get("author")))
        .filter(|authors| !authors.is_empty())
        .unwrap_or_else(|| references.authors(object.get("creator")));
    let urls = ["url", "@id", "mainEntityOfPage"]
        .into_iter()
        .filter_map(|key| address(object.get(key)?).as_deref().and_then(place));
    Statement {
        headline: text("headline").or_else(|| if is_article { text("name") } else { None }),
        description: text("description"),
        body: text("articleBody").or_else(|| if is_article { text("text") } else { None }),
        published: instant("datePublished")
            .or_else(|| if is_article { instant("dateCreated") } else { None }),
        modified: instant("dateModified"),
        uploaded: instant("uploadDate"),
        authors,
        image: object.get("image").or(object.get("thumbnailUrl")).and_then(address),
        tags,
        section: text("articleSection"),
        language: object.get("inLanguage").and_then(|l| {
            l.as_str()
                .map(str::to_owned)
                .or_else(|| strings(l.get("alternateName")).into_iter().next())
        }),
        licence: object.get("license").and_then(address),
        is_free: object
            .get("isAccessibleForFree")
            .and_then(truth)
            .or_else(|| parts_free(object.get("hasPart"))),
        urls: urls.collect(),
        is_article,
    }
}
