//! Selection by CSS selectors, which a site rule needs and nothing else: the tree as one of
//! scraper's, whose selectors work on it.

use foldhash::{HashMap, HashMapExt as _};
use html5ever::tendril::StrTendril;
use scraper::node::{Comment, Element, Text};
use scraper::{Html, Selector};

use super::{Node, NodeId, Tree};

/// A copy of a tree for selectors.
#[derive(Debug)]
pub(crate) struct Selectable {
    html: Html,
    /// The node of which a node is the copy.
    origins: HashMap<ego_tree::NodeId, NodeId>,
}

impl Selectable {
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut html = Html::new_document();
        let mut origins = HashMap::new();
        let mut copies = vec![html.tree.root().id()];
        for (id, node) in tree.nodes().skip(1) {
            let copy = html.tree.orphan(copy(node)).id();
            copies.push(copy);
            origins.insert(copy, id);
        }
        let copy = |id: NodeId| copies.get(id.index()).copied();
        for (id, _) in tree.nodes() {
            let parent = copy(id).and_then(|parent| html.tree.get_mut(parent));
            let Some(mut parent) = parent else { continue };
            let mut child = tree.arena.first_child(id);
            while let Some(id) = child {
                if let Some(copy) = copy(id) {
                    parent.append_id(copy);
                }
                child = tree.arena.next_sibling(id);
            }
        }
        Self { html, origins }
    }

    /// The elements that a selector selects, in the order in which the parser made them.
    pub(crate) fn select(&self, selector: &Selector) -> Vec<NodeId> {
        let selected = self.html.select(selector);
        selected.filter_map(|element| self.origins.get(&element.id()).copied()).collect()
    }
}

fn copy(node: &Node) -> scraper::Node {
    match node {
        Node::Element(element) => {
            scraper::Node::Element(Element::new(element.name.clone(), element.attrs.clone()))
        }
        Node::Text(text) => scraper::Node::Text(Text { text: text.clone() }),
        Node::Fragment => scraper::Node::Fragment,
        Node::Document | Node::Doctype | Node::Comment => {
            scraper::Node::Comment(Comment { comment: StrTendril::new() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn selectors_see_names_attributes_and_relatives() {
        let page = "<ul><li>a<li class='b C'>b<li>c</ul><p id=x>d<template><p>e</template>";
        let tree = Tree::parse(page, &Limits::default());
        let selectable = Selectable::of(&tree);
        for (selector, expected) in [
            ("li", "a b c"),
            ("ul > li:first-child", "a"),
            ("li:nth-child(2)", "b"),
            ("li.C + li", "c"),
            ("li:not(.b):last-child", "c"),
            ("#x, [class]", "b d"),
            ("body > p", "d"),
            ("h1", ""),
        ] {
            let chosen = selectable.select(&Selector::parse(selector).unwrap());
            let texts: Vec<String> = chosen.iter().map(|id| tree.text(*id, 10)).collect();
            assert_eq!(texts.join(" "), expected, "{selector}");
        }
    }
}
