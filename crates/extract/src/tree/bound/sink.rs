//! What html5ever's tree builder builds: an [`Arena`].

use std::borrow::Cow;
use std::cell::{Ref, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, QualName};

use crate::tree::arena::Arena;
use crate::tree::node::{Element, Node, NodeId};

/// The tree under construction.
pub(super) struct Sink(RefCell<Arena>);

impl Sink {
    /// Reserves memory for so many nodes.
    pub(super) fn with_room(nodes: usize) -> Self {
        Self(RefCell::new(Arena::with_room(nodes)))
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Arena;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Arena {
        self.0.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn get_document(&self) -> NodeId {
        Arena::root()
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.0.borrow(), |arena| arena.name(*target))
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        let mut arena = self.0.borrow_mut();
        let element = arena.add(Node::Element(Element::new(name, attrs)));
        if flags.template {
            let content = arena.add(Node::Fragment);
            arena.append(element, content);
        }
        element
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.0.borrow_mut().add(Node::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.0.borrow_mut().add(Node::Comment)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        let mut arena = self.0.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => arena.append(*parent, child),
            NodeOrText::AppendText(text) => arena.append_text(*parent, text),
        }
    }

    fn append_before_sibling(&self, sibling: &NodeId, new: NodeOrText<NodeId>) {
        let mut arena = self.0.borrow_mut();
        let has_parent = arena.parent(*sibling).is_some();
        match new {
            NodeOrText::AppendNode(new) if has_parent => arena.insert_before(*sibling, new),
            NodeOrText::AppendNode(new) => arena.detach(new),
            NodeOrText::AppendText(text) if has_parent => arena.insert_text_before(*sibling, text),
            NodeOrText::AppendText(_) => {}
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        above: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        let has_parent = self.0.borrow().parent(*element).is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(above, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        let mut arena = self.0.borrow_mut();
        let doctype = arena.add(Node::Doctype);
        arena.append(Arena::root(), doctype);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attrs: Vec<Attribute>) {
        let mut arena = self.0.borrow_mut();
        let Some(element) = arena.element_mut(*target) else { return };
        for attribute in attrs {
            if element.attrs.iter().all(|known| known.name != attribute.name) {
                element.attrs.push(attribute);
            }
        }
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.0.borrow().first_child(*target).unwrap_or(*target)
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.0.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.0.borrow_mut().move_children(*node, *new_parent);
    }
}
