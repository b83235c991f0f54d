//! Elements that are marked as an author's: by property, relation, class or address.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use html5ever::local_name;

use crate::metadata::class::parts;
use crate::tree::{Element, NodeId};

/// How surely an element is an author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// A link to a page about somebody.
    Link,
    /// By its class or id.
    Class,
    /// By `itemprop`, `rel` or hCard.
    Property,
}

/// An element that is marked as an author's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) node: NodeId,
    pub(crate) strength: Strength,
}

/// Parts of class names and ids of authors' elements, in the languages of the web.
pub(in crate::metadata) const AUTHORS: [&str; 32] = [
    "author",
    "byline",
    "by-line",
    "autor",
    "auteur",
    "autore",
    "redakteur",
    "verfasser",
    "writer",
    "journalist",
    "reporter",
    "columnist",
    "posted-by",
    "postedby",
    "post-by",
    "written-by",
    "authtor",
    "vcard",
    "penulis",
    "yazar",
    "skribent",
    "forfatter",
    "kirjoittaja",
    "firma",
    "signature",
    "by-div",
    "contributor",
    "username",
    "user-name",
    "creator",
    "kolumn",
    "muhabir",
];

static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| parts(AUTHORS));

/// Parts of class names of what stands beside a name, or of other people.
static OTHERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "avatar",
        "image",
        "img",
        "photo",
        "icon",
        "social",
        "follow",
        "comment",
        "related",
        "count",
        "reply",
        "widget",
        "authoriz",
        "authoris",
        "authority",
        "reviewer",
        "description",
        "-desc",
        "biograph",
        "_bio",
        "-bio",
        "role",
        "title",
        "position",
        "email",
        "twitter",
        "more-from",
        "no-author",
        "has-author",
        "hide-author",
    ];
    parts(names)
});

/// Parts of the addresses of pages about people.
static PATHS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let paths = [
        "/author/",
        "/authors/",
        "/autor/",
        "/autoren/",
        "/autores/",
        "/auteur/",
        "/auteurs/",
        "/by/",
        "/people/",
        "/staff/",
        "/profile/",
        "/profiles/",
        "/reporters/",
        "/contributor/",
        "/contributors/",
        "/journalist/",
        "/writers/",
        "/redakteur/",
    ];
    AhoCorasick::new(paths).ok()
});

/// How surely an element is an author's, by itself.
/// `is_author`: its class or id is an author's.
pub(crate) fn strength(element: &Element, is_author: bool) -> Option<Strength> {
    let mut found = is_author.then_some(Strength::Class);
    for attribute in &element.attrs {
        let value = &*attribute.value;
        found = found.max(match attribute.name.local {
            local_name!("itemprop") => is_property(value).then_some(Strength::Property),
            local_name!("rel") => value
                .split_ascii_whitespace()
                .any(|rel| rel == "author")
                .then_some(Strength::Property),
            local_name!("href") if element.name.local == local_name!("a") => {
                is_person_page(value).then_some(Strength::Link)
            }
            _ => None,
        });
    }
    found
}

fn is_property(value: &str) -> bool {
    value
        .split_ascii_whitespace()
        .any(|word| word.eq_ignore_ascii_case("author") || word.eq_ignore_ascii_case("creator"))
}

/// Whether a class text or an id is that of an author's element.
pub(crate) fn is_author(text: &str) -> bool {
    let has = |words: &LazyLock<Option<AhoCorasick>>, text: &str| {
        words.as_ref().is_some_and(|words| words.is_match(text))
    };
    has(&NAMES, text)
        && text.split_ascii_whitespace().any(|word| has(&NAMES, word) && !has(&OTHERS, word))
}

fn is_person_page(href: &str) -> bool {
    let path = href.get(..href.len().min(300)).unwrap_or(href);
    // Something must follow: the name.
    let found = PATHS.as_ref().and_then(|paths| paths.find(path));
    found.is_some_and(|part| part.end() < path.len())
}
