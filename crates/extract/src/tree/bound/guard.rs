//! After the tokenizer: decides which tokens reach the tree builder.

use std::cell::{Cell, RefCell};

use html5ever::interface::{Tracer, TreeSink};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, local_name};

use super::sink::Sink;
use crate::Limits;
use crate::tree::NodeId;
use crate::tree::arena::Arena;

/// How far down the list of dropped start tags an end tag searches its partner.
const DROPPED_REACH: usize = 8;

/// Most tags between two counts of the stack, however often counting found no room.
const COUNT_PAUSE: usize = 64;

/// Bytes of a page for each of its nodes, as most pages have at least.
const NODE_BYTES: usize = 64;

/// The token filter that bounds the tree builder.
pub(super) struct Guard {
    builder: TreeBuilder<NodeId, Sink>,
    max_nodes: usize,
    max_depth: usize,
    /// Upper bound of the number of open elements.
    open: Cell<usize>,
    /// Tags that were let through since `open` was last counted.
    moved: Cell<usize>,
    /// How often in a row the count found no room. Counting visits the whole stack, so after each
    /// failure it waits longer.
    vain: Cell<usize>,
    /// Start tags that were dropped; their end tags must be dropped too.
    dropped: RefCell<Vec<LocalName>>,
    /// The element with raw text that the tokenizer is in: it only looks for the element's end.
    pub(super) raw: RefCell<Option<Raw>>,
    /// Tokens that the tokenizer passed on, other than errors.
    pub(super) passed_on: Cell<usize>,
}

/// An element that holds text and no markup.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) name: LocalName,
    /// Its text is not used, and none of it was handed over yet.
    pub(super) is_unread: bool,
}

impl Guard {
    /// A guard for a page of so many bytes.
    pub(super) fn new(bytes: usize, limits: &Limits) -> Self {
        let room = (bytes / NODE_BYTES).min(limits.max_nodes);
        Self {
            builder: TreeBuilder::new(Sink::with_room(room), TreeBuilderOpts::default()),
            max_nodes: limits.max_nodes,
            max_depth: limits.max_depth,
            open: Cell::new(0),
            moved: Cell::new(0),
            vain: Cell::new(0),
            dropped: RefCell::new(Vec::new()),
            raw: RefCell::new(None),
            passed_on: Cell::new(0),
        }
    }

    pub(super) fn into_tree(self) -> Arena {
        self.builder.sink.finish()
    }

    pub(super) fn is_full(&self) -> bool {
        self.builder.sink.len() >= self.max_nodes
    }

    /// Whether the current element is of SVG or `MathML`, where no name is special to the
    /// tokenizer.
    pub(super) fn is_foreign(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }

    /// Whether a start tag would go too deep. The stack is counted only if the bound says that it
    /// might.
    fn is_too_deep(&self) -> bool {
        let pause = (self.vain.get() / 8).min(COUNT_PAUSE);
        if self.open.get() >= self.max_depth && self.moved.get() > pause {
            let count = Count(Cell::new(0));
            self.builder.trace_handles(&count);
            self.open.set(count.0.get());
            self.moved.set(0);
            self.vain.set(if self.open.get() < self.max_depth { 0 } else { self.vain.get() + 1 });
        }
        self.open.get() >= self.max_depth
    }

    /// Whether the tag goes on to the tree builder.
    fn admits(&self, tag: &Tag) -> bool {
        if tag.kind == TagKind::EndTag {
            let mut dropped = self.dropped.borrow_mut();
            let partner =
                dropped.iter().rev().take(DROPPED_REACH).position(|name| *name == tag.name);
            if let Some(back) = partner {
                let keep = dropped.len().saturating_sub(back + 1);
                dropped.truncate(keep);
                return false;
            }
        } else if (changes_tokenizer(&tag.name) || is_void(&tag.name)) && !self.is_foreign() {
            return true;
        } else if self.is_too_deep() {
            self.dropped.borrow_mut().push(tag.name.clone());
            return false;
        } else {
            self.open.set(self.open.get() + 1);
        }
        // A start tag may have closed others, as a list item does.
        self.moved.set(self.moved.get() + 1);
        true
    }

    fn process_tag(&self, tag: Tag, line: u64) -> TokenSinkResult<NodeId> {
        self.raw.take();
        if !self.admits(&tag) {
            return TokenSinkResult::Continue;
        }
        let raw = changes_tokenizer(&tag.name)
            .then(|| Raw { name: tag.name.clone(), is_unread: is_unread(&tag) });
        let result = self.builder.process_token(Token::TagToken(tag), line);
        if matches!(result, TokenSinkResult::RawData(_) | TokenSinkResult::Plaintext) {
            self.raw.replace(raw);
        }
        result
    }

    /// The supposed end of a script was inside its comment: the rest must be read to find the end.
    pub(super) fn read_on(&self) {
        if let Some(raw) = self.raw.borrow_mut().as_mut() {
            raw.is_unread = false;
        }
    }
}

impl TokenSink for Guard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if !matches!(token, Token::ParseError(_)) {
            self.passed_on.set(self.passed_on.get() + 1);
        }
        match token {
            Token::EOFToken => self.builder.process_token(token, line),
            _ if self.is_full() => TokenSinkResult::Continue,
            Token::TagToken(tag) => self.process_tag(tag, line),
            _ => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.is_foreign()
    }
}

/// Counts what the tree builder holds: open elements and the few formatting elements that it may
/// reopen.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = NodeId;

    fn trace_handle(&self, _node: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// Elements with a start tag that changes the tokenizer's state: without it their text would become
/// markup.
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

/// Elements with text that is not used. JSON-LD is used.
pub(super) fn is_unread(tag: &Tag) -> bool {
    match tag.name {
        local_name!("style") | local_name!("noscript") | local_name!("iframe") => true,
        local_name!("script") => !tag.attrs.iter().any(|attribute| {
            attribute.name.local == local_name!("type")
                && attribute.value.to_ascii_lowercase().contains("ld+json")
        }),
        _ => false,
    }
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
