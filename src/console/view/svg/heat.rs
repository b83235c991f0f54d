//! Heat maps: rows of cells, darker where there was more.

use crate::console::view::format::count;
use crate::console::view::svg::{Drawing, Svg};

/// Classes of cells, from nothing to the most.
const LEVELS: [&str; 6] = ["h0", "h1", "h2", "h3", "h4", "h5"];

/// One cell: a number, and whether something failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HeatCell {
    /// `None`: nothing is known, so the cell is an outline.
    pub(crate) value: Option<i64>,
    /// A bar at its foot says so.
    pub(crate) failed: bool,
}

impl HeatCell {
    /// What the cell says, in a table.
    pub(crate) fn words(&self) -> String {
        let value = self.value.map_or_else(|| "–".to_owned(), count);
        if self.failed { format!("{value}, failed") } else { value }
    }
}

/// One row of cells, for a table that has the numbers.
pub(crate) fn heat_row(title: &str, cells: &[HeatCell], most: i64) -> String {
    let mut svg = Svg::stretched("heat", cells.len() as f64 * 10.0, 20.0, title);
    draw(&mut svg, cells, 0.0, most);
    svg.finish()
}

/// Rows of cells of the same scale, with the table that says the same.
pub(crate) fn heat_map(
    title: &str,
    rows: &[Vec<HeatCell>],
    head: &[&str],
    table: Vec<Vec<String>>,
) -> Drawing {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let most = rows.iter().flatten().filter_map(|cell| cell.value).max().unwrap_or(0);
    let height = rows.len().max(1) as f64 * 20.0;
    let mut svg = Svg::stretched("heat map", columns as f64 * 10.0, height, title);
    for (place, row) in rows.iter().enumerate() {
        draw(&mut svg, row, place as f64 * 20.0, most);
    }
    Drawing::new(svg, title, head, table)
}

fn draw(svg: &mut Svg, cells: &[HeatCell], top: f64, most: i64) {
    for (place, cell) in cells.iter().enumerate() {
        let left = place as f64 * 10.0 + 0.5;
        let class = cell.value.map_or("unknown", |value| level(value, most));
        svg.rect(class, [left, top + 1.0, 9.0, 18.0]);
        if cell.failed {
            svg.rect("failed", [left, top + 14.0, 9.0, 5.0]);
        }
    }
}

/// The class of a number. The square root keeps small numbers apart beside a large one.
fn level(value: i64, most: i64) -> &'static str {
    if value <= 0 {
        return "h0";
    }
    let share = (value as f64 / most.max(1) as f64).sqrt();
    let step = (share * 5.0).ceil().clamp(1.0, 5.0);
    LEVELS.get(step as usize).copied().unwrap_or("h5")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_painted_as_nothing() {
        assert_eq!(level(0, 1_000_000), "h0");
        assert_eq!(level(1, 1_000_000), "h1");
        assert_eq!(level(1_000_000, 1_000_000), "h5");
        assert_eq!(level(5, 0), "h5");
    }

    #[test]
    fn a_cell_says_in_words_what_it_shows() {
        let cells = [(None, false), (Some(0), false), (Some(1), true), (None, true)];
        let words = cells.map(|(value, failed)| HeatCell { value, failed }.words());
        assert_eq!(words, ["–", "0", "1, failed", "–, failed"]);
    }

    #[test]
    fn an_unknown_cell_is_an_outline_and_a_failure_is_marked() {
        let cells = [HeatCell::default(), HeatCell { value: Some(2), failed: true }];
        let svg = heat_row("One day", &cells, 2);
        assert_eq!(svg.matches("<rect").count(), 3);
        assert_eq!(svg.matches("\"unknown\"").count(), 1);
        assert!(svg.contains("class=\"failed\"") && svg.contains("class=\"h5\""), "{svg}");
    }
}
