//! The block classifier: gradient boosted decision trees (Friedman 2001; trained with `LightGBM`,
//! Ke et al. 2017) over the rows of [`crate::feature::row`].
//!
//! Each node of a tree compares one column with a threshold, each leaf is a score. The logistic
//! function of the sum of all scores is the probability that a block belongs to the article.
//! Comparisons are in `f32` in training and here, so a score does not depend on the machine.
//!
//! # The file
//!
//! The file is text, so that a change can be reviewed and an error names its line:
//!
//! ```text
//! wiresift-model 1
//! early 40 -3
//! column title_cover 0 0.25 0.5
//! tree 0.1 -120 0.2 35 900
//! ```
//!
//! `early N S` stops a block after N trees if its score is at most S by then. Each `column` names a
//! column of the rows and the thresholds that the trees compare it with. Each `tree` lists its
//! nodes in depth-first order, the "at most" branch first: `C.T` compares column C with its
//! threshold T, both counted from 0; anything else is a leaf, its score in thousandths.
//!
//! A line `second` begins a second model of the same form. It judges again the blocks that the
//! first does not give up, by the first one's scores of the blocks around (`row::context`), as in
//! stacked sequential learning (Cohen and Carvalho 2005). The mean of both scores counts: the second
//! alone makes more texts exact, but on long lists and guides it sometimes drops whole sections.

mod trees;

use std::sync::LazyLock;

use self::trees::{LANES, Trees};
use crate::block::Blocks;
use crate::feature::Features;
use crate::feature::grid::Grid;
use crate::feature::row::{Name, Rows};

/// The model that is compiled into the crate.
const EMBEDDED: &str = include_str!("model/blocks.model");

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A line that does not follow the format.
    #[error("line {line}: {what}")]
    Line {
        /// Line number, counted from 1.
        line: usize,
        /// What is wrong with the line.
        what: &'static str,
    },
    /// A column that this version does not measure.
    #[error("unknown column {0:?}")]
    UnknownColumn(String),
}

/// The score of a block that was given up early.
const GIVEN_UP: f32 = -6.0;

/// Blocks whose first score is at most this are not judged again.
const HOPELESS: f32 = -4.5;

/// A trained block classifier.
#[derive(Debug, Clone)]
pub struct Model {
    columns: Vec<String>,
    trees: Trees,
    /// After how many trees a hopeless block is given up, and up to which score it is hopeless.
    early: (usize, f32),
    /// For each column of the rows, whether some tree reads it.
    needed: Vec<bool>,
    /// The second stage.
    second: Option<Box<Model>>,
}

static OWN: LazyLock<Result<Model, ModelError>> = LazyLock::new(|| Model::parse(EMBEDDED));

impl Model {
    /// The model that is compiled into the crate. Parsed once, at the first call.
    ///
    /// An error means that the crate was built with a broken model file; a test rules that out.
    pub fn embedded() -> Result<&'static Self, &'static ModelError> {
        OWN.as_ref()
    }

    /// Reads a model from the text of its file; the format is private to the crate.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let (first, second) = match text.split_once("\nsecond\n") {
            Some((first, second)) => (first, Some(second)),
            None => (text, None),
        };
        let mut model = Self::stage(first, 0, &Rows::default_names())?;
        if let Some(second) = second {
            let before = first.lines().count() + 1;
            let second = Self::stage(second, before, &Rows::names_with_context())?;
            model.add_needed(&second.needed);
            model.second = Some(Box::new(second));
        }
        Ok(model)
    }

    /// Reads a model of one stage over rows with columns of these names.
    pub(crate) fn parse_for(text: &str, names: &[Name]) -> Result<Self, ModelError> {
        Self::stage(text, 0, names)
    }

    /// Reads one stage, which begins after `before` lines, for rows with columns of these names.
    fn stage(text: &str, before: usize, names: &[Name]) -> Result<Self, ModelError> {
        let mut lines =
            text.lines().enumerate().map(|(at, line)| (before + at + 1, line.trim_end()));
        if lines.next().is_none_or(|(_, first)| first != "wiresift-model 1") {
            return Err(ModelError::Line { line: before + 1, what: "not a model of version 1" });
        }
        let mut model = Self {
            columns: Vec::new(),
            trees: Trees::default(),
            early: (usize::MAX, 0.0),
            needed: Vec::new(),
            second: None,
        };
        let mut thresholds: Vec<Vec<f32>> = Vec::new();
        for (line, text) in lines {
            let wrong = |what| ModelError::Line { line, what };
            let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
            match kind {
                "early" => {
                    let (trees, score) =
                        rest.split_once(' ').ok_or(wrong("early wants two numbers"))?;
                    let trees = trees.parse().map_err(|_| wrong("not a number of trees"))?;
                    model.early = (trees, number(score).ok_or(wrong("not a score"))?);
                }
                "column" => {
                    let mut words = rest.split(' ');
                    model.columns.push(words.next().unwrap_or_default().replace('+', " "));
                    let values: Option<Vec<f32>> = words.map(number).collect();
                    thresholds.push(values.ok_or(wrong("not a threshold"))?);
                }
                "tree" => {
                    model.trees.add(rest, &thresholds).map_err(wrong)?;
                }
                "" => {}
                _ => return Err(wrong("neither column nor tree")),
            }
        }
        if model.trees.all().is_empty() {
            return Err(ModelError::Line { line: before + 1, what: "no tree" });
        }
        model.matched(names)
    }

    /// The same model with column numbers of the rows.
    fn matched(mut self, names: &[Name]) -> Result<Self, ModelError> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let place = |column: &String| names.iter().position(|name| name == column);
        let places: Vec<Option<usize>> = self.columns.iter().map(place).collect();
        let number = |column| Some(places.get(usize::from(column)).copied()?? as u16);
        let unknown = |column| self.columns.get(usize::from(column)).cloned().unwrap_or_default();
        self.trees.renumber(number).map_err(|column| ModelError::UnknownColumn(unknown(column)))?;
        for column in self.trees.columns() {
            self.needed.resize(self.needed.len().max(column + 1), false);
            if let Some(needed) = self.needed.get_mut(column) {
                *needed = true;
            }
        }
        Ok(self)
    }

    fn add_needed(&mut self, also: &[bool]) {
        let many = self.needed.len().max(also.len());
        self.needed.resize(many, false);
        for (needed, also) in self.needed.iter_mut().zip(also) {
            *needed |= also;
        }
    }

    /// For each column of the rows, in order, whether one of the stages reads it.
    pub(crate) fn needed(&self) -> &[bool] {
        &self.needed
    }

    /// For each block, the log odds that it belongs to the article. Adds the columns of the second
    /// stage to the rows.
    pub(crate) fn log_odds(&self, page: &Blocks, features: &Features, rows: &mut Rows) -> Vec<f32> {
        let mut scores = self.scores(rows.grid());
        let Some(second) = &self.second else { return scores };
        let is_open = |at: usize| scores.get(at).is_some_and(|score| *score > HOPELESS);
        rows.ask((0..scores.len()).map(is_open).collect());
        rows.add_context(page, features, &scores);
        let again = second.scores_of(rows.grid(), is_open);
        for (score, again) in scores.iter_mut().zip(again).filter(|(score, _)| **score > HOPELESS) {
            *score = 0.5 * (*score + again);
        }
        scores
    }

    /// For each row, the probability that its block belongs to the article, 0 to 1.
    pub(crate) fn chances(&self, rows: &Grid) -> Vec<f32> {
        self.scores(rows).into_iter().map(chance).collect()
    }

    /// For each row, the log odds by the first stage.
    pub(crate) fn scores(&self, rows: &Grid) -> Vec<f32> {
        self.scores_of(rows, |_| true)
    }

    /// The scores of the blocks that are asked for, 0 for others. Loops over trees and then blocks,
    /// so that a tree stays in the cache.
    fn scores_of(&self, rows: &Grid, asked: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut scores = vec![0.0; rows.len()];
        let mut running: Vec<usize> = (0..rows.len()).filter(|at| asked(*at)).collect();
        let (trees, hopeless) = self.early;
        for (done, tree) in self.trees.all().iter().enumerate() {
            if done == trees {
                give_up(&mut scores, &mut running, hopeless);
            }
            for some in running.chunks(LANES) {
                let leaves = self.trees.leaves_of(*tree, rows, some);
                for (at, leaf) in some.iter().zip(leaves) {
                    if let Some(score) = scores.get_mut(*at) {
                        *score += leaf;
                    }
                }
            }
        }
        scores
    }
}

/// The probability of log odds.
pub(crate) fn chance(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

/// Takes blocks with a hopeless score out of those that are still running. Their scores become the
/// lowest, as the rest of the trees would mostly make them.
fn give_up(scores: &mut [f32], running: &mut Vec<usize>, hopeless: f32) {
    running.retain(|at| {
        let Some(score) = scores.get_mut(*at) else { return false };
        let is_open = *score > hopeless;
        if !is_open {
            *score = score.min(GIVEN_UP);
        }
        is_open
    });
}

fn number(word: &str) -> Option<f32> {
    word.parse::<f32>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_model_is_readable() {
        let model = Model::embedded().unwrap();
        assert!(model.trees.all().len() >= 50);
    }

    #[test]
    fn errors_name_the_line() {
        let line = |text: &str| match Model::parse(text) {
            Err(ModelError::Line { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line("something else"), 1);
        assert_eq!(line("wiresift-model 1\ncolumn links 0.5 many\ntree 1"), 2);
        assert_eq!(line("wiresift-model 1\ncolumn links 0.5\ntree 0.0 1"), 3);
        assert_eq!(line("wiresift-model 1\ncolumn links 0.5\ntree 0.1 1 2"), 3);
        assert_eq!(line("wiresift-model 1\ncolumn links 0.5\ntree 0.0 1 2 3"), 3);
        let deep = "0.0 ".repeat(100_000);
        assert_eq!(line(&format!("wiresift-model 1\ncolumn links 0.5\ntree {deep}")), 3);
        let second =
            "wiresift-model 1\ncolumn links 0.5\ntree 1\nsecond\nwiresift-model 1\nnothing";
        assert_eq!(line(second), 6);
        let unknown = Model::parse("wiresift-model 1\ncolumn no_such 0.5\ntree 0.0 1 2");
        assert_eq!(unknown.unwrap_err(), ModelError::UnknownColumn("no_such".into()));
    }

    #[test]
    fn a_leaf_may_be_further_up_than_others() {
        let text =
            "wiresift-model 1\ncolumn links 0.5 0.8\ntree 0.0 2000 0.1 -1000 -3000\ntree 500";
        let model = Model::parse(text).unwrap();
        let place = Rows::default_names().iter().position(|n| n.to_string() == "links").unwrap();
        let scores = model.scores(&Grid::of_one_column(place, &[0.5, 0.6, 0.9]));
        assert_eq!(scores, [2.5, -0.5, -2.5]);
        // The first column stands in where a leaf is further up.
        let needed = model.needed().iter().enumerate().filter(|(_, needed)| **needed);
        assert_eq!(needed.map(|(at, _)| at).collect::<Vec<_>>(), [0, place]);
    }

    #[test]
    fn equal_values_take_the_first_branch() {
        let model =
            Model::parse("wiresift-model 1\ncolumn links 0.5\ntree 0.0 2000 -3000").unwrap();
        let place = Rows::default_names().iter().position(|n| n.to_string() == "links").unwrap();
        let scores = model.scores(&Grid::of_one_column(place, &[0.5, 0.6]));
        assert!((scores[0] - 2.0).abs() < 1e-6);
        assert!((scores[1] + 3.0).abs() < 1e-6);
    }
}
