//! What was decided about each block of the page.

use crate::body::Reason;
use crate::kind::PageContext;
use crate::memory::Cut;

/// A block of the page and the decision about it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockNote {
    /// Index of the block in the page.
    pub position: u32,
    /// Its text, white space collapsed.
    pub text: String,
    /// Whether it is part of the body.
    pub kept: bool,
    /// Why it was kept or removed.
    pub reason: Reason,
    /// What was removed from its start and its end though it was kept.
    pub cut: Vec<CutNote>,
    /// The model's probability that it belongs to the article, 0 to 1.
    pub chance: f32,
    /// The measures that explain the decision best.
    pub measures: Measures,
}

/// A part of a block that was removed.
#[derive(Debug, Clone, PartialEq)]
pub struct CutNote {
    /// Its text.
    pub text: String,
    /// Why it was removed.
    pub reason: Reason,
}

/// The most informative measures of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Letters; a Chinese or Japanese character counts as 2.5.
    pub weight: f32,
    /// Share of the letters that is in links (link density), 0 to 1.
    pub links: f32,
    /// Share of the page's prose that has the same parent element, 0 to 1.
    pub parent_share: f32,
    /// Similarity to the article's title (Jaccard index of the words), 0 to 1.
    pub title: f32,
    /// Share of its word triples that is in the `articleBody` of the page's JSON-LD, 0 to 1; `None`
    /// if the page has none.
    pub stated: Option<f32>,
    /// The elements around it; a number that means nothing but "the same" or "another". 0 in a text
    /// without markup.
    pub spot: u32,
}

pub(super) fn notes(context: &PageContext<'_>) -> Vec<BlockNote> {
    let PageContext { page: blocks, features, chances, reasons, cuts, spots, .. } = *context;
    let pairs = blocks.blocks.iter().zip(reasons).zip(features.blocks.iter().zip(chances));
    pairs
        .enumerate()
        .map(|(position, ((block, reason), (feature, chance)))| BlockNote {
            position: position as u32,
            text: blocks.text(block).to_owned(),
            kept: reason.is_kept(),
            reason: *reason,
            cut: cuts.of(position).map_or_else(Vec::new, |cut| cut_notes(blocks.text(block), cut)),
            chance: *chance,
            measures: Measures {
                weight: feature.text.weight,
                links: feature.link_share,
                parent_share: feature.parent_share,
                title: feature.title_likeness,
                stated: feature.in_stated_body,
                spot: spots.get(position).copied().unwrap_or_default(),
            },
        })
        .collect()
}

fn cut_notes(text: &str, cut: &Cut) -> Vec<CutNote> {
    let notes = cut.parts.iter().map(|(range, evidence)| CutNote {
        text: text.get(range.clone()).unwrap_or_default().to_owned(),
        reason: Reason::Memory(*evidence),
    });
    notes.collect()
}
