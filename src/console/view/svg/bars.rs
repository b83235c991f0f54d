//! Stacked bars over time.

use crate::console::view::format::count;
use crate::console::view::svg::{Drawing, Svg};

/// Share of its place that a bar fills.
const FILLED: f64 = 0.74;

/// One bar. Its parts are in the order of the classes.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// What the bar is of, for the table.
    pub(crate) label: String,
    pub(crate) parts: Vec<i64>,
}

/// What a drawing of bars is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Class and name of each part, from the ground up.
    pub(crate) parts: &'a [(&'a str, &'a str)],
    /// What a bar stands for: "an hour".
    pub(crate) unit: &'a str,
}

/// Bars from left to right.
pub(crate) fn stacked_bars(chart: Chart<'_>, bars: &[Bar]) -> Drawing {
    let Chart { title, width, height: ground, parts, unit } = chart;
    let most = bars.iter().map(|bar| bar.parts.iter().sum::<i64>()).max().unwrap_or(0);
    let scale = ground / most.max(1) as f64;
    let step = width / bars.len().max(1) as f64;
    let mut svg = Svg::new("bars", width, ground + 2.0, title);
    for (place, bar) in bars.iter().enumerate() {
        let mut top = ground;
        for (value, (class, _)) in bar.parts.iter().zip(parts) {
            let height = *value as f64 * scale;
            if height > 0.0 {
                // A line of the ground stays between two parts.
                let visible = (height - 1.0).max(0.5);
                let left = (place as f64 + (1.0 - FILLED) / 2.0) * step;
                svg.rect(class, [left, top - visible, FILLED * step, visible]);
            }
            top -= height;
        }
    }
    svg.rect("ground", [0.0, ground + 1.0, width, 1.0]);
    let mut head = vec!["When"];
    head.extend(parts.iter().map(|(_, name)| *name));
    let rows = bars.iter().rev().filter(|bar| bar.parts.iter().any(|part| *part > 0));
    let row = |bar: &Bar| {
        let numbers = bar.parts.iter().map(|part| count(*part));
        std::iter::once(bar.label.clone()).chain(numbers).collect()
    };
    let drawing = Drawing::new(svg, title, &head, rows.map(row).collect());
    Drawing { scale: Some(format!("highest: {} {unit}", count(most))), ..drawing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart<'a>(parts: &'a [(&'a str, &'a str)]) -> Chart<'a> {
        Chart { title: "Articles", width: 30.0, height: 160.0, parts, unit: "an hour" }
    }

    #[test]
    fn the_highest_bar_fills_the_drawing_and_an_empty_hour_has_no_row() {
        let bar = |label: &str, parts: [i64; 2]| Bar { label: label.into(), parts: parts.into() };
        let bars = [bar("10:00", [3, 1]), bar("11:00", [0, 0]), bar("12:00", [1, 0])];
        let parts = [("o-new", "New"), ("o-copy", "Copies")];
        let drawing = stacked_bars(chart(&parts), &bars);
        assert_eq!(drawing.svg.matches("o-new").count(), 2);
        assert_eq!(drawing.svg.matches("o-copy").count(), 1);
        assert!(drawing.svg.contains("y=\"41\" width=\"7.4\" height=\"119\""), "{}", drawing.svg);
        let labels: Vec<&str> = drawing.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(labels, ["12:00", "10:00"]);
    }

    #[test]
    fn no_bars_are_a_drawing_too() {
        let drawing = stacked_bars(chart(&[("o-new", "New")]), &[]);
        assert!(drawing.svg.starts_with("<svg") && drawing.rows.is_empty());
    }
}
