//! A guess which line is the title, for the rows: how much the other lines share with it says a lot
//! about them.
//!
//! It is looked for where titles are: shortly before the main run of prose. It speaks of what the
//! prose speaks of, has the length of a title, and is often there twice. If the feed gives a title,
//! only a similar line counts. The model of titles has the last word, unless the feed has it.

use wiresift_text::shingles::likeness;

use crate::flat::line::Line;
use crate::flat::view::View;
use crate::phrases::mark::Mark;

/// How many lines before the prose, and inside it, may be the title.
const BEFORE: usize = 15;
const INSIDE: usize = 2;

/// Least similarity of a line to the feed's title (Jaccard).
const ALIKE: f32 = 0.5;

/// Least and greatest weight of a title.
const WEIGHTS: std::ops::RangeInclusive<f32> = 14.0..=220.0;

/// Usual weight of a title.
const USUAL: std::ops::RangeInclusive<f32> = 28.0..=130.0;

/// Least score of a title.
const LEAST: f32 = 1.2;

/// The line that looks most like the title. `announced` is the feed's title.
pub(crate) fn guess(view: &View<'_>, announced: Option<&str>) -> Option<usize> {
    let start = view.main.start;
    let places = start.saturating_sub(BEFORE)..(start + INSIDE).min(view.len());
    let scored = places.filter_map(|at| {
        let line = view.lines.get(at)?;
        let score = match announced {
            Some(title) => Some(likeness(title, line.text)).filter(|alike| *alike >= ALIKE),
            None => score(view, line, at).filter(|score| *score >= LEAST),
        };
        Some((at, score?))
    });
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(at, _)| at)
}

fn score(view: &View<'_>, line: &Line<'_>, at: usize) -> Option<f32> {
    let measure = &line.measure;
    let is_other = line.is_prose
        || line.is_boilerplate()
        || line.is_dated
        || line.has_address
        || line.has_caption_shape
        || line.is_cut
        || measure.ends_colon
        || measure.starts_bullet
        || !WEIGHTS.contains(&measure.weight);
    if is_other || view.main.is_empty() {
        return None;
    }
    let get = |list: &[f32]| list.get(at).copied().unwrap_or(0.0).max(0.0);
    let mut score = get(&view.topic) + 2.0 * get(&view.topic_rare);
    if view.copies.get(at).is_some_and(|(all, _)| *all > 1) {
        score += 1.0;
    }
    if USUAL.contains(&measure.weight) {
        score += 0.5;
    }
    if measure.ends_sentence && !measure.ends_question {
        score -= 0.7;
    }
    for mark in [Mark::Byline, Mark::Credit, Mark::Date, Mark::Copyright, Mark::Related] {
        if line.marks.has(mark) {
            score -= 0.5;
        }
    }
    score -= 0.3 * measure.separators.min(3.0);
    let away = view.main.start.abs_diff(at) as f32;
    Some(score - 0.04 * away)
}
