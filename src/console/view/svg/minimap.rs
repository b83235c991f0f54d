//! A page in small: a line for each block, as high as its text is long.

use crate::console::view::svg::Svg;

/// Width of the drawing, and of a line of a block that was removed.
const WIDTH: f64 = 24.0;
const REMOVED: f64 = 12.0;

/// Lines from top to bottom: class, whether it was kept, letters. What was kept is wider.
pub(crate) fn minimap(title: &str, blocks: &[(&'static str, bool, usize)]) -> String {
    // A short block is visible too, and a long one does not hide the others.
    let height = |letters: usize| (letters as f64).sqrt().max(2.0);
    let whole: f64 = blocks.iter().map(|(.., letters)| height(*letters)).sum();
    let mut svg = Svg::stretched("minimap", WIDTH, whole.max(1.0), title);
    let mut top = 0.0;
    for (class, is_kept, letters) in blocks {
        let (high, wide) = (height(*letters), if *is_kept { WIDTH } else { REMOVED });
        svg.rect(class, [0.0, top, wide, high * 0.86]);
        top += high;
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_blocks_are_wider_and_long_ones_higher() {
        let svg = minimap("Page", &[("x-links", false, 1), ("x-kept", true, 400)]);
        assert!(svg.contains("viewBox=\"0 0 24 22\""), "{svg}");
        assert!(
            svg.contains("class=\"x-links\" x=\"0\" y=\"0\" width=\"12\" height=\"1.72\""),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"x-kept\" x=\"0\" y=\"2\" width=\"24\" height=\"17.2\""),
            "{svg}"
        );
        assert!(minimap("Page", &[]).ends_with("</svg>"));
    }
}
