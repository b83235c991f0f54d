//! Prefix sums over the blocks: the total of a container is the difference of two of them. And
//! totals of blocks that share a number, such as that of their element.

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

/// Totals by a small number: of an element, a tag, a depth.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<f32>);

impl Tally {
    pub(crate) fn add(&mut self, number: usize, value: f32) {
        if number >= self.0.len() {
            self.0.resize(number + 1, 0.0);
        }
        if let Some(total) = self.0.get_mut(number) {
            *total += value;
        }
    }

    /// 0 where nothing was added.
    pub(crate) fn of(&self, number: usize) -> f32 {
        self.0.get(number).copied().unwrap_or(0.0)
    }
}
