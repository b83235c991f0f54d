//! The number of articles of a language that have a word.
//!
//! Old counts fade, because the news has new common words every month: a count halves in 30 days.
//! Nothing is written for that. Instead, an article of a later day adds more than one of an earlier
//! day did, and a count is read in units of what an article adds today.
//!
//! The counts are kept in memory and stored as a whole now and then ([`WordCounts::to_stored`]). To
//! store them word by word would be several hundred writes for each article.

use std::collections::HashMap;

use crate::story::fingerprint::Term;

/// The days in which a count halves.
const HALF_LIFE: f64 = 30.0;

/// The most days by which counts fade at once. A clock that is years ahead for a moment does not
/// take all counts away.
const MOST_DAYS: i32 = 60;

/// The most words of a language. The rarest ones go first: whether a word is in one article of a
/// million or in none makes little difference to its weight.
const MOST_WORDS: usize = 400_000;

/// Words with a smaller count are dropped: hardly anybody uses them any more.
const LEAST_COUNT: f32 = 0.1;

/// Counts are scaled down when an article adds more than this.
const LARGEST_UNIT: f32 = 1024.0;

/// The version of the stored form.
const FORM: u8 = 1;

/// Bytes of a word in the stored form: its term and its count.
const ENTRY: usize = 8;

/// How many articles of a language there are, and how many of them have each word.
#[derive(Debug, Clone)]
pub struct WordCounts {
    /// What one article adds on `day`.
    unit: f32,
    day: i32,
    articles: f64,
    counts: HashMap<Term, f32>,
}

impl Default for WordCounts {
    fn default() -> Self {
        Self { unit: 1.0, day: i32::MIN, articles: 0.0, counts: HashMap::new() }
    }
}

impl WordCounts {
    /// Lets the counts fade until a day, in days since 1970. An earlier day than before changes
    /// nothing: then a clock was ahead.
    pub fn advance(&mut self, day: i32) {
        if self.day != i32::MIN {
            let days = day.saturating_sub(self.day).clamp(0, MOST_DAYS);
            self.unit *= 2_f64.powf(f64::from(days) / HALF_LIFE) as f32;
        }
        self.day = day;
        if self.unit > LARGEST_UNIT {
            self.rescale();
        }
    }

    /// Counts one more article.
    pub fn add(&mut self, terms: &[Term]) {
        self.articles += f64::from(self.unit);
        for term in terms {
            *self.counts.entry(*term).or_default() += self.unit;
        }
    }

    /// Takes back what [`add`](Self::add) has counted on the same day.
    pub fn remove(&mut self, terms: &[Term]) {
        self.articles -= f64::from(self.unit);
        for term in terms {
            if let Some(count) = self.counts.get_mut(term) {
                *count -= self.unit;
            }
        }
    }

    /// The number of articles.
    #[must_use]
    pub fn articles(&self) -> f64 {
        self.articles / f64::from(self.unit)
    }

    /// The number of articles that have a word.
    #[must_use]
    pub fn of(&self, term: Term) -> f64 {
        f64::from(self.counts.get(&term).copied().unwrap_or_default() / self.unit)
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

    /// Reads the stored form, with the day of its counts. Returns `None` if it has another version
    /// or is damaged.
    #[must_use]
    pub fn from_stored(bytes: &[u8], day: i32) -> Option<Self> {
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
        Some(Self { unit: 1.0, day, articles, counts })
    }

    fn rescale(&mut self) {
        self.articles /= f64::from(self.unit);
        for count in self.counts.values_mut() {
            *count /= self.unit;
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

fn is_count(count: f64) -> bool {
    count.is_finite() && count >= 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_halve_in_thirty_days() {
        let mut counts = WordCounts::default();
        counts.advance(100);
        counts.add(&[7, 8]);
        counts.add(&[7]);
        counts.advance(130);
        assert!((counts.of(7) - 1.0).abs() < 1e-6 && (counts.articles() - 1.0).abs() < 1e-6);
        counts.add(&[7]);
        assert!((counts.of(7) - 2.0).abs() < 1e-6);
        counts.advance(90);
        assert!((counts.of(7) - 2.0).abs() < 1e-6, "an earlier day changes nothing");
        counts.advance(100_000);
        assert!(counts.of(7) > 0.4, "a clock that is years ahead does not take all counts away");
    }

    #[test]
    fn what_was_added_can_be_taken_back() {
        let mut counts = WordCounts::default();
        counts.add(&[1, 2]);
        counts.add(&[2, 3]);
        counts.remove(&[2, 3]);
        assert_eq!((counts.of(1), counts.of(2), counts.of(3)), (1.0, 1.0, 0.0));
        assert!((counts.articles() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_rarest_words_go_first() {
        let mut counts = WordCounts::default();
        let many: Vec<Term> = (0..450_000).collect();
        counts.add(&many);
        counts.add(&many[..300_000]);
        let stored = counts.to_stored();
        let kept = WordCounts::from_stored(&stored, 0).unwrap();
        assert_eq!(kept.words(), 300_000);
        assert_eq!((kept.of(0), kept.of(449_999)), (2.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_stored_form_comes_back(
            articles in proptest::collection::vec(proptest::collection::vec(0_u32..50, 0..9), 0..9),
            days in proptest::collection::vec(0_i32..90, 9),
        ) {
            let mut counts = WordCounts::default();
            let mut day = 20_000;
            for (terms, later) in articles.iter().zip(days) {
                day += later;
                counts.advance(day);
                counts.add(terms);
            }
            let stored = counts.to_stored();
            let read = WordCounts::from_stored(&stored, day).unwrap();
            prop_assert_eq!(read.articles(), counts.articles());
            for term in 0..50 {
                prop_assert_eq!(read.of(term), counts.of(term));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = WordCounts::from_stored(&bytes, 1);
        }
    }
}
