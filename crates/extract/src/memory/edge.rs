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
use crate::memory::{Evidence, Known, Spread};

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

/// The keys of what stands at the edges of a block. None if it is one part.
pub(super) fn keys(text: &str) -> Vec<u32> {
    let parts = parts(text);
    let depth = if parts.len() > 1 { DEPTH.min(parts.len()) } else { 0 };
    let front = (0..depth).flat_map(|at| at_front(text, &parts, at));
    let back = (0..depth).flat_map(|at| at_back(text, &parts, at));
    let mut edges: Vec<(usize, usize)> =
        front.chain(back).map(|range| (range.start, range.end)).collect();
    // In a short block, the same parts are near both ends.
    edges.sort_unstable();
    edges.dedup();
    edges.retain(|range| *range != (0, text.len()));
    edges.into_iter().filter_map(|(start, end)| key(text.get(start..end)?)).collect()
}

/// What may be a standing line at a place from the front: the part there, before it with the next
/// one, if either is too short to tell something alone.
fn at_front(text: &str, parts: &[Range<usize>], at: usize) -> Vec<Range<usize>> {
    let (here, next) = (parts.get(at).cloned(), parts.get(at + 1).cloned());
    let both =
        here.clone().zip(next).filter(|(one, two)| is_short(text, one) || is_short(text, two));
    both.map(|(one, two)| one.start..two.end).into_iter().chain(here).collect()
}

/// The same for a place from the back.
fn at_back(text: &str, parts: &[Range<usize>], at: usize) -> Vec<Range<usize>> {
    let place = |at: usize| parts.len().checked_sub(at + 1).and_then(|at| parts.get(at)).cloned();
    let (here, next) = (place(at), place(at + 1));
    let both =
        here.clone().zip(next).filter(|(one, two)| is_short(text, one) || is_short(text, two));
    both.map(|(one, two)| two.start..one.end).into_iter().chain(here).collect()
}

fn is_short(text: &str, range: &Range<usize>) -> bool {
    text.get(range.clone()).is_none_or(|part| !is_telling(part))
}

/// The standing parts of some pages, with the number of the article of each, beside the blocks that
/// are known.
pub(super) fn learn(
    window: &[Trace],
    articles: &[usize],
    spread: Spread,
    chrome: &HashMap<u64, Known>,
) -> HashMap<u32, Evidence> {
    let of = articles.iter().copied().collect::<HashSet<_>>().len();
    let mut counts: HashMap<u32, (HashSet<usize>, HashSet<i32>)> = HashMap::default();
    for (trace, article) in window.iter().zip(articles) {
        for edge in &trace.edges {
            // The parts of a block that is known as a whole need not be known.
            let block = trace.blocks.get(usize::from(edge.block));
            if block.is_some_and(|seen| seen.keys.all().any(|key| chrome.contains_key(&key))) {
                continue;
            }
            let (articles, days) = counts.entry(edge.key).or_default();
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
    let standing = |ranges: Vec<Range<usize>>| {
        ranges.into_iter().find_map(|range| evidence(&range).map(|evidence| (range, evidence)))
    };
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let mut rest = all.as_slice();
    while front.len() < DEPTH
        && let Some(one) = standing(at_front(text, rest, 0))
    {
        rest = rest.get(rest.partition_point(|part| part.start < one.0.end)..).unwrap_or_default();
        front.push(one);
    }
    while back.len() < DEPTH
        && let Some(one) = standing(at_back(text, rest, 0))
    {
        rest =
            rest.get(..rest.partition_point(|part| part.start < one.0.start)).unwrap_or_default();
        back.insert(0, one);
    }
    let (first, last) = rest.first().zip(rest.last())?;
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
