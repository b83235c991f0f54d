//! Flows from one column to the next: how much of what came in ended where (a Sankey diagram).

use std::fmt::Write as _;

use crate::console::view::format::count;
use crate::console::view::svg::{Drawing, Number, Svg};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 190.0;
const NODE: f64 = 12.0;
const GAP: f64 = 6.0;

/// A part of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) class: &'static str,
    pub(crate) name: String,
    pub(crate) value: i64,
    /// What it means, for the table.
    pub(crate) meaning: String,
}

/// The whole at the left, and its parts at the right, in their order from the top.
pub(crate) fn flows(title: &str, parts: &[Flow]) -> Drawing {
    let shown: Vec<&Flow> = parts.iter().filter(|part| part.value > 0).collect();
    let sum: i64 = shown.iter().map(|part| part.value).sum();
    let gaps = GAP * shown.len().saturating_sub(1) as f64;
    let scale = (HEIGHT - gaps) / sum.max(1) as f64;
    let mut svg = Svg::new("flow", WIDTH, HEIGHT, title);
    let (mut left, mut right) = (gaps / 2.0, 0.0);
    svg.rect("whole", [0.0, gaps / 2.0, NODE, sum as f64 * scale]);
    for part in &shown {
        let height = part.value as f64 * scale;
        svg.path(&format!("stream {}", part.class), &band(left, right, height));
        svg.rect(part.class, [WIDTH - NODE, right, NODE, height.max(1.0)]);
        left += height;
        right += height + GAP;
    }
    let share = |value: i64| format!("{:.1}%", value as f64 / sum.max(1) as f64 * 100.0);
    let row = |part: &Flow| {
        vec![part.name.clone(), count(part.value), share(part.value), part.meaning.clone()]
    };
    let rows = parts.iter().map(row).collect();
    Drawing::new(svg, title, &["Outcome", "Entries", "Share", "Meaning"], rows)
}

/// A band from the left edge to the right one, of the same height at both.
fn band(left: f64, right: f64, height: f64) -> String {
    let (start, end, middle) = (NODE + 1.0, WIDTH - NODE - 1.0, WIDTH / 2.0);
    let mut out = String::new();
    let points = [
        ('M', vec![(start, left)]),
        ('C', vec![(middle, left), (middle, right), (end, right)]),
        ('L', vec![(end, right + height)]),
        ('C', vec![(middle, right + height), (middle, left + height), (start, left + height)]),
    ];
    for (step, points) in points {
        out.push(step);
        for (x, y) in points {
            let _ = write!(out, "{} {} ", Number(x), Number(y));
        }
    }
    out.push('Z');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_right_edge_and_nothing_is_drawn_of_nothing() {
        let part = |name: &str, value| Flow {
            class: "o-new",
            name: name.into(),
            value,
            meaning: String::new(),
        };
        let drawing = flows("Entries", &[part("a", 3), part("b", 1), part("c", 0)]);
        assert_eq!(drawing.svg.matches("<path").count(), 2);
        assert_eq!(drawing.rows.len(), 3);
        assert_eq!(drawing.rows[0][2], "75.0%");
        // (190 - 6) * 3/4 = 138, and the second begins behind the gap.
        assert!(drawing.svg.contains("y=\"144\""), "{}", drawing.svg);
        assert_eq!(flows("Entries", &[]).svg.matches("<path").count(), 0);
    }
}
