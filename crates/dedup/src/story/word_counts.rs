//! The number of articles of a language that have a word.
//!
//! Counts fade: a count halves with every 300 further articles of the language. So it is the news of
//! these days that says which words are common. While the papers are full of an election, the names
//! of the candidates tell its events no better apart than "the" does; counts over months would call
//! them rare. It also means that a weight is the same after a thousand articles and after a million.
//! Nothing is written for that. Instead, each article adds a little more than the one before, and a
//! count is read in units of what the last article added.
//!
//! The counts are kept in memory and stored as a whole now and then ([`WordCounts::to_stored`]). To
//! store them word by word would be several hundred writes for each article.

use foldhash::{HashMap, HashMapExt as _};

use crate::story::fingerprint::Term;

/// The articles in which a count halves.
const HALF_LIFE: f64 = 300.0;

/// The most words of a language. The rarest ones go first: whether a word is in one article of a
/// million or in none makes little difference to its weight.
const MOST_WORDS: usize = 400_000;

/// Words with a smaller count are dropped: no article has had them for long, and they weigh as much
/// as a word that no article has.
const LEAST_COUNT: f32 = 0.02;

/// Counts are scaled down when an article adds more than this.
const LARGEST_UNIT: f64 = 1024.0;

/// The version of the stored form.
const FORM: u8 = 2;

/// Bytes of a word in the stored form: its term and its count.
const ENTRY: usize = 8;

/// How many articles of a language there are, and how many of them have each word.
#[derive(Debug, Clone)]
pub struct WordCounts {
    /// What the last article has added.
    unit: f64,
    articles: f64,
    counts: HashMap<Term, f32>,
}

impl Default for WordCounts {
    fn default() -> Self {
        Self { unit: 1.0, articles: 0.0, counts: HashMap::new() }
    }
}

impl WordCounts {
    /// Counts one more article.
    pub fn add(&mut self, terms: impl IntoIterator<Item = Term>) {
        if self.unit > LARGEST_UNIT {
            self.rescale();
        }
        self.unit *= growth();
        self.articles += self.unit;
        for term in terms {
            *self.counts.entry(term).or_default() += self.unit as f32;
        }
    }

    /// Takes back what [`add`](Self::add) has counted last. Several articles are taken back in the
    /// opposite order.
    pub fn remove(&mut self, terms: impl IntoIterator<Item = Term>) {
        self.articles -= self.unit;
        for term in terms {
            if let Some(count) = self.counts.get_mut(&term) {
                *count = (*count - self.unit as f32).max(0.0);
            }
        }
        self.unit /= growth();
    }

    /// The number of articles.
    #[must_use]
    pub fn articles(&self) -> f64 {
        self.articles / self.unit
    }

    /// The number of articles that have a word.
    #[must_use]
    pub fn of(&self, term: Term) -> f64 {
        f64::from(self.counts.get(&term).copied().unwrap_or_default()) / self.unit
    }

    /// The number of words that are counted.
    #[must_use]
    pub fn words(&self) -> usize {
        self.counts.len()
    }

    /// The stored form. Words that hardly count are dropped first.
    pub fn to_stored(&mut self) -> Vec<u8> {
        self.rescale();
        self.prune();
        let mut entries: Vec<(Term, f32)> =
            self.counts.iter().map(|(term, count)| (*term, *count)).collect();
        entries.sort_unstable_by_key(|(term, _)| *term);
        let mut bytes = Vec::with_capacity(9 + ENTRY * entries.len());
        bytes.push(FORM);
        bytes.extend(self.articles.to_le_bytes());
        for (term, count) in entries {
            bytes.extend(term.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        bytes
    }

    /// Reads the stored form. Returns `None` if it has another version or is damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let (form, rest) = bytes.split_first()?;
        let (articles, rest) = rest.split_first_chunk::<8>()?;
        let (entries, rest) = rest.as_chunks::<ENTRY>();
        if *form != FORM || !rest.is_empty() || entries.len() > MOST_WORDS {
            return None;
        }
        let articles = Some(f64::from_le_bytes(*articles)).filter(|count| is_count(*count))?;
        let counts = entries
            .iter()
            .map(|[a, b, c, d, count @ ..]| {
                let count = f32::from_le_bytes(*count);
                is_count(f64::from(count)).then_some((Term::from_le_bytes([*a, *b, *c, *d]), count))
            })
            .collect::<Option<HashMap<Term, f32>>>()?;
        Some(Self { unit: 1.0, articles, counts })
    }

    fn rescale(&mut self) {
        self.articles /= self.unit;
        for count in self.counts.values_mut() {
            *count /= self.unit as f32;
        }
        self.unit = 1.0;
    }

    /// Expects counts in units of one article.
    fn prune(&mut self) {
        self.counts.retain(|_, count| *count >= LEAST_COUNT);
        if self.counts.len() <= MOST_WORDS {
            return;
        }
        let mut counts: Vec<f32> = self.counts.values().copied().collect();
        let surplus = counts.len() - MOST_WORDS;
        let (_, least, _) = counts.select_nth_unstable_by(surplus, f32::total_cmp);
        let least = *least;
        self.counts.retain(|_, count| *count > least);
    }
}

/// By how much an article adds more than the one before.
fn growth() -> f64 {
    HALF_LIFE.recip().exp2()
}

fn is_count(count: f64) -> bool {
    count.is_finite() && count >= 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-4 * other.max(1.0)
    }

    #[test]
    fn counts_halve_in_three_hundred_articles() {
        let mut counts = WordCounts::default();
        counts.add([7]);
        counts.add([7]);
        let before = counts.of(7);
        for _ in 0..300 {
            counts.add([8]);
        }
        assert!(near(counts.of(7), before / 2.0));
        for _ in 0..20_000 {
            counts.add([9]);
        }
        assert!(near(counts.of(9), 433.3) && near(counts.articles(), counts.of(9)));
    }

    #[test]
    fn what_was_added_can_be_taken_back() {
        let mut counts = WordCounts::default();
        counts.add([1, 2]);
        counts.add([2, 3]);
        counts.add([3, 4]);
        counts.remove([3, 4]);
        counts.remove([2, 3]);
        assert!(near(counts.of(1), 1.0) && near(counts.of(2), 1.0) && near(counts.of(3), 0.0));
        assert!(near(counts.articles(), 1.0));
    }

    #[test]
    fn the_rarest_words_go_first() {
        let mut counts = WordCounts::default();
        counts.add(0..450_000);
        counts.add(0..300_000);
        let stored = counts.to_stored();
        let kept = WordCounts::from_stored(&stored).unwrap();
        assert_eq!(kept.words(), 300_000);
        assert!(kept.of(0) > 1.9 && kept.of(449_999) == 0.0);
    }

    proptest! {
        #[test]
        fn the_stored_form_comes_back(
            articles in proptest::collection::vec(proptest::collection::vec(0_u32..50, 0..9), 0..9),
        ) {
            let mut counts = WordCounts::default();
            for terms in articles {
                counts.add(terms);
            }
            let stored = counts.to_stored();
            let read = WordCounts::from_stored(&stored).unwrap();
            prop_assert!(near(read.articles(), counts.articles()));
            for term in 0..50 {
                prop_assert!(near(read.of(term), counts.of(term)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = WordCounts::from_stored(&bytes);
        }
    }
}
