//! Which lines are the article, and a reason for each.
//!
//! The model decides line by line. A few rules follow: the title and its copies are not the body,
//! nor is a line that is boilerplate by all its words, a date at either end, or a paragraph for the
//! second time.

use crate::body::Reason;
use crate::flat::line::Line;
use crate::flat::view::{View, likeness};

/// Least chance of a line of the body. The F1 hardly changes from 0.35 to 0.5; lower keeps more.
const THRESHOLD: f32 = 0.38;

/// If no line reaches [`THRESHOLD`], this share of the highest chance is enough.
const RELATIVE: f32 = 0.5;

/// Most letters that are no digits in a line that is a date.
const DATE_LETTERS: f32 = 40.0;

/// Least weight of a paragraph that is not kept twice.
const PARAGRAPH: f32 = 40.0;

/// From this similarity on, a line is the title again (Jaccard).
const TITLE_AGAIN: f32 = 0.8;

/// A reason for each line, from its chance. `title` is the line that is the title.
pub(crate) fn reasons(view: &View<'_>, chances: &[f32], title: Option<usize>) -> Vec<Reason> {
    let most = chances.iter().copied().fold(0.0, f32::max);
    let is_fallback = most < THRESHOLD;
    let least = if is_fallback { most * RELATIVE } else { THRESHOLD };
    let mut kept: Vec<bool> = chances.iter().map(|chance| *chance >= least).collect();
    let words = title.and_then(|at| view.lines.get(at)).map(|line| line.words.as_slice());
    let (alike, _) = likeness(&view.lines, words.unwrap_or_default());
    let is_title = |at: usize| {
        let is_again = alike.get(at).is_some_and(|alike| *alike >= TITLE_AGAIN);
        title == Some(at) || (is_again && words.is_some_and(|words| words.len() >= 3))
    };
    let against: Vec<Option<Reason>> = (0..view.len())
        .map(|at| if is_title(at) { Some(Reason::Title) } else { veto(view, at) })
        .collect();
    if !is_fallback {
        let is_left = |(kept, against): (&bool, &Option<Reason>)| *kept && against.is_none();
        if kept.iter().zip(&against).any(is_left) {
            for (kept, against) in kept.iter_mut().zip(&against) {
                *kept &= against.is_none();
            }
            dates(view, &mut kept);
        }
    }
    let kept_at = |at: usize| kept.get(at).copied().unwrap_or(false);
    (0..view.len())
        .map(|at| match (kept_at(at), view.lines.get(at)) {
            (true, _) if is_fallback => Reason::Longest,
            (true, Some(line)) => role(line, at > 0 && kept_at(at - 1), kept_at(at + 1)),
            _ => against.get(at).copied().flatten().unwrap_or_else(|| other(view, chances, at)),
        })
        .collect()
}

/// What speaks against a line whatever its chance.
fn veto(view: &View<'_>, at: usize) -> Option<Reason> {
    let line = view.lines.get(at)?;
    if let Some(known) = line.boilerplate.filter(|known| known.is_sure && !line.is_prose) {
        return Some(Reason::Phrase(known.kind.as_str()));
    }
    let again = view.copies.get(at).is_some_and(|(_, before)| *before > 0);
    (again && line.measure.weight >= PARAGRAPH).then_some(Reason::Repeated)
}

/// Removes dates and bylines in front of the first sentence and after the last.
fn dates(view: &View<'_>, kept: &mut [bool]) {
    let is_date = |line: &Line<'_>| {
        line.is_dated && line.measure.letters - line.measure.digits <= DATE_LETTERS
    };
    let places = |kept: &[bool]| -> Vec<usize> {
        kept.iter().enumerate().filter(|(_, kept)| **kept).map(|(at, _)| at).collect()
    };
    let all = places(kept);
    let at_start = all.iter().take_while(|at| view.lines.get(**at).is_some_and(is_date));
    let at_end = all.iter().rev().take_while(|at| view.lines.get(**at).is_some_and(is_date));
    let edges: Vec<usize> = at_start.chain(at_end).copied().collect();
    if edges.len() < all.len() {
        for at in edges {
            if let Some(kept) = kept.get_mut(at) {
                *kept = false;
            }
        }
    }
}

/// The role of a kept line.
fn role(line: &Line<'_>, after_kept: bool, before_kept: bool) -> Reason {
    if line.measure.starts_bullet && !line.measure.starts_quote {
        Reason::ListItem
    } else if line.is_label() && after_kept && before_kept {
        Reason::Heading
    } else {
        Reason::Body
    }
}

/// The reason for a line that only the model removes, or that its words tell.
fn other(view: &View<'_>, chances: &[f32], at: usize) -> Reason {
    let Some(line) = view.lines.get(at) else { return Reason::Model(0) };
    if let Some(known) = line.boilerplate {
        return Reason::Phrase(known.kind.as_str());
    }
    if line.is_dated {
        return Reason::Byline;
    }
    if line.has_caption_shape {
        return Reason::Caption;
    }
    Reason::Model((chances.get(at).copied().unwrap_or(0.0) * 100.0) as u8)
}
