//! Where the article is: its container, its first and its last paragraph.

use std::ops::Range;

use crate::extract::block::Blocks;
use crate::extract::body::{Reason, ends_article};
use crate::extract::feature::{Feature, Features, candidate};
use crate::extract::phrases::Kind;
use crate::extract::tag::Tag;

/// The article's place on the page.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    /// Blocks of the container.
    pub(crate) container: Range<u32>,
    /// First paragraph.
    pub(crate) start: usize,
    /// After the last paragraph.
    pub(crate) end: usize,
}

/// Finds the article, if any good text is left.
pub(crate) fn find(page: &Blocks, features: &Features, vetoes: &[Option<Reason>]) -> Option<Zone> {
    let scored = features.candidates.scored.or(features.candidates.majority)?;
    let container = widened(page, features, vetoes, scored);
    let is_anchor = |at: usize| {
        vetoes.get(at).copied().flatten().is_none()
            && features.blocks.get(at).is_some_and(|f| f.is_good && is_kin(f))
    };
    let anchors: Vec<usize> =
        (container.start as usize..container.end as usize).filter(|at| is_anchor(*at)).collect();
    let (first, last) = (*anchors.first()?, *anchors.last()?);
    let start = first_text(features, vetoes, &container, first);
    let end = end_mark(page, features, vetoes, &anchors)
        .unwrap_or_else(|| last_text(page, features, vetoes, &container, last));
    Some(Zone { container, start, end })
}

/// Whether the block stands among the page's prose.
fn is_kin(feature: &Feature) -> bool {
    feature.parent_share >= 0.1 || feature.alike_share >= 0.1
}

/// The container, widened while more text of the same look stands just outside it.
fn widened(page: &Blocks, features: &Features, vetoes: &[Option<Reason>], inner: u32) -> Range<u32> {
    let mass = |range: &Range<u32>| -> f32 {
        (range.start as usize..range.end as usize)
            .filter(|at| vetoes.get(*at).copied().flatten().is_none())
            .filter_map(|at| features.blocks.get(at))
            .filter(|f| f.alike_share >= 0.1)
            .map(|f| f.mass)
            .sum()
    };
    let mut best = page.element(inner).map_or(0..0, |e| e.blocks.clone());
    let mut held = mass(&best);
    for index in candidate::growing(page, inner).take(12) {
        let Some(element) = page.element(index) else { break };
        let wider = mass(&element.blocks);
        if wider > held * 1.12 {
            best = element.blocks.clone();
            held = wider;
        }
    }
    best
}

/// Short paragraphs right before the first good one are text too: "He was silent."
fn first_text(features: &Features, vetoes: &[Option<Reason>], container: &Range<u32>, first: usize) -> usize {
    let Some(anchor) = features.blocks.get(first) else { return first };
    let floor = features.headline.map_or(0, |h| h + 1).max(container.start as usize);
    let mut start = first;
    for at in (floor..first).rev().take(6) {
        let Some(feature) = features.blocks.get(at) else { break };
        if vetoes.get(at).copied().flatten().is_some() {
            continue;
        }
        let alike = feature.tag == anchor.tag && feature.alike_share >= 0.1;
        let is_text = feature.text.ends_sentence || feature.text.ends_colon || feature.text.weight >= 40.0;
        if alike && is_text {
            start = at;
        } else if !feature.tag.is_heading() {
            break;
        }
    }
    start
}

/// After the last good paragraph: short ones and list items that go on.
fn last_text(
    page: &Blocks,
    features: &Features,
    vetoes: &[Option<Reason>],
    container: &Range<u32>,
    last: usize,
) -> usize {
    let mut end = last + 1;
    let parent_of = |at: usize| {
        let block = page.blocks.get(at)?;
        page.element(block.element).map(|e| e.parent)
    };
    let home = parent_of(last);
    for at in last + 1..container.end as usize {
        let Some(feature) = features.blocks.get(at) else { break };
        if vetoes.get(at).copied().flatten().is_some() {
            if feature.furniture.is_some_and(|f| ends_article(f.kind)) || feature.tag.is_heading() {
                break;
            }
            continue;
        }
        let parent = parent_of(at);
        let grand = parent.and_then(|p| page.element(p)).map(|e| e.parent);
        let is_item = feature.tag == Tag::Item && grand.is_some() && (grand == home || parent == home);
        let is_close = at <= end + 3;
        if is_close && (is_item || parent == home || feature.alike_share >= 0.1) {
            end = at + 1;
        }
    }
    end
}

/// The first mark after which nothing of the article's own text follows.
fn end_mark(
    page: &Blocks,
    features: &Features,
    vetoes: &[Option<Reason>],
    anchors: &[usize],
) -> Option<usize> {
    let mass = |range: &[usize]| -> f32 {
        range.iter().filter_map(|at| features.blocks.get(*at)).map(|f| f.mass).sum()
    };
    let parent_of = |at: usize| page.blocks.get(at).and_then(|b| page.element(b.element)).map(|e| e.parent);
    let first = *anchors.first()?;
    for at in first + 1..page.len() {
        let Some(feature) = features.blocks.get(at) else { break };
        let Some(kind) = mark(feature, vetoes.get(at).copied().flatten()) else { continue };
        let split = anchors.partition_point(|a| *a < at);
        let (before, after) = anchors.split_at(split);
        let home = before.last().and_then(|a| parent_of(*a));
        let goes_on: Vec<usize> = after.iter().copied().filter(|a| parent_of(*a) == home).collect();
        let is_end = match kind {
            Kind::Comments => mass(before) >= 300.0,
            _ => goes_on.is_empty() && mass(after) < mass(before),
        };
        if is_end {
            return Some(at);
        }
    }
    None
}

/// Whether a block is a mark that may end an article, and of which kind.
fn mark(feature: &Feature, veto: Option<Reason>) -> Option<Kind> {
    let kind = feature.furniture.filter(|f| f.is_sure && ends_article(f.kind)).map(|f| f.kind);
    kind.filter(|_| veto.is_some() && feature.text.weight < 80.0)
}
