//! Rows of numbers, stored by column.

use crate::feature::row::Name;
use crate::model::Table;

/// A table with a row for each line.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    names: Vec<Name>,
    values: Vec<f32>,
    rows: usize,
}

impl Grid {
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Names of the columns, in order.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// The row of a line.
    pub(crate) fn row(&self, line: usize) -> Vec<f32> {
        self.values.iter().skip(line).step_by(self.rows.max(1)).copied().collect()
    }

    /// Adds a column.
    pub(crate) fn column(&mut self, word: &'static str, value: impl Fn(usize) -> f32) {
        self.nth(word, 0, value);
    }

    /// Adds one of several columns with the same word.
    pub(crate) fn nth(&mut self, word: &'static str, of: i8, value: impl Fn(usize) -> f32) {
        self.names.push(Name { word, of });
        self.values.extend((0..self.rows).map(value));
    }

    /// Adds a column of known values.
    pub(crate) fn list(&mut self, word: &'static str, values: &[f32]) {
        self.column(word, |at| values.get(at).copied().unwrap_or(0.0));
    }
}

impl Table for Grid {
    fn len(&self) -> usize {
        self.rows
    }

    fn value(&self, row: usize, column: u16) -> f32 {
        self.values.get(usize::from(column) * self.rows + row).copied().unwrap_or(0.0)
    }
}
