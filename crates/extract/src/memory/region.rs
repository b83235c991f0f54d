//! Elements apart from the text that show some of many teasers: a few of these no other page has shown
//! yet.
//!
//! What is on all pages says nothing of what stands around it: the text of an article may have more
//! standing lines than paragraphs. Teasers are on some pages.

use std::cmp::Reverse;
use std::ops::Range;

use foldhash::HashMap;

use crate::block::{Block, Blocks};
use crate::memory::recall::Kept;
use crate::memory::{Known, Place};
use crate::tag::Tag;

/// Elements around a known block that may be a box.
const LEVELS: usize = 6;

/// Known teasers of a box, at the least.
const LEAST_KNOWN: usize = 3;

/// The most that a box has of the unknown text, as a share.
const MOST_UNKNOWN: f32 = 0.5;

/// What an element looks like from outside: its name, its class, and how deep it is.
type Look = (Tag, u32, u32);

/// Sums over the kept blocks before a place.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Teasers that are known from several pages.
    teasers: usize,
    titles: usize,
    unknown: usize,
    /// Blocks that have to stay, or look like the text.
    own: usize,
    /// Weight of the unknown ones.
    weight: f32,
}

/// The ranges of kept blocks that are in a box, each with a block from it that is known.
pub(super) fn boxes(kept: &[Kept], blocks: &Blocks) -> Vec<(Range<usize>, usize)> {
    let Some(text) = look_of_text(kept, blocks) else { return Vec::new() };
    let mut sums = vec![Sums::default()];
    for one in kept {
        let mut sum = sums.last().copied().unwrap_or_default();
        match one.known {
            Some(Known { place: Place::Title, .. }) => sum.titles += 1,
            Some(known) => sum.teasers += usize::from(known.is_on_some()),
            None => {
                sum.unknown += 1;
                sum.weight += one.weight;
                let is_text = blocks.blocks.get(one.at).and_then(|block| look(blocks, block));
                sum.own += usize::from(one.is_own() || is_text == Some(text));
            }
        }
        sums.push(sum);
    }
    let all = sums.last().copied().unwrap_or_default().weight;
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    for (at, one) in kept.iter().enumerate() {
        if !one.known.is_some_and(Known::is_on_some)
            || found.last().is_some_and(|(range, _)| range.contains(&at))
        {
            continue;
        }
        let Some(block) = blocks.blocks.get(one.at) else { continue };
        let boxes = blocks.around(block.element).take(LEVELS).filter_map(|(_, element)| {
            let inside = |block: u32| kept.partition_point(|one| (one.at as u32) < block);
            let range = inside(element.blocks.start)..inside(element.blocks.end);
            let (from, to) = (sums.get(range.start)?, sums.get(range.end)?);
            is_box(from, to, all).then_some(range)
        });
        found.extend(boxes.last().map(|range| (range, at)));
    }
    found
}

fn is_box(from: &Sums, to: &Sums, all: f32) -> bool {
    let (teasers, titles) = (to.teasers - from.teasers, to.titles - from.titles);
    let (unknown, weight) = (to.unknown - from.unknown, to.weight - from.weight);
    teasers > 0
        && teasers + titles >= LEAST_KNOWN
        && unknown <= teasers + titles
        && to.own == from.own
        && weight <= MOST_UNKNOWN * all
}

/// The look of the elements that hold most of the unknown text.
fn look_of_text(kept: &[Kept], blocks: &Blocks) -> Option<Look> {
    // Of two with the same weight, the first one: the order in a table is not fixed.
    let mut weights: HashMap<Look, (f32, Reverse<usize>)> = HashMap::default();
    for one in kept.iter().filter(|one| one.known.is_none()) {
        if let Some(look) = blocks.blocks.get(one.at).and_then(|block| look(blocks, block)) {
            weights.entry(look).or_insert((0.0, Reverse(one.at))).0 += one.weight;
        }
    }
    let order = |one: &(f32, Reverse<usize>), other: &(f32, Reverse<usize>)| {
        one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
    };
    weights.into_iter().max_by(|one, other| order(&one.1, &other.1)).map(|(look, _)| look)
}

fn look(blocks: &Blocks, block: &Block) -> Option<Look> {
    let element = blocks.element(block.element)?;
    Some((element.tag, element.class, element.depth))
}
