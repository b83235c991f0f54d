//! Bars of shares, for a table that has the numbers.

use crate::console::view::svg::Svg;

const WIDTH: f64 = 100.0;
const BAR: f64 = 7.0;

/// Bars below each other: class and share, 0 to 1.
pub(crate) fn shares(title: &str, bars: &[(&str, f64)]) -> String {
    let mut svg = Svg::stretched("share", WIDTH, BAR * bars.len().max(1) as f64, title);
    for (place, (class, share)) in bars.iter().enumerate() {
        let top = place as f64 * BAR;
        svg.rect("h0", [0.0, top, WIDTH, BAR - 1.5]);
        svg.rect(class, [0.0, top, share.clamp(0.0, 1.0) * WIDTH, BAR - 1.5]);
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_wider_than_the_whole() {
        let svg = shares("Kept", &[("o-new", 0.5), ("o-copy", 7.0)]);
        assert!(svg.contains("class=\"o-new\" x=\"0\" y=\"0\" width=\"50\""), "{svg}");
        assert!(svg.contains("class=\"o-copy\" x=\"0\" y=\"7\" width=\"100\""), "{svg}");
    }
}
