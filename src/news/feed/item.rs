//! The fields of one entry, whatever its format: RSS, Atom, RDF and sitemaps use different names for the same things,
//! and mix them, so each field is asked for under all its names, best first.

use url::Url;

use crate::news::feed::dates::{Order, parse_date};
use crate::news::feed::defect::Defect;
use crate::news::feed::draft::{DraftEntry, language, link, person};
use crate::news::feed::element::Element;
use crate::news::feed::names::Vocabulary::{
    self, Content, Dublin, Feed, Itunes, Media, News, Original, Other, Xhtml,
};
use crate::news::feed::text;

/// A name under which a field may be found.
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
const UPDATED: &[Place] =
    &[(Feed, "updated"), (Feed, "modified"), (Dublin, "modified"), (Feed, "lastmod"), (Feed, "lastmodified")];

/// Elements that only wrap fields.
const WRAPPERS: &[Place] = &[(Media, "group"), (News, "news"), (News, "publication"), (Media, "content")];

/// What an entry inherits.
pub(super) struct Around<'a> {
    pub(super) base: &'a Url,
    pub(super) language: Option<&'a str>,
}

/// Reads an entry; notes what could not be read.
pub(super) fn read(entry: &Element, around: &Around<'_>, note: &mut dyn FnMut(Defect)) -> DraftEntry {
    let mut fields: Vec<&Element> = Vec::new();
    collect(entry, &mut fields, 0);
    let fields = Fields { entry, all: fields, base: base_of(entry, around.base) };
    let declared = fields.text(&[(Dublin, "language"), (News, "language"), (Feed, "language")]);
    let own_language = entry.attribute("xml:lang").and_then(language).or_else(|| language(&declared?));
    let language = own_language.or_else(|| around.language.map(str::to_owned));
    let order = Order::of_language(language.as_deref());
    let mut date = |places| {
        let texts: Vec<String> = fields.under(places).filter_map(Element::text).collect();
        let date = texts.iter().find_map(|text| parse_date(text, order));
        if date.is_none() && !texts.is_empty() {
            note(Defect::BadDate);
        }
        date
    };
    let updated = date(UPDATED);
    let published = date(PUBLISHED).or(updated);
    let content = fields.under(CONTENT).find_map(Element::html);
    let summary = fields.under(SUMMARY).find_map(|field| Some((field, field.plain()?)));
    // A description may carry the whole article.
    let content = content.or_else(|| summary.as_ref()?.0.html().filter(|html| is_article(html)));
    let link = fields.link();
    if link.is_none() && fields.under(&[(Feed, "link"), (Feed, "loc")]).next().is_some() {
        note(Defect::BadLink);
    }
    let title = fields.under(TITLE).find_map(Element::plain);
    let guid = fields.text(GUID);
    let has_nothing =
        guid.is_none() && link.is_none() && title.is_none() && summary.is_none() && content.is_none();
    DraftEntry {
        rest: if has_nothing { entry.html() } else { None },
        guid,
        link,
        title,
        summary: summary.map(|(_, text)| text),
        content,
        published,
        updated,
        authors: fields.authors(),
        tags: fields.tags(),
        language,
    }
}

/// Three paragraphs make an article rather than a teaser.
fn is_article(html: &str) -> bool {
    html.match_indices("<p").take(3).count() == 3
}

/// The base of an element: its `xml:base`, on top of what surrounds it.
pub(super) fn base_of(element: &Element, outer: &Url) -> Url {
    element.attribute("xml:base").and_then(|base| outer.join(base).ok()).unwrap_or_else(|| outer.clone())
}

fn collect<'a>(element: &'a Element, fields: &mut Vec<&'a Element>, depth: usize) {
    for field in element.elements() {
        fields.push(field);
        if depth < 3 && WRAPPERS.iter().any(|(vocabulary, local)| field.is(*vocabulary, local)) {
            collect(field, fields, depth + 1);
        }
    }
}

/// The people that an element names.
pub(super) fn authors<'a>(fields: impl Iterator<Item = &'a Element>) -> Vec<String> {
    let name = |field: &'a Element| {
        let named = field.elements().find(|child| child.name.local == "name");
        let text = named
            .and_then(Element::plain)
            .or_else(|| field.elements().next().is_none().then(|| field.plain())?)?;
        person(&text)
    };
    fields.filter_map(name).collect()
}

struct Fields<'a> {
    entry: &'a Element,
    all: Vec<&'a Element>,
    base: Url,
}

impl<'a> Fields<'a> {
    /// All fields under these names, in the order of the names.
    fn under(&self, places: &'static [Place]) -> impl Iterator<Item = &'a Element> {
        places.iter().flat_map(|(vocabulary, local)| {
            self.all.iter().copied().filter(|field| field.is(*vocabulary, local))
        })
    }

    fn text(&self, places: &'static [Place]) -> Option<String> {
        self.under(places).find_map(Element::text)
    }

    fn authors(&self) -> Vec<String> {
        let named = authors(self.under(&[(Feed, "author"), (Dublin, "creator")]));
        if named.is_empty() {
            authors(self.under(&[(Itunes, "author"), (Feed, "contributor")]))
        } else {
            named
        }
    }

    fn tags(&self) -> Vec<String> {
        let categories = self.under(&[(Feed, "category"), (Dublin, "subject")]);
        let category = |field: &Element| {
            let label = field.attribute("label").or_else(|| field.attribute("term"));
            label.map(text::squeeze).or_else(|| field.plain())
        };
        let mut tags: Vec<String> = categories.filter_map(category).collect();
        for list in self
            .under(&[(Media, "keywords"), (News, "keywords"), (Itunes, "keywords")])
            .filter_map(Element::plain)
        {
            tags.extend(list.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()));
        }
        tags
    }

    /// Where the entry leads: the first of these that is an http address.
    ///
    /// The original address that a feed service put aside; the link itself, HTML before other types; an id that is an address;
    /// the address of out-of-line content; RDF's and CDF's attribute; other relations (`via`, `self`). A bare home page
    /// comes last: feeds that give every entry the same link often have the real one in the id.
    fn link(&self) -> Option<Url> {
        let mut found: Vec<(u8, Url)> = Vec::new();
        for field in &self.all {
            let Some((rank, text)) = rank(field) else { continue };
            let Some(url) = link(&text, &base_of(field, &self.base)) else { continue };
            let is_home = url.path() == "/" && url.query().is_none();
            found.push((if is_home { rank + 10 } else { rank }, url));
        }
        for name in ["rdf:about", "about", "href"] {
            let url = self
                .entry
                .attribute(name)
                .filter(|text| name == "href" || is_http(text))
                .and_then(|text| link(text, &self.base));
            found.extend(url.map(|url| (7, url)));
        }
        found.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, url)| url)
    }
}

/// How good a field is as the entry's link, best first, and what it says.
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
            if field.attribute("ispermalink").is_some_and(|value| value.eq_ignore_ascii_case("false")) =>
        {
            None
        }
        (Feed, "guid" | "id") | (Dublin, "identifier") => {
            Some((4, field.text()?)).filter(|(_, text)| is_http(text))
        }
        (Feed, "content") => Some((6, field.attribute("src")?.to_owned())),
        _ => None,
    }
}

fn is_http(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("http")) && text.contains("://")
}
