//! Where the article is: its container, its first and its last paragraph.

use std::collections::HashMap;
use std::ops::Range;

use crate::extract::block::Blocks;
use crate::extract::body::{Reason, ends_article};
use crate::extract::feature::{Feature, Features, candidate};
use crate::extract::phrases::Kind;
use crate::extract::tag::Tag;
use crate::extract::tree::NodeId;

/// Least mass after the headline for what stands before it to be something else.
const AFTER_HEADLINE: f32 = 250.0;

/// Least mass of an article that another one may follow on the same page.
const ARTICLE_MASS: f32 = 600.0;

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
    let scored = features.candidates.best()?;
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
    let end = end_mark(page, features, vetoes, &container, &anchors)
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

/// The article's paragraphs, with what is asked of them at every mark looked up instead of searched.
struct Anchors {
    positions: Vec<usize>,
    /// Mass of the first `n`.
    mass: Vec<f32>,
    /// The last one in each parent element, and in parents and elements that look alike by their class.
    last_in: HashMap<NodeId, usize>,
    last_alike: HashMap<Look, usize>,
}

/// Tag and class of an element and of the one around it.
type Look = (Tag, u32, Tag, u32);

impl Anchors {
    fn new(page: &Blocks, features: &Features, positions: &[usize]) -> Self {
        let mut anchors = Self {
            positions: positions.to_vec(),
            mass: vec![0.0],
            last_in: HashMap::new(),
            last_alike: HashMap::new(),
        };
        let mut total = 0.0;
        for at in positions {
            total += features.blocks.get(*at).map_or(0.0, |f| f.mass);
            anchors.mass.push(total);
            if let Some((parent, look)) = home_of(page, *at) {
                anchors.last_in.insert(parent, *at);
                if look.1 != 0 || look.3 != 0 {
                    anchors.last_alike.insert(look, *at);
                }
            }
        }
        anchors
    }

    /// Short sentences in the same element tell as well that the text goes on.
    fn add_short(
        &mut self,
        page: &Blocks,
        features: &Features,
        vetoes: &[Option<Reason>],
        container: &Range<u32>,
    ) {
        for at in container.start as usize..container.end as usize {
            let is_free = vetoes.get(at).copied().flatten().is_none();
            let is_text = features
                .blocks
                .get(at)
                .is_some_and(|f| f.text.ends_sentence && f.text.weight >= 40.0 && f.link_share < 0.3);
            if is_free
                && is_text
                && let Some((parent, _)) = home_of(page, at)
                && let Some(last) = self.last_in.get_mut(&parent)
            {
                *last = at.max(*last);
            }
        }
    }

    /// How many stand before a block, their mass, and the mass of the others.
    fn split(&self, at: usize) -> (usize, f32, f32) {
        let before = self.positions.partition_point(|a| *a < at);
        let mass = self.mass.get(before).copied().unwrap_or(0.0);
        (before, mass, self.mass.last().copied().unwrap_or(0.0) - mass)
    }
}

/// The first mark after which nothing of the article's own text follows.
fn end_mark(
    page: &Blocks,
    features: &Features,
    vetoes: &[Option<Reason>],
    container: &Range<u32>,
    positions: &[usize],
) -> Option<usize> {
    let mut anchors = Anchors::new(page, features, positions);
    anchors.add_short(page, features, vetoes, container);
    let first = *positions.first()?;
    for at in first + 1..page.len() {
        let Some(feature) = features.blocks.get(at) else { break };
        let (count, before, after) = anchors.split(at);
        if before >= ARTICLE_MASS && after > 0.0 && is_next_headline(page, features, at) {
            return Some(at);
        }
        let Some(kind) = mark(feature, vetoes.get(at).copied().flatten()) else { continue };
        let home = count.checked_sub(1).and_then(|i| positions.get(i)).and_then(|a| home_of(page, *a));
        let (mut same_parent, mut alike) = (false, false);
        if let Some((parent, look)) = home {
            same_parent = anchors.last_in.get(&parent).is_some_and(|last| *last >= at);
            alike = anchors.last_alike.get(&look).is_some_and(|last| *last >= at);
        }
        let is_end = match kind {
            Kind::Comments => before >= 300.0 && !same_parent,
            _ => !same_parent && !alike && after < before,
        };
        if is_end {
            return Some(at);
        }
    }
    None
}

/// The parent element of a block's own, and the look of both.
fn home_of(page: &Blocks, at: usize) -> Option<(NodeId, Look)> {
    let own = page.element(page.blocks.get(at)?.element)?;
    let parent = page.element(own.parent)?;
    Some((parent.node, (own.tag, own.class, parent.tag, parent.class)))
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
    // "Read more: How the pier was lost" is a line inside an article; "Read more" alone may be its end.
    kind.filter(|_| veto.is_some() && feature.text.tokens <= 6.0)
}
