//! Texts without markup: plain files, feed content and pages of bare lines.
//!
//! A scraper's text has everything that the page had, the menus, "Advertisement", teasers and
//! comment forms between the paragraphs, but no element tells them apart. What is left are words,
//! lengths, the ends of sentences, the neighbours, the place, repetition, and how much a line
//! shares with the rest. So such texts have a model of their own ([`FlatModel`]), trained on pages
//! that were made flat, in two stages: the second sees what the first says of the neighbours. A
//! third part finds the title.
//!
//! 1. [`source`]: the text as lines;
//! 2. [`mod@line`], [`view`]: what is measured of each line, and over all of them;
//! 3. [`row`], [`context`]: the columns of both stages;
//! 4. [`judge`]: which lines are the article, with a reason for each;
//! 5. [`title`], [`date`]: title and date, found in the lines;
//! 6. [`article`]: the result, in the same form as that of a page.

pub(crate) mod article;
mod context;
mod date;
mod judge;
mod line;
mod row;
pub(crate) mod source;
mod span;
mod title;
pub(crate) mod training;
mod view;

use std::sync::LazyLock;

use crate::feature::grid::Grid;
use crate::flat::view::View;
use crate::model::{Model, ModelError};

/// The model that is compiled into the crate.
const EMBEDDED: &str = include_str!("lines.model");

/// First line of each of the models in the file.
const HEADER: &str = "wiresift-model 1\n";

/// Least chance of a line that is the title.
const TITLE: f32 = 0.4;

/// A trained classifier of lines: three models, one after the other in the file.
#[derive(Debug, Clone)]
pub struct FlatModel {
    first: Model,
    /// The second stage, and the model of titles. Missing while they are trained.
    later: Option<(Model, Model)>,
}

static OWN: LazyLock<Result<FlatModel, ModelError>> = LazyLock::new(|| FlatModel::parse(EMBEDDED));

/// What the models say of a text.
struct Judgement {
    rows: Grid,
    /// For each line, the probability that it is part of the article.
    chances: Vec<f32>,
    /// The line that is the title.
    title: Option<usize>,
}

impl FlatModel {
    /// The model that is compiled into the crate. Parsed once, at the first call.
    pub fn embedded() -> Result<&'static Self, &'static ModelError> {
        OWN.as_ref()
    }

    /// Reads a model from the text of its file; the format is private to the crate.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let mut parts = text.split(HEADER).skip(1).map(|part| format!("{HEADER}{part}"));
        let first = Model::parse_for(&parts.next().unwrap_or_default(), &row::names())?;
        let names = context::names();
        let mut later = parts.map(|part| Model::parse_for(&part, &names));
        let later = match (later.next(), later.next()) {
            (Some(second), Some(title)) => Some((second?, title?)),
            _ => None,
        };
        Ok(Self { first, later })
    }

    /// Judges all lines. `is_announced` says that the title of the view is the feed's.
    fn judge(&self, view: &View<'_>, is_announced: bool) -> Judgement {
        let mut rows = row::rows(view);
        let scores = self.first.scores(&rows);
        context::add(&mut rows, view, &scores);
        let Some((second, title)) = &self.later else {
            let chances = self.first.chances(&rows);
            return Judgement { rows, chances, title: view.title };
        };
        let chances = second.chances(&rows);
        let title = if is_announced { view.title } else { likeliest(&title.chances(&rows)) };
        Judgement { rows, chances, title }
    }
}

/// The first of the lines that are most likely the title.
fn likeliest(chances: &[f32]) -> Option<usize> {
    let best = chances.iter().enumerate().filter(|(_, chance)| **chance >= TITLE);
    best.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_model_is_readable_and_has_all_parts() {
        assert!(FlatModel::embedded().unwrap().later.is_some());
    }
}
