//! The feature rows of a page, for training the model and for inspecting it.
//!
//! Hidden from the documentation because it is not part of the API: columns change with the model.

use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::row::Rows;
pub use crate::flat::training::flat_rows;
use crate::metadata::head::Head;
use crate::tree::Tree;
use crate::{Hints, Limits, Model, Page, body, decoded, evidence};

/// The stages of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStage {
    /// From the page alone.
    First,
    /// From the first stage's scores as well.
    Second,
}

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

/// Measures a page. For the second stage, the rows have the scores of the model's first stage in
/// them.
#[must_use]
pub fn training_rows(
    model: &Model,
    page: &Page<'_>,
    hints: &Hints,
    limits: &Limits,
    stage: ModelStage,
) -> TrainingRows {
    let tree = Tree::parse(&decoded(page, limits), limits);
    let head = Head::of(&tree, page.url);
    let blocks = Blocks::of(&tree, limits);
    let features = Features::of(&blocks, &evidence(&head, hints));
    let mut rows = Rows::of(&blocks, &features);
    if stage == ModelStage::Second {
        let scores = model.scores(rows.grid());
        rows.add_context(&blocks, &features, &scores);
    }
    let chances = body::chances(&blocks, &features, model);
    let reasons = body::judge(&blocks, &features, &chances, hints.embeds);
    TrainingRows {
        groups: rows.group_of_columns(),
        reasons: reasons.iter().map(|reason| reason.describe()).collect(),
        chances,
        columns: rows.grid().names().iter().map(ToString::to_string).collect(),
        texts: blocks.blocks.iter().map(|block| blocks.text(block).to_owned()).collect(),
        rows: (0..rows.grid().len()).map(|block| rows.grid().row(block)).collect(),
    }
}
