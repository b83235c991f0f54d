//! The run of lines with the greatest sum: Kadane's algorithm (Bentley 1984).

use std::ops::Range;

/// The run with the greatest sum of `scores`; the first of equals, empty if no score is positive.
pub(crate) fn heaviest(scores: impl Iterator<Item = f32>) -> Range<usize> {
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0_f32);
    for (at, score) in scores.enumerate() {
        if sum <= 0.0 {
            (start, sum) = (at, 0.0);
        }
        sum += score;
        if sum > best_sum {
            (best, best_sum) = (start..at + 1, sum);
        }
    }
    best
}

/// Distance of a line to a run: negative before it, 0 inside, positive after it.
pub(crate) fn distance(run: &Range<usize>, at: usize) -> f32 {
    if at < run.start {
        -((run.start - at) as f32)
    } else if at < run.end {
        0.0
    } else {
        (at + 1 - run.end) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_run_may_bridge_a_small_loss() {
        let run = |scores: &[f32]| heaviest(scores.iter().copied());
        assert_eq!(run(&[-1.0, 3.0, -1.0, 4.0, -9.0, 5.0]), 1..4);
        assert_eq!(run(&[-1.0, -2.0]), 0..0);
        assert_eq!(run(&[]), 0..0);
        assert!((distance(&(2..4), 0) + 2.0).abs() < f32::EPSILON);
        assert!((distance(&(2..4), 4) - 1.0).abs() < f32::EPSILON);
    }
}
