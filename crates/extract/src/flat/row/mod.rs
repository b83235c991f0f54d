//! Each line as a row of numbers: the input of the first model.
//!
//! As for pages, the names of the columns link a trained model to this code: a name in a released
//! model must not change. A distance to nothing is 99, a value that does not apply is -1.

mod around;
mod flow;
mod own;

use crate::feature::grid::Grid;
use crate::feature::row::Name;
use crate::flat::view::View;

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
