//! What the first stage of the model says about the blocks around a block: before and after it, in
//! its containers, in blocks that look the same, in its section, in its list or table.
//!
//! A block alone often cannot be told from boilerplate. A line of a list can, if the other lines of
//! the list are known. So a second stage judges again with these columns beside the others.

use std::ops::Range;

use foldhash::HashMap;

use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::grid::{since, until};
use crate::feature::row::container::LEVELS;
use crate::feature::row::place::code;
use crate::feature::row::{Name, Rows};
use crate::feature::sums::Sums;
use crate::feature::unit::Units;
use crate::model;

/// The value where there is nothing to measure: no score is as low.
const NONE: f32 = -9.0;

/// Scores are cut to this range on both sides.
const MOST: f32 = 5.0;

/// From this probability on, a block is surely kept.
const SURE: f32 = 0.8;

/// Distances and counts are cut here.
const FAR: f32 = 60.0;
const MANY: f32 = 200.0;

/// Scores of a page's blocks and sums over them.
struct Scores<'a> {
    page: &'a Blocks,
    features: &'a Features,
    /// Log odds of each block.
    score: Vec<f32>,
    /// Its probability.
    chance: Vec<f32>,
    /// Its weight in means: the root of its length.
    weight: Vec<f32>,
    weights: Sums,
    weighted: Sums,
    kept: Sums,
}

impl<'a> Scores<'a> {
    fn of(page: &'a Blocks, features: &'a Features, scores: &[f32]) -> Self {
        let score: Vec<f32> = scores.iter().map(|score| score.clamp(-MOST, MOST)).collect();
        let chance: Vec<f32> = score.iter().map(|score| model::chance(*score)).collect();
        let weight: Vec<f32> =
            features.blocks.iter().map(|f| (f.text.weight + 1.0).sqrt()).collect();
        Self {
            weights: Sums::of(weight.iter().copied()),
            weighted: Sums::of(weight.iter().zip(&score).map(|(w, s)| w * s)),
            kept: Sums::of(weight.iter().zip(&chance).map(|(w, c)| w * c)),
            page,
            features,
            score,
            chance,
            weight,
        }
    }

    fn score(&self, at: usize) -> f32 {
        self.score.get(at).copied().unwrap_or(NONE)
    }

    fn weight(&self, at: usize) -> f32 {
        self.weight.get(at).copied().unwrap_or(0.0)
    }

    /// Mean score of a range.
    fn mean(&self, range: &Range<u32>) -> f32 {
        let weight = self.weights.within(range);
        if weight > 0.0 { self.weighted.within(range) / weight } else { NONE }
    }

    /// Mean score of a range without one block of it.
    fn mean_without(&self, range: &Range<u32>, at: usize) -> f32 {
        if range.len() <= 1 {
            return NONE;
        }
        let weight = (self.weights.within(range) - self.weight(at)).max(1e-6);
        (self.weighted.within(range) - self.weight(at) * self.score(at)) / weight
    }
}

impl Rows {
    /// Adds the columns of the second stage.
    pub(crate) fn add_context(&mut self, page: &Blocks, features: &Features, scores: &[f32]) {
        let scores = Scores::of(page, features, scores);
        self.begin("context");
        near(self, &scores);
        levels(self, &scores);
        alike(self, &scores);
        of_page(self, &scores);
        sections(self, &scores);
        units(self, &scores);
    }

    /// Names of all columns with those of the second stage.
    pub(crate) fn names_with_context() -> Vec<Name> {
        let page = Blocks::default();
        let features = Features::of(&page, &crate::feature::hint::Evidence::default());
        let mut rows = Self::of(&page, &features);
        rows.add_context(&page, &features, &[]);
        rows.grid.names().to_vec()
    }
}

/// The block's own score, those of its neighbours, and means before and after it.
fn near(rows: &mut Rows, scores: &Scores<'_>) {
    rows.column("score", |at| scores.score(at));
    for step in [-3_i8, -2, -1, 1, 2, 3] {
        rows.nth("next_score", step, |at| {
            at.checked_add_signed(step as isize).map_or(NONE, |other| scores.score(other))
        });
    }
    for size in [4_u8, 12] {
        let (of, size) = (size as i8, u32::from(size));
        let count = scores.page.len() as u32;
        rows.nth("score_before", of, |at| {
            let at = at as u32;
            scores.mean(&(at.saturating_sub(size)..at))
        });
        rows.nth("score_after", of, |at| {
            let at = at as u32;
            scores.mean(&((at + 1).min(count)..(at + 1 + size).min(count)))
        });
    }
}

/// Means in the containers with growing ranges: all blocks, those before and those after.
fn levels(rows: &mut Rows, scores: &Scores<'_>) {
    let around = std::mem::take(&mut rows.around);
    for level in 0..LEVELS {
        let of = level as i8;
        let held = |levels: &[u32; LEVELS]| levels.get(level).copied();
        let blocks = |element: u32| scores.page.element(element).map(|e| e.blocks.clone());
        let ranges: Vec<Range<u32>> =
            around.iter().map(|levels| held(levels).and_then(blocks).unwrap_or_default()).collect();
        let range = |at: usize| ranges.get(at).cloned().unwrap_or_default();
        rows.nth("level_score", of, |at| scores.mean_without(&range(at), at));
        rows.nth("level_score_before", of, |at| scores.mean(&(range(at).start..at as u32)));
        rows.nth("level_score_after", of, |at| {
            scores.mean(&(at as u32 + 1..range(at).end.max(at as u32 + 1)))
        });
        rows.nth("level_size", of, |at| (range(at).len() as f32).min(MANY));
    }
}

/// Blocks in elements of the same look.
fn alike(rows: &mut Rows, scores: &Scores<'_>) {
    #[derive(Default)]
    struct Look {
        count: f32,
        weight: f32,
        weighted: f32,
        kept: f32,
        most: f32,
    }
    let number = &scores.features.looks;
    let mut looks: Vec<Look> = Vec::new();
    for (at, own) in number.iter().enumerate() {
        let (score, weight) = (scores.score(at), scores.weight(at));
        let own = *own as usize;
        if own == looks.len() {
            looks.push(Look { most: NONE, ..Look::default() });
        }
        let Some(look) = looks.get_mut(own) else { continue };
        look.count += 1.0;
        look.weight += weight;
        look.weighted += weight * score;
        look.kept += weight * scores.chance.get(at).copied().unwrap_or(0.0);
        look.most = look.most.max(score);
    }
    let of = |at: usize, value: &dyn Fn(&Look) -> f32| {
        number.get(at).and_then(|number| looks.get(*number as usize)).map_or(NONE, value)
    };
    rows.column("alike_score", |at| {
        of(at, &|look| {
            let (weight, score) = (scores.weight(at), scores.score(at));
            let rest = (look.weight - weight).max(1e-6);
            if look.count > 1.0 { (look.weighted - weight * score) / rest } else { NONE }
        })
    });
    rows.column("alike_count", |at| of(at, &|look| look.count.min(100.0)));
    rows.column("alike_most", |at| of(at, &|look| look.most));
    let all = scores.kept.total().max(1e-6);
    rows.column("alike_kept", |at| of(at, &|look| look.kept / all));
}

/// The page as a whole, and the way to blocks that are surely kept.
fn of_page(rows: &mut Rows, scores: &Scores<'_>) {
    let all = scores.kept.total().max(1e-6);
    rows.column("kept_before", |at| scores.kept.before(at) / all);
    rows.column("kept_after", |at| 1.0 - scores.kept.before(at + 1) / all);
    rows.page("kept_total", all.ln_1p());
    rows.page("chance_most", scores.chance.iter().copied().fold(0.0, f32::max));
    let kept = scores.chance.iter().filter(|chance| **chance > 0.5).count();
    rows.page("kept_count", (kept as f32).ln_1p());
    let sure = |chance: &f32| *chance > SURE;
    let since = since(scores.chance.iter().map(sure));
    let until = until(scores.chance.iter().map(sure));
    // The block beside it is one away.
    let get =
        |list: &[f32], at: usize| list.get(at).map_or(FAR, |between| (between + 1.0).min(FAR));
    rows.column("since_kept", |at| get(&since, at));
    rows.column("until_kept", |at| get(&until, at));
}

/// The blocks under the same heading, the heading, and the sections beside.
fn sections(rows: &mut Rows, scores: &Scores<'_>) {
    struct Section {
        heading: f32,
        weight: f32,
        weighted: f32,
    }
    let mut sections = vec![Section { heading: NONE, weight: 0.0, weighted: 0.0 }];
    let mut number = Vec::with_capacity(scores.page.len());
    for (at, feature) in scores.features.blocks.iter().enumerate() {
        if feature.tag.is_heading() {
            sections.push(Section { heading: scores.score(at), weight: 0.0, weighted: 0.0 });
        } else if let Some(section) = sections.last_mut() {
            section.weight += scores.weight(at);
            section.weighted += scores.weight(at) * scores.score(at);
        }
        number.push(sections.len() - 1);
    }
    let is_heading = |at: usize| scores.features.blocks.get(at).is_some_and(|f| f.tag.is_heading());
    let section = |at: usize, step: isize| sections.get(number.get(at)?.checked_add_signed(step)?);
    let mean = |section: Option<&Section>| {
        section.filter(|s| s.weight > 0.0).map_or(NONE, |s| s.weighted / s.weight)
    };
    rows.column("section_score", |at| {
        let Some(section) = section(at, 0) else { return NONE };
        let own = if is_heading(at) { 0.0 } else { scores.weight(at) };
        let rest = section.weight - own;
        if rest > 1e-3 { (section.weighted - own * scores.score(at)) / rest } else { NONE }
    });
    rows.column("section_heading", |at| section(at, 0).map_or(NONE, |s| s.heading));
    rows.column("next_section_score", |at| mean(section(at, 1)));
    rows.column("next_section_heading", |at| section(at, 1).map_or(NONE, |s| s.heading));
    rows.column("last_section_score", |at| mean(section(at, -1)));
}

/// The list, table, quote or box as a whole.
fn units(rows: &mut Rows, scores: &Scores<'_>) {
    /// Score: mean, most, least, of the block before, of the block after; then size, mean length,
    /// share kept, tag.
    type Unit = [f32; 9];
    let units = Units::of(scores.page);
    let measure = |range: &Range<u32>, tag| -> Unit {
        let (start, end) = (range.start as usize, range.end as usize);
        let own = scores.score.get(start..end).unwrap_or_default();
        let lengths = scores.features.blocks.get(start..end).unwrap_or_default();
        let count = (own.len() as f32).max(1.0);
        let length: f32 = lengths.iter().map(|f| f.text.weight).sum();
        let kept = scores.chance.get(start..end).unwrap_or_default();
        [
            scores.mean(range),
            own.iter().copied().fold(NONE, f32::max),
            own.iter().copied().fold(MOST, f32::min),
            start.checked_sub(1).map_or(NONE, |at| scores.score(at)),
            scores.score(end),
            count.min(MANY),
            (length / count).ln_1p(),
            kept.iter().filter(|chance| **chance > 0.5).count() as f32 / count,
            code(tag),
        ]
    };
    let mut known: HashMap<u32, Unit> = HashMap::default();
    let of_block: Vec<Unit> = scores
        .page
        .blocks
        .iter()
        .map(|block| match units.around(scores.page, block.element) {
            None => [NONE; 9],
            Some((unit, element)) => {
                *known.entry(unit).or_insert_with(|| measure(&element.blocks, element.tag))
            }
        })
        .collect();
    let words = [
        "unit_score",
        "unit_most",
        "unit_least",
        "unit_before",
        "unit_after",
        "unit_size",
        "unit_length",
        "unit_kept",
        "unit_tag",
    ];
    for (index, word) in words.into_iter().enumerate() {
        rows.column(word, |at| {
            of_block.get(at).and_then(|unit| unit.get(index)).copied().unwrap_or(NONE)
        });
    }
}
