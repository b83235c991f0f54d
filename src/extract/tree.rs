//! Text to a tree, in bounded time and memory whatever the text is.
//!
//! html5ever does the parsing, as the HTML standard says; three bounds are ours, because the parser has none
//! and is quadratic in two of them:
//!
//! - **Attributes of one tag.** The tokenizer compares each new name with all the earlier ones. A scan of the
//!   text cuts what follows the 256th attribute of a tag before the tokenizer sees it.
//! - **Depth.** The tree builder searches the stack of open elements for nearly every tag. A [`Guard`] between
//!   tokenizer and tree builder drops start tags at depth 512, as browsers do; their content moves up one level.
//! - **Nodes.** When the tree is full, the rest of the page is not read.
//!
//! All three are counts, never clocks: the same bytes always give the same tree. The tree is a plain arena that
//! is read through links, so nothing here recurses, and dropping it is one free.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, Tracer, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};

use crate::extract::Limits;

/// Index of a node in its [`Tree`].
pub(crate) type NodeId = u32;

/// No node.
const NONE: NodeId = u32::MAX;

/// Bytes handed to the tokenizer at a time; the node count is looked at in between.
const CHUNK_BYTES: usize = 16 * 1024;

/// How far down the list of dropped start tags an end tag looks for its partner.
const DROPPED_REACH: usize = 8;

/// What a node is.
#[derive(Debug)]
pub(crate) enum NodeData {
    /// The document, or something without text such as a comment.
    Other,
    /// Characters.
    Text(StrTendril),
    /// An element with at most [`Limits::max_attributes`] attributes.
    Element(QualName, Vec<Attribute>),
}

#[derive(Debug)]
struct Node {
    parent: NodeId,
    previous: NodeId,
    next: NodeId,
    first: NodeId,
    last: NodeId,
    data: NodeData,
}

/// A parsed page.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

/// One step of a walk in document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A node begins.
    Enter(NodeId),
    /// An element ends.
    Leave(NodeId),
}

impl Tree {
    /// Parses `text`, never failing: what does not fit the limits is left out.
    pub(crate) fn parse(text: &str, limits: &Limits) -> Self {
        let text = cut_attributes(text, limits.max_attributes);
        let sink = Sink::new(limits);
        let guard = Guard::new(TreeBuilder::new(sink, TreeBuilderOpts::default()), limits.max_depth);
        let tokenizer = Tokenizer::new(guard, TokenizerOpts::default());
        let input = BufferQueue::default();
        let mut rest = text.as_ref();
        while !rest.is_empty() && !tokenizer.sink.builder.sink.is_full() {
            let cut = floor_char_boundary(rest, CHUNK_BYTES);
            let (chunk, after) = rest.split_at(cut);
            rest = after;
            input.push_back(StrTendril::from(chunk));
            // A script stops the tokenizer so that it could run; there is nothing to run.
            while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        }
        tokenizer.end();
        tokenizer.sink.builder.sink.finish()
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes with their ids, in the order in which the parser made them (nearly document order).
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (NodeId, &NodeData)> {
        self.nodes.iter().enumerate().map(|(id, node)| (id as NodeId, &node.data))
    }

    /// What the node is.
    pub(crate) fn data(&self, id: NodeId) -> Option<&NodeData> {
        self.nodes.get(id as usize).map(|node| &node.data)
    }

    /// An attribute of an element.
    pub(crate) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        match self.data(id) {
            Some(NodeData::Element(_, attributes)) => attribute(attributes, name),
            _ => None,
        }
    }

    /// The node that holds this one.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.nodes.get(id as usize)?.parent;
        (parent != NONE).then_some(parent)
    }

    /// Walks the subtree of `root`. A walker that wants to skip an element's content calls [`Walk::pass_over`].
    pub(crate) fn walk(&self, root: NodeId) -> Walk<'_> {
        Walk { tree: self, root, next: Some(Step::Enter(root)) }
    }

    /// All text under a node, as it stands, at most `most` bytes.
    pub(crate) fn text(&self, under: NodeId, most: usize) -> String {
        let mut out = String::new();
        for visit in self.walk(under) {
            let Step::Enter(id) = visit else { continue };
            if let Some(NodeData::Text(part)) = self.data(id) {
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

    fn node(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id as usize)
    }

    fn link(&self, id: NodeId, of: impl Fn(&Node) -> NodeId) -> NodeId {
        self.nodes.get(id as usize).map_or(NONE, of)
    }

    fn detach(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get(id as usize) else { return };
        let (parent, previous, next) = (node.parent, node.previous, node.next);
        if let Some(before) = self.node(previous) {
            before.next = next;
        } else if let Some(holder) = self.node(parent) {
            holder.first = next;
        }
        if let Some(after) = self.node(next) {
            after.previous = previous;
        } else if let Some(holder) = self.node(parent) {
            holder.last = previous;
        }
        if let Some(node) = self.node(id) {
            (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
        }
    }

    /// Puts `id` under `parent`, before `next` (at the end for [`NONE`]).
    fn insert(&mut self, id: NodeId, parent: NodeId, next: NodeId) {
        self.detach(id);
        let previous =
            if next == NONE { self.link(parent, |n| n.last) } else { self.link(next, |n| n.previous) };
        if let Some(node) = self.node(id) {
            (node.parent, node.previous, node.next) = (parent, previous, next);
        }
        if let Some(before) = self.node(previous) {
            before.next = id;
        } else if let Some(holder) = self.node(parent) {
            holder.first = id;
        }
        if let Some(after) = self.node(next) {
            after.previous = id;
        } else if let Some(holder) = self.node(parent) {
            holder.last = id;
        }
    }
}

/// The value of the attribute called `name`.
pub(crate) fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
}

/// Walk over a subtree in document order.
pub(crate) struct Walk<'a> {
    tree: &'a Tree,
    root: NodeId,
    next: Option<Step>,
}

impl Walk<'_> {
    /// Leaves out the content of the element that was just entered; its end is not reported either.
    pub(crate) fn pass_over(&mut self, id: NodeId) {
        self.next = self.after(id);
    }

    fn after(&self, id: NodeId) -> Option<Step> {
        if id == self.root {
            return None;
        }
        match self.tree.link(id, |n| n.next) {
            NONE => self.tree.parent(id).map(Step::Leave),
            next => Some(Step::Enter(next)),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let step = self.next?;
        self.next = match step {
            Step::Enter(id) => match self.tree.link(id, |n| n.first) {
                NONE => Some(Step::Leave(id)),
                first => Some(Step::Enter(first)),
            },
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

/// The token filter that bounds the depth of the tree builder's stack.
struct Guard {
    builder: TreeBuilder<NodeId, Sink>,
    max_depth: usize,
    /// Upper bound of the number of open elements.
    open: Cell<usize>,
    /// A tag was let through since `open` was last counted.
    stale: Cell<bool>,
    /// Start tags that were dropped and whose end tags must be dropped too.
    dropped: RefCell<Vec<LocalName>>,
}

impl Guard {
    fn new(builder: TreeBuilder<NodeId, Sink>, max_depth: usize) -> Self {
        Self {
            builder,
            max_depth,
            open: Cell::new(0),
            stale: Cell::new(false),
            dropped: RefCell::new(Vec::new()),
        }
    }

    /// Whether a start tag would go too deep. The stack is counted only when the bound says that it might.
    fn is_too_deep(&self) -> bool {
        if self.open.get() < self.max_depth {
            return false;
        }
        if self.stale.replace(false) {
            let count = Count(Cell::new(0));
            self.builder.trace_handles(&count);
            self.open.set(count.0.get());
        }
        self.open.get() >= self.max_depth
    }

    /// Whether the token goes on to the tree builder.
    fn admits(&self, tag: &Tag) -> bool {
        match tag.kind {
            TagKind::StartTag if changes_tokenizer(&tag.name) || is_void(&tag.name) => true,
            TagKind::StartTag => {
                if self.is_too_deep() {
                    self.dropped.borrow_mut().push(tag.name.clone());
                    return false;
                }
                self.open.set(self.open.get() + 1);
                // It may have closed others on its way in, as a list item does.
                self.stale.set(true);
                true
            }
            TagKind::EndTag => {
                let mut dropped = self.dropped.borrow_mut();
                let partner = dropped.iter().rev().take(DROPPED_REACH).position(|name| *name == tag.name);
                if let Some(back) = partner {
                    let keep = dropped.len().saturating_sub(back + 1);
                    dropped.truncate(keep);
                    return false;
                }
                self.stale.set(true);
                true
            }
        }
    }
}

impl TokenSink for Guard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if self.builder.sink.is_full() && !matches!(token, Token::EOFToken) {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &token
            && !self.admits(tag)
        {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Counts what the tree builder holds: open elements and the few formatting elements it may reopen.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = NodeId;

    fn trace_handle(&self, _node: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// Elements whose start tag puts the tokenizer into another state: dropping one would turn its text into markup.
fn changes_tokenizer(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
            | local_name!("plaintext")
    )
}

/// Elements that never stay open.
fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}

/// What html5ever builds into.
struct Sink {
    arena: RefCell<Arena>,
    max_nodes: usize,
    max_attributes: usize,
}

struct Arena {
    tree: Tree,
    /// Name given for a handle that is no element, which the tree builder never asks for.
    nameless: QualName,
}

impl Sink {
    fn new(limits: &Limits) -> Self {
        let sink = Self {
            arena: RefCell::new(Arena {
                tree: Tree::default(),
                nameless: QualName::new(None, ns!(html), local_name!("")),
            }),
            max_nodes: limits.max_nodes,
            max_attributes: limits.max_attributes,
        };
        sink.create(NodeData::Other);
        sink
    }

    fn is_full(&self) -> bool {
        self.arena.borrow().tree.len() >= self.max_nodes
    }

    fn create(&self, data: NodeData) -> NodeId {
        let mut arena = self.arena.borrow_mut();
        let id = arena.tree.nodes.len() as NodeId;
        arena.tree.nodes.push(Node {
            parent: NONE,
            previous: NONE,
            next: NONE,
            first: NONE,
            last: NONE,
            data,
        });
        id
    }

    /// Puts a child under `parent` before `next`, joining text with the text before it.
    fn place(&self, parent: NodeId, next: NodeId, child: NodeOrText<NodeId>) {
        match child {
            NodeOrText::AppendNode(id) => self.arena.borrow_mut().tree.insert(id, parent, next),
            NodeOrText::AppendText(text) => {
                {
                    let mut arena = self.arena.borrow_mut();
                    let tree = &mut arena.tree;
                    let before = if next == NONE {
                        tree.link(parent, |n| n.last)
                    } else {
                        tree.link(next, |n| n.previous)
                    };
                    if let Some(Node { data: NodeData::Text(known), .. }) = tree.node(before) {
                        known.push_tendril(&text);
                        return;
                    }
                }
                let id = self.create(NodeData::Text(text));
                self.arena.borrow_mut().tree.insert(id, parent, next);
            }
        }
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Tree;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree {
        self.arena.into_inner().tree
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.arena.borrow(), |arena| match arena.tree.data(*target) {
            Some(NodeData::Element(name, _)) => name,
            _ => &arena.nameless,
        })
    }

    fn create_element(&self, name: QualName, mut attributes: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        attributes.truncate(self.max_attributes);
        let id = self.create(NodeData::Element(name, attributes));
        if flags.template {
            // Its contents: the node after it, which hangs nowhere and so is never read.
            self.create(NodeData::Other);
        }
        id
    }

    fn create_comment(&self, _text: StrTendril) -> NodeId {
        self.create(NodeData::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> NodeId {
        self.create(NodeData::Other)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.place(*parent, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.arena.borrow().tree.parent(*element).is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        target + 1
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let parent = self.arena.borrow().tree.parent(*sibling);
        if let Some(parent) = parent {
            self.place(parent, *sibling, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut arena = self.arena.borrow_mut();
        if let Some(Node { data: NodeData::Element(_, known), .. }) = arena.tree.node(*target) {
            for attribute in attributes {
                if known.len() < self.max_attributes && !known.iter().any(|a| a.name == attribute.name) {
                    known.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.arena.borrow_mut().tree.detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut arena = self.arena.borrow_mut();
        let tree = &mut arena.tree;
        loop {
            let child = tree.link(*node, |n| n.first);
            if child == NONE {
                break;
            }
            tree.insert(child, *new_parent, NONE);
        }
    }
}

/// Cuts what follows the `most`th attribute of a tag. Borrows where no tag has so many, which is always.
fn cut_attributes(text: &str, most: usize) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    while let Some(open) = find(bytes, at, b'<') {
        at = open + 1;
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let tag = scan_tag(bytes, at, most);
        if let Some(cut) = tag.cut {
            let out = out.get_or_insert_with(String::new);
            out.push_str(text.get(copied..cut).unwrap_or_default());
            copied = tag.end;
        }
        at = tag.end;
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(text.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

struct TagScan {
    /// Where the first attribute too many begins.
    cut: Option<usize>,
    /// The `>` that ends the tag, or the end of the text.
    end: usize,
}

/// Reads a tag from the letter after its `<`.
fn scan_tag(bytes: &[u8], start: usize, most: usize) -> TagScan {
    let (mut at, mut attributes, mut cut) = (start, 0_usize, None);
    let mut in_blank = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => break,
            // A script is full of tags that are none; they end where the next one begins.
            b'<' if attributes <= most => break,
            b'"' | b'\'' if bytes.get(at - 1) == Some(&b'=') => {
                at = find(bytes, at + 1, byte).unwrap_or(bytes.len());
                in_blank = true;
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' => in_blank = true,
            _ if in_blank => {
                in_blank = false;
                attributes += 1;
                if attributes > most && cut.is_none() {
                    cut = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    TagScan { cut, end: at.min(bytes.len()) }
}

fn find(bytes: &[u8], from: usize, byte: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter().position(|b| *b == byte).map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth_of(tree: &Tree) -> usize {
        let (mut depth, mut deepest) = (0_usize, 0);
        for step in tree.walk(0) {
            match step {
                Step::Enter(_) => depth += 1,
                Step::Leave(_) => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    #[test]
    fn keeps_the_text_below_the_deepest_level() {
        let page = format!("{}deep{}<p>after", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = Tree::parse(&page, &Limits::default());
        assert!(depth_of(&tree) <= Limits::default().max_depth + 8);
        assert_eq!(tree.text(0, 100), "deepafter");
        // The paragraph after the abyss stands at the top again.
        let p = tree.nodes().find(|(_, d)| matches!(d, NodeData::Element(n, _) if &*n.local == "p"));
        let parent = p.and_then(|(id, _)| tree.parent(id)).and_then(|id| tree.data(id));
        assert!(matches!(parent, Some(NodeData::Element(n, _)) if &*n.local == "body"));
    }

    #[test]
    fn elements_closed_by_others_do_not_count_as_deep() {
        let page = "<ul>".to_owned() + &"<li>one".repeat(5_000);
        let tree = Tree::parse(&page, &Limits::default());
        let items = tree.nodes().filter(|(_, d)| matches!(d, NodeData::Element(n, _) if &*n.local == "li"));
        assert_eq!(items.count(), 5_000);
    }

    #[test]
    fn formatting_that_is_reopened_without_end_stops_at_the_node_limit() {
        let many: Vec<String> = (0..400).map(|i| format!("<font size={i}>")).collect();
        let page = many.concat() + &"<p>x</p>".repeat(50_000);
        let tree = Tree::parse(&page, &Limits::default());
        assert!(tree.len() <= Limits::default().max_nodes + 2_000);
    }

    #[test]
    fn a_tag_with_too_many_attributes_is_cut_and_closed() {
        let attributes: Vec<String> = (0..100_000).map(|i| format!(" a{i}=\"x > y\"")).collect();
        let page = format!("<p{}>text</p>", attributes.concat());
        assert!(cut_attributes(&page, 256).len() < 8_000);
        assert_eq!(Tree::parse(&page, &Limits::default()).text(0, 100), "text");
    }

    #[test]
    fn ordinary_pages_are_not_copied() {
        let page = "<a href='x' class=\"y\">if (a<b && c==\"d\") </a><!-- <p -->";
        assert!(matches!(cut_attributes(page, 256), Cow::Borrowed(_)));
    }

    #[test]
    fn a_walk_can_skip_an_element() {
        let tree = Tree::parse("<p>a<b>b<i>c</i></b>d", &Limits::default());
        let mut walk = tree.walk(0);
        let mut text = String::new();
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(id) => match tree.data(id) {
                    Some(NodeData::Text(t)) => text.push_str(t),
                    Some(NodeData::Element(n, _)) if &*n.local == "b" => walk.pass_over(id),
                    _ => {}
                },
                Step::Leave(_) => {}
            }
        }
        assert_eq!(text, "ad");
    }
}
