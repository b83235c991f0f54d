//! The feature rows of a page, for training the model and for inspecting it.
//!
//! Hidden from the documentation because it is not part of the API: columns change with the model.

use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::hint::Evidence;
use crate::feature::row::Rows;
use crate::metadata::head::Head;
use crate::tree::Tree;
use crate::{Hints, Limits, Model, Page, body, decoded, evidence};

/// A page as the model sees it.
#[derive(Debug, Clone)]
pub struct TrainingRows {
    /// Names of a row's columns.
    pub columns: Vec<String>,
    /// Text of every block.
    pub texts: Vec<String>,
    /// One row for each block.
    pub rows: Vec<Vec<f32>>,
    /// The group of each column, for ablation.
    pub groups: Vec<&'static str>,
    /// Why each block is kept or removed.
    pub reasons: Vec<String>,
    /// For each block, the probability that it belongs to the article.
    pub chances: Vec<f32>,
}

/// Measures a page.
///
/// `bare` removes class names, attributes and all metadata but `<title>`. Training on such copies
/// teaches the model pages with unknown class names.
#[must_use]
pub fn training_rows(
    model: &Model,
    page: &Page<'_>,
    hints: &Hints,
    limits: &Limits,
    bare: bool,
) -> TrainingRows {
    let tree = Tree::parse(&decoded(page, limits), limits);
    let head = Head::of(&tree, page.url);
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
