//! Texts as hashed words and runs of words, to measure how much of one stands in another without keeping words.
//!
//! The columns of the block model are measured with these hashes and shares, in `f32`. They stay bit for bit as they
//! are until the model is trained anew.

use std::hash::Hash;

use foldhash::HashSet;

use crate::scripts::{common_lower, is_cjk};

/// The words of a text in lower case, hashed; each Chinese, Japanese or Korean character is one.
#[must_use]
pub fn tokens(text: &str) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len() / 5 + 1);
    add_tokens(text, &mut out);
    out
}

/// The same, at the end of a list.
pub fn add_tokens(text: &str, out: &mut Vec<u32>) {
    let mut hash = Fnv::default();
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                hash.add(u32::from(c.to_ascii_lowercase() as u8));
            } else {
                hash.end(out);
            }
        } else if let Some(lower) = common_lower(c) {
            hash.add(lower as u32);
        } else if is_cjk(c) {
            hash.end(out);
            hash.add(c as u32);
            hash.end(out);
        } else if c.is_alphanumeric() {
            for lower in c.to_lowercase() {
                hash.add(lower as u32);
            }
        } else {
            hash.end(out);
        }
    }
    hash.end(out);
}

/// FNV-1a over code points.
#[derive(Debug, Default)]
struct Fnv(Option<u32>);

impl Fnv {
    fn add(&mut self, c: u32) {
        self.0 = Some((self.0.unwrap_or(0x811c_9dc5) ^ c).wrapping_mul(0x0100_0193));
    }

    fn end(&mut self, out: &mut Vec<u32>) {
        if let Some(hash) = self.0.take() {
            out.push(hash);
        }
    }
}

/// Hash of a run of words.
#[must_use]
pub fn hash_of(run: &[u32]) -> u64 {
    run.iter().fold(0xcbf2_9ce4_8422_2325, |hash, token| {
        (hash ^ u64::from(*token)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// All runs of `n` words, hashed.
#[must_use]
pub fn shingles(tokens: &[u32], n: usize) -> HashSet<u64> {
    tokens.windows(n).map(hash_of).collect()
}

/// Share of the runs of `n` words of `tokens` that are in `known`; 0 where it has none.
#[must_use]
#[expect(clippy::implicit_hasher, reason = "the fast hasher is the point")]
pub fn containment(tokens: &[u32], n: usize, known: &HashSet<u64>) -> f32 {
    let (mut hits, mut all) = (0_u32, 0_u32);
    for window in tokens.windows(n) {
        all += 1;
        hits += u32::from(known.contains(&hash_of(window)));
    }
    if all == 0 { 0.0 } else { hits as f32 / all as f32 }
}

/// Likeness of two sets (Jaccard), 0 to 1; 0 where both are empty.
#[must_use]
#[expect(clippy::implicit_hasher, reason = "the fast hasher is the point")]
pub fn jaccard<T: Eq + Hash>(one: &HashSet<T>, other: &HashSet<T>) -> f32 {
    let common = one.intersection(other).count() as f32;
    let all = (one.len() + other.len()) as f32 - common;
    if all == 0.0 { 0.0 } else { common / all }
}

/// Likeness of two short texts as sets of words (Jaccard), 0 to 1.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f32 {
    let set = |text| tokens(text).into_iter().collect::<HashSet<u32>>();
    jaccard(&set(one), &set(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert_eq!(tokens("Hello, WORLD — été!"), tokens("hello world Été"));
        assert_eq!(tokens("明天 rain").len(), 3);
    }

    #[test]
    fn containment_is_a_share() {
        let known = shingles(&tokens("a b c d e"), 2);
        assert!((containment(&tokens("a b c x"), 2, &known) - 2.0 / 3.0).abs() < 1e-6);
        assert!(containment(&tokens("a"), 2, &known) < 1e-6);
    }

    #[test]
    fn likeness_is_that_of_sets() {
        assert!((likeness("a b c", "C, b: d") - 0.5).abs() < 1e-6);
        assert!(likeness("", "") < 1e-6);
    }
}
