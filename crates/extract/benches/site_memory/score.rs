//! How near extracted texts are to the gold texts.

use std::collections::HashMap;

use crate::sample::{Sample, flat};

/// Whether lost paragraphs and snippets that stay are shown.
pub(crate) fn shown() -> bool {
    std::env::var_os("SHOW").is_some()
}

/// Multiset of runs of four words.
fn shingles(text: &str) -> HashMap<Vec<&str>, i64> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
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
            |all: &HashMap<Vec<&str>, i64>| hits as f64 / all.values().sum::<i64>().max(1) as f64;
        self.pages += 1.0;
        self.precision += if found.is_empty() { 1.0 } else { share(&found) };
        self.recall += share(&wanted);
        let text = flat(text);
        self.snippets += sample.without.len();
        for snippet in sample.without.iter().filter(|snippet| text.contains(*snippet)) {
            self.stay += 1;
            if shown() {
                eprintln!("stays on {}: {snippet}", sample.id);
            }
        }
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
