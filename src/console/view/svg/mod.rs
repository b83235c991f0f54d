//! Small drawings, made here so that no page needs a script or another program to draw.
//!
//! A drawing has shapes alone: text in it would shrink with it on a small screen. Its title says
//! what it shows, and a table beside it has the same numbers. Colours come from classes of the style
//! sheet, since the policy of the pages forbids inline styles; what a colour says is also said by a
//! place, a shape or a pattern.

mod bars;
mod flow;
mod heat;
mod lane;
mod minimap;
mod points;
mod share;
mod spark;
mod strip;

use std::fmt::Write as _;

use crate::console::view::format::xml;

use askama::Template;

pub(crate) use bars::{Bar, Chart, stacked_bars};
pub(crate) use flow::{Flow, flows};
pub(crate) use heat::{HeatCell, heat_map, heat_row};
pub(crate) use lane::{Dot, lane};
pub(crate) use minimap::minimap;
pub(crate) use points::{Point, points};
pub(crate) use share::shares;
pub(crate) use spark::sparkline;
pub(crate) use strip::{Cell, strip};

/// A drawing and the table that says the same.
#[derive(Debug, Clone, Template)]
#[template(path = "drawing.html")]
pub(crate) struct Drawing {
    /// Made of numbers, classes and escaped text.
    svg: String,
    /// What the height of the drawing is, if that has to be said.
    scale: Option<String>,
    /// The labels below it, from the left edge to the right one.
    axis: Vec<String>,
    /// What the table is called.
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Drawing {
    fn new(svg: Svg, caption: &str, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        let head = head.iter().map(|&name| name.to_owned()).collect();
        let (scale, axis) = (None, Vec::new());
        Self { svg: svg.finish(), scale, axis, caption: caption.to_owned(), head, rows }
    }

    /// The same with labels below it.
    pub(crate) fn with_axis(self, axis: Vec<String>) -> Self {
        Self { axis, ..self }
    }
}

/// An SVG that is being drawn.
#[derive(Debug)]
struct Svg {
    out: String,
}

impl Svg {
    /// A drawing of a size that keeps its shape, with what it shows in words.
    fn new(class: &str, width: f64, height: f64, title: &str) -> Self {
        let mut out = String::new();
        // Writing to a string cannot fail, here and below.
        let _ = write!(
            out,
            "<svg class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\"><title>{}</title>",
            Number(width),
            Number(height),
            xml(title)
        );
        Self { out }
    }

    /// The same, but it takes the width and the height that it gets.
    fn stretched(class: &str, width: f64, height: f64, title: &str) -> Self {
        let mut svg = Self::new(class, width, height, title);
        svg.out = svg.out.replacen(" role=", " preserveAspectRatio=\"none\" role=", 1);
        svg
    }

    fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4]) {
        let _ = write!(
            self.out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            Number(x),
            Number(y),
            Number(width),
            Number(height)
        );
    }

    /// `data` is a path of our own.
    fn path(&mut self, class: &str, data: &str) {
        let _ = write!(self.out, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }
}

/// A number of a drawing: at most two digits after the point.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Infinite and NaN are no numbers of SVG.
        write!(out, "{}", if rounded.is_finite() { rounded } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_the_drawing() {
        let svg = Svg::new("bars", 10.0, f64::NAN, "</title><script>\"&").finish();
        assert_eq!(
            svg,
            "<svg class=\"bars\" viewBox=\"0 0 10 0\" role=\"img\">\
             <title>&lt;/title&gt;&lt;script&gt;&quot;&amp;</title></svg>"
        );
    }

    #[test]
    fn the_table_says_the_same_and_is_escaped() {
        let rows = vec![vec!["<b>".to_owned(), "1".to_owned()]];
        let svg = Svg::new("bars", 1.0, 1.0, "One");
        let html = Drawing::new(svg, "One", &["Name", "Count"], rows).to_string();
        assert!(html.contains("<details") && html.contains("<svg"), "{html}");
        assert!(!html.contains("<b>"), "{html}");
    }
}
