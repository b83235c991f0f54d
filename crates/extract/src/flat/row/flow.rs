//! The place of a line in the text: the prose before and after it, the main run of prose, the last
//! lines of boilerplate, the run of labels that it belongs to.

use crate::feature::grid::{Grid, MANY, flag, since, until};
use crate::flat::line::Line;
use crate::flat::span;
use crate::flat::view::View;

pub(super) fn columns(grid: &mut Grid, view: &View<'_>) {
    let (prose, weight) = (view.prose.total().max(1.0), view.weight.total().max(1.0));
    let lines = &view.lines;
    grid.column("from_start", |at| (at as f32).min(MANY));
    grid.column("from_end", |at| ((view.len() - at) as f32).min(MANY));
    grid.column("prose_before", |at| view.prose.before(at) / prose);
    grid.column("prose_after", |at| 1.0 - view.prose.before(at + 1) / prose);
    grid.column("weight_before", |at| view.weight.before(at) / weight);
    grid.column("main_distance", |at| span::distance(&view.main, at).clamp(-MANY, MANY));
    grid.column("main_place", |at| {
        (at as f32 - view.main.start as f32) / (view.main.len() as f32).max(1.0)
    });
    grid.list("since_prose", &since(lines.iter().map(|l| l.is_prose)));
    grid.list("until_prose", &until(lines.iter().map(|l| l.is_prose)));
    grid.list("since_boilerplate", &since(lines.iter().map(Line::is_boilerplate)));
    grid.list("until_boilerplate", &until(lines.iter().map(Line::is_boilerplate)));
    grid.list("since_end", &since(lines.iter().map(Line::ends_article)));
    grid.list("since_dated", &since(lines.iter().map(|l| l.is_dated)));
    grid.list(
        "prose_since_boilerplate",
        &prose_since(view, lines.iter().map(Line::is_boilerplate)),
    );
    grid.list("prose_since_end", &prose_since(view, lines.iter().map(Line::ends_article)));
    grid.list("since_related", &since(lines.iter().map(Line::is_related)));
    grid.list("prose_lines_since_related", &prose_lines_since_related(view));
    labels(grid, view);
    title(grid, view);
    whole(grid, view);
}

/// Share of the prose since the last line that `is`; -1 before the first.
fn prose_since(view: &View<'_>, is: impl Iterator<Item = bool>) -> Vec<f32> {
    let all = view.prose.total().max(1.0);
    let mut last: Option<f32> = None;
    is.enumerate()
        .map(|(at, is)| {
            if is {
                last = Some(view.prose.before(at));
            }
            last.map_or(-1.0, |mark| (view.prose.before(at) - mark) / all)
        })
        .collect()
}

/// Number of lines of prose since the last line that announces other articles.
fn prose_lines_since_related(view: &View<'_>) -> Vec<f32> {
    let mut count = MANY;
    let lines = view.lines.iter();
    lines
        .map(|line| {
            let now = count;
            if line.is_related() {
                count = 0.0;
            } else if line.is_prose {
                count = (count + 1.0).min(MANY);
            }
            now
        })
        .collect()
}

/// The run of labels or of prose that a line is in: its length, and the line's place in it.
fn labels(grid: &mut Grid, view: &View<'_>) {
    let is: Vec<bool> = view.lines.iter().map(Line::is_label).collect();
    let is_other = |value: bool| is.iter().map(move |is| *is != value);
    let pick = |ours: Vec<f32>, theirs: Vec<f32>| -> Vec<f32> {
        is.iter()
            .zip(ours.into_iter().zip(theirs))
            .map(|(is, (a, b))| if *is { a } else { b })
            .collect()
    };
    let before = pick(since(is_other(true)), since(is_other(false)));
    let after = pick(until(is_other(true)), until(is_other(false)));
    grid.column("label", |at| flag(is.get(at).copied().unwrap_or(false)));
    grid.list("alike_before", &before);
    grid.list("alike_after", &after);
}

/// Lines since the title, and whether there is one.
fn title(grid: &mut Grid, view: &View<'_>) {
    let title = view.title.map(|at| at as f32);
    grid.column("since_title", |at| {
        title.map_or(-MANY, |title| (at as f32 - title).clamp(-MANY, MANY))
    });
}

/// Columns with one value for the whole text.
fn whole(grid: &mut Grid, view: &View<'_>) {
    let (prose, weight) = (view.prose.total(), view.weight.total().max(1.0));
    let count = (view.len() as f32).max(1.0);
    let share = |lines: usize| lines as f32 / count;
    let lines = || view.lines.iter();
    let letters: f32 = view.lines.iter().map(|l| l.measure.letters).sum();
    let cjk: f32 = view.lines.iter().map(|l| l.measure.cjk).sum();
    let main = view.prose.before(view.main.end) - view.prose.before(view.main.start);
    for (word, value) in [
        ("text_lines", count.ln_1p()),
        ("text_prose", prose.ln_1p()),
        ("text_prose_share", prose / weight),
        ("text_main_share", main / prose.max(1.0)),
        ("text_labels", share(lines().filter(|l| l.is_label()).count())),
        ("text_ends", share(lines().filter(|l| l.measure.ends_sentence).count())),
        ("text_boilerplate", share(lines().filter(|l| l.is_boilerplate()).count())),
        ("text_cjk", cjk / letters.max(1.0)),
    ] {
        grid.column(word, |_| value);
    }
}
