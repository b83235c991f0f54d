//! Similarity of a block to titles, descriptions, the `articleBody` and the headline.

use crate::feature::grid::flag;
use crate::feature::row::{Rows, View};
use crate::feature::sums::Sums;
use crate::tag::Tag;

/// Value if the page has no headline.
const NONE: f32 = -9.0;

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    let blocks = &view.features.blocks;
    rows.column("title_cover", |at| blocks.get(at).map_or(0.0, |f| f.title_cover));
    rows.column("title_likeness", |at| blocks.get(at).map_or(0.0, |f| f.title_likeness));
    rows.column("in_description", |at| blocks.get(at).map_or(0.0, |f| f.in_description));
    rows.column("covers_description", |at| blocks.get(at).map_or(0.0, |f| f.covers_description));
    rows.page("descriptions", view.features.descriptions as f32);
    stated(rows, view);
    headline(rows, view);
}

/// Position relative to the text of the page's `articleBody`.
fn stated(rows: &mut Rows, view: &View<'_>) {
    let blocks = &view.features.blocks;
    rows.column("in_stated_body", |at| {
        blocks.get(at).and_then(|f| f.in_stated_body).unwrap_or(-1.0)
    });
    let is_stated = |f: &crate::feature::Feature| f.in_stated_body.is_some_and(|share| share > 0.6);
    let first = blocks.iter().position(|f| is_stated(f) && f.text.weight > 60.0);
    let last = blocks.iter().rposition(|f| is_stated(f) && f.text.weight > 60.0);
    let good: f32 = blocks.iter().filter(|f| is_stated(f)).map(|f| f.mass).sum();
    let has = first.is_some();
    rows.page("stated_good", if has { good / view.all_good() } else { -1.0 });
    rows.column("stated_side", |at| match (first, last) {
        (Some(first), _) if at < first => -1.0,
        (_, Some(last)) if at > last => 1.0,
        (Some(_), _) => 0.0,
        _ => NONE,
    });
}

/// Distance to the headline, and whether similar headlines came since: endless pages repeat theirs.
fn headline(rows: &mut Rows, view: &View<'_>) {
    let headline = view.features.headline;
    let own = headline.and_then(|at| view.page.element(view.element(at)));
    let look = own.map(|e| (e.tag, e.class));
    let (good, weight) = (&view.features.totals.good, &view.features.totals.weight);
    let other = |at: usize| headline.is_some_and(|h| h != at);
    let tag_of = |at: usize| view.page.element(view.element(at)).map(|e| (e.tag, e.class));
    let repeats = Sums::of((0..view.page.len()).map(|at| flag(other(at) && tag_of(at) == look)));
    let firsts = Sums::of(
        (0..view.page.len())
            .map(|at| flag(other(at) && tag_of(at).is_some_and(|(tag, _)| tag == Tag::H1))),
    );
    let from = |value: &dyn Fn(usize) -> f32| headline.map_or(NONE, value);
    let after = |at: usize, sums: &Sums, most: f32| match headline {
        Some(h) if at > h => (sums.before(at + 1) - sums.before(h)).min(most),
        Some(_) => -1.0,
        None => NONE,
    };
    rows.column("headline_good", |at| {
        from(&|h| (good.before(at) - good.before(h)) / view.all_good())
    });
    rows.column("headline_weight", |at| {
        from(&|h| {
            let between = weight.before(at) - weight.before(h);
            between.signum() * between.abs().ln_1p()
        })
    });
    rows.column("headline_repeats", |at| after(at, &repeats, 9.0));
    rows.column("further_h1", |at| after(at, &firsts, 9.0));
    rows.column("headline_marks", |at| from(&|h| view.marked.before(at) - view.marked.before(h)));
    let likeness =
        headline.and_then(|h| view.features.blocks.get(h)).map_or(NONE, |f| f.title_likeness);
    rows.page("headline_likeness", likeness);
    rows.page("headline_tag", look.map_or(NONE, |(tag, _)| f32::from(tag as u8)));
    let levels = levels_to_headline(view);
    rows.column("headline_levels", |at| {
        levels.get(view.element(at) as usize).copied().unwrap_or(NONE)
    });
}

/// For every element, levels up to the first that also holds the headline.
fn levels_to_headline(view: &View<'_>) -> Vec<f32> {
    let Some(headline) = view.features.headline else {
        return vec![NONE; view.page.elements.len()];
    };
    let mut levels: Vec<f32> = Vec::with_capacity(view.page.elements.len());
    for (index, element) in view.page.elements.iter().enumerate() {
        let holds = element.blocks.contains(&(headline as u32)) || element.parent as usize == index;
        let above = levels.get(element.parent as usize).copied().unwrap_or(0.0);
        levels.push(if holds { 0.0 } else { (above + 1.0).min(40.0) });
    }
    levels
}
