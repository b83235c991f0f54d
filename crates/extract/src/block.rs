//! The page as text blocks and their container elements, from one walk of the tree.
//!
//! A block is the text between two borders. A border is the start or the end of a block-level
//! element, or a `br` or `hr`: old pages separate their paragraphs with nothing else. Text in
//! hidden elements, `nav`, `aside`, `footer` and `form` is kept and flagged, and judged later: some
//! old pages are one big form, and paywall scripts hide the article that the page was sent with.
//!
//! Each element has the half-open range of blocks inside it. With prefix sums over the blocks any
//! total of a container is a difference of two numbers, so measuring stays linear in the page.

use std::ops::Range;

use foldhash::HashMap;
use html5ever::{LocalName, local_name};

use crate::phrases::markup::{self, Groups};
use crate::screen_reader;
use crate::tag::{Inline, Role, Tag, role};
use crate::tree::{Node, NodeId, Step, Tree};
use crate::whitespace::WhitespaceCollapser;
use crate::{Limits, step_counter};

/// Longest class, id and role text that is read, in bytes.
const CLASS_BYTES: usize = 300;

/// Attributes that name an element's purpose.
const NAMING: [&str; 6] = ["class", "id", "data-testid", "data-component", "itemprop", "role"];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) strong: bool,
    pub(crate) em: bool,
    /// The `a` element around it.
    pub(crate) link: Option<NodeId>,
}

/// A run of one style. It ends at the start of the next run or at the end of the block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Byte offset in the page's text.
    pub(crate) start: u32,
    pub(crate) style: Style,
}

/// A run of text between two borders.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Index of the nearest block-level element around it.
    pub(crate) element: u32,
    /// Byte range in the page's text.
    text: Range<u32>,
    /// Range of its style runs.
    runs: Range<u32>,
    pub(crate) chars: u32,
    pub(crate) link_chars: u32,
    /// Links that begin in it.
    pub(crate) links: u32,
    pub(crate) bold_chars: u32,
    /// Characters inside `time` elements.
    pub(crate) time_chars: u32,
    /// Groups of the class words of the inline elements around its first text.
    pub(crate) wrapper: Groups,
}

#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// Index of the parent element; the outermost is its own parent.
    pub(crate) parent: u32,
    pub(crate) tag: Tag,
    /// Groups of its class words.
    pub(crate) groups: Groups,
    /// Number of its class text, 0 for none: elements with the same tag and number look the same.
    pub(crate) class: u32,
    /// Hidden by attribute or style.
    pub(crate) hidden: bool,
    /// It has `itemprop=articleBody`.
    pub(crate) is_body_property: bool,
    pub(crate) depth: u32,
    /// Range of the blocks inside it.
    pub(crate) blocks: Range<u32>,
    pub(crate) node: NodeId,
}

/// All blocks and elements of a page, in document order.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "it holds blocks and elements")]
pub(crate) struct Blocks {
    text: String,
    runs: Vec<Run>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) elements: Vec<Element>,
}

impl Blocks {
    /// Splits the page into blocks.
    pub(crate) fn of(tree: &Tree, limits: &Limits) -> Self {
        let body = tree.nodes().find_map(|(id, node)| match node {
            Node::Element(element) if element.name.local == local_name!("body") => Some(id),
            _ => None,
        });
        let mut walker = Walker::new(tree, limits);
        if let Some(body) = body {
            walker.run(body);
        }
        walker.out
    }

    /// Removes all class words and properties.
    pub(crate) fn forget_names(&mut self) {
        for element in &mut self.elements {
            element.groups = Groups::default();
            (element.class, element.hidden, element.is_body_property) = (0, false, false);
        }
        for block in &mut self.blocks {
            block.wrapper = Groups::default();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// The text of a block, white space collapsed.
    pub(crate) fn text(&self, block: &Block) -> &str {
        self.text.get(block.text.start as usize..block.text.end as usize).unwrap_or_default()
    }

    /// The text of a block in runs of one style.
    pub(crate) fn runs<'a>(&'a self, block: &'a Block) -> impl Iterator<Item = (&'a str, Style)> {
        let runs =
            self.runs.get(block.runs.start as usize..block.runs.end as usize).unwrap_or_default();
        let ends = runs.iter().skip(1).map(|run| run.start).chain([block.text.end]);
        runs.iter().zip(ends).map(|(run, end)| {
            let text = self.text.get(run.start as usize..end as usize).unwrap_or_default();
            (text, run.style)
        })
    }

    pub(crate) fn element(&self, index: u32) -> Option<&Element> {
        self.elements.get(index as usize)
    }

    /// The element with this index, then its ancestors up to the outermost.
    pub(crate) fn around(&self, index: u32) -> impl Iterator<Item = (u32, &Element)> {
        let mut next = Some(index);
        std::iter::from_fn(move || {
            step_counter::add(1);
            let at = next?;
            let element = self.element(at)?;
            next = (element.parent != at).then_some(element.parent);
            Some((at, element))
        })
    }
}

struct Walker<'a> {
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
    classes: HashMap<String, (u32, Groups)>,
    /// Buffer for the class text of one element.
    class_text: String,
    max_blocks: usize,
}

impl<'a> Walker<'a> {
    fn new(tree: &'a Tree, limits: &Limits) -> Self {
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
            classes: HashMap::default(),
            class_text: String::new(),
            max_blocks: limits.max_blocks,
        }
    }

    fn run(&mut self, body: NodeId) {
        let mut walk = self.tree.walk(body);
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(id) => match self.tree.data(id) {
                    Some(Node::Text(text)) => self.push(text),
                    Some(Node::Element(element)) if !self.enter(id, &element.name.local) => {
                        walk.pass_over(id);
                    }
                    _ => {}
                },
                Step::Leave(id) => {
                    if let Some(element) = self.tree.element(id) {
                        self.leave(id, &element.name.local);
                    }
                }
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
    }

    /// Returns whether to read the element's content.
    fn enter(&mut self, id: NodeId, name: &LocalName) -> bool {
        match role(name) {
            Role::Skip { spaced } => {
                if spaced {
                    self.collapser.space();
                }
                false
            }
            Role::Break => {
                self.flush();
                false
            }
            Role::Inline(kind) => {
                if self.is_hidden(id, false) {
                    return false;
                }
                // An anchor without a target marks a position in the text; old pages often do not
                // close it.
                let is_anchor = kind == Inline::Link && self.tree.attribute(id, "href").is_none();
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
            Role::Block(tag) => {
                self.flush();
                self.open(id, tag);
                true
            }
        }
    }

    fn leave(&mut self, id: NodeId, name: &LocalName) {
        match role(name) {
            Role::Inline(kind) => {
                let kind = self.inline.pop().map_or(kind, |(_, kind)| kind);
                match kind {
                    Inline::Link => {
                        let outer =
                            self.inline.iter().rev().find(|(_, kind)| *kind == Inline::Link);
                        self.style.link = outer.map(|(id, _)| *id);
                    }
                    Inline::Strong => self.bold = self.bold.saturating_sub(1),
                    Inline::Emphasis => self.em = self.em.saturating_sub(1),
                    Inline::Time => self.time = self.time.saturating_sub(1),
                    Inline::Plain => {}
                }
            }
            Role::Block(tag) => {
                self.flush();
                if tag == Tag::Pre {
                    self.preformatted = self.preformatted.saturating_sub(1);
                }
                let is_open = self.open.last().and_then(|open| self.out.element(*open));
                if is_open.is_some_and(|element| element.node == id)
                    && let Some(open) = self.open.pop()
                {
                    self.close(open, self.out.blocks.len() as u32);
                }
            }
            Role::Break | Role::Skip { .. } => {}
        }
    }

    fn open(&mut self, id: NodeId, tag: Tag) {
        let index = self.out.elements.len() as u32;
        let parent = self.open.last().copied().unwrap_or(index);
        let (class, groups) = self.class(id);
        let first = self.out.blocks.len() as u32;
        self.out.elements.push(Element {
            parent,
            tag,
            groups,
            class,
            hidden: self.is_hidden(id, true),
            is_body_property: self
                .tree
                .attribute(id, "itemprop")
                .is_some_and(|p| p.to_ascii_lowercase().contains("articlebody")),
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

    /// The number and the groups of an element's class text.
    fn class(&mut self, id: NodeId) -> (u32, Groups) {
        let Some(element) = self.tree.element(id) else { return (0, Groups::default()) };
        let mut text = std::mem::take(&mut self.class_text);
        text.clear();
        let mut values = [None; NAMING.len()];
        for (name, value) in element.attrs() {
            let slot = NAMING.iter().position(|naming| *naming == name);
            if let Some(slot) = slot.and_then(|slot| values.get_mut(slot)) {
                *slot = Some(value);
            }
        }
        for value in values.into_iter().flatten() {
            let room = CLASS_BYTES.saturating_sub(text.len());
            split_words(&mut text, value, room);
        }
        let found = match self.classes.get(&text) {
            _ if text.is_empty() => (0, Groups::default()),
            Some(known) => *known,
            None => {
                let found = (self.classes.len() as u32 + 1, markup::groups(&text));
                self.classes.insert(text.clone(), found);
                found
            }
        };
        self.class_text = text;
        found
    }

    /// Whether attribute or style hide an element. `aria-hidden` counts for block-level elements
    /// only.
    fn is_hidden(&self, id: NodeId, is_block: bool) -> bool {
        let Some(element) = self.tree.element(id) else { return false };
        element.attrs().any(|(name, value)| match name {
            "hidden" => value != "until-found",
            "aria-hidden" => is_block && value.eq_ignore_ascii_case("true"),
            "class" => !is_block && screen_reader::is_off_screen(value),
            "style" => hides(value),
            _ => false,
        })
    }

    fn push(&mut self, text: &str) {
        if self.style.link.is_some() && screen_reader::is_window_notice(text) {
            return;
        }
        let fresh = self.out.text.len() == self.current.text.start as usize;
        let before = self.out.text.len();
        let style = Style { strong: self.bold > 0, em: self.em > 0, ..self.style };
        let chars = self.collapser.push(&mut self.out.text, fresh, text, self.preformatted > 0);
        if chars == 0 {
            return;
        }
        if fresh {
            let wrappers: Vec<NodeId> = self.inline.iter().map(|(id, _)| *id).collect();
            for id in wrappers {
                let (_, groups) = self.class(id);
                self.current.wrapper = self.current.wrapper.with(groups);
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
        let start = self.current.text.start as usize;
        let text = self.out.text.get(start..).unwrap_or_default();
        let trimmed = text.trim_end().len();
        if text.chars().any(char::is_alphanumeric) {
            self.out.text.truncate(start + trimmed);
            let mut block = empty_block(self.out.text.len() as u32, self.out.runs.len() as u32);
            std::mem::swap(&mut block, &mut self.current);
            block.text.end = self.out.text.len() as u32;
            block.runs.end = self.out.runs.len() as u32;
            block.element = self.open.last().copied().unwrap_or(0);
            self.out.blocks.push(block);
        } else {
            self.out.text.truncate(start);
            self.out.runs.truncate(self.current.runs.start as usize);
            self.current = empty_block(start as u32, self.current.runs.start);
        }
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

/// Appends names in lower case, words separated by hyphens: `articleBody` and `article_body` become
/// equal.
fn split_words(out: &mut String, value: &str, most: usize) {
    let mut before = ' ';
    for c in value.chars().take(most) {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('-');
        }
        out.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
        before = c;
    }
    out.push(' ');
}

/// Whether a style attribute hides its element.
fn hides(style: &str) -> bool {
    let flat: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .take(500)
        .collect();
    flat.contains("display:none") || flat.contains("visibility:hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(html: &str) -> Vec<String> {
        let limits = Limits::default();
        let tree = Tree::parse(html, &limits);
        let blocks = Blocks::of(&tree, &limits);
        blocks.blocks.iter().map(|b| blocks.text(b).to_owned()).collect()
    }

    #[test]
    fn block_elements_and_breaks_are_borders() {
        assert_eq!(
            texts(
                "<div>one <b>two</b><p>three</p>four<br>five<hr>six<custom-box>seven</custom-box></div>"
            ),
            ["one two", "three", "four", "five", "six", "seven"]
        );
    }

    #[test]
    fn elements_without_text_are_skipped() {
        assert_eq!(
            texts(
                "<p>a<script>x</script><style>y</style>b <button>z</button>c</p><p>***</p><select><option>q</select>"
            ),
            ["ab c"]
        );
    }

    #[test]
    fn ranges_enclose_their_blocks() {
        let limits = Limits::default();
        let tree = Tree::parse("<main><p>a</p><div><p>b</p><p>c</p></div></main><p>d</p>", &limits);
        let page = Blocks::of(&tree, &limits);
        let div = page.elements.iter().find(|e| e.tag == Tag::Div).unwrap();
        let main = page.elements.iter().find(|e| e.tag == Tag::Main).unwrap();
        assert_eq!((div.blocks.clone(), main.blocks.clone()), (1..3, 0..3));
    }

    #[test]
    fn runs_carry_style_and_link() {
        let limits = Limits::default();
        let tree = Tree::parse("<p>see <a href=/x>the <b>bold</b></a> <i>end</i></p>", &limits);
        let page = Blocks::of(&tree, &limits);
        let runs: Vec<(&str, bool, bool, bool)> = page
            .runs(&page.blocks[0])
            .map(|(t, s)| (t, s.link.is_some(), s.strong, s.em))
            .collect();
        assert_eq!(
            runs,
            [
                ("see ", false, false, false),
                ("the ", true, false, false),
                ("bold ", true, true, false),
                ("end", false, false, true)
            ]
        );
        assert_eq!(page.blocks[0].links, 1);
    }

    #[test]
    fn hidden_blocks_are_kept_and_hidden_words_removed() {
        let limits = Limits::default();
        let tree = Tree::parse(
            "<p style='display: none'>later</p><p>now<span hidden> never</span></p>",
            &limits,
        );
        let page = Blocks::of(&tree, &limits);
        let seen: Vec<(&str, bool)> = page
            .blocks
            .iter()
            .map(|b| (page.text(b), page.element(b.element).is_some_and(|e| e.hidden)))
            .collect();
        assert_eq!(seen, [("later", true), ("now", false)]);
    }
}
