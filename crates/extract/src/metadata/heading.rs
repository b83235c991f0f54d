//! The visible headings, the candidates for the headline.
//!
//! A heading may have several blocks, such as a label above the headline in one `h1`. So each block
//! is a candidate, and the whole heading too.

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::tag::Tag;

/// Most headings that are compared.
const HEADINGS: usize = 200;

/// A heading more than this many blocks after the start of the body belongs to a later part.
const BLOCKS_AFTER: usize = 40;

/// A candidate for the headline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heading {
    pub(crate) text: String,
    /// 1 to 6 for `h1` to `h6`; `None` for other elements with the words of a title.
    pub(crate) level: Option<u8>,
    /// Blocks from here to the first of the body; negative after it.
    pub(crate) blocks_before_body: Option<isize>,
    /// Mostly link.
    pub(crate) is_link: bool,
    /// All blocks of a heading that has several.
    pub(crate) is_joined: bool,
}

/// The headings of a page down to the start of its body, in order.
pub(crate) fn headings(blocks: &Blocks, features: &Features, reasons: &[Reason]) -> Vec<Heading> {
    let first = reasons.iter().position(|reason| reason.is_kept());
    let last = first.map_or(usize::MAX, |first| first + BLOCKS_AFTER);
    let before = |at: usize| first.map(|first| first.cast_signed() - at.cast_signed());
    let single =
        blocks.blocks.iter().zip(&features.blocks).enumerate().take_while(|(at, _)| *at <= last);
    let single = single.filter_map(|(at, (block, feature))| {
        let is_candidate = feature.tag.is_heading()
            || features.headline == Some(at)
            || feature.title_likeness > 0.5;
        is_candidate.then(|| Heading {
            text: blocks.text(block).to_owned(),
            level: level(feature.tag),
            blocks_before_body: before(at),
            is_link: feature.link_share > 0.5,
            is_joined: false,
        })
    });
    let joined = blocks.elements.iter().filter_map(|element| {
        let (start, end) = (element.blocks.start as usize, element.blocks.end as usize);
        let level = level(element.tag)?;
        let inner = blocks.blocks.get(start..end).filter(|inner| (2..=6).contains(&inner.len()))?;
        let texts: Vec<&str> = inner.iter().map(|block| blocks.text(block)).collect();
        (start <= last).then(|| Heading {
            text: texts.join(" "),
            level: Some(level),
            blocks_before_body: before(start),
            is_link: false,
            is_joined: true,
        })
    });
    let mut all: Vec<Heading> = single.take(HEADINGS).collect();
    all.extend(joined.take(HEADINGS));
    all
}

fn level(tag: Tag) -> Option<u8> {
    match tag {
        Tag::H1 => Some(1),
        Tag::H2 => Some(2),
        tag if tag.is_heading() => Some(3),
        _ => None,
    }
}
