//! One entry, or the head of a feed, of any dialect as Atom 1.0.
//!
//! RSS, Atom, RDF, CDF, sitemaps and JSON Feed have different names for the same things, and feeds
//! mix them. So each field is searched under all its names, best first, and written under Atom's.
//! In Atom each fact has one place and a type: text or HTML, which link is the page, an id that is
//! never taken for a link. The output is well-formed by construction: known names, CDATA and
//! escaped attributes, known types.

use std::fmt::Write as _;

use url::Url;
use wiresift_text::dates::{self, Style};

use crate::defect::Defect;
use crate::draft::{address, language, rebased};
use crate::element::Element;
use crate::names::Vocabulary::{
    self, Content, Dublin, Feed, Itunes, Media, News, Original, Other, Xhtml,
};
use crate::text::{self, Markup, push_escaped};

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
    (Feed, "date"),
    (Feed, "created"),
];
const UPDATED: &[Place] = &[
    (Feed, "updated"),
    (Feed, "modified"),
    (Dublin, "modified"),
    (Feed, "lastmod"),
    (Feed, "lastmodified"),
];

const AUTHORS: &[Place] = &[(Feed, "author"), (Dublin, "creator")];
/// Used if there is no author.
const CONTRIBUTORS: &[Place] = &[(Itunes, "author"), (Feed, "contributor")];
const CATEGORIES: &[Place] = &[(Feed, "category"), (Dublin, "subject")];
/// Comma-separated lists.
const KEYWORDS: &[Place] = &[(Media, "keywords"), (News, "keywords"), (Itunes, "keywords")];

/// Most links of one entry.
const MAX_LINKS: usize = 50;

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

    /// Whether it has a link under any name.
    pub(super) fn has_link(&self) -> bool {
        self.under(&[(Feed, "link"), (Feed, "loc")]).next().is_some()
    }

    /// Writes it as an Atom document with this root element. Links are in order of preference and
    /// relative to `base` if not absolute.
    pub(super) fn document(
        &self,
        root: &str,
        base: &Url,
        style: Style,
        note: &mut dyn FnMut(Defect),
    ) -> String {
        let mut atom = Atom::default();
        atom.open(root);
        if let Some(id) = self.text(GUID) {
            atom.field("id", "", &id);
        }
        for (name, places) in [("title", TITLE), ("summary", SUMMARY)] {
            if let Some((text, markup)) = self.under(places).find_map(Element::words) {
                atom.field(name, kind(markup), &text);
            }
        }
        if let Some((text, markup)) = self.under(CONTENT).find_map(Element::markup) {
            atom.field("content", kind(markup), &text);
        }
        for (name, places) in [("published", PUBLISHED), ("updated", UPDATED)] {
            let mut texts = self.under(places).filter_map(Element::text).peekable();
            let is_there = texts.peek().is_some();
            match texts.find(|text| dates::read(text, style).is_some()) {
                Some(date) => atom.field(name, "", &date),
                None if is_there => note(Defect::BadDate),
                None => {}
            }
        }
        for (role, places) in [("author", AUTHORS), ("contributor", CONTRIBUTORS)] {
            for name in self.under(places).filter_map(name) {
                atom.open(role);
                atom.field("name", "", &name);
                atom.close(role);
            }
        }
        for tag in self.tags() {
            atom.empty("category", [("term", tag.as_str())]);
        }
        for link in self.links(base) {
            let base = link.base.as_ref().map(|base| ("xml:base", base.as_str()));
            let relation = if link.rank < ID_RANK { "alternate" } else { "related" };
            atom.empty("link", [("rel", relation), ("href", &link.href)].into_iter().chain(base));
        }
        atom.close(root);
        atom.0
    }

    fn tags(&self) -> Vec<String> {
        let category = |field: &Element| {
            let label = field.attribute("label").or_else(|| field.attribute("term"));
            label.map(text::collapse_whitespace).or_else(|| field.plain())
        };
        let mut tags: Vec<String> = self.under(CATEGORIES).filter_map(category).collect();
        for list in self.under(KEYWORDS).filter_map(Element::plain) {
            tags.extend(list.split(',').map(|tag| tag.trim().to_owned()));
        }
        tags.retain(|tag| !tag.is_empty());
        tags
    }

    /// The links, best first.
    fn links(&self, base: &Url) -> Vec<Link> {
        let mut links: Vec<Link> =
            self.all.iter().filter_map(|field| Link::of(field, base)).collect();
        for name in ["rdf:about", "about", "href"] {
            let text = self.element.attribute(name).filter(|text| name == "href" || is_http(text));
            links.extend(text.and_then(address).map(|href| Link {
                rank: ID_RANK + 3,
                href,
                base: None,
            }));
        }
        links.sort_by_key(|link| link.rank);
        links.truncate(MAX_LINKS);
        links
    }
}

struct Link {
    rank: u8,
    href: String,
    /// Its own base, absolute.
    base: Option<Url>,
}

impl Link {
    fn of(field: &Element, outer: &Url) -> Option<Self> {
        let (rank, text) = rank(field)?;
        let base = field.attribute("xml:base").map(|_| base_of(field, outer));
        Some(Self { rank, href: address(&text)?, base })
    }
}

/// Ranks below this are links; from here on they are other addresses.
const ID_RANK: u8 = 4;

/// The base of an element: its `xml:base`, resolved against the outer base.
pub(super) fn base_of(element: &Element, outer: &Url) -> Url {
    rebased(element.attribute("xml:base"), outer)
}

/// The name of the person in an element.
fn name(field: &Element) -> Option<String> {
    let named = field.elements().find(|child| child.name.local == "name");
    named
        .and_then(Element::plain)
        .or_else(|| field.elements().next().is_none().then(|| field.plain())?)
}

/// Atom's type of a text; only what is surely HTML is called HTML.
fn kind(markup: Markup) -> &'static str {
    match markup {
        Markup::Html => "html",
        Markup::Unknown => "text",
    }
}

/// A document that is being written.
#[derive(Default)]
struct Atom(String);

impl Atom {
    fn open(&mut self, name: &str) {
        let _ = write!(self.0, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.0, "</{name}>");
    }

    /// Writes a text element. CDATA keeps line ends and needs no resolving of references.
    fn field(&mut self, name: &str, kind: &str, text: &str) {
        let _ = match kind {
            "" => write!(self.0, "<{name}><![CDATA["),
            kind => write!(self.0, "<{name} type=\"{kind}\"><![CDATA["),
        };
        for (at, piece) in text.split("]]>").enumerate() {
            self.0.push_str(if at == 0 { "" } else { "]]]]><![CDATA[>" });
            self.0.push_str(piece);
        }
        let _ = write!(self.0, "]]></{name}>");
    }

    fn empty<'t>(&mut self, name: &str, attributes: impl IntoIterator<Item = (&'t str, &'t str)>) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            push_escaped(value, &mut self.0);
            self.0.push('"');
        }
        self.0.push_str("/>");
    }
}

/// The rank of a field as the entry's link, best first, and its address: the original address that
/// a feed service stored; the link itself, HTML before other types; an id that is an address; the
/// address of out-of-line content; RDF's and CDF's attribute; other relations (`via`, `self`).
fn rank(field: &Element) -> Option<(u8, String)> {
    match (field.name.vocabulary, field.name.local.as_str()) {
        (Original, "origlink") => Some((0, field.text()?)),
        (Feed, "loc") => Some((1, field.text()?)),
        (Feed, "link") => {
            let Some(href) = field.attribute("href") else { return Some((1, field.text()?)) };
            let relation = field.attribute("rel").unwrap_or("alternate").to_ascii_lowercase();
            let relation = relation.rsplit('/').next().unwrap_or_default();
            let kind = field.attribute("type").unwrap_or("text/html");
            let rank = match relation {
                "alternate" if kind.contains("html") => 2,
                "alternate" => 3,
                "via" | "related" => 8,
                "self" => 9,
                _ => return None,
            };
            Some((rank, href.to_owned()))
        }
        (Feed, "guid")
            if field
                .attribute("ispermalink")
                .is_some_and(|value| value.eq_ignore_ascii_case("false")) =>
        {
            None
        }
        (Feed, "guid" | "id") | (Dublin, "identifier") => {
            Some((ID_RANK, field.text()?)).filter(|(_, text)| is_http(text))
        }
        (Feed, "content") => Some((6, field.attribute("src")?.to_owned())),
        _ => None,
    }
}

fn is_http(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("http")) && text.contains("://")
}
