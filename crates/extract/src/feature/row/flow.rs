//! The position of a block in the page's order: what came before, what follows, the last heading,
//! the last mark.

use crate::feature::Feature;
use crate::feature::grid::{MANY, flag, since, until};
use crate::feature::row::{Rows, View};
use crate::feature::sums::Sums;
use crate::phrases::mark::Mark;
use crate::tag::Tag;

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    let totals = &view.features.totals;
    let (all, weight) = (view.all_good(), totals.weight.total().max(1.0));
    let count = (view.page.len() as f32).max(1.0);
    rows.column("position", |at| at as f32 / count);
    rows.column("good_before", |at| totals.good.before(at) / all);
    rows.column("good_after", |at| 1.0 - totals.good.before(at + 1) / all);
    rows.column("weight_before", |at| totals.weight.before(at) / weight);
    let is_good: Vec<bool> = view.features.blocks.iter().map(|f| f.is_good).collect();
    let since_good = since(is_good.iter().copied());
    let until_good = until(is_good.iter().copied());
    let get = |list: &[f32], at: usize| list.get(at).copied().unwrap_or(MANY);
    rows.column("since_good", |at| get(&since_good, at));
    rows.column("until_good", |at| get(&until_good, at));
    let boilerplate =
        view.features.blocks.iter().map(|f| f.boilerplate.is_some() && f.text.weight < 60.0);
    let since_furniture = since(boilerplate);
    rows.column("since_furniture", |at| get(&since_furniture, at));
    headings(rows, view);
    marks(rows, view);
    ranks(rows, view);
    totals_of_page(rows, view);
}

/// The last heading before a block: distance, level, whether it is boilerplate.
fn headings(rows: &mut Rows, view: &View<'_>) {
    let mut state = [MANY, 0.0, 0.0];
    let states: Vec<[f32; 3]> = view
        .features
        .blocks
        .iter()
        .enumerate()
        .map(|(at, feature)| {
            if feature.tag.is_heading() {
                let rank = match feature.tag {
                    Tag::H1 => 1.0,
                    Tag::H2 => 2.0,
                    Tag::H3 => 3.0,
                    _ => 4.0,
                };
                let sign =
                    2.0 * flag(feature.boilerplate.is_some()) + flag(!view.marks(at).is_empty());
                state = [0.0, rank, sign];
            }
            let now = state;
            state = [(now[0] + 1.0).min(MANY), now[1], now[2]];
            now
        })
        .collect();
    for (index, word) in ["since_heading", "heading_rank", "heading_mark"].into_iter().enumerate() {
        rows.column(word, |at| states.get(at).and_then(|s| s.get(index)).copied().unwrap_or(0.0));
    }
    rows.column("is_heading", |at| {
        view.features.blocks.get(at).map_or(0.0, |f| flag(f.tag.is_heading()))
    });
}

/// Good mass since the last line of boilerplate, and since the last that ends an article.
fn marks(rows: &mut Rows, view: &View<'_>) {
    let is_mark = |at: usize, f: &Feature| {
        let is_headed = f.tag.is_heading() && !view.marks(at).is_empty();
        (f.boilerplate.is_some() || is_headed) && f.text.weight < 70.0
    };
    let ends = |_: usize, f: &Feature| {
        f.boilerplate.is_some_and(|known| known.is_sure && known.kind.ends_article())
    };
    let (marked, ended) = (good_since(view, is_mark), good_since(view, ends));
    rows.column("good_since_mark", |at| marked.get(at).copied().unwrap_or(-1.0));
    rows.column("good_since_end", |at| ended.get(at).copied().unwrap_or(-1.0));
}

/// Share of the good mass since the last block that `is`; -1 before the first.
fn good_since(view: &View<'_>, is: impl Fn(usize, &Feature) -> bool) -> Vec<f32> {
    let good = &view.features.totals.good;
    let mut last: Option<f32> = None;
    let blocks = view.features.blocks.iter().enumerate();
    blocks
        .map(|(at, feature)| {
            if is(at, feature) {
                last = Some(good.before(at));
            }
            last.map_or(-1.0, |mark| (good.before(at) - mark) / view.all_good())
        })
        .collect()
}

/// Number of longer blocks.
fn ranks(rows: &mut Rows, view: &View<'_>) {
    let mut weights: Vec<f32> = view.features.blocks.iter().map(|f| f.text.weight).collect();
    weights.sort_by(|a, b| b.total_cmp(a));
    rows.column("rank", |at| {
        let weight = view.features.blocks.get(at).map_or(0.0, |f| f.text.weight);
        weights.partition_point(|other| *other > weight).min(400) as f32
    });
}

fn totals_of_page(rows: &mut Rows, view: &View<'_>) {
    let totals = &view.features.totals;
    let (all, weight) = (totals.good.total(), totals.weight.total());
    let letters: f32 = view.features.blocks.iter().map(|f| f.text.letters).sum();
    let cjk: f32 = view.features.blocks.iter().map(|f| f.text.cjk).sum();
    let comments = (0..view.page.len()).filter(|at| view.marks(*at).has(Mark::Comment));
    rows.page("page_blocks", (view.page.len() as f32).ln_1p());
    rows.page("page_weight", weight.ln_1p());
    rows.page("page_good", all.ln_1p());
    rows.page("page_links", totals.links.total() / weight.max(1.0));
    rows.page("page_good_rate", all / weight.max(1.0));
    rows.page("page_good_count", view.good_count.total());
    rows.page("page_cjk", cjk / letters.max(1.0));
    rows.page("page_comments", comments.count() as f32);
    let boilerplate = Sums::of(view.features.blocks.iter().map(|f| flag(f.boilerplate.is_some())));
    rows.page("page_furniture", boilerplate.total() / (view.page.len() as f32).max(1.0));
}
