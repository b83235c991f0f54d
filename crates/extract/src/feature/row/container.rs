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
use crate::feature::sums::Tally;
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
        let room = page.elements.len();
        let (outer, height) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut levels = Self { outer, height };
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
    let siblings = siblings(view);
    for level in 0..LEVELS {
        level_columns(rows, view, level, &siblings);
    }
    candidates(rows, view);
    siblings_alike(rows, view);
}

/// The columns of one level. Most say the same of all blocks of a container.
fn level_columns(rows: &mut Rows, view: &View<'_>, level: usize, siblings: &[(f32, f32)]) {
    let of = level as i8;
    let held = |levels: &[u32; LEVELS]| levels.get(level).copied().unwrap_or(0);
    let range_of =
        |index: u32| view.page.element(index).map_or(0..0, |element| element.blocks.clone());
    let ranges: Vec<Range<u32>> = view.around.iter().map(|around| range_of(held(around))).collect();
    let range = |at: usize| ranges.get(at).cloned().unwrap_or_default();
    // Blocks one after another with the same container.
    let runs = view.around.chunk_by(|one, next| held(one) == held(next));
    let runs: Vec<((u32, Range<u32>), usize)> = runs
        .map(|run| (run.first().map_or(0, held), run.len()))
        .map(|(index, blocks)| ((index, range_of(index)), blocks))
        .collect();
    let totals = &view.features.totals;
    let all = view.all_good();
    let size = |r: &Range<u32>| (r.len() as f32).max(1.0);
    let weight = |r: &Range<u32>| totals.weight.within(r);
    let mut shared = |word, value: &dyn Fn(&Range<u32>) -> f32| {
        rows.grid.runs(word, of, &runs, |(_, range)| value(range));
    };
    shared("held_blocks", &|range| size(range).min(300.0));
    shared("held_weight", &|range| weight(range).ln_1p());
    shared("held_good", &|range| totals.good.within(range) / all);
    shared("held_links", &|range| totals.links.within(range) / weight(range).max(1.0));
    shared("held_good_rate", &|range| view.good_count.within(range) / size(range));
    shared("held_commas", &|range| view.commas.within(range) / weight(range).max(1.0));
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
        (view.good_count.before(range(at).end as usize) - view.good_count.before(at + 1)).min(20.0)
    });
    rows.nth("held_marks_before", of, |at| {
        (view.marked.before(at) - view.marked.before(range(at).start as usize)).min(30.0)
    });
    let mut shared = |word, value: &dyn Fn(u32, &Range<u32>) -> f32| {
        rows.grid.runs(word, of, &runs, |(index, range)| value(*index, range));
    };
    let sibling = |index: u32| siblings.get(index as usize).copied().unwrap_or((1.0, 0.0));
    shared("held_dated", &|_, range| view.dated.within(range).min(20.0));
    shared("siblings", &|index, _| sibling(index).0.min(50.0));
    shared("sibling_weight", &|index, _| (sibling(index).1 / sibling(index).0).ln_1p());
    shared("held_tag", &|index, _| view.page.element(index).map_or(0.0, |e| code(e.tag)));
}

/// For every element: the number of siblings with its tag and class, including itself, and their
/// weight.
fn siblings(view: &View<'_>) -> Vec<(f32, f32)> {
    let mut numbers: HashMap<(u32, Tag, u32), usize> = HashMap::default();
    let mut sums: Vec<(f32, f32)> = Vec::new();
    let mut number_of: Vec<usize> = Vec::with_capacity(view.page.elements.len());
    for element in &view.page.elements {
        let key = (element.parent, element.tag, element.class);
        let number = *numbers.entry(key).or_insert(sums.len());
        if number == sums.len() {
            sums.push((0.0, 0.0));
        }
        if let Some(sum) = sums.get_mut(number) {
            sum.0 += 1.0;
            sum.1 += view.features.totals.weight.within(&element.blocks);
        }
        number_of.push(number);
    }
    number_of.into_iter().map(|number| sums.get(number).copied().unwrap_or((1.0, 0.0))).collect()
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
    let (mut by_element, mut by_tag) = (Tally::default(), Tally::default());
    for (at, feature) in blocks.iter().enumerate().filter(|(_, f)| f.mass > 0.0) {
        by_element.add(view.element(at) as usize, feature.mass);
        by_tag.add(feature.tag as usize, feature.mass);
    }
    let all = view.all_good();
    rows.column("element_share", |at| by_element.of(view.element(at) as usize) / all);
    rows.column("tag_share", |at| blocks.get(at).map_or(0.0, |f| by_tag.of(f.tag as usize)) / all);
    let most = blocks.iter().map(|f| f.parent_share).fold(0.0, f32::max);
    rows.column("under_main_parent", |at| {
        blocks.get(at).map_or(0.0, |f| flag(f.parent_share >= most))
    });
}
