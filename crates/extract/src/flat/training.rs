//! The rows of a text, for training the model of lines.

use crate::flat::line::Line;
use crate::flat::view::View;
use crate::flat::{FlatModel, Judgement, judge, source};
use crate::training_rows::TrainingRows;
use crate::{Limits, Page, decoded};

/// Measures a text. The columns of the context are those that `model` gives.
#[must_use]
pub fn flat_rows(model: &FlatModel, page: &Page<'_>, limits: &Limits) -> TrainingRows {
    let mut lines = source::lines(&decoded(page, limits));
    lines.truncate(limits.max_blocks);
    let view = View::of(lines.iter().map(|line| Line::of(line)).collect(), None, None);
    let Judgement { rows, chances, title } = model.judge(&view, false);
    let reasons = judge::reasons(&view, &chances, title);
    TrainingRows {
        groups: vec![""; rows.names().len()],
        reasons: reasons.iter().map(|reason| reason.describe()).collect(),
        chances,
        columns: rows.names().iter().map(ToString::to_string).collect(),
        rows: (0..lines.len()).map(|line| rows.row(line)).collect(),
        texts: lines,
    }
}
