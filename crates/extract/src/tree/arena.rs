//! The nodes of a tree in one list, each with the numbers of its relatives.
//!
//! Nothing here recurses, and dropping a tree is one loop. A node takes little more than half of the
//! memory that one of scraper's takes, so the parser moves and frees less.

use html5ever::tendril::StrTendril;
use html5ever::{LocalName, QualName, ns};

use super::node::{Element, Node, NodeId};

/// A node and its relatives.
#[derive(Debug)]
struct Place {
    parent: Option<NodeId>,
    /// The siblings beside it.
    before: Option<NodeId>,
    after: Option<NodeId>,
    /// The first and the last child.
    first: Option<NodeId>,
    last: Option<NodeId>,
    node: Node,
}

/// A tree under construction or complete. Its first node is the document.
#[derive(Debug)]
pub(super) struct Arena {
    places: Vec<Place>,
    /// The name of what has none.
    no_name: QualName,
}

impl Arena {
    /// Reserves memory for so many nodes.
    pub(super) fn with_room(nodes: usize) -> Self {
        let no_name = QualName::new(None, ns!(), LocalName::default());
        let mut arena = Self { places: Vec::with_capacity(nodes), no_name };
        arena.add(Node::Document);
        arena
    }

    /// The document node.
    pub(super) fn root() -> NodeId {
        NodeId::at(0)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// All nodes, in the order in which they were made.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.places.iter().enumerate().map(|(index, place)| (NodeId::at(index), &place.node))
    }

    fn place(&self, id: NodeId) -> Option<&Place> {
        self.places.get(id.index())
    }

    fn place_mut(&mut self, id: NodeId) -> Option<&mut Place> {
        self.places.get_mut(id.index())
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.place(id).map(|place| &place.node)
    }

    pub(super) fn element_mut(&mut self, id: NodeId) -> Option<&mut Element> {
        match &mut self.place_mut(id)?.node {
            Node::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The name of an element.
    pub(super) fn name(&self, id: NodeId) -> &QualName {
        let element = self.node(id).and_then(Node::as_element);
        element.map_or(&self.no_name, |element| &element.name)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.place(id)?.parent
    }

    pub(super) fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.place(id)?.first
    }

    pub(super) fn next_sibling(&self, id: NodeId) -> Option<NodeId> {
        self.place(id)?.after
    }

    /// Makes a node that is in no other yet.
    pub(super) fn add(&mut self, node: Node) -> NodeId {
        let (parent, before, after, first, last) = (None, None, None, None, None);
        self.places.push(Place { parent, before, after, first, last, node });
        NodeId::at(self.places.len() - 1)
    }

    /// Makes a node the last child of another.
    pub(super) fn append(&mut self, parent: NodeId, child: NodeId) {
        self.detach(child);
        let last = self.place_mut(parent).and_then(|place| place.last.replace(child));
        match last {
            Some(last) => self.set_after(last, Some(child)),
            None => self.set_first(parent, Some(child)),
        }
        if let Some(place) = self.place_mut(child) {
            (place.parent, place.before) = (Some(parent), last);
        }
    }

    /// Makes a node the sibling before another, which has a parent.
    pub(super) fn insert_before(&mut self, sibling: NodeId, new: NodeId) {
        self.detach(new);
        let Some(place) = self.place_mut(sibling) else { return };
        let (parent, before) = (place.parent, place.before.replace(new));
        match (before, parent) {
            (Some(before), _) => self.set_after(before, Some(new)),
            (None, Some(parent)) => self.set_first(parent, Some(new)),
            (None, None) => {}
        }
        if let Some(place) = self.place_mut(new) {
            (place.parent, place.before, place.after) = (parent, before, Some(sibling));
        }
    }

    /// Takes a node out of its parent.
    pub(super) fn detach(&mut self, id: NodeId) {
        let Some(place) = self.place_mut(id) else { return };
        let Some(parent) = place.parent.take() else { return };
        let (before, after) = (place.before.take(), place.after.take());
        match before {
            Some(before) => self.set_after(before, after),
            None => self.set_first(parent, after),
        }
        match after {
            Some(after) => self.set_before(after, before),
            None => self.set_last(parent, before),
        }
    }

    /// Appends all children of a node to another.
    pub(super) fn move_children(&mut self, from: NodeId, to: NodeId) {
        while let Some(child) = self.first_child(from) {
            self.append(to, child);
        }
    }

    /// Appends a text to the children of a node.
    pub(super) fn append_text(&mut self, parent: NodeId, text: StrTendril) {
        let last = self.place(parent).and_then(|place| place.last);
        if let Some(text) = self.not_joined(last, text) {
            let new = self.add(Node::Text(text));
            self.append(parent, new);
        }
    }

    /// Puts a text before a node.
    pub(super) fn insert_text_before(&mut self, sibling: NodeId, text: StrTendril) {
        let before = self.place(sibling).and_then(|place| place.before);
        if let Some(text) = self.not_joined(before, text) {
            let new = self.add(Node::Text(text));
            self.insert_before(sibling, new);
        }
    }

    /// Joins a text to the one before it; gives it back if there is none.
    fn not_joined(&mut self, before: Option<NodeId>, text: StrTendril) -> Option<StrTendril> {
        let before = before.and_then(|before| self.place_mut(before));
        match before.map(|place| &mut place.node) {
            Some(Node::Text(all)) => {
                all.push_tendril(&text);
                None
            }
            _ => Some(text),
        }
    }

    fn set_before(&mut self, id: NodeId, to: Option<NodeId>) {
        if let Some(place) = self.place_mut(id) {
            place.before = to;
        }
    }

    fn set_after(&mut self, id: NodeId, to: Option<NodeId>) {
        if let Some(place) = self.place_mut(id) {
            place.after = to;
        }
    }

    fn set_first(&mut self, parent: NodeId, to: Option<NodeId>) {
        if let Some(place) = self.place_mut(parent) {
            place.first = to;
        }
    }

    fn set_last(&mut self, parent: NodeId, to: Option<NodeId>) {
        if let Some(place) = self.place_mut(parent) {
            place.last = to;
        }
    }
}
