//! The nearest lines, one by one and together.

use crate::feature::grid::{Grid, flag};
use crate::feature::sums::Sums;
use crate::flat::line::Line;
use crate::flat::view::View;

/// Neighbours on each side that have columns of their own.
const NEAREST: i8 = 3;

/// Sizes of the windows whose sums are columns.
const WINDOWS: [i8; 2] = [5, 12];

/// A measure of a line.
type Value = fn(&Line<'_>) -> f32;

/// Name of the column, and the measure of a neighbour.
const MEASURES: [(&str, Value); 9] = [
    ("weight_at", |l| l.measure.weight.ln_1p()),
    ("ends_sentence_at", |l| flag(l.measure.ends_sentence)),
    ("prose_at", |l| flag(l.is_prose)),
    ("boilerplate_at", |l| l.boilerplate.map_or(0.0, |known| 1.0 + flag(known.is_sure))),
    ("marks_at", |l| l.marks.count()),
    ("dated_at", |l| flag(l.is_dated)),
    ("capitals_at", |l| l.capitals / (l.capitals + l.smalls).max(1.0)),
    ("starts_bullet_at", |l| flag(l.measure.starts_bullet || l.starts_digit)),
    ("ends_colon_at", |l| flag(l.measure.ends_colon)),
];

/// Name of the column for the lines before, for those after, and what is summed.
const SUMS: [(&str, &str, Value); 5] = [
    ("mass_before", "mass_after", |l| l.mass()),
    ("labels_before", "labels_after", |l| flag(l.is_label())),
    ("boilerplate_before", "boilerplate_after", |l| flag(l.boilerplate.is_some())),
    ("marks_before", "marks_after", |l| flag(!l.marks.is_empty())),
    ("dated_before", "dated_after", |l| flag(l.is_dated)),
];

pub(super) fn columns(grid: &mut Grid, view: &View<'_>) {
    for (word, value) in MEASURES {
        for away in (-NEAREST..=NEAREST).filter(|away| *away != 0) {
            grid.nth(word, away, |at| {
                let there = at.checked_add_signed(isize::from(away));
                there.and_then(|there| view.lines.get(there)).map_or(-1.0, value)
            });
        }
    }
    likeness(grid, view);
    for (before, after, value) in SUMS {
        let sums = Sums::of(view.lines.iter().map(value));
        for size in WINDOWS {
            let (near, most) = (usize::from(size.unsigned_abs()), view.len());
            grid.nth(before, size, |at| {
                (sums.before(at) - sums.before(at.saturating_sub(near))).ln_1p()
            });
            grid.nth(after, size, |at| {
                let end = (at + 1 + near).min(most);
                (sums.before(end) - sums.before((at + 1).min(most))).ln_1p()
            });
        }
    }
}

/// Similarity of the neighbours' subjects, and of the neighbours to the title.
fn likeness(grid: &mut Grid, view: &View<'_>) {
    for (word, list) in [("topic_at", &view.topic_rare), ("title_at", &view.title_cover)] {
        for away in [-1, 1] {
            grid.nth(word, away, |at| {
                let there = at.checked_add_signed(isize::from(away));
                there.and_then(|there| list.get(there)).copied().unwrap_or(-1.0)
            });
        }
    }
}
