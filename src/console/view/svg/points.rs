//! Points over time.

use crate::console::view::svg::lane::circle;
use crate::console::view::svg::{Drawing, Svg};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 110.0;
const RADIUS: f64 = 3.5;

/// One point: where it is between left and right and between ground and top, both 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// A ring, in place of a dot.
    pub(crate) is_marked: bool,
}

/// The points with a table that says the same.
pub(crate) fn points(
    title: &str,
    points: &[Point],
    head: &[&str],
    rows: Vec<Vec<String>>,
) -> Drawing {
    let mut svg = Svg::new("points", WIDTH, HEIGHT + 2.0, title);
    for line in [0.0, 0.5, 1.0] {
        svg.rect("ground", [0.0, HEIGHT - line * (HEIGHT - 1.0), WIDTH, 0.5]);
    }
    for point in points {
        let x = RADIUS + 1.0 + point.x.clamp(0.0, 1.0) * (WIDTH - 2.0 * RADIUS - 2.0);
        let y = HEIGHT - point.y.clamp(0.0, 1.0) * (HEIGHT - 1.0);
        svg.path(if point.is_marked { "ring" } else { "dot" }, &circle(x, y, RADIUS));
    }
    Drawing::new(svg, title, head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stay_within_the_drawing() {
        let point = |x, y| Point { x, y, is_marked: false };
        let drawing = points("Quality", &[point(0.0, 0.0), point(9.0, 9.0)], &["Day"], Vec::new());
        assert!(drawing.svg.contains("d=\"M1 110a"), "{}", drawing.svg);
        assert!(drawing.svg.contains("d=\"M712 1a"), "{}", drawing.svg);
    }
}
