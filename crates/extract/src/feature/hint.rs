//! Comparison of the blocks with what page and feed say about the article: titles, descriptions,
//! `articleBody`.

use foldhash::HashSet;
use wiresift_text::shingles::{containment, hash_of, shingles, tokens};

use crate::feature::Feature;

/// Longest block that is compared with titles, in words.
const TITLE_WORDS: usize = 60;

/// A shorter `articleBody` is a teaser, in letters.
const BODY_LETTERS: usize = 200;

/// The titles and descriptions of a page have a few hundred words and pairs.
const SIEVE_BITS: usize = 2_048;

/// What is known of the article before its blocks are read.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// Titles from page and feed, plain text.
    pub(crate) titles: Vec<String>,
    /// Descriptions and summaries.
    pub(crate) descriptions: Vec<String>,
    /// `articleBody` of the page's JSON-LD.
    pub(crate) body: Option<String>,
    /// Names of the authors.
    pub(crate) authors: Vec<String>,
}

/// Tells of most hashes at once that they are not in a set.
struct Sieve([u64; SIEVE_BITS / 64]);

impl Sieve {
    fn of(hashes: impl Iterator<Item = u64>) -> Self {
        let mut sieve = Self([0; SIEVE_BITS / 64]);
        for hash in hashes {
            if let Some(bits) = sieve.0.get_mut(hash as usize % SIEVE_BITS / 64) {
                *bits |= 1 << (hash % 64);
            }
        }
        sieve
    }

    fn may_hold(&self, hash: u64) -> bool {
        let bits = self.0.get(hash as usize % SIEVE_BITS / 64);
        bits.is_some_and(|bits| bits & (1 << (hash % 64)) != 0)
    }
}

/// Computes the similarities of all blocks.
pub(crate) fn compare(features: &mut [Feature], words: &[&[u32]], evidence: &Evidence) {
    let titles: Vec<HashSet<u32>> = evidence
        .titles
        .iter()
        .map(|title| tokens(title).into_iter().collect::<HashSet<u32>>())
        .filter(|title| !title.is_empty())
        .collect();
    let descriptions: Vec<HashSet<u64>> = evidence
        .descriptions
        .iter()
        .map(|description| shingles(&tokens(description), 2))
        .filter(|pairs| pairs.len() >= 3)
        .collect();
    let body = evidence.body.as_deref().filter(|body| body.len() >= BODY_LETTERS);
    let body = body.map(|body| shingles(&tokens(body), 3));
    let title_words = Sieve::of(titles.iter().flatten().map(|word| u64::from(*word)));
    let described = Sieve::of(descriptions.iter().flatten().copied());
    let mut pairs_of_block: Vec<u64> = Vec::new();
    for (feature, words) in features.iter_mut().zip(words.iter().copied()) {
        // Most blocks have no word of a title, and both shares are 0.
        let is_common = |word: &u32| {
            title_words.may_hold(u64::from(*word)) && titles.iter().any(|t| t.contains(word))
        };
        if (1..=TITLE_WORDS).contains(&words.len()) && words.iter().any(is_common) {
            let own: HashSet<u32> = words.iter().copied().collect();
            for title in &titles {
                let common = own.intersection(title).count() as f32;
                let union = own.len() as f32 + title.len() as f32 - common;
                feature.title_cover = feature.title_cover.max(common / own.len() as f32);
                feature.title_likeness = feature.title_likeness.max(common / union.max(1.0));
            }
        }
        if words.len() >= 3 {
            pairs_of_block.clear();
            let pairs = words.windows(2).map(hash_of);
            pairs_of_block.extend(pairs.filter(|pair| described.may_hold(*pair)));
            for pairs in descriptions.iter().filter(|_| !pairs_of_block.is_empty()) {
                let common = || pairs_of_block.iter().filter(|pair| pairs.contains(pair));
                let share = common().count() as f32 / (words.len() - 1) as f32;
                feature.in_description = feature.in_description.max(share);
                let own: HashSet<u64> = common().copied().collect();
                feature.covers_description =
                    feature.covers_description.max(own.len() as f32 / pairs.len() as f32);
            }
            feature.in_stated_body = body.as_ref().map(|body| containment(words, 3, body));
        }
    }
}
