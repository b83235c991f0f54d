//! Where a page shows its authors: elements that are marked as such by property, relation, class
//! or address, and their place among the blocks.
//!
//! An author's element counts only near the headline and the text. Teasers, comments and the
//! theme's maker have their marks too, but stand in boxes of their own.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use html5ever::local_name;

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::{Feature, Features};
use crate::metadata::byline::name::{Form, Kind, Name, alike, names};
use crate::phrases::markup::Group;
use crate::tag::{Role, Tag, role};
use crate::tree::{Element, Node, NodeId, Step, Tree, attribute};

/// Most bytes and nodes of an author's element that are read.
const TEXT_BYTES: usize = 600;
const TEXT_NODES: usize = 120;

/// Blocks before the headline, and after the start and the end of the text, that are near.
const BEFORE_HEADLINE: usize = 8;
const AFTER_START: usize = 3;
const AFTER_END: usize = 14;

/// Most blocks between the headline and the text.
const BETWEEN: usize = 60;

/// Most blocks of a box that is looked through for another story.
const BOX: usize = 60;

/// Elements of one page that are looked at.
const MARKS: usize = 60;

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

/// Where on the page an author stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Around the headline, before the text.
    Above,
    /// After the text.
    Below,
}

/// The names in an author's element.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) names: Vec<Name>,
    pub(crate) strength: Strength,
    pub(crate) place: Place,
    /// The block before which it stands.
    pub(super) at: usize,
}

impl Shown {
    pub(crate) fn has_people(&self) -> bool {
        self.names.iter().any(|name| name.kind == Kind::Person)
    }
}

/// Parts of class names and ids of authors' elements, in the languages of the web.
static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "author", "byline", "by-line", "autor", "auteur", "autore", "redakteur", "verfasser", "writer", "journalist",
        "reporter", "columnist", "posted-by", "postedby", "post-by", "written-by", "authtor", "vcard", "penulis",
        "yazar", "skribent", "forfatter", "kirjoittaja", "firma", "signature", "by-div", "contributor", "username",
        "user-name", "creator", "kolumn", "muhabir",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Parts of class names of what stands beside a name, or of other people.
static OTHERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "avatar", "image", "img", "photo", "icon", "social", "follow", "comment", "related", "count", "reply", "widget",
        "authoriz", "authoris", "authority", "reviewer", "description", "-desc", "biograph", "_bio", "-bio", "role",
        "title", "position", "email", "twitter", "more-from", "no-author", "has-author", "hide-author",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Parts of the addresses of pages about people.
const PATHS: [&str; 18] = [
    "/author/", "/authors/", "/autor/", "/autoren/", "/autores/", "/auteur/", "/auteurs/", "/by/", "/people/",
    "/staff/", "/profile/", "/profiles/", "/reporters/", "/contributor/", "/contributors/", "/journalist/", "/writers/",
    "/redakteur/",
];

/// How surely an element is an author's, by itself.
pub(crate) fn strength(element: &Element) -> Option<Strength> {
    let mut found = None;
    for (name, value) in element.attrs() {
        found = found.max(match name {
            "itemprop" => is_property(value).then_some(Strength::Property),
            "rel" => value.split_ascii_whitespace().any(|rel| rel == "author").then_some(Strength::Property),
            "class" | "id" => by_class(value),
            "href" if element.name.local == local_name!("a") => is_person_page(value).then_some(Strength::Link),
            _ => None,
        });
    }
    found
}

fn is_property(value: &str) -> bool {
    value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("author") || word.eq_ignore_ascii_case("creator"))
}

fn by_class(value: &str) -> Option<Strength> {
    if !NAMES.as_ref()?.is_match(value) {
        return None;
    }
    let mut words = value.split_ascii_whitespace();
    if words.any(|word| {
        let is_name = NAMES.as_ref().is_some_and(|names| names.is_match(word));
        is_name && !OTHERS.as_ref().is_some_and(|others| others.is_match(word))
    }) {
        return Some(Strength::Class);
    }
    None
}

fn is_person_page(href: &str) -> bool {
    let path = href.get(..href.len().min(300)).unwrap_or(href);
    PATHS.iter().any(|part| memchr::memmem::find(path.as_bytes(), part.as_bytes()).is_some_and(|at| at + part.len() < path.len()))
}

/// The authors that a page shows, in document order.
pub(crate) fn shown(
    tree: &Tree,
    marks: &[Mark],
    blocks: &Blocks,
    features: &Features,
    reasons: &[Reason],
) -> Vec<Shown> {
    let Some(area) = Area::of(features, reasons) else { return Vec::new() };
    let mut found: Vec<Shown> = Vec::new();
    let mut read: Vec<NodeId> = Vec::new();
    for mark in marks.iter() {
        if found.len() >= MARKS {
            break;
        }
        let (enclosing, at) = position(tree, blocks, mark.node);
        let Some(place) = area.place(at) else { continue };
        if is_elsewhere(tree, blocks, features, enclosing, &area) || is_inside(tree, mark.node, &read) {
            continue;
        }
        let Some((names, strength)) = names_of(tree, *mark, marks) else { continue };
        read.push(mark.node);
        found.push(Shown { names, strength, place, at });
    }
    found
}

/// Where the article is, in blocks.
struct Area {
    headline: Option<usize>,
    first: usize,
    last: usize,
}

impl Area {
    fn of(features: &Features, reasons: &[Reason]) -> Option<Self> {
        let first = reasons.iter().position(|reason| reason.is_kept());
        let last = reasons.iter().rposition(|reason| reason.is_kept());
        let headline = features.headline;
        let first = first.or(headline)?;
        Some(Self { headline, first, last: last.unwrap_or(first) })
    }

    fn place(&self, at: usize) -> Option<Place> {
        let start = self.headline.map_or(self.first, |headline| headline.min(self.first));
        let is_near = at + BEFORE_HEADLINE >= start && at <= self.first + AFTER_START;
        let is_near = is_near && (at + BETWEEN >= self.first || at <= start + BETWEEN);
        if is_near {
            return Some(Place::Above);
        }
        // In the text itself people are quoted.
        let is_after = at > self.last.max(start) && at <= self.last + AFTER_END;
        is_after.then_some(Place::Below)
    }
}

/// The block-level element around a node, and the block before which the node stands.
fn position(tree: &Tree, blocks: &Blocks, node: NodeId) -> (Option<u32>, usize) {
    let index = |node: NodeId| {
        let at = blocks.elements.partition_point(|element| element.node < node);
        blocks.elements.get(at).is_some_and(|element| element.node == node).then_some(at)
    };
    let mut up = Some(node);
    let enclosing = std::iter::from_fn(|| {
        let node = up?;
        up = tree.parent(node);
        Some(node)
    })
    .take(40)
    .find_map(index);
    let last = blocks.elements.partition_point(|element| element.node <= node).checked_sub(1);
    let at = last.and_then(|last| {
        let element = blocks.elements.get(last)?;
        let is_around = Some(last) == enclosing;
        Some(if is_around { element.blocks.start } else { element.blocks.end })
    });
    (enclosing.map(|at| at as u32), at.unwrap_or(0) as usize)
}

/// Whether an element is in a box of other texts or of readers.
fn is_elsewhere(
    tree: &Tree,
    blocks: &Blocks,
    features: &Features,
    enclosing: Option<u32>,
    area: &Area,
) -> bool {
    let Some(enclosing) = enclosing else { return false };
    for (_, element) in blocks.around(enclosing).take(30) {
        let range = element.blocks.start as usize..element.blocks.end as usize;
        let holds = |at: usize| range.contains(&at);
        if area.headline.is_some_and(holds) || holds(area.first) && holds(area.last) {
            return false;
        }
        let has = |group| element.groups.has(group);
        let is_box = range.len() >= 2;
        let is_other = has(Group::Comment) || has(Group::Related) || has(Group::Newsletter);
        let is_elsewhere = matches!(element.tag, Tag::Nav | Tag::Footer)
            || (is_box && is_other && !has(Group::Author))
            || has(Group::Comment);
        if is_elsewhere || element.hidden && is_box && range.len() > 6 {
            return true;
        }
        let is_article = tree.element(element.node).is_some_and(|element| element.name() == "article");
        if is_article && is_box {
            return true;
        }
        let inside = features.blocks.get(range).unwrap_or_default();
        if inside.len() <= BOX && inside.iter().any(is_teaser) {
            return true;
        }
    }
    false
}

/// The headline of another story, as a link.
fn is_teaser(feature: &Feature) -> bool {
    feature.tag.is_heading() && feature.link_share > 0.5 && feature.text.tokens >= 4.0
}

fn is_inside(tree: &Tree, node: NodeId, outer: &[NodeId]) -> bool {
    let mut at = tree.parent(node);
    for _ in 0..12 {
        let Some(node) = at else { return false };
        if outer.contains(&node) {
            return true;
        }
        at = tree.parent(node);
    }
    false
}

/// The names in a marked element. Marked elements inside it say which of its words are names.
fn names_of(tree: &Tree, mark: Mark, marks: &[Mark]) -> Option<(Vec<Name>, Strength)> {
    let form = if mark.strength == Strength::Property { Form::Stated } else { Form::Marked };
    let own = names(&text(tree, mark.node), form);
    let mut inner: Vec<Name> = Vec::new();
    let mut strength = mark.strength;
    let mut walk = tree.walk(mark.node).take(TEXT_NODES);
    for step in &mut walk {
        let Step::Enter(id) = step else { continue };
        if id == mark.node {
            continue;
        }
        let is_name = match marks.binary_search_by_key(&id, |mark| mark.node) {
            Ok(at) => {
                let inside = marks.get(at).map_or(Strength::Link, |mark| mark.strength);
                strength = strength.max(inside);
                true
            }
            Err(_) => tree.element(id).is_some_and(|element| {
                let has = |name: &str, wanted: &str| {
                    attribute(element, name).is_some_and(|value| value.split_ascii_whitespace().any(|word| word == wanted))
                };
                has("class", "fn") || has("itemprop", "name") || has("class", "name")
            }),
        };
        if is_name {
            for name in names(&text(tree, id), form) {
                if !inner.iter().any(|known| alike(&known.text, &name.text)) {
                    inner.push(name);
                }
            }
        }
    }
    let is_in = |name: &Name, list: &[Name]| list.iter().any(|other| alike(&other.text, &name.text));
    let is_whole = own.len() >= inner.len() && inner.iter().all(|name| is_in(name, &own));
    let chosen = if inner.is_empty() || (is_whole && own.len() <= inner.len() + 2) { own } else { inner };
    (!chosen.is_empty()).then_some((chosen, strength))
}

/// The text of an element, with a line for each block-level element, and for words that only a
/// border of elements parts.
fn text(tree: &Tree, under: NodeId) -> String {
    let mut out = String::new();
    let mut is_border = false;
    let mut is_link_end = false;
    let mut walk = tree.walk(under);
    for _ in 0..TEXT_NODES {
        let Some(step) = walk.next() else { break };
        let (id, is_enter) = match step {
            Step::Enter(id) => (id, true),
            Step::Leave(id) => (id, false),
        };
        match tree.data(id) {
            Some(Node::Text(part)) if is_enter => {
                let is_glued = is_border
                    && part.starts_with(|c: char| c.is_alphanumeric())
                    && out.ends_with(|c: char| c.is_alphanumeric());
                if is_glued || (is_link_end && !part.trim().is_empty() && is_name_start(part)) {
                    out.push('\n');
                }
                if !part.trim().is_empty() {
                    is_link_end = false;
                }
                is_border = false;
                push(&mut out, part);
            }
            Some(Node::Element(element)) => {
                is_border = true;
                match role(&element.name.local) {
                    Role::Inline(_) if element.name.local == local_name!("time") => out.push('\n'),
                    Role::Inline(_) => is_link_end |= !is_enter && element.name.local == local_name!("a"),
                    Role::Skip { .. } if is_enter => {
                        walk.pass_over(id);
                        out.push(' ');
                    }
                    Role::Skip { .. } => {}
                    Role::Break | Role::Block(_) => out.push('\n'),
                }
            }
            _ => {}
        }
        if out.len() >= TEXT_BYTES {
            break;
        }
    }
    out
}

/// Whether a text after a link begins another name.
fn is_name_start(part: &str) -> bool {
    part.trim_start().starts_with(char::is_uppercase)
}

/// Adds a text with its white space collapsed.
fn push(out: &mut String, part: &str) {
    for c in part.chars().take(TEXT_BYTES) {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !out.ends_with([' ', '\n']) {
            out.push(c);
        }
    }
}

/// The people and organisations of the best of the places: those around the headline, of the
/// surest mark, with what stands beside the first of them.
pub(crate) fn best(shown: &[Shown], place: Place) -> Vec<Name> {
    let here = || shown.iter().filter(|shown| shown.place == place && shown.has_people());
    let Some(strength) = here().map(|shown| shown.strength).max() else { return Vec::new() };
    let Some(first) = here().find(|shown| shown.strength == strength) else { return Vec::new() };
    let mut names: Vec<Name> = Vec::new();
    let mut at = first.at;
    for shown in here().filter(|shown| shown.strength == strength && shown.at >= first.at) {
        if shown.at > at + 2 || (place == Place::Below && shown.at > first.at) {
            break;
        }
        at = shown.at;
        for name in &shown.names {
            if !names.iter().any(|known| alike(&known.text, &name.text)) {
                names.push(name.clone());
            }
        }
    }
    names
}
