//! How near extracted texts are to the gold texts.

use std::collections::HashMap;

use wiresift_text::shingles::tokens;

use crate::sample::{Sample, flat};

/// Whether lost paragraphs and snippets that stay are shown.
pub(crate) fn shown() -> bool {
    std::env::var_os("SHOW").is_some()
}

/// Multiset of runs of four words. A Chinese, Japanese or Korean character is a word: between two marks
/// is half a sentence, and one of them more or less would be four percent of a text.
fn shingles(text: &str) -> HashMap<Vec<u32>, i64> {
    let words = tokens(text);
    let mut counts = HashMap::new();
    for run in words.windows(words.len().clamp(1, 4)) {
        *counts.entry(run.to_vec()).or_insert(0) += 1;
    }
    counts
}

/// Sums over pages.
#[derive(Clone, Default)]
pub(crate) struct Score {
    pub(crate) pages: f64,
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) stay: usize,
    snippets: usize,
}

impl Score {
    pub(crate) fn add(&mut self, sample: &Sample, text: &str) {
        let (wanted, found) = (shingles(&sample.body), shingles(text));
        let hits: i64 = wanted.iter().map(|(run, n)| *n.min(found.get(run).unwrap_or(&0))).sum();
        let share =
            |all: &HashMap<Vec<u32>, i64>| hits as f64 / all.values().sum::<i64>().max(1) as f64;
        self.pages += 1.0;
        self.precision += if found.is_empty() { 1.0 } else { share(&found) };
        self.recall += share(&wanted);
        let text = flat(text);
        self.snippets += sample.without.len();
        self.stay += sample.without.iter().filter(|snippet| text.contains(*snippet)).count();
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.pages += other.pages;
        self.precision += other.precision;
        self.recall += other.recall;
        self.stay += other.stay;
        self.snippets += other.snippets;
    }

    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall
            / (self.precision + self.recall).max(1e-9)
            / self.pages.max(1.0)
    }

    pub(crate) fn gone(&self) -> f64 {
        1.0 - self.stay as f64 / self.snippets.max(1) as f64
    }
}
