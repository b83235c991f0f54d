//! Names with a letter wrong, or with an ending that no list has.

/// Least letters of a name that may be misspelt.
const FULL: usize = 5;

/// Letters from which a word may have two wrong.
const LONG: usize = 8;

/// Letters that an ending may have.
const ENDING: usize = 3;

/// How many letters of a word are wrong, if it can be this name.
pub(super) fn errors(word: &str, name: &str) -> Option<usize> {
    let (letters, known): (Vec<char>, Vec<char>) = (word.chars().collect(), name.chars().collect());
    if known.len() < FULL {
        return None;
    }
    if letters.starts_with(&known) && letters.len() <= known.len() + ENDING {
        return Some(0);
    }
    distance(&letters, &known, if letters.len() < LONG { 1 } else { 2 })
}

/// Letters to add, leave out, exchange or swap with the next to make one word of another, if at most so many.
fn distance(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let (mut before_last, mut last): (Vec<usize>, Vec<usize>) =
        (Vec::new(), (0..=other.len()).collect());
    for (row, letter) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, known) in other.iter().enumerate() {
            let at = |cells: &[usize], column: usize| {
                cells.get(column).copied().unwrap_or(usize::MAX - 1)
            };
            let exchanged = at(&last, column) + usize::from(letter != known);
            let mut cell = exchanged.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let is_swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(known)
                && other.get(column - 1) == Some(letter);
            if is_swapped {
                cell = cell.min(at(&before_last, column - 1) + 1);
            }
            current.push(cell);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().filter(|errors| *errors <= most)
}
