//! A sample of a set of hashes: its size and its smallest elements, a bottom-k sketch.
//!
//! If two sets have an element with a small hash, both samples keep it. So two samples give an
//! estimate of how many elements the sets have in common, and with the sizes, which share of each
//! set that is (E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007). For
//! sets that fit into their samples the answer is exact.

/// A sample of a set of hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The number of elements of the set.
    size: u32,
    /// The smallest elements, in ascending order.
    smallest: Vec<u32>,
}

impl Sample {
    /// Samples a set. The hashes may be in any order and have repetitions.
    pub(super) fn of(mut hashes: Vec<u32>, most: usize) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        let size = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        hashes.truncate(most);
        hashes.shrink_to_fit();
        Self { size, smallest: hashes }
    }

    /// Builds a sample from its parts. Returns `None` if they contradict each other.
    pub(super) fn from_parts(size: u32, smallest: Vec<u32>) -> Option<Self> {
        let rising = smallest.is_sorted_by(|one, next| one < next);
        let fits = u32::try_from(smallest.len()).is_ok_and(|len| len <= size);
        (rising && fits).then_some(Self { size, smallest })
    }

    /// The number of elements of the set.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size as usize
    }

    pub(super) fn set_size(&self) -> u32 {
        self.size
    }

    pub(super) fn smallest(&self) -> &[u32] {
        &self.smallest
    }

    /// The sample has every element of the set up to this hash.
    fn horizon(&self) -> u32 {
        match self.smallest.last() {
            Some(last) if self.size() > self.smallest.len() => *last,
            _ => u32::MAX,
        }
    }

    /// The number of common elements. It is an estimate if a set did not fit into its sample.
    #[must_use]
    pub fn common(&self, other: &Self) -> f64 {
        let horizon = self.horizon().min(other.horizon());
        let (mut shared, mut union) = (0_u32, 0_u32);
        let mut ours = self.smallest.iter().copied().take_while(|hash| *hash <= horizon).peekable();
        let mut theirs =
            other.smallest.iter().copied().take_while(|hash| *hash <= horizon).peekable();
        loop {
            union += 1;
            match (ours.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(our), Some(their)) if our == their => {
                    shared += 1;
                    ours.next();
                    theirs.next();
                }
                (Some(our), Some(their)) if our < their => drop(ours.next()),
                (Some(_), None) => drop(ours.next()),
                (_, Some(_)) => drop(theirs.next()),
            }
        }
        let resemblance = f64::from(shared) / f64::from(union - 1).max(1.0);
        let common =
            resemblance / (1.0 + resemblance) * f64::from(self.size.saturating_add(other.size));
        common.min(f64::from(self.size.min(other.size)))
    }

    /// The share of this set that is in the other. Returns `None` for an empty set.
    #[must_use]
    pub fn share_in(&self, other: &Self) -> Option<f64> {
        (self.size > 0).then(|| self.common(other) / f64::from(self.size))
    }

    /// The share of the smaller set that is in the larger one. Returns `None` if one is empty.
    #[must_use]
    pub fn share_of_smaller(&self, other: &Self) -> Option<f64> {
        let smaller = if self.size <= other.size { self } else { other };
        (smaller.size > 0).then(|| self.common(other) / f64::from(smaller.size))
    }

    /// Common elements as a share of all (Jaccard index). Returns `None` if both sets are empty.
    #[must_use]
    pub fn resemblance(&self, other: &Self) -> Option<f64> {
        let common = self.common(other);
        let all = f64::from(self.size) + f64::from(other.size) - common;
        (all > 0.0).then(|| common / all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spread(number: u32) -> u32 {
        xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes()) as u32
    }

    #[test]
    fn sets_that_fit_are_answered_exactly() {
        let one = Sample::of(vec![1, 5, 9, 9, 5], 8);
        let other = Sample::of(vec![5, 9, 20, 30], 8);
        assert_eq!(one.size(), 3);
        assert!((one.common(&other) - 2.0).abs() < 1e-9);
        assert!((one.share_of_smaller(&other).unwrap() - 2.0 / 3.0).abs() < 1e-9);
        assert!((one.resemblance(&other).unwrap() - 0.4).abs() < 1e-9);
        assert_eq!(Sample::of(Vec::new(), 8).share_in(&one), None);
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        assert!(Sample::from_parts(3, vec![1, 2]).is_some());
        assert!(Sample::from_parts(1, vec![1, 2]).is_none());
        assert!(Sample::from_parts(9, vec![2, 1]).is_none());
        assert!(Sample::from_parts(9, vec![2, 2]).is_none());
    }

    proptest! {
        /// The limit is four standard errors of a proportion over 96 draws.
        #[test]
        fn estimates_are_near(
            shared in 0_u32..2000, ours in 100_u32..2000, theirs in 100_u32..2000,
        ) {
            let one = Sample::of((0..shared + ours).map(spread).collect(), 96);
            let other = (0..shared).chain(10_000..10_000 + theirs);
            let other = Sample::of(other.map(spread).collect(), 96);
            let truth = f64::from(shared) / f64::from(shared + ours + theirs);
            prop_assert!((one.resemblance(&other).unwrap() - truth).abs() < 0.21);
        }

        #[test]
        fn common_is_symmetric_and_bounded(one in prop::collection::vec(any::<u32>(), 0..300),
                                           other in prop::collection::vec(any::<u32>(), 0..300)) {
            let (one, other) = (Sample::of(one, 32), Sample::of(other, 32));
            prop_assert!((one.common(&other) - other.common(&one)).abs() < 1e-9);
            prop_assert!(one.common(&other) <= one.size().min(other.size()) as f64);
            prop_assert!((one.common(&one) - one.size() as f64).abs() < 1e-6);
        }
    }
}
