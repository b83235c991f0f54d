//! Kept blocks as pieces of the document model, and paths of blocks.

use std::ops::Range;

use url::Url;

use crate::article::{Piece, PieceKind, Span};
use crate::block::{Block, Blocks};
use crate::body::Reason;
use crate::feature::unit::Tables;
use crate::memory::Cuts;
use crate::metadata::address::resolve;
use crate::tag::Tag;
use crate::tree::{Tree, attribute};

/// How many container elements a path names.
const PATH_LEVELS: usize = 5;

/// Between the cells of a row.
const CELLS: &str = " | ";

/// Levels between the text of a cell and its row.
const ROW_LEVELS: usize = 4;

pub(crate) fn pieces(
    tree: &Tree,
    page: &Blocks,
    reasons: &[Reason],
    cuts: &Cuts,
    base: Option<&Url>,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (tables, mut last_row) = (Tables::of(page), None);
    let kept = page.blocks.iter().zip(reasons).enumerate();
    for (at, (block, reason)) in kept.filter(|(_, (_, reason))| reason.is_kept()) {
        let left = cuts.of(at).map(|cut| &cut.left);
        let mut spans = spans(tree, page, (block, left), base);
        if spans.is_empty() {
            continue;
        }
        let row = tables.data_around(block).and_then(|_| row(page, block));
        match pieces.last_mut() {
            Some(last) if row.is_some() && row == last_row => {
                last.spans.push(Span { text: CELLS.to_owned(), ..Span::default() });
                last.spans.append(&mut spans);
            }
            _ => pieces.push(Piece { kind: kind(page, block, *reason), spans }),
        }
        last_row = row;
    }
    pieces
}

/// The table row of a cell: the cells of a row are one piece.
fn row(page: &Blocks, block: &Block) -> Option<u32> {
    let mut around = page.around(block.element).take(ROW_LEVELS);
    around.find(|(_, element)| element.tag == Tag::Row).map(|(index, _)| index)
}

fn kind(page: &Blocks, block: &Block, reason: Reason) -> PieceKind {
    let mut in_item = false;
    for (_, element) in page.around(block.element).take(8) {
        match element.tag {
            Tag::H1 | Tag::H2 if reason != Reason::Standfirst => return PieceKind::Heading(2),
            Tag::H3 if reason != Reason::Standfirst => return PieceKind::Heading(3),
            Tag::H4 if reason != Reason::Standfirst => return PieceKind::Heading(4),
            Tag::Pre => return PieceKind::Preformatted,
            Tag::Blockquote => return PieceKind::Quote,
            Tag::Item => in_item = true,
            Tag::List if in_item => return PieceKind::ListItem { ordered: false },
            Tag::OrderedList if in_item => return PieceKind::ListItem { ordered: true },
            Tag::Article | Tag::Main | Tag::Body => break,
            _ => {}
        }
    }
    PieceKind::Paragraph
}

/// The runs of a block, or of what is left of it.
fn spans(
    tree: &Tree,
    page: &Blocks,
    (block, left): (&Block, Option<&Range<usize>>),
    base: Option<&Url>,
) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut end = 0;
    for (text, style) in page.runs(block) {
        let start = end;
        end += text.len();
        let text = left.map_or(text, |left| common(text, start, left));
        if text.is_empty() {
            continue;
        }
        let link = style.link.and_then(|node| tree.attribute(node, "href"));
        let link = link.filter(|href| !href.starts_with('#')).and_then(|href| resolve(href, base));
        let span = Span { text: text.to_owned(), em: style.em, strong: style.strong, link };
        match spans.last_mut() {
            Some(last)
                if (last.em, last.strong, &last.link) == (span.em, span.strong, &span.link) =>
            {
                last.text.push_str(&span.text);
            }
            _ => spans.push(span),
        }
    }
    spans
}

/// The part of a run that is in a range of its block. The run begins at `start` of the block.
fn common<'a>(text: &'a str, start: usize, range: &Range<usize>) -> &'a str {
    let at = |end: usize| end.saturating_sub(start).min(text.len());
    text.get(at(range.start)..at(range.end)).unwrap_or_default()
}

/// The container elements of a block, outermost first, each with its first class or its id.
pub(crate) fn path(tree: &Tree, page: &Blocks, block: &Block) -> String {
    let mut names: Vec<String> = Vec::new();
    for (_, element) in page.around(block.element).take(PATH_LEVELS) {
        let Some(node) = tree.element(element.node) else { continue };
        let class = attribute(node, "class").and_then(|c| c.split_whitespace().next());
        let id = attribute(node, "id").map(str::trim).filter(|id| !id.is_empty());
        names.push(match (class, id) {
            (Some(class), _) => format!("{}.{}", node.name(), short(class)),
            (None, Some(id)) => format!("{}#{}", node.name(), short(id)),
            (None, None) => node.name().to_owned(),
        });
    }
    names.reverse();
    names.join(" > ")
}

fn short(name: &str) -> String {
    name.chars().take(40).collect()
}
