//! What the first model says of the lines around a line: the input of the second model, together
//! with the line's own row.
//!
//! A label between paragraphs that are surely kept is a sub-heading, the same label before a list
//! of labels is not. The first model sees the neighbours' shapes; only their scores say what they
//! are.

use crate::feature::grid::{Grid, MANY, since, until};
use crate::feature::row::Name;
use crate::feature::sums::Sums;
use crate::flat::span;
use crate::flat::view::View;
use crate::model;

/// Scores are cut to this; beyond it they say nothing more.
const MOST: f32 = 5.0;

/// The score beyond both ends of the text.
const OUTSIDE: f32 = -6.0;

/// Neighbours on each side that have columns of their own.
const NEAREST: i8 = 4;

/// Sizes of the windows whose means are columns.
const WINDOWS: [i8; 3] = [4, 12, 40];

/// The chance from which on a line is surely kept.
const SURE: f32 = 0.8;

/// Adds the columns of the context to the rows of the lines.
pub(crate) fn add(grid: &mut Grid, view: &View<'_>, scores: &[f32]) {
    let scores: Vec<f32> = scores.iter().map(|score| score.clamp(-MOST, MOST)).collect();
    let chances: Vec<f32> = scores.iter().map(|score| model::chance(*score)).collect();
    let weights: Vec<f32> = view.lines.iter().map(|l| (l.measure.weight + 1.0).sqrt()).collect();
    grid.list("score", &scores);
    for away in (-NEAREST..=NEAREST).filter(|away| *away != 0) {
        grid.nth("score_at", away, |at| {
            let there = at.checked_add_signed(isize::from(away));
            there.and_then(|there| scores.get(there)).copied().unwrap_or(OUTSIDE)
        });
    }
    let means = Means::of(&scores, &weights);
    windows(grid, &means, view.len());
    let sure: Vec<bool> = chances.iter().map(|chance| *chance > SURE).collect();
    grid.list("since_sure", &since(sure.iter().copied()));
    grid.list("until_sure", &until(sure.iter().copied()));
    sums(grid, view, &chances);
    sections(grid, view, &means);
    alike(grid, view, &scores, &weights);
}

/// Names of the columns of the rows with their context, in order.
pub(crate) fn names() -> Vec<Name> {
    let view = View::of(Vec::new(), None, None);
    let mut grid = super::row::rows(&view);
    add(&mut grid, &view, &[]);
    grid.names().to_vec()
}

/// Weighted means of the scores of runs of lines.
struct Means {
    weighted: Sums,
    weights: Sums,
}

impl Means {
    fn of(scores: &[f32], weights: &[f32]) -> Self {
        let weighted = scores.iter().zip(weights).map(|(score, weight)| score * weight);
        Self { weighted: Sums::of(weighted), weights: Sums::of(weights.iter().copied()) }
    }

    /// The mean from one line up to another, without the latter.
    fn between(&self, start: usize, end: usize) -> f32 {
        let weight = self.weights.before(end) - self.weights.before(start);
        if start >= end || weight <= 0.0 {
            return OUTSIDE;
        }
        (self.weighted.before(end) - self.weighted.before(start)) / weight
    }
}

fn windows(grid: &mut Grid, means: &Means, most: usize) {
    for size in WINDOWS {
        let near = usize::from(size.unsigned_abs());
        grid.nth("mean_before", size, |at| means.between(at.saturating_sub(near), at));
        grid.nth("mean_after", size, |at| means.between(at + 1, (at + 1 + near).min(most)));
    }
}

/// What is likely kept before and after a line, and the run of what is likely kept.
fn sums(grid: &mut Grid, view: &View<'_>, chances: &[f32]) {
    let mass: Vec<f32> =
        chances.iter().zip(&view.lines).map(|(c, line)| c * line.measure.weight).collect();
    let likely = Sums::of(mass.iter().copied());
    let all = likely.total().max(1.0);
    grid.column("likely_before", |at| likely.before(at) / all);
    grid.column("likely_after", |at| 1.0 - likely.before(at + 1) / all);
    let most = chances.iter().copied().fold(0.0, f32::max);
    let kept = chances.iter().filter(|chance| **chance > 0.5).count() as f32;
    grid.column("likely_all", |_| all.ln_1p());
    grid.column("likely_most", |_| most);
    grid.column("likely_lines", |_| kept.ln_1p());
    let gain = chances.iter().zip(&view.lines);
    let run = span::heaviest(gain.map(|(c, line)| (c - 0.5) * (line.measure.weight + 30.0)));
    grid.column("run_distance", |at| span::distance(&run, at).clamp(-MANY, MANY));
}

/// The mean of the section under the last label, without the line itself, and of the next section.
fn sections(grid: &mut Grid, view: &View<'_>, means: &Means) {
    let labels: Vec<usize> =
        view.lines.iter().enumerate().filter(|(_, l)| l.is_label()).map(|(at, _)| at).collect();
    let bounds = |at: usize| {
        let next = labels.partition_point(|label| *label <= at);
        let start = next.checked_sub(1).and_then(|i| labels.get(i)).copied();
        (start, labels.get(next).copied().unwrap_or(view.len()))
    };
    grid.column("section_before", |at| {
        let start = bounds(at).0.map_or(0, |start| start + 1);
        means.between(start, at)
    });
    grid.column("section_after", |at| means.between(at + 1, bounds(at).1));
    grid.column("section_label", |at| {
        bounds(at).0.map_or(OUTSIDE, |label| means.between(label, label + 1))
    });
    grid.column("next_label", |at| {
        let next = bounds(at).1;
        means.between(next, (next + 1).min(view.len()))
    });
    grid.column("next_section", |at| {
        let next = bounds(at).1;
        means.between(next + 1, bounds(next).1)
    });
}

/// The mean of the other lines of the same shape.
fn alike(grid: &mut Grid, view: &View<'_>, scores: &[f32], weights: &[f32]) {
    const SHAPES: usize = 128;
    let shape = |at: usize| -> usize {
        view.lines.get(at).map_or(0, |line| {
            let size = (line.measure.weight.max(1.0).log2() as usize).min(15);
            let bits = [
                line.measure.ends_sentence,
                line.measure.starts_bullet || line.starts_digit,
                line.measure.starts_upper,
            ];
            bits.iter().fold(size, |all, bit| all * 2 + usize::from(*bit))
        })
    };
    let mut sums = vec![(0.0_f32, 0.0_f32); SHAPES];
    for (at, (score, weight)) in scores.iter().zip(weights).enumerate() {
        if let Some(sum) = sums.get_mut(shape(at)) {
            *sum = (sum.0 + score * weight, sum.1 + weight);
        }
    }
    grid.column("alike", |at| {
        let (all, weight) = sums.get(shape(at)).copied().unwrap_or_default();
        let own = weights.get(at).copied().unwrap_or(0.0);
        let score = scores.get(at).copied().unwrap_or(0.0);
        if weight - own < 0.5 { OUTSIDE } else { (all - score * own) / (weight - own) }
    });
}
