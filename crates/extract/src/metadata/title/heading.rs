//! The visible headings, the candidates for the headline.
//!
//! A heading may have several blocks, such as a label above the headline in one `h1`. So each block
//! is a candidate, and the whole heading too. Where an element inside the heading is a label by its
//! class, the rest of the heading is the candidate.

use crate::block::{Block, Blocks};
use crate::body::Reason;
use crate::feature::Features;
use crate::metadata::site::is_home;
use crate::metadata::title::kicker;
use crate::tag::Tag;
use crate::tree::{NodeId, Tree};

/// Most headings that are compared.
const HEADINGS: usize = 200;

/// A heading more than this many blocks after the start of the body belongs to a later part.
const BLOCKS_AFTER: usize = 40;

/// A candidate for the headline.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Heading {
    pub(crate) text: String,
    /// The text with a label that is no part of the headline, if it has one.
    pub(crate) labelled: Option<String>,
    /// 1 to 6 for `h1` to `h6`; `None` for other elements with the words of a title.
    pub(crate) level: Option<u8>,
    /// Blocks from here to the first of the body; negative after it.
    pub(crate) blocks_before_body: Option<isize>,
    /// Mostly link.
    pub(crate) is_link: bool,
    /// All blocks of a heading that has several.
    pub(crate) is_joined: bool,
    /// Its class or property says that it is the headline.
    pub(crate) is_marked: bool,
}

/// The headings of a page down to the start of its body, in order.
pub(crate) fn headings(
    tree: &Tree,
    blocks: &Blocks,
    features: &Features,
    reasons: &[Reason],
) -> Vec<Heading> {
    let first = reasons.iter().position(|reason| reason.is_kept());
    let last = first.map_or(usize::MAX, |first| first + BLOCKS_AFTER);
    let before = |at: usize| first.map(|first| first.cast_signed() - at.cast_signed());
    let mut all: Vec<Heading> = Vec::new();
    let single =
        blocks.blocks.iter().zip(&features.blocks).enumerate().take_while(|(at, _)| *at <= last);
    for (at, (block, feature)) in single {
        let is_candidate = feature.tag.is_heading()
            || features.headline == Some(at)
            || feature.title_likeness > 0.5;
        let is_link = feature.link_share > 0.5;
        // The name of the site, which is the heading of every page.
        if !is_candidate || is_link && leads_home(tree, blocks, block) {
            continue;
        }
        if all.len() >= HEADINGS {
            break;
        }
        let whole = blocks.text(block);
        let node = blocks.element(block.element).map(|element| element.node);
        let rest = node.filter(|_| level(feature.tag).is_some());
        let rest = rest.and_then(|node| kicker::without_labels(tree, node));
        all.push(Heading {
            labelled: rest.is_some().then(|| whole.to_owned()),
            text: rest.unwrap_or_else(|| whole.to_owned()),
            level: level(feature.tag),
            blocks_before_body: before(at),
            is_link,
            is_joined: false,
            is_marked: node.is_some_and(|node| kicker::is_headline(tree, node)),
        });
    }
    let joined = blocks.elements.iter().filter_map(|element| {
        let (start, end) = (element.blocks.start as usize, element.blocks.end as usize);
        let level = level(element.tag)?;
        let inner = blocks.blocks.get(start..end).filter(|inner| (2..=6).contains(&inner.len()))?;
        let texts: Vec<&str> = inner.iter().map(|block| blocks.text(block)).collect();
        let whole = texts.join(" ");
        let rest = kicker::without_labels(tree, element.node);
        (start <= last).then(|| Heading {
            is_joined: rest.is_none(),
            labelled: rest.is_some().then(|| whole.clone()),
            text: rest.unwrap_or(whole),
            level: Some(level),
            blocks_before_body: before(start),
            is_link: false,
            is_marked: false,
        })
    });
    all.extend(joined.take(HEADINGS));
    all
}

/// Whether the first link of a block leads to a home page.
fn leads_home(tree: &Tree, blocks: &Blocks, block: &Block) -> bool {
    let link: Option<NodeId> = blocks.runs(block).find_map(|(_, style)| style.link);
    link.is_some_and(|link| tree.attribute(link, "href").is_some_and(is_home))
}

fn level(tag: Tag) -> Option<u8> {
    match tag {
        Tag::H1 => Some(1),
        Tag::H2 => Some(2),
        tag if tag.is_heading() => Some(3),
        _ => None,
    }
}
