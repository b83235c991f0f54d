//! The contents of the containers around a block, and its position relative to the candidates.
//!
//! Of elements around the same blocks only the outermost counts, so the levels are those with
//! growing ranges: 0 around the block's own element, 1 the next larger one, and so on.

use std::ops::Range;

use foldhash::HashMap;

use crate::block::Blocks;
use crate::feature::grid::flag;
use crate::feature::row::place::code;
use crate::feature::row::{Rows, View};
use crate::tag::Tag;

/// Levels that are measured.
pub(super) const LEVELS: usize = 4;

/// Levels are counted up to here.
const FAR_LEVEL: u32 = 12;

/// For every element, its containers with growing ranges.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// The outermost element with the same blocks.
    outer: Vec<u32>,
    /// Number of growing ranges above.
    height: Vec<u32>,
}

impl Levels {
    pub(super) fn of(page: &Blocks) -> Self {
        let mut levels = Self::default();
        for (index, element) in page.elements.iter().enumerate() {
            let parent = element.parent as usize;
            let above = if parent == index { None } else { page.elements.get(parent) };
            let same = above.is_some_and(|p| p.blocks == element.blocks);
            let outer = if same { levels.outer(parent as u32) } else { index as u32 };
            let height = match above {
                None => 0,
                Some(_) => levels.height.get(parent).copied().unwrap_or(0) + u32::from(!same),
            };
            levels.outer.push(outer);
            levels.height.push(height);
        }
        levels
    }

    fn outer(&self, element: u32) -> u32 {
        self.outer.get(element as usize).copied().unwrap_or(element)
    }

    fn height(&self, element: u32) -> u32 {
        self.height.get(element as usize).copied().unwrap_or(0)
    }

    /// The containers of an element, smallest first; the outermost is repeated.
    pub(super) fn around(&self, page: &Blocks, element: u32) -> [u32; LEVELS] {
        let mut at = self.outer(element);
        let mut out = [at; LEVELS];
        for cell in &mut out {
            *cell = at;
            if let Some(parent) = page.element(at).map(|e| e.parent) {
                at = self.outer(parent);
            }
        }
        out
    }
}

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    let around: Vec<[u32; LEVELS]> =
        (0..view.page.len()).map(|at| view.levels.around(view.page, view.element(at))).collect();
    let siblings = siblings(view);
    for level in 0..LEVELS {
        let of = level as i8;
        let held =
            |at: usize| around.get(at).and_then(|levels| levels.get(level)).copied().unwrap_or(0);
        let ranges: Vec<Range<u32>> = (0..view.page.len())
            .map(|at| view.page.element(held(at)).map_or(0..0, |e| e.blocks.clone()))
            .collect();
        let range = |at: usize| ranges.get(at).cloned().unwrap_or_default();
        let totals = &view.features.totals;
        let all = view.all_good();
        let size = |r: &Range<u32>| (r.len() as f32).max(1.0);
        let weight = |r: &Range<u32>| totals.weight.within(r);
        rows.nth("held_blocks", of, |at| size(&range(at)).min(300.0));
        rows.nth("held_weight", of, |at| weight(&range(at)).ln_1p());
        rows.nth("held_good", of, |at| totals.good.within(&range(at)) / all);
        rows.nth("held_links", of, |at| {
            let range = range(at);
            totals.links.within(&range) / weight(&range).max(1.0)
        });
        rows.nth("held_good_rate", of, |at| {
            let range = range(at);
            view.good_count.within(&range) / size(&range)
        });
        rows.nth("held_commas", of, |at| {
            let range = range(at);
            view.commas.within(&range) / weight(&range).max(1.0)
        });
        rows.nth("held_position", of, |at| {
            let range = range(at);
            (at as f32 - range.start as f32) / size(&range)
        });
        rows.nth("held_good_before", of, |at| {
            let range = range(at);
            (totals.good.before(at) - totals.good.before(range.start as usize))
                / totals.good.within(&range).max(1.0)
        });
        rows.nth("held_good_after", of, |at| {
            (view.good_count.before(range(at).end as usize) - view.good_count.before(at + 1))
                .min(20.0)
        });
        rows.nth("held_marks_before", of, |at| {
            (view.marked.before(at) - view.marked.before(range(at).start as usize)).min(30.0)
        });
        rows.nth("held_dated", of, |at| view.dated.within(&range(at)).min(20.0));
        let sibling = |at: usize| siblings.get(held(at) as usize).copied().unwrap_or((1.0, 0.0));
        rows.nth("siblings", of, |at| sibling(at).0.min(50.0));
        rows.nth("sibling_weight", of, |at| (sibling(at).1 / sibling(at).0).ln_1p());
        rows.nth("held_tag", of, |at| view.page.element(held(at)).map_or(0.0, |e| code(e.tag)));
    }
    candidates(rows, view);
    siblings_alike(rows, view);
}

/// For every element: the number of siblings with its tag and class, including itself, and their
/// weight.
fn siblings(view: &View<'_>) -> Vec<(f32, f32)> {
    let mut known: HashMap<(u32, Tag, u32), (f32, f32)> = HashMap::default();
    for element in &view.page.elements {
        let sum = known.entry((element.parent, element.tag, element.class)).or_default();
        sum.0 += 1.0;
        sum.1 += view.features.totals.weight.within(&element.blocks);
    }
    let key = |e: &crate::block::Element| (e.parent, e.tag, e.class);
    view.page.elements.iter().map(|e| known.get(&key(e)).copied().unwrap_or((1.0, 0.0))).collect()
}

fn candidates(rows: &mut Rows, view: &View<'_>) {
    let found = &view.features.candidates;
    let list =
        [found.scored, found.majority, found.named, found.fullest_article, found.first_article];
    let totals = &view.features.totals;
    for (index, element) in (1_i8..).zip(list) {
        let range = element.and_then(|index| view.page.element(index)).map(|e| e.blocks.clone());
        let Some(range) = range else {
            for word in ["zone", "zone_position", "zone_good", "zone_links", "zone_good_count"] {
                rows.nth(word, index, |_| -1.0);
            }
            continue;
        };
        let (start, end) = (range.start as usize, range.end as usize);
        let length = (range.len() as f32).max(1.0);
        rows.nth("zone", index, |at| flag(at >= start) + flag(at >= end));
        rows.nth("zone_position", index, |at| {
            ((at as f32 - start as f32) / length).clamp(-2.0, 3.0)
        });
        let good = totals.good.within(&range) / view.all_good();
        rows.nth("zone_good", index, |_| good);
        let links = totals.links.within(&range) / totals.weight.within(&range).max(1.0);
        rows.nth("zone_links", index, |_| links);
        let count = view.good_count.within(&range);
        rows.nth("zone_good_count", index, |_| count);
    }
    let scored = found.scored.and_then(|index| Some((index, view.page.element(index)?)));
    rows.column("zone_level", |at| {
        let Some((index, element)) = scored else { return FAR_LEVEL as f32 };
        if !element.blocks.contains(&(at as u32)) {
            return FAR_LEVEL as f32;
        }
        let height = view.levels.height(view.element(at));
        height.saturating_sub(view.levels.height(index)).min(FAR_LEVEL) as f32
    });
}

/// Shares of the good mass among blocks with the same parent, look or depth.
fn siblings_alike(rows: &mut Rows, view: &View<'_>) {
    let blocks = &view.features.blocks;
    rows.column("parent_share", |at| blocks.get(at).map_or(0.0, |f| f.parent_share));
    rows.column("alike_share", |at| blocks.get(at).map_or(0.0, |f| f.alike_share));
    rows.column("depth_share", |at| blocks.get(at).map_or(0.0, |f| f.depth_share));
    let (mut by_element, mut by_tag) = (HashMap::default(), HashMap::default());
    for (at, feature) in blocks.iter().enumerate().filter(|(_, f)| f.mass > 0.0) {
        *by_element.entry(view.element(at)).or_insert(0.0) += feature.mass;
        *by_tag.entry(feature.tag).or_insert(0.0) += feature.mass;
    }
    let all = view.all_good();
    rows.column("element_share", |at| {
        by_element.get(&view.element(at)).copied().unwrap_or(0.0) / all
    });
    rows.column("tag_share", |at| {
        blocks.get(at).and_then(|f| by_tag.get(&f.tag)).copied().unwrap_or(0.0) / all
    });
    let most = blocks.iter().map(|f| f.parent_share).fold(0.0, f32::max);
    rows.column("under_main_parent", |at| {
        blocks.get(at).map_or(0.0, |f| flag(f.parent_share >= most))
    });
}
