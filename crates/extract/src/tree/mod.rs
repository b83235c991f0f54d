//! Text to a tree, in bounded time and memory.
//!
//! html5ever parses by the HTML standard. It has no bounds, so [`bound`] stands between it and the
//! tree; it explains what is bounded and why. The nodes are a plain [`arena`]; [`css`] makes one of
//! scraper's trees of it where selectors are needed.
//!
//! The content of a `template` is below it in a [`Node::Fragment`], which a [`Walk`] does not enter,
//! because readers do not see it.

mod arena;
mod bound;
pub(crate) mod css;
mod node;

use self::arena::Arena;
pub(crate) use self::node::{Element, Node, NodeId};

use crate::{Limits, step_counter};

/// A parsed page.
#[derive(Debug)]
pub(crate) struct Tree {
    arena: Arena,
}

/// One step of a walk in document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A node starts.
    Enter(NodeId),
    /// An element ends.
    Leave(NodeId),
}

impl Tree {
    /// Parses `text`, never failing: what exceeds the limits is left out.
    pub(crate) fn parse(text: &str, limits: &Limits) -> Self {
        Self::parse_with(text, limits, &[])
    }

    /// The same, with more attributes than are usually kept.
    pub(crate) fn parse_with(text: &str, limits: &Limits, attributes: &[String]) -> Self {
        Self { arena: bound::parse(text, limits, attributes) }
    }

    /// All nodes with their ids, in the order in which the parser made them (nearly document
    /// order).
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.arena.nodes()
    }

    pub(crate) fn data(&self, id: NodeId) -> Option<&Node> {
        self.arena.node(id)
    }

    /// The node as an element, if it is one.
    pub(crate) fn element(&self, id: NodeId) -> Option<&Element> {
        self.data(id)?.as_element()
    }

    pub(crate) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        attribute(self.element(id)?, name)
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.arena.parent(id)
    }

    /// Walks the subtree of `root`. [`Walk::pass_over`] skips an element's content.
    pub(crate) fn walk(&self, root: NodeId) -> Walk<'_> {
        Walk { tree: self, root, next: Some(Step::Enter(root)) }
    }

    /// All text under a node, at most `most` bytes. Visits no more than that many nodes, because
    /// hostile pages nest a thousand dated elements around nothing.
    pub(crate) fn text(&self, under: NodeId, most: usize) -> String {
        let mut out = String::new();
        for visit in self.walk(under).take(most.saturating_mul(2)) {
            let Step::Enter(id) = visit else { continue };
            if let Some(Node::Text(part)) = self.data(id) {
                let room = most.saturating_sub(out.len());
                let (kept, _) = part.split_at(floor_char_boundary(part, room));
                out.push_str(kept);
                if out.len() >= most {
                    break;
                }
            }
        }
        out
    }

    /// The document node.
    #[cfg(test)]
    fn root() -> NodeId {
        Arena::root()
    }
}

/// The value of an attribute.
pub(crate) fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    debug_assert!(bound::KEPT.contains(&name), "{name} is not kept");
    element.attrs().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A walk over a subtree in document order.
pub(crate) struct Walk<'a> {
    tree: &'a Tree,
    root: NodeId,
    next: Option<Step>,
}

impl Walk<'_> {
    /// Skips the content of the element that was just entered; its end is not reported either.
    pub(crate) fn pass_over(&mut self, id: NodeId) {
        self.next = self.after(id);
    }

    fn after(&self, id: NodeId) -> Option<Step> {
        if id == self.root {
            return None;
        }
        let next = self.tree.arena.next_sibling(id).map(Step::Enter);
        next.or_else(|| self.tree.parent(id).map(Step::Leave))
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        step_counter::add(1);
        let step = self.next?;
        self.next = match step {
            Step::Enter(id) => {
                let is_hidden = matches!(self.tree.data(id), None | Some(Node::Fragment));
                let first = self.tree.arena.first_child(id).filter(|_| !is_hidden);
                Some(first.map_or(Step::Leave(id), Step::Enter))
            }
            Step::Leave(id) => self.after(id),
        };
        Some(step)
    }
}

/// Longest prefix of at most `most` bytes that ends between two characters.
pub(crate) fn floor_char_boundary(text: &str, most: usize) -> usize {
    let mut cut = most.min(text.len());
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_can_skip_an_element() {
        let tree = Tree::parse("<p>a<b>b<i>c</i></b>d", &Limits::default());
        let mut walk = tree.walk(Tree::root());
        let mut text = String::new();
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(id) => match tree.data(id) {
                    Some(Node::Text(t)) => text.push_str(t),
                    Some(Node::Element(e)) if e.name() == "b" => walk.pass_over(id),
                    _ => {}
                },
                Step::Leave(_) => {}
            }
        }
        assert_eq!(text, "ad");
    }

    #[test]
    fn the_content_of_a_template_is_not_read() {
        let tree = Tree::parse("<p>a<template><p>b</template>c", &Limits::default());
        assert_eq!(tree.text(Tree::root(), 100), "ac");
    }
}
