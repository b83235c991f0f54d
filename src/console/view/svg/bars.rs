//! Stacked bars over time.

use crate::console::view::format::count;
use crate::console::view::svg::{Drawing, Svg};

const HEIGHT: f64 = 160.0;
const STEP: f64 = 15.0;
const WIDTH: f64 = 11.0;

/// One bar. Its parts are in the order of the classes.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// What the bar is of, for the table.
    pub(crate) label: String,
    pub(crate) parts: Vec<i64>,
}

/// Bars from left to right. `parts` are class and name of each part, from the ground up.
pub(crate) fn stacked_bars(title: &str, parts: &[(&str, &str)], bars: &[Bar]) -> Drawing {
    let most = bars.iter().map(|bar| bar.parts.iter().sum::<i64>()).max().unwrap_or(0);
    let scale = HEIGHT / most.max(1) as f64;
    let mut svg = Svg::new("bars", bars.len() as f64 * STEP, HEIGHT + 2.0, title);
    for (place, bar) in bars.iter().enumerate() {
        let mut top = HEIGHT;
        for (value, (class, _)) in bar.parts.iter().zip(parts) {
            let height = *value as f64 * scale;
            if height > 0.0 {
                // A line of the ground stays between two parts.
                let visible = (height - 1.0).max(0.5);
                svg.rect(class, [place as f64 * STEP + 2.0, top - visible, WIDTH, visible]);
            }
            top -= height;
        }
    }
    svg.rect("ground", [0.0, HEIGHT + 1.0, bars.len() as f64 * STEP, 1.0]);
    let mut head = vec!["Hour"];
    head.extend(parts.iter().map(|(_, name)| *name));
    let rows = bars.iter().rev().filter(|bar| bar.parts.iter().any(|part| *part > 0));
    let row = |bar: &Bar| {
        let numbers = bar.parts.iter().map(|part| count(*part));
        std::iter::once(bar.label.clone()).chain(numbers).collect()
    };
    Drawing::new(svg, title, &head, rows.map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_drawing_and_an_empty_hour_has_no_row() {
        let bar = |label: &str, parts: [i64; 2]| Bar { label: label.into(), parts: parts.into() };
        let bars = [bar("10:00", [3, 1]), bar("11:00", [0, 0]), bar("12:00", [1, 0])];
        let drawing = stacked_bars("Articles", &[("o-new", "New"), ("o-copy", "Copies")], &bars);
        assert_eq!(drawing.svg.matches("o-new").count(), 2);
        assert_eq!(drawing.svg.matches("o-copy").count(), 1);
        assert!(drawing.svg.contains("y=\"41\" width=\"11\" height=\"119\""), "{}", drawing.svg);
        let labels: Vec<&str> = drawing.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(labels, ["12:00", "10:00"]);
    }

    #[test]
    fn no_bars_are_a_drawing_too() {
        let drawing = stacked_bars("Articles", &[("o-new", "New")], &[]);
        assert!(drawing.svg.starts_with("<svg") && drawing.rows.is_empty());
    }
}
