//! The page as text blocks and their container elements, from one walk of the tree.
//!
//! A block is the text between two borders. A border is the start or the end of a block-level
//! element, or a `br` or `hr`: old pages separate their paragraphs with nothing else. Text in
//! hidden elements, `nav`, `aside`, `footer` and `form` is kept and flagged, and judged later: some
//! old pages are one big form, and paywall scripts hide the article that the page was sent with.
//!
//! Each element has the half-open range of blocks inside it. With prefix sums over the blocks any
//! total of a container is a difference of two numbers, so measuring stays linear in the page.

mod inline;
mod join;
mod names;
mod walker;

use std::ops::Range;

use html5ever::local_name;

use crate::block::walker::Walker;
use crate::phrases::markup::Groups;
use crate::tag::Tag;
use crate::tree::{Node, NodeId, Tree};
use crate::{Limits, step_counter};

/// Levels between a line of an embedded post and the post.
const POST_LEVELS: usize = 6;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) strong: bool,
    pub(crate) em: bool,
    /// The `a` element around it.
    pub(crate) link: Option<NodeId>,
}

/// A run of one style. It ends at the start of the next run or at the end of the block, and may
/// begin before the block.
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
    /// It is a post of a social network.
    pub(crate) is_post: bool,
    pub(crate) depth: u32,
    /// Range of the blocks inside it.
    pub(crate) blocks: Range<u32>,
    pub(crate) node: NodeId,
}

/// Tag and class of an element and of its parent: blocks that share them look the same.
pub(crate) type Look = (Tag, u32, Tag, u32);

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
        let mut blocks = match body {
            Some(body) => Walker::new(tree, limits).run(body),
            None => Self::default(),
        };
        join::forget_wrapping_links(tree, &mut blocks);
        blocks
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether a block is in a post of a social network.
    pub(crate) fn is_in_post(&self, block: &Block) -> bool {
        self.around(block.element).take(POST_LEVELS).any(|(_, element)| element.is_post)
    }

    /// The look of a block: that of its element and of the element around.
    pub(crate) fn look(&self, block: &Block) -> Option<Look> {
        let element = self.element(block.element)?;
        let parent = self.element(element.parent)?;
        Some((element.tag, element.class, parent.tag, parent.class))
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
            let start = run.start.max(block.text.start);
            let text = self.text.get(start as usize..end as usize).unwrap_or_default();
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
                "<p>a<script>x</script><style>y</style>b.</p><p>***</p><button>Share</button><select><option>q</select>"
            ),
            ["ab."]
        );
    }

    #[test]
    fn words_of_a_line_stay_together() {
        for (html, expected) in [
            (
                "<p>It depends on a <button>lease</button>, he said.</p>",
                "It depends on a lease, he said.",
            ),
            ("<p>He said so. <button>Share</button></p>", "He said so."),
            ("<p>The <x-term>slipway</x-term> is old.</p>", "The slipway is old."),
            ("<p>Old <span role=tooltip>not new</span> boats.</p>", "Old boats."),
            ("<p>Boats<sup>1</sup> sail.<a href=#n>↩</a></p>", "Boats1 sail."),
            ("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p>", "漢字"),
            ("<div class=cap>T</div><p>he boats</p>", "The boats"),
            ("<p><img alt=T>he boats</p>", "The boats"),
            ("<p>He laughed <img class=emoji alt=🙂> and left.</p>", "He laughed 🙂 and left."),
            ("<p>Boats sail. <span class=share-count>12</span></p>", "Boats sail."),
        ] {
            assert_eq!(texts(html), [expected], "{html}");
        }
    }

    #[test]
    fn sentences_in_spans_without_a_blank_are_paragraphs() {
        let one = "The harbour board met on Tuesday and put off its vote.";
        assert_eq!(texts(&format!("<div><span>{one}</span><span>{one}</span></div>")), [one, one]);
        assert_eq!(
            texts(&format!("<p><span style='display: block'>{one}</span><span>Next</span></p>")),
            [one, "Next"]
        );
    }

    #[test]
    fn a_link_to_another_story_is_a_block_of_its_own() {
        let one = "The harbour board met on Tuesday and put off its vote on the quay.";
        let html = format!("<p>{one} <span>Read also: <a href=/x>Fire put out</a></span></p>");
        let limits = Limits::default();
        let tree = Tree::parse(&html, &limits);
        let page = Blocks::of(&tree, &limits);
        let seen: Vec<String> = page
            .blocks
            .iter()
            .map(|b| page.runs(b).map(|(text, _)| text).collect::<String>())
            .collect();
        assert_eq!(seen, [one, "Read also: Fire put out"]);
        assert_eq!((page.blocks[0].links, page.blocks[1].links), (0, 1));
    }

    #[test]
    fn links_to_scripts_are_text() {
        let limits = Limits::default();
        let tree =
            Tree::parse("<p><a href='javascript:void(0)'>one</a> <a href=/x>two</a></p>", &limits);
        let page = Blocks::of(&tree, &limits);
        assert_eq!((page.blocks[0].links, page.blocks[0].link_chars), (1, 4));
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
