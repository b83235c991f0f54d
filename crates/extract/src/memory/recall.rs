//! Applies a memory to a page.

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::memory::{Known, Place, SiteMemory};

/// If less than this share of the kept text would be left, nothing is removed.
const LEAST_LEFT: f32 = 0.3;

/// Blocks of a list at the end that are known, at the least, if the others are to go with them.
const LEAST_IN_TAIL: usize = 3;

/// A kept block.
struct Kept {
    at: usize,
    weight: f32,
    is_prose: bool,
    known: Option<Known>,
}

/// Removes the kept blocks that the memory knows, and what stands among them at the end: a list of
/// teasers has some that no other page has shown yet.
pub(crate) fn recall(
    memory: &SiteMemory,
    blocks: &Blocks,
    features: &Features,
    reasons: &mut [Reason],
) {
    let kept = blocks.blocks.iter().zip(&features.blocks).zip(&*reasons).enumerate();
    let kept = kept.filter(|(_, (_, reason))| reason.is_kept());
    let mut kept: Vec<Kept> = kept
        .map(|(at, ((block, feature), _))| Kept {
            at,
            weight: feature.text.weight,
            is_prose: feature.is_good,
            known: memory.known(blocks.text(block)),
        })
        .collect();
    keep_start(&mut kept);
    complete_tail(&mut kept);
    let all: f32 = kept.iter().map(|one| one.weight).sum();
    let left: f32 = kept.iter().filter(|one| one.known.is_none()).map(|one| one.weight).sum();
    if left < LEAST_LEFT * all {
        return;
    }
    for one in kept {
        if let (Some(known), Some(reason)) = (one.known, reasons.get_mut(one.at)) {
            *reason = Reason::Memory(known.evidence);
        }
    }
}

/// Where a body begins with prose that other pages have after their text or outside of it, this is
/// the article that they point to.
fn keep_start(kept: &mut [Kept]) {
    for one in kept {
        let Some(known) = one.known else { return };
        if one.is_prose && matches!(known.place, Place::After | Place::Outside) {
            one.known = None;
        }
    }
}

/// Where most of the blocks up to the end are known to follow texts, the others of them are known as
/// well.
fn complete_tail(kept: &mut [Kept]) {
    let (mut following, mut start) = (0, kept.len());
    for (at, one) in kept.iter().enumerate().rev() {
        if one.known.is_some_and(|known| known.place == Place::After) {
            following += 1;
            if following >= LEAST_IN_TAIL && 2 * following >= kept.len() - at {
                start = at;
            }
        }
    }
    let mut last = None;
    for one in kept.iter_mut().skip(start) {
        one.known = one.known.or(last);
        last = one.known;
    }
}
