//! What is kept of a page to learn from.

use crate::memory::key::Keys;
use crate::memory::layout::Outcome;
use crate::{Extraction, Reason};

/// Blocks of a page that are kept; chrome that is on every page is far less.
const MOST_BLOCKS: usize = 1_000;

/// What one page says about its site. It holds no text.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Days since 1970 (UTC) when the article was seen first.
    pub day: i32,
    /// Whether extraction worked on it.
    pub outcome: Outcome,
    pub(super) title: Option<u64>,
    pub(super) blocks: Vec<Seen>,
}

/// A block of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) keys: Keys,
    /// Letters; a Chinese or Japanese character counts as 2.5.
    pub(super) weight: f32,
    /// Whether it was part of the body.
    pub(super) kept: bool,
}

impl Trace {
    /// The trace of a page. `None`: there is nothing to learn from it, because it is no article.
    #[must_use]
    pub fn of(extraction: &Extraction, day: i32) -> Option<Self> {
        if !extraction.article.kind.is_filed() {
            return None;
        }
        let seen = extraction.blocks.iter().filter_map(|note| {
            let keys = Keys::of(&note.text)?;
            // A memory must not learn from its own removals.
            let kept = note.kept || matches!(note.reason, Reason::Memory(_));
            Some(Seen { keys, weight: note.measures.weight, kept })
        });
        let title = Keys::of(&extraction.article.title).map(|keys| keys.exact);
        let (outcome, blocks) = (extraction.outcome, seen.take(MOST_BLOCKS).collect());
        Some(Self { day, outcome, title, blocks })
    }
}
