//! Related boxes: the element that starts with a heading such as "Other Topics of Interest".
//!
//! The heading is known by its words. The teasers below may read like the article's own sentences
//! and have no useful class names. But they share an element with the heading, and that element
//! starts with it, while the article's own container starts with a headline or a paragraph. A large
//! box is left alone: a misplaced heading must not remove the article.

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::phrases::Kind;

/// Largest share of the kept text that a box may hold.
const MOST_OF_MASS: f32 = 0.25;

/// Removes the blocks of related boxes.
pub(super) fn related(page: &Blocks, features: &Features, reasons: &mut [Reason]) {
    let weight = |at: usize| features.blocks.get(at).map_or(0.0, |feature| feature.text.weight);
    let kept: f32 = (0..page.len()).filter(|at| is_kept(reasons, *at)).map(weight).sum();
    for at in 0..page.len() {
        let is_heading = features.blocks.get(at).and_then(|feature| feature.boilerplate.as_ref());
        if !is_heading
            .is_some_and(|boilerplate| boilerplate.is_sure && boilerplate.kind == Kind::Related)
        {
            continue;
        }
        let end = box_end(page, at);
        let held: f32 = (at..end).filter(|at| is_kept(reasons, *at)).map(weight).sum();
        if held > kept * MOST_OF_MASS {
            continue;
        }
        for reason in reasons.iter_mut().take(end).skip(at + 1).filter(|reason| reason.is_kept()) {
            *reason = Reason::Teaser;
        }
    }
}

fn is_kept(reasons: &[Reason], at: usize) -> bool {
    reasons.get(at).is_some_and(|reason| reason.is_kept())
}

/// The end of the largest element that starts with this block.
fn box_end(page: &Blocks, at: usize) -> usize {
    let mut end = at + 1;
    let mut index = page.blocks.get(at).map(|block| block.element);
    while let Some(element) = index.and_then(|index| page.element(index)) {
        if (element.blocks.start as usize) < at {
            break;
        }
        end = end.max(element.blocks.end as usize);
        index = Some(element.parent).filter(|parent| Some(*parent) != index);
    }
    end
}
