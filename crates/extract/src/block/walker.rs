//! The walk that splits a page into blocks.

use wiresift_text::sentences::ends_sentence;

use crate::Limits;
use crate::block::names::{Attributes, Names};
use crate::block::{Block, Blocks, Element, Run, Style, inline, join};
use crate::phrases::markup::Groups;
use crate::phrases::{self, Kind};
use crate::screen_reader;
use crate::tag::{Inline, Role, Tag, role};
use crate::tree::{self, Node, NodeId, Step, Tree};
use crate::whitespace::WhitespaceCollapser;

/// Longest text of a button, a label or a counter inside a line, in bytes.
const LABEL_BYTES: usize = 60;

/// Least length of a sentence in an inline element of its own, in characters.
const SENTENCE_CHARS: u32 = 40;

pub(super) struct Walker<'a> {
    tree: &'a Tree,
    out: Blocks,
    /// Open block-level elements.
    open: Vec<u32>,
    /// Open inline elements.
    inline: Vec<(NodeId, Inline)>,
    style: Style,
    bold: u32,
    em: u32,
    time: u32,
    preformatted: u32,
    collapser: WhitespaceCollapser,
    current: Block,
    names: Names<'a>,
    /// The text of a button inside the line; it belongs to the line if the line goes on.
    button: Option<String>,
    /// Where the last plain inline element ended, in the page's text.
    inline_end: usize,
    max_blocks: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(tree: &'a Tree, limits: &Limits) -> Self {
        Self {
            tree,
            out: Blocks::default(),
            open: Vec::new(),
            inline: Vec::new(),
            style: Style::default(),
            bold: 0,
            em: 0,
            time: 0,
            preformatted: 0,
            collapser: WhitespaceCollapser::default(),
            current: empty_block(0, 0),
            names: Names::default(),
            button: None,
            inline_end: usize::MAX,
            max_blocks: limits.max_blocks,
        }
    }

    pub(super) fn run(mut self, body: NodeId) -> Blocks {
        let mut walk = self.tree.walk(body);
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(id) => match self.tree.data(id) {
                    Some(Node::Text(text)) => self.push(text),
                    Some(Node::Element(element)) if !self.enter(id, element) => walk.pass_over(id),
                    _ => {}
                },
                Step::Leave(id) => self.leave(id),
            }
            if self.out.blocks.len() >= self.max_blocks {
                break;
            }
        }
        self.flush();
        let end = self.out.blocks.len() as u32;
        while let Some(open) = self.open.pop() {
            self.close(open, end);
        }
        self.out
    }

    /// Returns whether to read the element's content.
    fn enter(&mut self, id: NodeId, element: &'a tree::Element) -> bool {
        let attributes = Attributes::of(element);
        match self.role(element, attributes) {
            Role::Skip { spaced } => {
                if spaced {
                    self.collapser.space();
                }
                false
            }
            Role::Button => {
                self.hold(id);
                false
            }
            Role::Picture => {
                match inline::character(element) {
                    Some(text) => self.push(text),
                    None => self.flush(),
                }
                false
            }
            Role::Break => {
                self.flush();
                false
            }
            Role::Inline(kind) => self.enter_inline(id, element, attributes, kind),
            Role::Block(tag) => {
                self.flush();
                self.open(id, attributes, tag);
                true
            }
        }
    }

    /// The role of an element at this place.
    fn role(&self, element: &tree::Element, attributes: Attributes<'_>) -> Role {
        match role(&element.name.local) {
            // A style may make a span a paragraph.
            Role::Inline(Inline::Plain) if attributes.style.is_some_and(is_block) => {
                Role::Block(Tag::Div)
            }
            Role::Block(Tag::Other)
                if inline::is_custom(&element.name.local) && self.is_in_line() =>
            {
                Role::Inline(Inline::Plain)
            }
            role => role,
        }
    }

    /// Whether a line of text has begun in an element that holds only lines of text.
    fn is_in_line(&self) -> bool {
        let open = self.open.last().and_then(|open| self.out.element(*open));
        let is_line = open.is_some_and(|e| e.tag == Tag::Paragraph || e.tag.is_heading());
        is_line && !self.is_fresh()
    }

    /// Whether the block has no text yet.
    fn is_fresh(&self) -> bool {
        self.out.text.len() == self.current.text.start as usize
    }

    /// The text of the block so far.
    fn line(&self) -> &str {
        self.out.text.get(self.current.text.start as usize..).unwrap_or_default()
    }

    fn enter_inline(
        &mut self,
        id: NodeId,
        element: &tree::Element,
        attributes: Attributes<'a>,
        kind: Inline,
    ) -> bool {
        if is_hidden(attributes, false)
            || inline::is_foreign(element, attributes)
            || self.is_label(id, attributes)
        {
            return false;
        }
        self.end_sentence_element(kind);
        // An anchor without a target marks a position in the text; old pages often do not
        // close it. A link to a script leads nowhere.
        let target = attributes.href.map(str::trim_start);
        let is_script = |target: &str| {
            target.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
        };
        let is_anchor = kind == Inline::Link && target.is_none_or(is_script);
        let kind = if is_anchor { Inline::Plain } else { kind };
        self.inline.push((id, kind));
        match kind {
            Inline::Link => {
                self.current.links += 1;
                self.style.link = Some(id);
            }
            Inline::Strong => self.bold += 1,
            Inline::Emphasis => self.em += 1,
            Inline::Time => self.time += 1,
            Inline::Plain => {}
        }
        true
    }

    /// Whether an element inside a line is a button to share, a counter or the arrow of a footnote.
    fn is_label(&mut self, id: NodeId, attributes: Attributes<'a>) -> bool {
        if self.is_fresh() {
            return false;
        }
        let is_link = attributes.href.is_some();
        if !is_link && attributes.class.is_none() {
            return false;
        }
        let text = self.tree.text(id, LABEL_BYTES);
        if text.len() >= LABEL_BYTES {
            return false;
        }
        if is_link && inline::is_arrow(&text) {
            return true;
        }
        let (_, groups) = self.names.of(attributes);
        inline::is_control(groups)
            && (is_count(&text)
                || phrases::boilerplate(text.trim())
                    .is_some_and(|known| known.is_sure && known.kind == Kind::Share))
    }

    /// Ends the block between two inline elements that each hold a sentence, without a blank in
    /// between: a style sheet shows them as paragraphs.
    fn end_sentence_element(&mut self, kind: Inline) {
        if kind == Inline::Plain
            && self.inline_end == self.out.text.len()
            && !self.collapser.is_spaced()
            && self.current.chars >= SENTENCE_CHARS
            && ends_sentence(self.line())
        {
            self.flush();
        }
    }

    fn leave(&mut self, id: NodeId) {
        if self.inline.last().is_some_and(|(last, _)| *last == id) {
            if let Some((_, kind)) = self.inline.pop() {
                self.leave_inline(kind);
            }
            return;
        }
        let open = self.open.last().and_then(|open| self.out.element(*open));
        let Some(tag) = open.filter(|element| element.node == id).map(|element| element.tag) else {
            return;
        };
        self.flush();
        if tag == Tag::Pre {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
        if let Some(open) = self.open.pop() {
            self.close(open, self.out.blocks.len() as u32);
        }
    }

    fn leave_inline(&mut self, kind: Inline) {
        match kind {
            Inline::Link => {
                let outer = self.inline.iter().rev().find(|(_, kind)| *kind == Inline::Link);
                self.style.link = outer.map(|(id, _)| *id);
            }
            Inline::Strong => self.bold = self.bold.saturating_sub(1),
            Inline::Emphasis => self.em = self.em.saturating_sub(1),
            Inline::Time => self.time = self.time.saturating_sub(1),
            Inline::Plain => self.inline_end = self.out.text.len(),
        }
    }

    fn open(&mut self, id: NodeId, attributes: Attributes<'a>, tag: Tag) {
        let index = self.out.elements.len() as u32;
        let parent = self.open.last().copied().unwrap_or(index);
        let (class, groups) = self.names.of(attributes);
        let first = self.out.blocks.len() as u32;
        self.out.elements.push(Element {
            parent,
            tag,
            groups,
            class,
            hidden: is_hidden(attributes, true),
            is_body_property: attributes
                .property
                .is_some_and(|p| p.to_ascii_lowercase().contains("articlebody")),
            is_post: inline::is_post(attributes),
            depth: self.open.len() as u32,
            blocks: first..first,
            node: id,
        });
        if tag == Tag::Pre {
            self.preformatted += 1;
        }
        self.open.push(index);
    }

    fn close(&mut self, index: u32, end: u32) {
        if let Some(element) = self.out.elements.get_mut(index as usize) {
            element.blocks.end = end;
        }
    }

    /// Keeps the text of a button inside a sentence, until the sentence goes on.
    fn hold(&mut self, id: NodeId) {
        let is_sentence = !self.is_fresh() && !ends_sentence(self.line());
        let text = if is_sentence { self.tree.text(id, LABEL_BYTES) } else { String::new() };
        if text.trim().is_empty() || text.len() >= LABEL_BYTES {
            self.collapser.space();
        } else {
            self.button = Some(text);
        }
    }

    fn push(&mut self, text: &str) {
        if self.style.link.is_some() && screen_reader::is_window_notice(text) {
            return;
        }
        if let Some(mut button) = self.button.take() {
            if text.trim().is_empty() {
                button.push(' ');
                self.button = Some(button);
                return;
            }
            self.append(&button);
        }
        self.append(text);
    }

    fn append(&mut self, text: &str) {
        let fresh = self.is_fresh();
        let before = self.out.text.len();
        let style = Style { strong: self.bold > 0, em: self.em > 0, ..self.style };
        let chars = self.collapser.push(&mut self.out.text, fresh, text, self.preformatted > 0);
        if chars == 0 {
            return;
        }
        if fresh {
            for (id, _) in &self.inline {
                if let Some(element) = self.tree.element(*id) {
                    let (_, groups) = self.names.of(Attributes::of(element));
                    self.current.wrapper = self.current.wrapper.with(groups);
                }
            }
        }
        let runs = self.current.runs.start as usize;
        let last = self.out.runs.get(runs..).and_then(<[Run]>::last);
        if last.is_none_or(|run| run.style != style) {
            // The space between two styles belongs to the first.
            let starts_blank = !fresh && self.out.text.as_bytes().get(before) == Some(&b' ');
            self.out.runs.push(Run { start: before as u32 + u32::from(starts_blank), style });
        }
        self.current.chars += chars;
        if style.link.is_some() {
            self.current.link_chars += chars;
        }
        if style.strong {
            self.current.bold_chars += chars;
        }
        if self.time > 0 {
            self.current.time_chars += chars;
        }
    }

    /// Ends the block. A block without a letter or digit is dropped.
    fn flush(&mut self) {
        self.collapser.reset();
        self.button = None;
        let start = self.current.text.start as usize;
        let trimmed = self.line().trim_end().len();
        if self.line().chars().any(char::is_alphanumeric) {
            self.out.text.truncate(start + trimmed);
            self.join_initial();
            let mut block = empty_block(self.out.text.len() as u32, self.out.runs.len() as u32);
            std::mem::swap(&mut block, &mut self.current);
            block.text.end = self.out.text.len() as u32;
            block.runs.end = self.out.runs.len() as u32;
            block.element = self.open.last().copied().unwrap_or(0);
            let tail = self.split_story_link(&mut block);
            self.out.blocks.push(block);
            self.out.blocks.extend(tail);
        } else {
            self.out.text.truncate(start);
            self.out.runs.truncate(self.current.runs.start as usize);
            self.current = empty_block(start as u32, self.current.runs.start);
        }
    }

    /// Puts a drop cap before the text whose first letter it is.
    fn join_initial(&mut self) {
        let Some(last) = self.out.blocks.last() else { return };
        let parent = |index: u32| self.out.element(index).map_or(index, |element| element.parent);
        let own = self.open.last().copied().unwrap_or(0);
        let around = parent(last.element);
        let is_beside = last.element == own || around == own || around == parent(own);
        let is_next = last.text.end == self.current.text.start;
        if !is_beside || !is_next || !join::is_initial(self.out.text(last), self.line()) {
            return;
        }
        let Some(initial) = self.out.blocks.pop() else { return };
        self.current.text.start = initial.text.start;
        self.current.runs.start = initial.runs.start;
        self.current.chars += initial.chars;
        self.current.link_chars += initial.link_chars;
        self.current.bold_chars += initial.bold_chars;
        self.renumber(self.out.blocks.len() as u32);
    }

    /// Corrects the ranges of elements after the block at `at` was removed from the end: elements
    /// that held it are empty, and open ones begin with the block that follows.
    fn renumber(&mut self, at: u32) {
        for element in self.out.elements.iter_mut().rev() {
            if element.blocks.end <= at && element.blocks.start < at {
                break;
            }
            element.blocks.start = element.blocks.start.min(at);
            element.blocks.end = element.blocks.end.min(at);
        }
    }

    /// Cuts a link to another story off the end of a paragraph, as a block of its own.
    fn split_story_link(&self, block: &mut Block) -> Option<Block> {
        if block.links == 0 {
            return None;
        }
        let range = block.runs.start as usize..block.runs.end as usize;
        let runs = self.out.runs.get(range)?;
        let relative: Vec<(usize, bool)> = runs
            .iter()
            .map(|run| ((run.start - block.text.start) as usize, run.style.link.is_some()))
            .collect();
        let text = self.out.text(block);
        let cut = join::story_link(text, &relative)?;
        let blanks = text.get(cut..)?.chars().take_while(|c| c.is_whitespace()).count();
        let (end, start) =
            (block.text.start + cut as u32, block.text.start + (cut + blanks) as u32);
        let after = runs.partition_point(|run| run.start < start);
        // A run that the cut divides cannot be in both blocks; the first word of the link begins
        // a run, and the words before it are plain.
        let mut tail = block.clone();
        tail.text.start = start;
        tail.runs.start = block.runs.start + after.saturating_sub(1) as u32;
        let chars = self.out.text(&tail).chars().count() as u32;
        (tail.chars, tail.bold_chars, tail.time_chars) = (chars, 0, 0);
        tail.link_chars = tail.link_chars.min(chars);
        block.text.end = end;
        block.runs.end = block.runs.start + after as u32;
        block.chars = block.chars.saturating_sub(chars);
        block.link_chars = block.link_chars.saturating_sub(tail.link_chars);
        (block.links, tail.links) = (block.links.saturating_sub(1), 1);
        Some(tail)
    }
}

fn empty_block(text: u32, runs: u32) -> Block {
    Block {
        element: 0,
        text: text..text,
        runs: runs..runs,
        chars: 0,
        link_chars: 0,
        links: 0,
        bold_chars: 0,
        time_chars: 0,
        wrapper: Groups::default(),
    }
}

/// Whether attribute or style hide an element. `aria-hidden` counts for block-level elements only.
fn is_hidden(attributes: Attributes<'_>, is_block: bool) -> bool {
    attributes.hidden.is_some_and(|value| value != "until-found")
        || (is_block && attributes.aria_hidden.is_some_and(|v| v.eq_ignore_ascii_case("true")))
        || attributes.style.is_some_and(|style| {
            let style = flat_style(style);
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

/// Whether a style makes an inline element a block.
fn is_block(style: &str) -> bool {
    style.contains("block") && flat_style(style).split(';').any(|part| part == "display:block")
}

/// A style attribute in lower case without blanks.
fn flat_style(style: &str) -> String {
    let letters = style.chars().filter(|c| !c.is_whitespace());
    letters.map(|c| c.to_ascii_lowercase()).take(500).collect()
}

/// Whether a text is only a number, such as the count of comments.
fn is_count(text: &str) -> bool {
    let text = text.trim();
    text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | 'k' | 'K' | 'M'))
}
