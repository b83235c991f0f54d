//! The area of the article on its page: what stands around the headline, inside the text, or after
//! it. Marks of authors and dates count only there, and not in boxes of other stories.

use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::feature::sums::Sums;
use crate::phrases::markup::Group;
use crate::tag::Tag;
use crate::tree::{NodeId, Tree};

/// Blocks before the headline, and after the start and the end of the text, that are near.
const BEFORE_HEADLINE: usize = 8;
const AFTER_START: usize = 3;
const AFTER_END: usize = 14;

/// Most blocks between the headline and the text.
const BETWEEN: usize = 60;

/// Most blocks of a box that is looked through for another story.
const BOX: usize = 60;

/// Most elements around a node that are looked at.
const ANCESTORS: usize = 30;

/// A hidden box with more blocks is a menu or a dialogue.
const HIDDEN_BLOCKS: usize = 6;

/// Lines before and after the headline, and the heaviest of them.
const LINES_BEFORE: usize = 4;
const LINES_AFTER: usize = 12;
const LINE_WEIGHT: f32 = 100.0;

/// Lines after the text, and the longest of them, in bytes.
const LAST_LINES: usize = 4;
const LINE_BYTES: usize = 200;

/// Where on the page something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Around the headline, before the text.
    Above,
    /// In the text.
    Inside,
    /// After the text.
    Below,
}

/// Where the article is, in blocks.
#[derive(Clone, Copy)]
pub(crate) struct Area<'a> {
    blocks: &'a Blocks,
    features: &'a Features,
    headline: Option<usize>,
    first: usize,
    last: usize,
}

impl<'a> Area<'a> {
    /// None on a page without headline and text.
    pub(crate) fn of(
        blocks: &'a Blocks,
        features: &'a Features,
        reasons: &[Reason],
    ) -> Option<Self> {
        let first = reasons.iter().position(|reason| reason.is_kept());
        let last = reasons.iter().rposition(|reason| reason.is_kept());
        let headline = features.headline;
        let first = first.or(headline)?;
        Some(Self { blocks, features, headline, first, last: last.unwrap_or(first) })
    }

    fn place(&self, at: usize) -> Option<Place> {
        let start = self.headline.map_or(self.first, |headline| headline.min(self.first));
        let is_near = at + BEFORE_HEADLINE >= start && at <= self.first + AFTER_START;
        let is_near = is_near && (at + BETWEEN >= self.first || at <= start + BETWEEN);
        if is_near {
            return Some(Place::Above);
        }
        let is_after = at > self.last.max(start) && at <= self.last + AFTER_END;
        let is_inside = at > self.first && at <= self.last;
        is_after.then_some(Place::Below).or(is_inside.then_some(Place::Inside))
    }

    /// The place of a node, and the block before which it stands. None far from the article and in
    /// boxes of other texts.
    pub(crate) fn place_of(&self, tree: &Tree, node: NodeId) -> Option<(Place, usize)> {
        let (enclosing, at) = position(tree, self.blocks, node);
        let place = self.place(at)?;
        (!self.is_elsewhere(enclosing)).then_some((place, at))
    }

    /// Short lines beside the headline and right above the text, but for those in boxes of other
    /// texts.
    pub(crate) fn lines_beside_headline(&self) -> Vec<&'a str> {
        let Some(headline) = self.headline else { return Vec::new() };
        let (start, end) = (headline.saturating_sub(LINES_BEFORE), headline + LINES_AFTER);
        let above_text = self.first.saturating_sub(LINES_BEFORE).max(end)..self.first;
        let pairs = self.blocks.blocks.iter().zip(&self.features.blocks).enumerate();
        pairs
            .skip(start)
            .filter(|(at, _)| (start..end).contains(at) || above_text.contains(at))
            .filter(|(at, (_, feature))| *at != headline && feature.text.weight <= LINE_WEIGHT)
            .filter(|(_, (block, _))| !self.is_elsewhere(Some(block.element)))
            .map(|(_, (block, _))| self.blocks.text(block))
            .collect()
    }

    /// The short lines after the text, its own last line first.
    pub(crate) fn last_lines(&self) -> impl Iterator<Item = &'a str> {
        let blocks = self.blocks;
        let all = blocks.blocks.get(self.last..).unwrap_or_default().iter().take(LAST_LINES);
        let area = *self;
        let is_near: Vec<bool> =
            all.clone().map(|block| !area.is_elsewhere(Some(block.element))).collect();
        let lines = all.map(|block| blocks.text(block));
        lines
            .zip(is_near)
            .filter(|(line, is_near)| *is_near && line.len() <= LINE_BYTES)
            .map(|(line, _)| line)
    }

    /// The first block of the text.
    pub(crate) fn opening(&self) -> Option<&'a str> {
        self.blocks.blocks.get(self.first).map(|block| self.blocks.text(block))
    }

    /// Whether an element is in a box of other texts or of readers.
    fn is_elsewhere(&self, enclosing: Option<u32>) -> bool {
        let (blocks, totals, area) = (self.blocks, &self.features.totals, self);
        let Some(enclosing) = enclosing else { return false };
        let mut is_footer = false;
        for (_, element) in blocks.around(enclosing).take(ANCESTORS) {
            let range = element.blocks.start as usize..element.blocks.end as usize;
            let holds = |at: usize| range.contains(&at);
            if area.headline.is_some_and(holds) || holds(area.first) && holds(area.last) {
                // The footer of the article is its own.
                let is_own = matches!(element.tag, Tag::Article | Tag::Main);
                return is_footer && !is_own && !element.groups.has(Group::Content);
            }
            let has = |group| element.groups.has(group);
            let many = element.blocks.len();
            let any = |sums: &Sums| many <= BOX && sums.within(&element.blocks) > 0.0;
            let is_other = element.tag == Tag::Nav
                || has(Group::Comment)
                || (element.tag == Tag::Article && many >= 2)
                || (has(Group::Related) && any(&totals.story_links) && !has(Group::Author))
                || any(&totals.teasers)
                || (element.hidden && many > HIDDEN_BLOCKS);
            if is_other {
                return true;
            }
            is_footer |= element.tag == Tag::Footer;
        }
        false
    }
}

/// The block-level element around a node, and the block before which the node stands.
fn position(tree: &Tree, blocks: &Blocks, node: NodeId) -> (Option<u32>, usize) {
    let index = |node: NodeId| {
        let at = blocks.elements.partition_point(|element| element.node < node);
        blocks.elements.get(at).is_some_and(|element| element.node == node).then_some(at)
    };
    let mut up = Some(node);
    let enclosing = std::iter::from_fn(|| {
        let node = up?;
        up = tree.parent(node);
        Some(node)
    })
    .take(40)
    .find_map(index);
    let last = blocks.elements.partition_point(|element| element.node <= node).checked_sub(1);
    let at = last.and_then(|last| {
        let element = blocks.elements.get(last)?;
        let is_around = Some(last) == enclosing;
        Some(if is_around { element.blocks.start } else { element.blocks.end })
    });
    (enclosing.map(|at| at as u32), at.unwrap_or(0) as usize)
}
