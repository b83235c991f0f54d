//! What is said of each block of a page, for those who look into it: `--explain`, and the removed blocks on file.

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;

/// A block of the page with what was decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockNote {
    /// Index of the block in the page.
    pub position: u32,
    /// Its text.
    pub text: String,
    /// Whether it is part of the body.
    pub kept: bool,
    /// Why.
    pub reason: Reason,
    /// The chance that it belongs to the article, as the model sees it, 0 to 1.
    pub chance: f32,
    /// What tells most about it.
    pub measures: Measures,
}

/// The few numbers of a block that tell a person most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Letters; a Chinese or Japanese character counts two and a half.
    pub weight: f32,
    /// Share of them in links.
    pub links: f32,
    /// Share of the page's prose that stands under the same parent.
    pub parent_share: f32,
    /// Likeness to a title of the article.
    pub title: f32,
    /// Share of it in the article body that the page states, if it states one.
    pub stated: Option<f32>,
}

/// A note of every block.
pub(super) fn notes(
    blocks: &Blocks,
    features: &Features,
    chances: &[f32],
    reasons: &[Reason],
) -> Vec<BlockNote> {
    let pairs = blocks.blocks.iter().zip(reasons).zip(features.blocks.iter().zip(chances));
    pairs
        .enumerate()
        .map(|(position, ((block, reason), (feature, chance)))| BlockNote {
            position: position as u32,
            text: blocks.text(block).to_owned(),
            kept: reason.is_kept(),
            reason: *reason,
            chance: *chance,
            measures: Measures {
                weight: feature.text.weight,
                links: feature.link_share,
                parent_share: feature.parent_share,
                title: feature.title_likeness,
                stated: feature.in_stated_body,
            },
        })
        .collect()
}
