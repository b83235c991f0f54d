//! Applies a memory to a page.

use foldhash::HashMap;

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::memory::edge::{self, Cut};
use crate::memory::list::Member;
use crate::memory::part::is_telling;
use crate::memory::spot::Spot;
use crate::memory::{Evidence, Known, Place, SiteMemory, list, region};

/// If less than this share of the kept text would be left, nothing is removed.
const LEAST_LEFT: f32 = 0.3;

/// The same where this many letters would be left: a short report under long lists.
const LEAST_LEFT_OF_TEXT: f32 = 0.1;
const TEXT: f32 = 500.0;

/// If a larger share of the rest would be cut from the edges of its blocks, nothing is cut.
const MOST_CUT: f32 = 0.2;

/// A block that shares this much with the page's description is part of the article.
const DESCRIBED: f32 = 0.5;

/// A page's title has this much in common with the block that repeats it.
const OWN_TITLE: f32 = 0.8;

/// A kept block.
pub(super) struct Kept {
    pub(super) at: usize,
    pub(super) weight: f32,
    is_prose: bool,
    is_described: bool,
    is_excepted: bool,
    pub(super) known: Option<Known>,
    /// What usually stands there.
    spot: Option<Spot>,
    /// It is not known itself, but stands among known ones.
    among: Option<Evidence>,
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
    spots: &[u32],
    reasons: &mut [Reason],
) -> Cuts {
    if memory.is_empty() {
        return Cuts::default();
    }
    let mut kept = kept(memory, blocks, features, spots, reasons);
    keep_own(&mut kept);
    go_with_spots(&mut kept);
    for (range, known) in region::boxes(&kept, blocks) {
        let evidence = kept.get(known).and_then(|one| one.known).map(|known| known.evidence);
        for one in kept.get_mut(range).unwrap_or_default() {
            one.go_with(evidence);
        }
    }
    let mut inwards: Vec<&mut Kept> = kept.iter_mut().collect();
    complete(&mut inwards, Place::ListBefore);
    inwards.reverse();
    complete(&mut inwards, Place::ListAfter);
    // A list that is known by its place cannot be the text.
    let apart = |one: &&Kept| matches!(one.spot, Some(Spot::List(_)));
    let all: f32 = kept.iter().filter(|one| !apart(one)).map(|one| one.weight).sum();
    let left = kept.iter().filter(|one| !apart(one) && one.reason().is_none());
    let left: f32 = left.map(|one| one.weight).sum();
    let least = if left >= TEXT { LEAST_LEFT_OF_TEXT } else { LEAST_LEFT };
    if left <= least * all {
        return Cuts::default();
    }
    for one in &kept {
        if let (Some(found), Some(reason)) = (one.reason(), reasons.get_mut(one.at)) {
            *reason = found;
        }
    }
    cuts(kept)
}

/// The kept blocks with what is known of them.
fn kept(
    memory: &SiteMemory,
    blocks: &Blocks,
    features: &Features,
    spots: &[u32],
    reasons: &[Reason],
) -> Vec<Kept> {
    let kept = blocks.blocks.iter().zip(&features.blocks).zip(reasons).enumerate();
    let kept = kept.filter(|(_, (_, reason))| reason.is_kept());
    kept.map(|(at, ((block, feature), _))| {
        let text = blocks.text(block);
        let is_excepted = memory.is_excepted(text);
        let is_described = feature.in_description.max(feature.covers_description) >= DESCRIBED;
        Kept {
            at,
            weight: feature.text.weight,
            is_prose: feature.is_good,
            is_described,
            is_excepted,
            known: memory.known(text).filter(|known| {
                known.place != Place::Title
                    || feature.title_likeness < OWN_TITLE && is_telling(text)
            }),
            spot: spots.get(at).and_then(|spot| memory.spots.get(spot)).copied(),
            among: None,
            cut: edge::cut(text, &memory.edges),
        }
    })
    .collect()
}

impl Kept {
    /// Why it is removed. The title of another article alone is no reason.
    fn reason(&self) -> Option<Reason> {
        match (self.known, self.among) {
            (Some(Known { place: Place::Title, .. }), Some(_)) => Some(Reason::OtherTitle),
            (Some(Known { place: Place::Title, .. }), None) => None,
            (Some(known), _) => Some(Reason::Memory(known.evidence)),
            (None, among) => among.map(Reason::Among),
        }
    }

    /// Whether it stays whatever is known of those around.
    pub(super) fn is_own(&self) -> bool {
        self.is_excepted || self.is_described && self.is_prose
    }

    /// Removes it with known blocks around.
    fn go_with(&mut self, evidence: Option<Evidence>) {
        if !self.is_own() {
            self.among = self.among.or(evidence);
        }
    }
}

/// What is cut from the blocks that stay, unless it is much of them all.
fn cuts(kept: Vec<Kept>) -> Cuts {
    let (mut all, mut cut) = (0.0, 0.0);
    let mut cuts = HashMap::default();
    for one in kept.into_iter().filter(|one| one.reason().is_none()) {
        all += one.weight;
        if let Some(found) = one.cut {
            let share = found.len() as f32 / (found.len() + found.left.len()) as f32;
            cut += share * one.weight;
            cuts.insert(one.at, found);
        }
    }
    if cut > MOST_CUT * all { Cuts::default() } else { Cuts(cuts) }
}

/// What stands where the other articles have lists goes. The page's description may be like a teaser by
/// chance: then it describes a block of the text as well.
fn go_with_spots(kept: &mut [Kept]) {
    let is_list = |one: &Kept| matches!(one.spot, Some(Spot::List(_)));
    let is_described = kept.iter().any(|one| !is_list(one) && one.is_described && one.is_prose);
    for one in kept {
        if let Some(Spot::List(evidence)) = one.spot {
            one.is_described &= !is_described;
            one.go_with(Some(evidence));
        }
    }
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
        let is_text = one.spot.is_some_and(Spot::is_text);
        let is_own = match known.place {
            _ if known.is_apart && is_text => true,
            Place::Before | Place::Inside | Place::Title => false,
            Place::ListBefore => one.is_described,
            Place::After | Place::Outside | Place::ListAfter => one.is_described || is_start,
        };
        if is_own && one.is_prose {
            one.known = None;
        }
    }
}

/// What stands among the teasers of a list goes as well.
fn complete(kept: &mut [&mut Kept], place: Place) {
    let is_in_list =
        |one: &Kept| one.known.is_some_and(|known| known.place == place && known.is_on_some());
    let member = |one: &Kept| match one.known {
        Some(_) if is_in_list(one) => Member::Known,
        Some(_) => Member::Neutral,
        None => Member::Unknown(one.weight),
    };
    let length = list::length(kept.iter().map(|one| member(one)));
    let list = kept.get_mut(..length).unwrap_or_default();
    let Some(first) = list.iter().find(|one| is_in_list(one)) else { return };
    let evidence = first.known.map(|known| known.evidence);
    for one in list.iter_mut() {
        one.go_with(evidence);
    }
}
