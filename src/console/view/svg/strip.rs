//! A strip of cells, one for each of many things, by their states.

use crate::console::view::svg::{Drawing, Svg};

const CELL: f64 = 16.0;
const COLUMNS: usize = 48;

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) class: &'static str,
    /// It is late, which a bar at its foot says.
    pub(crate) is_late: bool,
}

/// Cells row by row. The table says how many there are of each state.
pub(crate) fn strip(title: &str, cells: &[Cell], rows: Vec<Vec<String>>) -> Drawing {
    let lines = cells.len().div_ceil(COLUMNS).max(1);
    let mut svg = Svg::new("strip", COLUMNS as f64 * CELL, lines as f64 * CELL, title);
    for (place, cell) in cells.iter().enumerate() {
        let (x, y) = ((place % COLUMNS) as f64 * CELL, (place / COLUMNS) as f64 * CELL);
        svg.rect(cell.class, [x + 1.0, y + 1.0, CELL - 2.0, CELL - 2.0]);
        if let Some(mark) = mark(cell.class, x, y) {
            svg.path("mark", &mark);
        }
        if cell.is_late {
            svg.rect("late", [x + 1.0, y + CELL - 4.0, CELL - 2.0, 3.0]);
        }
    }
    Drawing::new(svg, title, &["State", "Feeds", "Meaning"], rows)
}

/// A shape for each state, for those who cannot tell the colours.
fn mark(class: &str, x: f64, y: f64) -> Option<String> {
    let at = |dx: f64, dy: f64| format!("{} {}", x + dx, y + dy);
    Some(match class {
        "s-failing" => format!("M{}L{}", at(4.0, 12.0), at(12.0, 4.0)),
        "s-blocked" => format!("M{}L{}", at(4.0, 8.0), at(12.0, 8.0)),
        "s-gone" => {
            format!("M{}L{}M{}L{}", at(4.0, 4.0), at(12.0, 12.0), at(4.0, 12.0), at(12.0, 4.0))
        }
        "s-silent" => format!("M{}L{}", at(8.0, 7.0), at(8.0, 9.0)),
        "s-paused" => {
            format!("M{}L{}M{}L{}", at(6.0, 5.0), at(6.0, 11.0), at(10.0, 5.0), at(10.0, 11.0))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_states_but_the_usual_one_have_a_shape_of_their_own() {
        let states = ["s-failing", "s-blocked", "s-gone", "s-silent", "s-paused"];
        let shapes: std::collections::BTreeSet<_> =
            states.iter().map(|state| mark(state, 0.0, 0.0)).collect();
        assert_eq!(shapes.len(), states.len());
        assert_eq!(mark("s-active", 0.0, 0.0), None);
    }

    #[test]
    fn a_line_is_full_before_the_next_begins() {
        let cells = vec![Cell { class: "s-active", is_late: true }; COLUMNS + 1];
        let drawing = strip("Feeds", &cells, Vec::new());
        assert!(drawing.svg.contains("viewBox=\"0 0 768 32\""), "{}", drawing.svg);
        assert_eq!(drawing.svg.matches("\"late\"").count(), COLUMNS + 1);
    }
}
