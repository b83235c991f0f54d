//! Where the article is: its container, its first and its last paragraph.

use std::ops::Range;

use crate::extract::block::{Blocks, Element};
use crate::extract::body::{Reason, ends_article};
use crate::extract::feature::{Feature, Features, candidate};
use crate::extract::phrases::Kind;
use crate::extract::tag::Tag;

/// Least mass after the headline for what stands before it to be something else.
const AFTER_HEADLINE: f32 = 250.0;

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
    let mut anchors: Vec<usize> =
        (container.start as usize..container.end as usize).filter(|at| is_anchor(*at)).collect();
    // What stands before a headline that is surely one is another text, if any text follows.
    let sure = features.headline.filter(|h| {
        features
            .blocks
            .get(*h)
            .is_some_and(|f| f.title_likeness >= 0.6 && (f.tag.is_heading() || f.title_likeness > 0.9))
    });
    if let Some(headline) = sure {
        let after: f32 = anchors
            .iter()
            .filter(|a| **a > headline)
            .filter_map(|a| features.blocks.get(*a))
            .map(|f| f.mass)
            .sum();
        if after >= AFTER_HEADLINE {
            anchors.retain(|a| *a > headline);
        }
    }
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
    let mut strangers = 0;
    for at in (floor..first).rev().take(20) {
        let Some(feature) = features.blocks.get(at) else { break };
        if vetoes.get(at).copied().flatten().is_some() {
            continue;
        }
        let alike = (feature.tag == anchor.tag && feature.alike_share >= 0.1) || feature.parent_share >= 0.1;
        let is_text = feature.text.ends_sentence || feature.text.ends_colon || feature.text.weight >= 40.0;
        if alike && is_text {
            start = at;
        } else if !feature.tag.is_heading() {
            strangers += 1;
            if strangers > 3 {
                break;
            }
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
    let first = *anchors.first()?;
    for at in first + 1..page.len() {
        let Some(feature) = features.blocks.get(at) else { break };
        let split = anchors.partition_point(|a| *a < at);
        let (before, after) = anchors.split_at(split);
        if is_next_headline(page, features, at) && mass(before) >= 600.0 && !after.is_empty() {
            return Some(at);
        }
        let Some(kind) = mark(feature, vetoes.get(at).copied().flatten()) else { continue };
        let home = before.last().and_then(|a| home_of(page, *a));
        let goes_on = after.iter().any(|a| home.is_some_and(|home| continues(page, *a, home)));
        let same_parent = after.iter().any(|a| {
            home.is_some_and(|home| home_of(page, *a).is_some_and(|own| own.1.node == home.1.node))
        });
        let is_end = match kind {
            Kind::Comments => mass(before) >= 300.0 && !same_parent,
            _ => !goes_on && mass(after) < mass(before),
        };
        if is_end {
            return Some(at);
        }
    }
    None
}

/// The element of a block and the one around it.
fn home_of(page: &Blocks, at: usize) -> Option<(&Element, &Element)> {
    let own = page.element(page.blocks.get(at)?.element)?;
    Some((own, page.element(own.parent)?))
}

/// Whether a block stands in the same container as the text before, or in one that looks the same by its class.
fn continues(page: &Blocks, at: usize, home: (&Element, &Element)) -> bool {
    let Some((own, parent)) = home_of(page, at) else { return false };
    let has_class = own.class != 0 || parent.class != 0;
    let looks_alike = (own.tag, own.class, parent.tag, parent.class)
        == (home.0.tag, home.0.class, home.1.tag, home.1.class);
    parent.node == home.1.node || (has_class && looks_alike)
}

/// On endless pages the next article begins with a block that looks like our headline.
fn is_next_headline(page: &Blocks, features: &Features, at: usize) -> bool {
    let Some(headline) = features.headline.filter(|h| *h < at) else { return false };
    let element = |at: usize| page.blocks.get(at).and_then(|b| page.element(b.element));
    let (Some(first), Some(second)) = (element(headline), element(at)) else { return false };
    let is_title = features.blocks.get(headline).is_some_and(|f| f.title_likeness >= 0.5);
    is_title
        && first.tag.is_heading()
        && (first.tag, first.class) == (second.tag, second.class)
        && (first.tag == Tag::H1 || first.class != 0)
        && first.depth == second.depth
        && features.blocks.get(at).is_some_and(|f| f.title_likeness < 0.5 && f.text.tokens >= 4.0)
}

/// Whether a block is a mark that may end an article, and of which kind.
fn mark(feature: &Feature, veto: Option<Reason>) -> Option<Kind> {
    let kind = feature.furniture.filter(|f| f.is_sure && ends_article(f.kind)).map(|f| f.kind);
    kind.filter(|_| veto.is_some() && feature.text.weight < 80.0)
}
