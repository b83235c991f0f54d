//! Standing parts at the edges of blocks that differ otherwise: a line that a missing border glues
//! to the last paragraph, or an appeal in the same element.
//!
//! A sentence that returns is mostly true: the introduction of a series, the background of a running
//! story, a quotation. So more is asked than of a whole block: most articles have it, on more
//! days. It goes only from the start or the end of a block, and something of the block has to stay.

use std::ops::Range;

use foldhash::{HashMap, HashSet};

use crate::memory::key::Keys;
use crate::memory::part::{is_telling, parts, trimmed};
use crate::memory::trace::Trace;
use crate::memory::{Evidence, Spread};

/// Parts at either edge of a block that may be standing ones.
const DEPTH: usize = 3;

/// Articles that a part must have been on, at the least.
const LEAST_ARTICLES: usize = 6;

/// The days on which these were seen, at the least.
const LEAST_DAYS: usize = 3;

/// The share of the articles that have it.
const SHARE: f32 = 0.7;

/// A memory holds no more; the most frequent ones stay.
pub(super) const MOST_KNOWN: usize = 300;

/// The key of a part. A page has few, so half of a hash tells them apart.
pub(super) fn key(part: &str) -> Option<u32> {
    is_telling(part).then(|| Keys::exact(part)).flatten().map(short)
}

/// The part of a key that is kept.
pub(super) fn short(key: u64) -> u32 {
    key as u32
}

/// The keys of the parts at the edges of a block. None if it is one part.
pub(super) fn keys(text: &str) -> impl Iterator<Item = u32> {
    let parts = parts(text);
    let count = if parts.len() < 2 { 0 } else { parts.len() };
    let is_edge = move |at: usize| at < DEPTH || at + DEPTH >= count;
    let edges = (0..count).filter(move |at| is_edge(*at)).filter_map(move |at| parts.get(at).cloned());
    edges.filter_map(|range| text.get(range)).filter_map(key)
}

/// The standing parts of some pages, with the number of the article of each.
pub(super) fn learn(
    window: &[Trace],
    articles: &[usize],
    spread: Spread,
) -> HashMap<u32, Evidence> {
    let of = articles.iter().copied().collect::<HashSet<_>>().len();
    let mut counts: HashMap<u32, (HashSet<usize>, HashSet<i32>)> = HashMap::default();
    for (trace, article) in window.iter().zip(articles) {
        for key in &trace.edges {
            let (articles, days) = counts.entry(*key).or_default();
            articles.insert(*article);
            days.insert(trace.day);
        }
    }
    let known = counts.into_iter().filter(|(_, (articles, days))| {
        let is_spread = spread == Spread::Unknown || days.len() >= LEAST_DAYS;
        let is_frequent = articles.len() as f32 >= SHARE * of as f32;
        is_spread && is_frequent && articles.len() >= LEAST_ARTICLES
    });
    let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    known
        .map(|(key, (articles, days))| {
            let (articles, days) = (count(articles.len()), count(days.len()));
            (key, Evidence { articles, of: count(of), days })
        })
        .collect()
}

/// What is left of a block, and the parts that are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Byte range in the block's text.
    pub(crate) left: Range<usize>,
    pub(crate) parts: Vec<(Range<usize>, Evidence)>,
}

impl Cut {
    /// Bytes that are removed.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|(range, _)| range.len()).sum()
    }
}

/// Cuts the standing parts from the edges of a block. `None`: there are none, or nothing else.
pub(super) fn cut(text: &str, known: &HashMap<u32, Evidence>) -> Option<Cut> {
    if known.is_empty() {
        return None;
    }
    let all = parts(text);
    let evidence = |range: &Range<usize>| known.get(&key(text.get(range.clone())?)?).copied();
    let standing = |range: &Range<usize>| evidence(range).map(|evidence| (range.clone(), evidence));
    let front: Vec<_> = all.iter().take(DEPTH).map_while(standing).collect();
    let rest = all.get(front.len()..).unwrap_or_default();
    let mut back: Vec<_> = rest.iter().rev().take(DEPTH).map_while(standing).collect();
    back.reverse();
    let own = rest.get(..rest.len() - back.len()).unwrap_or_default();
    let (first, last) = own.first().zip(own.last())?;
    let left = trimmed(text, first.start..last.end);
    let parts: Vec<_> = front
        .into_iter()
        .chain(back)
        .map(|(range, evidence)| (trimmed(text, range), evidence))
        .collect();
    (!parts.is_empty() && !left.is_empty()).then_some(Cut { left, parts })
}

#[cfg(test)]
mod tests;
