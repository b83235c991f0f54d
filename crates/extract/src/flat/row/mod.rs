//! Each line as a row of numbers: the input of the first model.
//!
//! As for pages, the names of the columns link a trained model to this code: a name in a released
//! model must not change. A distance to nothing is 99, a value that does not apply is -1.

mod around;
mod flow;
mod own;

use crate::feature::row::Name;
use crate::flat::grid::Grid;
use crate::flat::view::View;

/// Distances are counted up to here.
pub(super) const MANY: f32 = 99.0;

/// Measures every line.
pub(crate) fn rows(view: &View<'_>) -> Grid {
    let mut grid = Grid::new(view.len());
    own::columns(&mut grid, view);
    around::columns(&mut grid, view);
    flow::columns(&mut grid, view);
    grid
}

/// Names of the columns, in order.
pub(crate) fn names() -> Vec<Name> {
    rows(&View::of(Vec::new(), None, None)).names().to_vec()
}

pub(super) fn flag(is: bool) -> f32 {
    if is { 1.0 } else { 0.0 }
}

/// For each line, the number of lines since the last one that `is`.
pub(super) fn since(is: impl Iterator<Item = bool>) -> Vec<f32> {
    let mut passed = MANY;
    is.map(|is| {
        let value = passed.min(MANY);
        passed = if is { 0.0 } else { passed + 1.0 };
        value
    })
    .collect()
}

/// For each line, the number of lines until the next one that `is`.
pub(super) fn until(is: impl DoubleEndedIterator<Item = bool>) -> Vec<f32> {
    let mut list = since(is.rev());
    list.reverse();
    list
}
