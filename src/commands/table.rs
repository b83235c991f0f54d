//! Tables: columns as wide as their widest cell. Nothing is wrapped or cut, so that addresses can
//! be copied from a terminal and lines can be cut by `awk` in a pipe. The last column is the long
//! one: it runs over on its own.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Row, Table};

/// An empty table. The columns listed in `right` are aligned to the right.
pub(super) fn table<'a>(header: &[&str], right: impl IntoIterator<Item = &'a usize>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header.to_vec()));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index != 0), 1));
    }
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The lines of a table, without blanks at their ends.
pub(super) fn lines(table: &Table) -> String {
    table.trim_fmt() + "\n"
}
