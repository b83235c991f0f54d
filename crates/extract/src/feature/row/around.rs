//! The blocks before and after a block: one by one, and in windows.

use crate::feature::Feature;
use crate::feature::grid::flag;
use crate::feature::row::place::code;
use crate::feature::row::{Rows, View};
use crate::feature::sums::Sums;

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    for step in [-3_i8, -2, -1, 1, 2, 3] {
        neighbour(rows, view, step);
    }
    let parent = |at: usize| view.page.element(view.element(at)).map(|e| e.parent);
    rows.column("parent_as_before", |at| flag(at > 0 && parent(at.wrapping_sub(1)) == parent(at)));
    rows.column("parent_as_after", |at| {
        flag(at + 1 < view.page.len() && parent(at + 1) == parent(at))
    });
    for size in [5_u8, 15] {
        window(rows, view, size);
    }
}

/// The block `step` blocks further on; -1 beyond the ends of the page.
fn neighbour(rows: &mut Rows, view: &View<'_>, step: i8) {
    let place =
        |at: usize| at.checked_add_signed(step as isize).filter(|other| *other < view.page.len());
    let feature = |at: usize| place(at).and_then(|other| view.features.blocks.get(other));
    rows.nth("next_weight", step, |at| {
        place(at).and_then(|other| view.log_weight(other)).unwrap_or(-1.0)
    });
    let mut of = |word, value: fn(&Feature) -> f32| {
        rows.nth(word, step, |at| feature(at).map_or(-1.0, value));
    };
    of("next_links", |f| f.link_share);
    of("next_sentences", |f| f.text.sentences);
    of("next_good", |f| flag(f.is_good));
    if step.abs() <= 2 {
        of("next_tag", |f| code(f.tag));
        rows.nth("next_mark", step, |at| {
            place(at).map_or(-1.0, |other| {
                let known =
                    view.features.blocks.get(other).is_some_and(|f| f.boilerplate.is_some());
                2.0 * flag(known) + flag(!view.marks(other).is_empty())
            })
        });
        let depth = |at: usize| view.page.element(view.element(at)).map_or(0.0, |e| e.depth as f32);
        rows.nth("next_depth", step, |at| {
            place(at).map_or(-30.0, |other| depth(other) - depth(at))
        });
    }
    if step.abs() == 1 {
        let mut of = |word, value: fn(&Feature) -> f32| {
            rows.nth(word, step, |at| feature(at).map_or(-1.0, value));
        };
        of("next_ends_sentence", |f| flag(f.text.ends_sentence));
        of("next_parent_share", |f| f.parent_share);
        of("next_title_cover", |f| f.title_cover);
    }
}

/// Sums over the `size` blocks before and after.
fn window(rows: &mut Rows, view: &View<'_>, size: u8) {
    let (of, size) = (size as i8, usize::from(size));
    let totals = &view.features.totals;
    let before = |sums: &Sums, at: usize| sums.before(at) - sums.before(at.saturating_sub(size));
    let after = |sums: &Sums, at: usize| sums.before(at + 1 + size) - sums.before(at + 1);
    rows.nth("good_before_near", of, |at| {
        before(&totals.good, at) / before(&totals.weight, at).max(1.0)
    });
    rows.nth("good_after_near", of, |at| {
        after(&totals.good, at) / after(&totals.weight, at).max(1.0)
    });
    rows.nth("links_before_near", of, |at| {
        before(&totals.links, at) / before(&totals.weight, at).max(1.0)
    });
    rows.nth("links_after_near", of, |at| {
        after(&totals.links, at) / after(&totals.weight, at).max(1.0)
    });
    rows.nth("weight_before_near", of, |at| before(&totals.weight, at).ln_1p());
    rows.nth("weight_after_near", of, |at| after(&totals.weight, at).ln_1p());
}
