//! Rows of numbers, stored by column: what models read, for the blocks of a page and for the lines
//! of a text.

use std::iter::repeat_n;

use crate::feature::row::Name;

/// Distances are counted up to here.
pub(crate) const MANY: f32 = 99.0;

/// A table with a row for each block or line.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    names: Vec<Name>,
    values: Vec<f32>,
    rows: usize,
    /// For each column, whether it is measured; columns beyond are. Others are 0.
    needed: Vec<bool>,
    /// For each row, whether further columns are measured in it; empty for all. Others are 0.
    asked: Vec<bool>,
}

impl Grid {
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Reserves memory for so many columns, and measures only the needed ones.
    pub(crate) fn with_room(rows: usize, columns: usize, needed: &[bool]) -> Self {
        let (names, values) = (Vec::with_capacity(columns), Vec::with_capacity(columns * rows));
        Self { names, values, rows, needed: needed.to_vec(), asked: Vec::new() }
    }

    /// Measures further columns only in these rows.
    pub(crate) fn ask(&mut self, rows: Vec<bool>) {
        self.asked = rows;
    }

    /// A table with the values of one column.
    #[cfg(test)]
    pub(crate) fn of_one_column(column: usize, cells: &[f32]) -> Self {
        let mut values = vec![0.0; column * cells.len()];
        values.extend(cells);
        Self { values, rows: cells.len(), ..Self::default() }
    }

    /// Names of the columns, in order.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// The row of a block or line.
    pub(crate) fn row(&self, line: usize) -> Vec<f32> {
        self.values.iter().skip(line).step_by(self.rows.max(1)).copied().collect()
    }

    /// Adds a column.
    pub(crate) fn column(&mut self, word: &'static str, value: impl Fn(usize) -> f32) {
        self.nth(word, 0, value);
    }

    /// Adds one of several columns with the same word.
    pub(crate) fn nth(&mut self, word: &'static str, of: i8, value: impl Fn(usize) -> f32) {
        let is_needed = self.needed.get(self.names.len()).is_none_or(|needed| *needed);
        self.names.push(Name { word, of });
        if !is_needed {
            self.values.resize(self.names.len() * self.rows, 0.0);
        } else if self.asked.is_empty() {
            self.values.extend((0..self.rows).map(value));
        } else {
            let cell = |(at, asked): (usize, &bool)| if *asked { value(at) } else { 0.0 };
            self.values.extend(self.asked.iter().enumerate().map(cell));
        }
    }

    /// Adds a column with one value for each run of rows: what they share, and how many they are.
    pub(crate) fn runs<T>(
        &mut self,
        word: &'static str,
        of: i8,
        runs: &[(T, usize)],
        value: impl Fn(&T) -> f32,
    ) {
        let is_needed = self.needed.get(self.names.len()).is_none_or(|needed| *needed);
        self.names.push(Name { word, of });
        if is_needed {
            let all = runs.iter().flat_map(|(shared, rows)| repeat_n(value(shared), *rows));
            self.values.extend(all);
        }
        self.values.resize(self.names.len() * self.rows, 0.0);
    }

    /// Adds a column of known values.
    pub(crate) fn list(&mut self, word: &'static str, values: &[f32]) {
        self.column(word, |at| values.get(at).copied().unwrap_or(0.0));
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// A cell; 0 beyond the last column.
    pub(crate) fn value(&self, row: usize, column: u16) -> f32 {
        self.values.get(usize::from(column) * self.rows + row).copied().unwrap_or(0.0)
    }
}

pub(crate) fn flag(is: bool) -> f32 {
    if is { 1.0 } else { 0.0 }
}

/// For each row, the number of rows since the last one that `is`.
pub(crate) fn since(is: impl Iterator<Item = bool>) -> Vec<f32> {
    let mut passed = MANY;
    is.map(|is| {
        let value = passed.min(MANY);
        passed = if is { 0.0 } else { passed + 1.0 };
        value
    })
    .collect()
}

/// For each row, the number of rows until the next one that `is`.
pub(crate) fn until(is: impl DoubleEndedIterator<Item = bool>) -> Vec<f32> {
    let mut list = since(is.rev());
    list.reverse();
    list
}
