//! What a tree holds.

use std::num::NonZeroU32;

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName};

/// The number of a node in its tree. Numbers grow in the order in which the parser made the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    /// The node at a place in the tree's list.
    pub(super) fn at(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A node without its relatives.
#[derive(Debug)]
pub(crate) enum Node {
    Document,
    /// The content of a `template`.
    Fragment,
    Doctype,
    /// A comment. Its text is not kept.
    Comment,
    Text(StrTendril),
    Element(Element),
}

impl Node {
    pub(crate) fn as_element(&self) -> Option<&Element> {
        match self {
            Self::Element(element) => Some(element),
            _ => None,
        }
    }
}

/// An element's name and attributes.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: QualName,
    pub(crate) attrs: Vec<Attribute>,
}

impl Element {
    /// Attributes of other languages, such as `xml:lang` in a drawing, come last: a name means
    /// HTML's own attribute first.
    pub(super) fn new(name: QualName, mut attrs: Vec<Attribute>) -> Self {
        if attrs.iter().any(|attribute| attribute.name.prefix.is_some()) {
            attrs.sort_by_key(|attribute| attribute.name.prefix.is_some());
        }
        Self { name, attrs }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name.local
    }

    /// Names and values of the attributes.
    pub(crate) fn attrs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value))
    }
}
