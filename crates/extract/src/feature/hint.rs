//! Comparison of the blocks with what page and feed say about the article: titles, descriptions,
//! `articleBody`.

use foldhash::HashSet;
use wiresift_text::shingles::{containment, hash_of, shingles, tokens};

use crate::feature::Feature;

/// Longest block that is compared with titles, in words.
const TITLE_WORDS: usize = 60;

/// A shorter `articleBody` is a teaser, in letters.
const BODY_LETTERS: usize = 200;

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

/// Computes the similarities of all blocks.
pub(crate) fn compare(features: &mut [Feature], words: &[Vec<u32>], evidence: &Evidence) {
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
    for (feature, words) in features.iter_mut().zip(words) {
        // Most blocks have no word of a title, and both shares are 0.
        let has_common = |title: &HashSet<u32>| words.iter().any(|word| title.contains(word));
        if (1..=TITLE_WORDS).contains(&words.len()) && titles.iter().any(has_common) {
            let own: HashSet<u32> = words.iter().copied().collect();
            for title in &titles {
                let common = own.intersection(title).count() as f32;
                let union = own.len() as f32 + title.len() as f32 - common;
                feature.title_cover = feature.title_cover.max(common / own.len() as f32);
                feature.title_likeness = feature.title_likeness.max(common / union.max(1.0));
            }
        }
        if words.len() >= 3 {
            for pairs in &descriptions {
                feature.in_description = feature.in_description.max(containment(words, 2, pairs));
                let own: HashSet<u64> =
                    words.windows(2).map(hash_of).filter(|p| pairs.contains(p)).collect();
                feature.covers_description =
                    feature.covers_description.max(own.len() as f32 / pairs.len() as f32);
            }
            feature.in_stated_body = body.as_ref().map(|body| containment(words, 3, body));
        }
    }
}
