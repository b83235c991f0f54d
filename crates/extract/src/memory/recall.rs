//! Applies a memory to a page.

use foldhash::HashMap;

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::memory::edge::{self, Cut};
use crate::memory::{Known, Place, SiteMemory, list};

/// If less than this share of the kept text would be left, nothing is removed.
const LEAST_LEFT: f32 = 0.3;

/// The same where this many letters would be left: a short report under long lists.
const LEAST_LEFT_OF_TEXT: f32 = 0.1;
const TEXT: f32 = 500.0;

/// If a larger share of the rest would be cut from the edges of its blocks, nothing is cut.
const MOST_CUT: f32 = 0.2;

/// A block that shares this much with the page's description is part of the article.
const DESCRIBED: f32 = 0.5;

/// A kept block.
struct Kept {
    at: usize,
    weight: f32,
    is_prose: bool,
    is_described: bool,
    known: Option<Known>,
    /// What goes from its edges.
    cut: Option<Cut>,
}

/// What is cut from the edges of blocks that are kept, by the index of the block.
#[derive(Debug, Default)]
pub(crate) struct Cuts(HashMap<usize, Cut>);

impl Cuts {
    /// What is cut from a block.
    pub(crate) fn of(&self, at: usize) -> Option<&Cut> {
        self.0.get(&at)
    }
}

/// Removes the kept blocks that the memory knows, and what stands among them in a list of teasers:
/// it has some that no other page has shown yet. Returns what is cut from the edges of others.
pub(crate) fn recall(
    memory: &SiteMemory,
    blocks: &Blocks,
    features: &Features,
    reasons: &mut [Reason],
) -> Cuts {
    let kept = blocks.blocks.iter().zip(&features.blocks).zip(&*reasons).enumerate();
    let kept = kept.filter(|(_, (_, reason))| reason.is_kept());
    let mut kept: Vec<Kept> = kept
        .map(|(at, ((block, feature), _))| Kept {
            at,
            weight: feature.text.weight,
            is_prose: feature.is_good,
            is_described: feature.in_description.max(feature.covers_description) >= DESCRIBED,
            known: memory.known(blocks.text(block)),
            cut: edge::cut(blocks.text(block), &memory.edges),
        })
        .collect();
    keep_own(&mut kept);
    let mut inwards: Vec<&mut Kept> = kept.iter_mut().collect();
    complete(&mut inwards, Place::ListBefore);
    inwards.reverse();
    complete(&mut inwards, Place::ListAfter);
    let all: f32 = kept.iter().map(|one| one.weight).sum();
    let left: f32 = kept.iter().filter(|one| one.known.is_none()).map(|one| one.weight).sum();
    let least = if left >= TEXT { LEAST_LEFT_OF_TEXT } else { LEAST_LEFT };
    if left < least * all {
        return Cuts::default();
    }
    for one in &kept {
        if let (Some(known), Some(reason)) = (one.known, reasons.get_mut(one.at)) {
            *reason = Reason::Memory(known.evidence);
        }
    }
    cuts(kept)
}

/// What is cut from the blocks that stay, unless it is much of them all.
fn cuts(kept: Vec<Kept>) -> Cuts {
    let (mut all, mut cut) = (0.0, 0.0);
    let mut cuts = HashMap::default();
    for one in kept.into_iter().filter(|one| one.known.is_none()) {
        all += one.weight;
        if let Some(found) = one.cut {
            let share = found.len() as f32 / (found.len() + found.left.len()) as f32;
            cut += share * one.weight;
            cuts.insert(one.at, found);
        }
    }
    if cut > MOST_CUT * all { Cuts::default() } else { Cuts(cuts) }
}

/// What other pages have in a list or outside of their bodies may be a teaser of this article: it
/// stays if the page's description has it, or if the body begins with it.
fn keep_own(kept: &mut [Kept]) {
    let mut is_start = true;
    for one in kept {
        let Some(known) = one.known else {
            is_start = false;
            continue;
        };
        let is_own = match known.place {
            Place::Before | Place::Inside => false,
            Place::ListBefore => one.is_described,
            Place::After | Place::Outside | Place::ListAfter => one.is_described || is_start,
        };
        if is_own && one.is_prose {
            one.known = None;
        }
    }
}

/// What stands among the blocks of a list is known as well.
fn complete(kept: &mut [&mut Kept], place: Place) {
    let is_in_list = |one: &Kept| one.known.is_some_and(|known| known.place == place);
    let length = list::length(kept.iter().map(|one| (is_in_list(one), one.weight)));
    let mut last = None;
    for one in kept.iter_mut().take(length) {
        one.known = one.known.or(last);
        last = one.known;
    }
}
