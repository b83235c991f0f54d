//! One lane of a story: dots on a line of time.

use crate::console::view::svg::{Number, Svg};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 18.0;
const RADIUS: f64 = 5.0;

/// A telling. `place` is from 0, the first of the story, to 1, the last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dot {
    pub(crate) place: f64,
    /// A copy is a ring.
    pub(crate) is_copy: bool,
}

/// A lane for a table that has the names and the times.
pub(crate) fn lane(title: &str, dots: &[Dot]) -> String {
    let mut svg = Svg::new("lane", WIDTH, HEIGHT, title);
    svg.rect("ground", [0.0, HEIGHT / 2.0 - 0.5, WIDTH, 1.0]);
    for dot in dots {
        let x = RADIUS + 1.0 + dot.place.clamp(0.0, 1.0) * (WIDTH - 2.0 * RADIUS - 2.0);
        let class = if dot.is_copy { "ring" } else { "dot" };
        svg.path(class, &circle(x, HEIGHT / 2.0, RADIUS));
    }
    svg.finish()
}

/// A circle as a path.
pub(super) fn circle(x: f64, y: f64, radius: f64) -> String {
    let (left, radius, across) = (Number(x - radius), Number(radius), Number(2.0 * radius));
    let y = Number(y);
    format!("M{left} {y}a{radius} {radius} 0 1 0 {across} 0a{radius} {radius} 0 1 0 -{across} 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_telling_are_within_the_lane() {
        let dots = [Dot { place: 0.0, is_copy: false }, Dot { place: 1.0, is_copy: true }];
        let svg = lane("One", &dots);
        assert!(svg.contains("class=\"dot\" d=\"M1 9a5 5 0 1 0 10 0"), "{svg}");
        assert!(svg.contains("class=\"ring\" d=\"M469 9a5 5 0 1 0 10 0"), "{svg}");
        assert!(!lane("One", &[Dot { place: f64::NAN, is_copy: false }]).contains("NaN"));
    }
}
