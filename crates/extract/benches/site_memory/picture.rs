//! The learning curves as a picture.

use std::fmt::Write as _;

use crate::LEARNED;

/// Pages that are plotted at most.
pub(crate) const PLOTTED: usize = 12;

/// The curves as a picture: of each set F1, and with dashes the share of the snippets that are gone.
pub(crate) fn picture(curves: &[Vec<(usize, f64, f64)>]) -> String {
    const COLOURS: [&str; 4] = ["#1a5fb4", "#c64600", "#26a269", "#613583"];
    let x = |learned: usize| 60.0 + learned as f64 / PLOTTED as f64 * 620.0;
    let least = curves.iter().flatten().map(|point| point.1.min(point.2)).fold(1.0, f64::min);
    let least = (least * 10.0).floor() / 10.0;
    let y = |value: f64| 260.0 - (value - least) / (1.0 - least).max(0.1) * 220.0;
    let mut lines = String::new();
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        for (of_snippets, dashes) in [(false, ""), (true, " stroke-dasharray=\"5 4\"")] {
            let point = |(learned, f1, gone): &(usize, f64, f64)| {
                format!("{:.1},{:.1}", x(*learned), y(if of_snippets { *gone } else { *f1 }))
            };
            let points: Vec<String> = curve.iter().map(point).collect();
            let _ = writeln!(
                lines,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
                points.join(" ")
            );
        }
    }
    let ticks: String = LEARNED
        .iter()
        .filter(|learned| **learned <= PLOTTED)
        .map(|learned| {
            format!(
                "<text x=\"{:.1}\" y=\"280\" text-anchor=\"middle\">{learned}</text>",
                x(*learned)
            )
        })
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 310\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>F1 by the pages that were learned from</title>\n<rect width=\"720\" height=\"310\" fill=\"#fff\"/>\n\
         <path d=\"M60 30V260H690\" fill=\"none\" stroke=\"#666\"/>\n\
         <text x=\"54\" y=\"44\" text-anchor=\"end\">1</text><text x=\"54\" y=\"264\" text-anchor=\"end\">{least:.1}</text>\n\
         {ticks}\n<text x=\"370\" y=\"300\" text-anchor=\"middle\">pages of the site that were learned from</text>\n{lines}</svg>\n"
    )
}
