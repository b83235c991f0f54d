//! The terms of an article, as a set that can be asked for the terms of many other articles.

use std::cmp::Ordering;

use crate::story::fingerprint::Term;

/// The ranges of terms that the filter tells apart. With 300 terms one in fourteen other terms passes
/// it.
const RANGES: usize = 4096;

/// The words of the filter, with a bit for each range.
const WORDS: usize = RANGES / 64;

/// Terms in ascending order. Most terms of another article are not among them, so a filter is asked
/// first. Terms are hashes, so they are spread evenly over the ranges: the bits before the one of a
/// term tell where it is, or a little before it if a range has several terms.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    sorted: Vec<Term>,
    filter: [u64; WORDS],
    /// The number of terms before those of each word of the filter.
    before: [u32; WORDS],
}

impl Terms {
    /// Expects terms in ascending order.
    pub(super) fn new(sorted: Vec<Term>) -> Self {
        let mut terms = Self { sorted, filter: [0; WORDS], before: [0; WORDS] };
        let mut counts = [0; WORDS];
        for term in &terms.sorted {
            let (word, bit) = place(*term);
            if let (Some(bits), Some(count)) = (terms.filter.get_mut(word), counts.get_mut(word)) {
                *bits |= bit;
                *count += 1;
            }
        }
        let mut all = 0;
        for (before, count) in terms.before.iter_mut().zip(counts) {
            *before = all;
            all += count;
        }
        terms
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Term> + '_ {
        self.sorted.iter().copied()
    }

    /// The number of a term in the order of the terms.
    pub(super) fn position(&self, term: Term) -> Option<usize> {
        let (word, bit) = place(term);
        let bits = *self.filter.get(word)?;
        if bits & bit == 0 {
            return None;
        }
        let first = (self.before.get(word)? + (bits & (bit - 1)).count_ones()) as usize;
        for (at, own) in self.sorted.iter().enumerate().skip(first) {
            match own.cmp(&term) {
                Ordering::Less => {}
                Ordering::Equal => return Some(at),
                Ordering::Greater => return None,
            }
        }
        None
    }
}

/// The word of the filter for the range of a term, and the bit there.
fn place(term: Term) -> (usize, u64) {
    let range = ((u64::from(term) * RANGES as u64) >> Term::BITS) as usize;
    (range / 64, 1 << (range % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Terms that are spread evenly, or close to each other, or at the ends.
    fn term() -> impl Strategy<Value = Term> {
        prop_oneof![any::<Term>(), 0_u32..2_000, Term::MAX - 100..=Term::MAX]
    }

    proptest! {
        #[test]
        fn terms_are_found_at_their_places_and_others_are_not(
            terms in prop::collection::btree_set(term(), 0..400),
            others in prop::collection::vec(term(), 0..400),
        ) {
            let sorted: Vec<Term> = terms.iter().copied().collect();
            let known = Terms::new(sorted.clone());
            let asked: BTreeSet<Term> = others.into_iter().chain(terms).collect();
            for term in asked {
                prop_assert_eq!(known.position(term), sorted.iter().position(|own| *own == term));
            }
        }
    }
}
