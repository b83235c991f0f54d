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

/// A part of a block, or two of them, with whether it is long enough to tell something alone.
#[derive(Debug, Clone)]
struct Part {
    range: Range<usize>,
    is_telling: bool,
}

impl Part {
    fn all(text: &str) -> Vec<Self> {
        let all = parts(text).into_iter();
        all.map(|range| Self { is_telling: text.get(range.clone()).is_some_and(is_telling), range })
            .collect()
    }

    /// This part with the next one, if either is too short alone.
    fn with(&self, next: &Self, text: &str) -> Option<Self> {
        if self.is_telling && next.is_telling {
            return None;
        }
        let range = self.range.start..next.range.end;
        let is_telling =
            self.is_telling || next.is_telling || text.get(range.clone()).is_some_and(is_telling);
        Some(Self { range, is_telling })
    }

    fn key(&self, text: &str) -> Option<u32> {
        if !self.is_telling {
            return None;
        }
        text.get(self.range.clone()).and_then(Keys::exact).map(short)
    }
}

/// The keys of what stands at the edges of a block. None if it is one part.
pub(super) fn keys(text: &str) -> Vec<u32> {
    let parts = Part::all(text);
    let depth = if parts.len() > 1 { DEPTH.min(parts.len()) } else { 0 };
    let front = (0..depth).flat_map(|at| at_front(text, &parts, at));
    let back = (0..depth).flat_map(|at| at_back(text, &parts, at));
    let mut edges: Vec<Part> = front.chain(back).collect();
    // In a short block, the same parts are near both ends.
    edges.sort_unstable_by_key(|part| (part.range.start, part.range.end));
    edges.dedup_by(|one, other| one.range == other.range);
    edges.retain(|part| part.range != (0..text.len()));
    edges.into_iter().filter_map(|part| part.key(text)).collect()
}

/// What may be a standing line at a place from the front: the part there, before it with the next
/// one, if either is too short to tell something alone.
fn at_front(text: &str, parts: &[Part], at: usize) -> impl Iterator<Item = Part> + use<> {
    let (here, next) = (parts.get(at), parts.get(at + 1));
    let both = here.zip(next).and_then(|(here, next)| here.with(next, text));
    both.into_iter().chain(here.cloned())
}

/// The same for a place from the back.
fn at_back(text: &str, parts: &[Part], at: usize) -> impl Iterator<Item = Part> + use<> {
    let place = |at: usize| parts.len().checked_sub(at + 1).and_then(|at| parts.get(at));
    let (here, before) = (place(at), place(at + 1));
    let both = here.zip(before).and_then(|(here, before)| before.with(here, text));
    both.into_iter().chain(here.cloned())
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
    let all = Part::all(text);
    let evidence = |part: &Part| known.get(&part.key(text)?).copied();
    let standing = |part: Part| evidence(&part).map(|evidence| (part.range, evidence));
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let mut rest = all.as_slice();
    while front.len() < DEPTH
        && let Some(one) = at_front(text, rest, 0).find_map(standing)
    {
        rest = rest
            .get(rest.partition_point(|part| part.range.start < one.0.end)..)
            .unwrap_or_default();
        front.push(one);
    }
    while back.len() < DEPTH
        && let Some(one) = at_back(text, rest, 0).find_map(standing)
    {
        rest = rest
            .get(..rest.partition_point(|part| part.range.start < one.0.start))
            .unwrap_or_default();
        back.insert(0, one);
    }
    let (first, last) = rest.first().zip(rest.last())?;
    let left = trimmed(text, first.range.start..last.range.end);
    let parts: Vec<_> = front
        .into_iter()
        .chain(back)
        .map(|(range, evidence)| (trimmed(text, range), evidence))
        .collect();
    (!parts.is_empty() && !left.is_empty()).then_some(Cut { left, parts })
}

#[cfg(test)]
mod tests;
