//! A line without axes, the size of a word. It stands in a table that has the numbers.

use std::fmt::Write as _;

use crate::console::view::svg::{Number, Svg};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 20.0;

/// The line through some values, oldest first.
pub(crate) fn sparkline(title: &str, values: &[i64]) -> String {
    let mut svg = Svg::new("spark", WIDTH, HEIGHT, title);
    let most = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut line = String::new();
    for (place, value) in values.iter().enumerate() {
        let (x, y) = (place as f64 * step, HEIGHT - 1.0 - (HEIGHT - 2.0) * *value as f64 / most);
        let _ = write!(line, "{}{} {}", if place == 0 { "M" } else { "L" }, Number(x), Number(y));
    }
    svg.path("line", &line);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_from_edge_to_edge() {
        let svg = sparkline("Entries", &[0, 4, 2]);
        assert!(svg.contains("d=\"M0 19L60 1L120 10\""), "{svg}");
        assert!(sparkline("Entries", &[]).contains("d=\"\""));
        assert!(sparkline("Entries", &[7]).contains("d=\"M0 1\""));
    }
}
