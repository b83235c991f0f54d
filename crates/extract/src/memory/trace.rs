//! What is kept of a page to learn from.

use foldhash::HashSet;

use crate::Extraction;
use crate::article::PageKind;
use crate::memory::key::Keys;
use crate::memory::layout::Outcome;
use crate::memory::{edge, spot};
use crate::note::BlockNote;

/// The most that the blocks of a trace take when stored, in bytes. With those that are not learned
/// yet, a site has up to 40 traces, and may not have more than 200 kB with its memory.
const MOST_BLOCK_BYTES: usize = 3_100;

/// Stored bytes of a block, and what a pattern and a spot that no other block has add.
const BLOCK_BYTES: usize = 11;
const PATTERN_BYTES: usize = 8;
const SPOT_BYTES: usize = 4;

/// Spots that a trace tells apart.
pub(super) const MOST_SPOTS: usize = 255;

/// Parts at the edges of blocks that are kept: six bytes each.
const MOST_EDGES: usize = 150;

/// What one page says about its site. It holds no text.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Days since 1970 (UTC) when the article was seen first.
    pub day: i32,
    /// Whether extraction worked on it.
    pub outcome: Outcome,
    pub(super) title: Option<u64>,
    pub(super) blocks: Vec<Seen>,
    /// The parts at the edges of blocks that were kept.
    pub(super) edges: Vec<Edge>,
}

/// A part at the edge of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// Index of the block in the trace.
    pub(super) block: u16,
    pub(super) key: u32,
}

/// A block of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) keys: Keys,
    /// Letters; a Chinese or Japanese character counts as 2.5.
    pub(super) weight: f32,
    /// Whether it was part of the body.
    pub(super) kept: bool,
    /// Where it stands.
    pub(super) spot: u32,
}

impl Seen {
    fn of(note: &BlockNote) -> Option<Self> {
        let keys = Keys::of(&note.text)?;
        // A memory must not learn from its own removals.
        let kept = note.kept || note.reason.is_memory();
        Some(Self { keys, weight: note.measures.weight, kept, spot: note.measures.spot })
    }

    fn bytes(&self) -> usize {
        BLOCK_BYTES + self.keys.pattern.map_or(0, |_| PATTERN_BYTES)
    }
}

impl Trace {
    /// The trace of a page. `None`: there is nothing to learn from it, because it is no article.
    #[must_use]
    pub fn of(extraction: &Extraction, day: i32) -> Option<Self> {
        if !extraction.article.kind.is_filed() {
            return None;
        }
        let (blocks, edges) = bounded(&extraction.blocks);
        let title = Keys::of(&extraction.article.title).map(|keys| keys.exact);
        Some(Self { day, outcome: extraction.outcome, title, blocks, edges })
    }

    /// The trace of a page on which the article is missing that the feed has announced: an index, or
    /// nothing. It teaches no block, but several of them tell of a relaunch. `None`: the page has
    /// an article, or is a wall or an error, which says nothing of how the site looks.
    #[must_use]
    pub fn without_article(extraction: &Extraction, day: i32) -> Option<Self> {
        let article = &extraction.article;
        let is_bare = article.kind.is_filed() && article.body.is_empty();
        if !is_bare && !matches!(article.kind, PageKind::Index | PageKind::Empty) {
            return None;
        }
        let outcome = Outcome { lacks_article: true, ..Outcome::default() };
        Some(Self { day, outcome, title: None, blocks: Vec::new(), edges: Vec::new() })
    }

    /// Whether the page has an article.
    #[must_use]
    pub fn has_article(&self) -> bool {
        !self.outcome.lacks_article
    }
}

/// The blocks that are kept of a page, and the parts at their edges. On a long page, the blocks of
/// the body come first, from its ends inwards, because there is what does not belong to it. Then
/// come those around, from the nearest outwards: menus and lists far from the body teach least.
fn bounded(notes: &[BlockNote]) -> (Vec<Seen>, Vec<Edge>) {
    let mut all: Vec<(&BlockNote, Seen)> =
        notes.iter().filter_map(|note| Some((note, Seen::of(note)?))).collect();
    let mut by_rank: Vec<((bool, usize), usize)> = ranks(&all).into_iter().zip(0..).collect();
    by_rank.sort_unstable();
    let mut bytes = 0;
    let mut chosen: Vec<usize> = by_rank.into_iter().map(|(_, at)| at).collect();
    let mut spots: HashSet<u32> = HashSet::default();
    chosen.retain(|at| {
        let Some((_, seen)) = all.get_mut(*at) else { return false };
        if spots.len() >= MOST_SPOTS && !spots.contains(&seen.spot) {
            seen.spot = spot::NONE;
        }
        let is_new = seen.spot != spot::NONE && spots.insert(seen.spot);
        bytes += seen.bytes() + if is_new { SPOT_BYTES } else { 0 };
        bytes <= MOST_BLOCK_BYTES
    });
    let mut places = chosen.clone();
    places.sort_unstable();
    let edges = chosen.iter().filter_map(|at| {
        let (note, _) = all.get(*at).filter(|(_, seen)| seen.kept)?;
        let block = u16::try_from(places.binary_search(at).ok()?).ok()?;
        Some(edge::keys(&note.text).into_iter().map(move |key| Edge { block, key }))
    });
    let edges = edges.flatten().take(MOST_EDGES).collect();
    (places.iter().filter_map(|at| Some(all.get(*at)?.1)).collect(), edges)
}

/// For each block whether it is outside of the body, and how far it is from its ends.
fn ranks(blocks: &[(&BlockNote, Seen)]) -> Vec<(bool, usize)> {
    let kept: Vec<usize> =
        (0..blocks.len()).filter(|at| blocks.get(*at).is_some_and(|(_, seen)| seen.kept)).collect();
    let mut before = 0;
    let distance = |at: usize, other: Option<&usize>| other.map(|other| at.abs_diff(*other));
    let ranks = blocks.iter().enumerate().map(|(at, (_, seen))| {
        if seen.kept {
            before += 1;
            return (false, (before - 1).min(kept.len() - before));
        }
        let left = distance(at, before.checked_sub(1).and_then(|last| kept.get(last)));
        let right = distance(at, kept.get(before));
        let nearest = left.into_iter().chain(right).min();
        (true, nearest.unwrap_or(at))
    });
    ranks.collect()
}
