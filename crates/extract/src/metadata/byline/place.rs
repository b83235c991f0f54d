//! Where a page shows its authors: elements that are marked as such by property, relation, class
//! or address, and their place among the blocks.
//!
//! An author's element counts only near the headline and the text. Teasers, comments and the
//! theme's maker have their marks too, but stand in boxes of their own.

use html5ever::local_name;

use crate::metadata::area::{Area, Place};
use crate::metadata::byline::mark::{Mark, Strength};
use crate::metadata::byline::name::{Form, Kind, Name, alike, has_role, names, without_words};
use crate::tag::{Role, role};
use crate::tree::{Node, NodeId, Step, Tree, attribute};

/// Most bytes and nodes of an author's element that are read.
const TEXT_BYTES: usize = 600;
const TEXT_NODES: usize = 120;

/// Most nodes, comments included. React puts a comment between any two texts.
const ALL_NODES: usize = 1_000;

/// Elements of one page that are looked at.
const MARKS: usize = 60;

/// The names in an author's element.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) names: Vec<Name>,
    pub(crate) strength: Strength,
    pub(crate) place: Place,
    /// A word of its text is a role: "Ann Able, harbour correspondent".
    pub(super) has_role: bool,
    /// The block before which it stands.
    pub(super) at: usize,
}

impl Shown {
    pub(crate) fn has_people(&self) -> bool {
        self.names.iter().any(|name| name.kind == Kind::Person)
    }
}

/// The authors that a page shows, in document order.
pub(crate) fn shown(tree: &Tree, marks: &[Mark], area: &Area<'_>) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut read: Vec<NodeId> = Vec::new();
    for mark in marks {
        if found.len() >= MARKS {
            break;
        }
        let Some((place, at)) = area.place_of(tree, mark.node) else { continue };
        if place == Place::Inside || is_inside(tree, mark.node, &read) {
            continue;
        }
        let Some((names, strength)) = names_of(tree, *mark, marks) else { continue };
        read.push(mark.node);
        let has_role = text(tree, mark.node).lines().any(has_role);
        found.push(Shown { names, strength, place, has_role, at });
    }
    found
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
    let steps = tree.walk(mark.node).take(ALL_NODES);
    for step in steps.filter(|step| !is_comment(tree, *step)).take(TEXT_NODES) {
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
                    attribute(element, name).is_some_and(|value| {
                        value.split_ascii_whitespace().any(|word| word == wanted)
                    })
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
    let is_in =
        |name: &Name, list: &[Name]| list.iter().any(|other| alike(&other.text, &name.text));
    let is_whole = own.len() >= inner.len() && inner.iter().all(|name| is_in(name, &own));
    let chosen =
        if inner.is_empty() || (is_whole && own.len() <= inner.len() + 2) { own } else { inner };
    (!chosen.is_empty()).then_some((chosen, strength))
}

/// The text of an element, with a line for each block-level element, and for words that only a
/// border of elements parts.
fn text(tree: &Tree, under: NodeId) -> String {
    let mut out = String::new();
    let mut is_border = false;
    let mut is_link_end = false;
    let mut walk = tree.walk(under);
    let mut read = 0;
    for _ in 0..ALL_NODES {
        let Some(step) = walk.next().filter(|_| read < TEXT_NODES) else { break };
        read += usize::from(!is_comment(tree, step));
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
                    Role::Inline(_) => {
                        is_link_end |= !is_enter && element.name.local == local_name!("a");
                    }
                    Role::Skip { .. } | Role::Button if is_enter => {
                        walk.pass_over(id);
                        out.push(' ');
                    }
                    Role::Skip { .. } | Role::Button => {}
                    Role::Picture | Role::Break | Role::Block(_) => out.push('\n'),
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

fn is_comment(tree: &Tree, step: Step) -> bool {
    let (Step::Enter(id) | Step::Leave(id)) = step;
    matches!(tree.data(id), Some(Node::Comment))
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
        // The role of the first, in an element of its own.
        if shown.has_role && !first.has_role {
            continue;
        }
        for name in &shown.names {
            if !names.iter().any(|known| alike(&known.text, &name.text)) {
                names.push(name.clone());
            }
        }
    }
    without_words(names)
}
