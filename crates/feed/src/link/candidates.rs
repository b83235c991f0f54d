//! The addresses that an entry, or the head of a feed, states.

use url::Url;

use super::{Candidate, LinkReason, clean};
use crate::draft::{page, rebased};
use crate::element::{Element, Node};
use crate::names::Vocabulary::{Dublin, Feed, Original, Prism};

/// Most addresses of one entry.
const MAX_CANDIDATES: usize = 16;

/// Media types that no page has, by their beginnings.
const MEDIA: [&str; 4] = ["audio/", "video/", "image/", "font/"];

/// Endings of files that are no pages.
const MEDIA_FILES: [&str; 20] = [
    "aac", "avi", "flac", "gif", "jpeg", "jpg", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "mpeg",
    "ogg", "opus", "png", "torrent", "wav", "webm", "webp",
];

/// What an entry states.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    /// A file beside the article, such as the sound of a podcast.
    pub(crate) enclosure: Option<Url>,
    /// Something stands where a link should, whether or not it is an address.
    pub(crate) is_stated: bool,
}

/// The addresses of an entry with these fields, in the order of the document.
pub(crate) fn of_entry(
    entry: &Element,
    fields: &[&Element],
    base: &Url,
    language: Option<&str>,
) -> Found {
    let mut found = Found::default();
    for field in fields {
        if field.is(Feed, "link") || field.is(Feed, "loc") {
            found.is_stated = true;
        }
        let Some(stated) = Stated::of(field) else { continue };
        // The media type of a file says whether it can be a page at all.
        if matches!(stated.reason, LinkReason::Enclosure | LinkReason::ContentSource)
            && let Some(url) = stated.url(&own_base(field, base))
            && is_media(stated.kind, &url)
        {
            let is_enclosure = stated.reason == LinkReason::Enclosure;
            found.enclosure = found.enclosure.or(Some(url).filter(|_| is_enclosure));
            continue;
        }
        found.push(&stated, &own_base(field, base), language);
    }
    for text in lost_texts(entry) {
        let stated = Stated { is_text: true, ..Stated::new(text, LinkReason::Link) };
        found.push(&stated, base, language);
    }
    for name in ["rdf:about", "about", "href"] {
        let text = entry.attribute(name);
        let text = text.filter(|text| name == "href" || is_http(text) || text.starts_with('/'));
        if let Some(text) = text {
            found.push(&Stated::new(text.to_owned(), LinkReason::About), base, language);
        }
    }
    found
}

/// The page that a feed belongs to, from the fields of its head.
pub(crate) fn of_head(fields: &[&Element], base: &Url) -> Option<Url> {
    let links = fields.iter().filter(|field| field.is(Feed, "link"));
    let stated = links.filter_map(|field| {
        let stated = Stated::of(field).filter(|stated| stated.reason == LinkReason::Link)?;
        Some((kind_rank(stated.kind), stated.url(&own_base(field, base))?))
    });
    stated.min_by_key(|(kind, _)| *kind).map(|(_, url)| url)
}

impl Found {
    fn push(&mut self, stated: &Stated<'_>, base: &Url, language: Option<&str>) {
        if self.candidates.len() >= MAX_CANDIDATES {
            return;
        }
        let Some(url) = stated.url(base) else { return };
        self.candidates.push(Candidate {
            url,
            reason: stated.reason,
            kind: kind_rank(stated.kind),
            language: language_rank(stated.language, language),
            is_text: stated.is_text,
        });
    }
}

/// An address as a field states it.
struct Stated<'a> {
    text: String,
    reason: LinkReason,
    /// Its media type.
    kind: Option<&'a str>,
    /// The language of what it leads to.
    language: Option<&'a str>,
    is_text: bool,
}

impl<'a> Stated<'a> {
    fn new(text: String, reason: LinkReason) -> Self {
        Self { text, reason, kind: None, language: None, is_text: false }
    }

    fn of(field: &'a Element) -> Option<Self> {
        let text = |reason| Some(Self { is_text: true, ..Self::new(field.text()?, reason) });
        let attribute = |name, reason| Some(Self::new(field.attribute(name)?.to_owned(), reason));
        match (field.name.vocabulary, field.name.local.as_str()) {
            (Original, "origlink") => text(LinkReason::Original),
            (Feed, "loc") => text(LinkReason::Link),
            (Feed, "link") => Self::of_link(field),
            (Feed, "external_url") => text(LinkReason::External),
            (Feed, "guid") => permalink(field),
            (Feed, "id") | (Dublin, "identifier") | (Prism, "url") => {
                let path = || text(LinkReason::IdPath).filter(|id| is_path(&id.text));
                text(LinkReason::Id).filter(|id| is_http(&id.text)).or_else(path)
            }
            (Feed, "content") => {
                let source = attribute("src", LinkReason::ContentSource);
                let source = source.map(|source| Self { kind: field.attribute("type"), ..source });
                source.or_else(|| attribute("xml:base", LinkReason::ContentBase))
            }
            (Feed, "enclosure") => Some(Self {
                kind: field.attribute("type"),
                ..attribute("url", LinkReason::Enclosure)
                    .or_else(|| attribute("href", LinkReason::Enclosure))?
            }),
            _ => None,
        }
    }

    fn of_link(field: &'a Element) -> Option<Self> {
        let reason = relation(field.attribute("rel"))?;
        let href = field.attribute("href").filter(|href| !href.starts_with('#'));
        let (text, is_text) = match href {
            Some(href) => (href.to_owned(), false),
            None => (field.text()?, true),
        };
        let (kind, language) = (field.attribute("type"), field.attribute("hreflang"));
        Some(Self { text, reason, kind, language, is_text })
    }

    fn url(&self, base: &Url) -> Option<Url> {
        base.join(&clean::address(&self.text, base)?).ok().and_then(page)
    }
}

/// What a link of these relations is of an entry. A link may have several.
fn relation(relations: Option<&str>) -> Option<LinkReason> {
    let Some(relations) = relations else { return Some(LinkReason::Link) };
    let of_one = |relation: &str| match relation.to_ascii_lowercase().rsplit('/').next()? {
        "alternate" | "bookmark" => Some(LinkReason::Link),
        "canonical" => Some(LinkReason::Canonical),
        "via" | "related" => Some(LinkReason::Related),
        "self" => Some(LinkReason::Itself),
        "enclosure" => Some(LinkReason::Enclosure),
        _ => None,
    };
    relations.split_whitespace().filter_map(of_one).min()
}

/// An RSS guid is a permalink unless it says that it is none.
fn permalink(guid: &Element) -> Option<Stated<'_>> {
    let is = |word: &str| {
        guid.attribute("ispermalink").is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let text = guid.text().filter(|_| !is("false"))?;
    let is_address = is_http(&text) || is_path(&text) || (is("true") && text.contains('/'));
    let reason = LinkReason::Permalink;
    is_address.then(|| Stated { is_text: true, ..Stated::new(text, reason) })
}

/// Addresses that a program for HTML has put after their element: `<link/>https://…`.
fn lost_texts(entry: &Element) -> impl Iterator<Item = String> {
    let pairs = entry.nodes.iter().zip(entry.nodes.iter().skip(1));
    pairs.filter_map(|(link, text)| {
        let (Node::Element(link), Node::Text(text)) = (link, text) else { return None };
        let is_blank = |node: &Node| matches!(node, Node::Text(text) if text.trim().is_empty());
        let is_empty =
            link.is(Feed, "link") && link.nodes.iter().all(is_blank) && link.attributes.is_empty();
        let text = text.trim();
        (is_empty && (is_http(text) || is_path(text))).then(|| text.to_owned())
    })
}

/// A media type by how far it is from HTML.
fn kind_rank(kind: Option<&str>) -> u8 {
    let Some(kind) = kind.map(str::to_ascii_lowercase) else { return 0 };
    match kind.as_str() {
        kind if kind.contains("html") || !kind.contains('/') => 0,
        kind if kind.starts_with("text/") => 1,
        kind if MEDIA.iter().any(|media| kind.starts_with(media)) => 3,
        _ => 2,
    }
}

/// A language by how far it is from the entry's: the same, none, another.
fn language_rank(stated: Option<&str>, wanted: Option<&str>) -> u8 {
    let (Some(stated), Some(wanted)) = (stated, wanted) else { return 2 };
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    match () {
        () if stated.eq_ignore_ascii_case(wanted) => 0,
        () if primary(stated) == primary(wanted) => 1,
        () if stated.eq_ignore_ascii_case("x-default") => 2,
        () => 3,
    }
}

fn is_media(kind: Option<&str>, url: &Url) -> bool {
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let extension = url.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    MEDIA.iter().any(|media| kind.starts_with(media))
        || (!kind.contains("html")
            && extension.is_some_and(|ending| MEDIA_FILES.contains(&ending.as_str())))
}

fn own_base(field: &Element, outer: &Url) -> Url {
    // The base of a content is that of its links, and may be the page itself.
    rebased(field.attribute("xml:base").filter(|_| !field.is(Feed, "content")), outer)
}

fn is_http(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("http")) && text.contains("//")
}

/// An absolute path, or an address without its scheme.
fn is_path(text: &str) -> bool {
    text.len() > 1 && text.starts_with('/') && !text.contains(char::is_whitespace)
}
