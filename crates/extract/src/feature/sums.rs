//! Prefix sums over the blocks: the total of a container is the difference of two of them.

use std::ops::Range;

/// Prefix sums of one measure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(Vec<f32>);

impl Sums {
    /// Adds up one value for each block.
    pub(crate) fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut total = 0.0_f64;
        let mut sums = vec![0.0];
        sums.extend(values.map(|value| {
            total += f64::from(value);
            total as f32
        }));
        Self(sums)
    }

    /// Total of the blocks before this one.
    pub(crate) fn before(&self, block: usize) -> f32 {
        self.0.get(block).or(self.0.last()).copied().unwrap_or(0.0)
    }

    /// Total of a range of blocks.
    pub(crate) fn within(&self, range: &Range<u32>) -> f32 {
        self.before(range.end as usize) - self.before(range.start as usize)
    }

    /// Total of all blocks.
    pub(crate) fn total(&self) -> f32 {
        self.0.last().copied().unwrap_or(0.0)
    }
}
