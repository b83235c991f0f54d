//! The least probability of a kept block.
//!
//! The measure of a text is the harmonic mean of precision and recall (F1). Its expected value is
//! greatest if all blocks are kept whose probability is at least half of that value (Lipton, Elkan
//! and Narayanaswamy 2014). On most pages that is just under one half. Where the model is unsure of
//! the whole page it is less: of a hundred paragraphs with a probability of 0.4 each, all are a
//! better answer than the few that happen to pass.

/// The least probability where the model is sure of the page.
pub(super) const THRESHOLD: f32 = 0.45;

/// The least probability on a page with these probabilities and lengths of blocks.
pub(super) fn threshold(chances: &[f32], lengths: impl Iterator<Item = f32>) -> f32 {
    let mut blocks: Vec<(f32, f32)> = chances.iter().copied().zip(lengths).collect();
    blocks.sort_by(|one, other| other.0.total_cmp(&one.0));
    let expected: f32 = blocks.iter().map(|(chance, length)| chance * length).sum();
    let (mut kept, mut right, mut best) = (0.0, 0.0, 0.0_f32);
    for (chance, length) in blocks {
        kept += length;
        right += chance * length;
        best = best.max(2.0 * right / (kept + expected).max(1.0));
    }
    (0.5 * best).min(THRESHOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chances: &[f32]) -> f32 {
        threshold(chances, std::iter::repeat(20.0))
    }

    #[test]
    fn a_sure_page_has_the_usual_threshold() {
        assert!((of(&[0.99, 0.97, 0.98, 0.4, 0.02, 0.01]) - THRESHOLD).abs() < 1e-6);
    }

    #[test]
    fn an_unsure_page_keeps_what_is_as_likely_as_the_rest() {
        let least = of(&[0.4; 100]);
        assert!((0.25..0.35).contains(&least), "{least}");
        let mixed = of(&[0.46, 0.4, 0.4, 0.4, 0.41, 0.05, 0.01]);
        assert!((0.2..0.4).contains(&mixed), "{mixed}");
        assert!(of(&[]) < 1e-6);
    }
}
