//! The rows of numbers behind a page's judgement, for training the model and for looking at what it saw.

use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::hint::Evidence;
use crate::feature::row::Rows;
use crate::metadata::head::Head;
use crate::tree::Tree;
use crate::{Hints, Limits, Model, Page, body, decoded, evidence};

/// A page as the model reads it.
#[derive(Debug, Clone)]
pub struct TrainingRows {
    /// Names of the numbers of a row.
    pub columns: Vec<String>,
    /// Text of every block.
    pub texts: Vec<String>,
    /// A row for every block.
    pub rows: Vec<Vec<f32>>,
    /// The group that each number belongs to, for taking groups away.
    pub groups: Vec<&'static str>,
    /// Why each block is kept or removed.
    pub reasons: Vec<String>,
    /// Of every block the chance that it belongs to the article, as the model sees it.
    pub chances: Vec<f32>,
}

/// Measures a page. `bare` takes away its class names, attributes and all statements but `<title>`: training on
/// such copies teaches what a page looks like whose names are unknown.
#[must_use]
pub fn training_rows(
    model: &Model,
    page: &Page<'_>,
    hints: &Hints,
    limits: &Limits,
    bare: bool,
) -> TrainingRows {
    let tree = Tree::parse(&decoded(page, limits), limits);
    let head = Head::of(&tree);
    let mut blocks = Blocks::of(&tree, limits);
    let evidence = if bare {
        blocks.forget_names();
        Evidence { titles: head.title.into_iter().collect(), ..Evidence::default() }
    } else {
        evidence(&head, hints)
    };
    let features = Features::of(&blocks, &evidence);
    let rows = Rows::of(&blocks, &features);
    let chances = model.chances(&rows);
    let reasons = body::judge(&blocks, &features, &chances);
    TrainingRows {
        groups: rows.group_of_columns(),
        reasons: reasons.iter().map(|reason| reason.describe()).collect(),
        chances,
        columns: rows.names().iter().map(ToString::to_string).collect(),
        texts: blocks.blocks.iter().map(|block| blocks.text(block).to_owned()).collect(),
        rows: (0..rows.len()).map(|block| rows.row(block)).collect(),
    }
}
