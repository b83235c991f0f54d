//! The facts of an entry, or of the head of a feed, in any dialect.
//!
//! RSS, Atom, RDF, CDF, sitemaps and JSON Feed have different names for the same things, and feeds
//! mix them. So each fact is searched under all its names, best first. The dialect that the
//! document claims to be does not matter.

use url::Url;

use crate::draft::{language, rebased};
use crate::element::Element;
use crate::names::Vocabulary::{
    self, Content, Dublin, Feed, Itunes, Media, News, Other, Prism, Xhtml,
};
use crate::text::{self, Markup};

/// A name of a field.
type Place = (Vocabulary, &'static str);

const GUID: &[Place] = &[(Feed, "guid"), (Feed, "id"), (Dublin, "identifier")];
const TITLE: &[Place] =
    &[(Feed, "title"), (Dublin, "title"), (News, "title"), (Media, "title"), (Itunes, "title")];
const SUMMARY: &[Place] = &[
    (Feed, "description"),
    (Feed, "summary"),
    (Dublin, "description"),
    (Dublin, "abstract"),
    (Media, "description"),
    (Itunes, "summary"),
    (Feed, "abstract"),
    (Itunes, "subtitle"),
];
const CONTENT: &[Place] = &[
    (Content, "encoded"),
    (Feed, "content"),
    (Xhtml, "body"),
    (Xhtml, "div"),
    (Other, "full-text"),
    (Feed, "fulltext"),
    (Feed, "fullitem"),
    (Feed, "body"),
    (Feed, "encoded"),
];
const PUBLISHED: &[Place] = &[
    (Feed, "published"),
    (Feed, "pubdate"),
    (Feed, "issued"),
    (News, "publication_date"),
    (Dublin, "date"),
    (Dublin, "issued"),
    (Dublin, "created"),
    (Dublin, "available"),
    (Prism, "publicationdate"),
    (Prism, "coverdate"),
    (Feed, "date"),
    (Feed, "created"),
    (Feed, "datepublished"),
];
const UPDATED: &[Place] = &[
    (Feed, "updated"),
    (Feed, "modified"),
    (Dublin, "modified"),
    (Prism, "modificationdate"),
    (Feed, "lastmod"),
    (Feed, "lastmodified"),
];

const AUTHORS: &[Place] = &[(Feed, "author"), (Dublin, "creator"), (Dublin, "author")];
/// They count if no author has a name.
const CONTRIBUTORS: &[Place] = &[(Itunes, "author"), (Feed, "contributor")];
const CATEGORIES: &[Place] = &[(Feed, "category"), (Dublin, "subject"), (Itunes, "category")];
/// Comma-separated lists.
const KEYWORDS: &[Place] = &[(Media, "keywords"), (News, "keywords"), (Itunes, "keywords")];

/// Elements that only wrap fields.
const WRAPPERS: &[Place] =
    &[(Media, "group"), (News, "news"), (News, "publication"), (Media, "content")];

fn collect<'a>(element: &'a Element, fields: &mut Vec<&'a Element>, depth: usize) {
    for field in element.elements() {
        fields.push(field);
        if depth < 3 && WRAPPERS.iter().any(|(vocabulary, local)| field.is(*vocabulary, local)) {
            collect(field, fields, depth + 1);
        }
    }
}

/// The fields of an entry, or of a feed's head.
pub(super) struct Fields<'a> {
    element: &'a Element,
    all: Vec<&'a Element>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(element: &'a Element) -> Self {
        let mut all = Vec::new();
        collect(element, &mut all, 0);
        Self { element, all }
    }

    /// All fields with these names, in the order of the names.
    fn under(&self, places: &'static [Place]) -> impl Iterator<Item = &'a Element> {
        places.iter().flat_map(|(vocabulary, local)| {
            self.all.iter().copied().filter(|field| field.is(*vocabulary, local))
        })
    }

    fn text(&self, places: &'static [Place]) -> Option<String> {
        self.under(places).find_map(Element::text)
    }

    /// The language that the entry declares for itself.
    pub(super) fn language(&self) -> Option<String> {
        let attribute = self.element.attribute("xml:lang").and_then(language);
        attribute.or_else(|| {
            language(&self.text(&[(Dublin, "language"), (News, "language"), (Feed, "language")])?)
        })
    }

    /// What is written as its date of publication and of its last change, best first.
    pub(super) fn dates(&self) -> [Vec<String>; 2] {
        let texts = |places| self.under(places).filter_map(date_text);
        // The Channel Definition Format has it as an attribute of the entry.
        let attribute = self.element.attribute("lastmod").map(str::to_owned);
        [texts(PUBLISHED).collect(), texts(UPDATED).chain(attribute).collect()]
    }

    /// The fields, in the order of the document.
    pub(super) fn all(&self) -> &[&'a Element] {
        &self.all
    }

    /// The feed's own id.
    pub(super) fn guid(&self) -> Option<String> {
        self.text(GUID)
    }

    pub(super) fn title(&self) -> Option<(String, Markup)> {
        self.under(TITLE).find_map(Element::words)
    }

    pub(super) fn summary(&self) -> Option<(String, Markup)> {
        self.under(SUMMARY).find_map(Element::words)
    }

    pub(super) fn content(&self) -> Option<(String, Markup)> {
        self.under(CONTENT).find_map(Element::markup)
    }

    /// The people who wrote it, and those who contributed, as written.
    pub(super) fn people(&self) -> [Vec<String>; 2] {
        [AUTHORS, CONTRIBUTORS].map(|places| self.under(places).filter_map(name).collect())
    }

    pub(super) fn tags(&self) -> Vec<String> {
        let category = |field: &Element| {
            let label = ["label", "term", "text"].iter().find_map(|name| field.attribute(name));
            label.map(text::collapse_whitespace).or_else(|| field.plain())
        };
        let mut tags: Vec<String> = self.under(CATEGORIES).filter_map(category).collect();
        for list in self.under(KEYWORDS).filter_map(Element::plain) {
            tags.extend(list.split(',').map(|tag| tag.trim().to_owned()));
        }
        tags.retain(|tag| !tag.is_empty());
        tags
    }
}

/// The base of an element: its `xml:base`, resolved against the outer base.
pub(super) fn base_of(element: &Element, outer: &Url) -> Url {
    rebased(element.attribute("xml:base"), outer)
}

/// A date as a field has it: its text, or else an attribute.
fn date_text(field: &Element) -> Option<String> {
    let attribute = || ["datetime", "date", "value"].iter().find_map(|name| field.attribute(name));
    field.text().or_else(|| attribute().map(str::to_owned))
}

/// The name of the person in an element.
fn name(field: &Element) -> Option<String> {
    let named = field.elements().find(|child| child.name.local == "name");
    named
        .and_then(Element::plain)
        .or_else(|| field.elements().next().is_none().then(|| field.plain())?)
}
