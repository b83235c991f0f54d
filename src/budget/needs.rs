//! How many bytes a stage of work needs, estimated from what is known before it begins.
//!
//! The factors were measured (peak resident memory of one task above that of an idle process) on
//! the largest documents that the limits of the parsers let through: pages of one long text, of
//! nothing but tags, of formatting elements that are never closed, of attributes; feeds of twenty
//! thousand entries.

/// Bytes of memory for each byte of a page that is parsed: the decoded text, the texts of the tree
/// and of the blocks, the article and its HTML.
const PAGE_FACTOR: u64 = 8;

/// Bytes of memory for each node of a page's tree.
const NODE_BYTES: u64 = 200;

/// Bytes of memory for each byte of a feed that is parsed.
const FEED_FACTOR: u64 = 4;

/// Bytes of memory for each entry of a feed while it is recorded: the entry, the known one that it
/// is compared with, and their rows in statements.
const ENTRY_BYTES: u64 = 8 * 1024;

/// Bytes of memory for each byte of an article while it waits and is filed: the text, its
/// HTML, its copy and its words for the comparison, and the rows of article and revision as JSON.
const ARTICLE_FACTOR: u64 = 16;

/// What a task reserves before it starts: enough for most pages and feeds.
const START: u64 = 512 * 1024;

/// What a poll reserves before it starts: enough for the headers of an answer and its connection.
/// Nine of ten polls find nothing new, and many of them have no body at all.
const POLL_START: u64 = 64 * 1024;

/// The part of the budget that caches may fill: a sixteenth.
const CACHE_PART: u64 = 16;

/// The sizes that the needs follow from.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Largest body on the wire.
    pub wire: u64,
    /// Largest body after decompression.
    pub body: u64,
    /// Bytes of a page that are parsed.
    pub page: u64,
    /// Tags of a page that are parsed.
    pub tags: u64,
}

/// The shares of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// For work in progress.
    pub work: u64,
    /// For caches.
    pub caches: u64,
    /// What a task reserves before it starts.
    pub start: u64,
    /// What a poll reserves before it starts.
    pub poll_start: u64,
    /// The most that one task may need.
    pub claim: u64,
}

/// The budget is smaller than what one document may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a budget of {given} bytes is too little, {floor} are needed")]
pub struct TooLittle {
    pub given: u64,
    /// The smallest budget that is enough.
    pub floor: u64,
}

impl Shares {
    /// Divides a budget of `memory` bytes.
    pub fn of(memory: u64, sizes: &Sizes) -> Result<Self, TooLittle> {
        let caches = memory / CACHE_PART;
        let work = memory - caches;
        let page = page_need(sizes.page.min(sizes.body), sizes.tags);
        let unpacking = sizes.wire.saturating_add(sizes.body);
        let claim = unpacking
            .max(sizes.body.saturating_add(page))
            .max(sizes.body.saturating_add(feed_need(sizes.body)))
            .max(START);
        // Beside the largest task, several small ones go on.
        let least = claim.saturating_add(8 * START);
        if work < least {
            let floor = least.saturating_add(least / (CACHE_PART - 1)).saturating_add(1);
            return Err(TooLittle { given: memory, floor });
        }
        Ok(Self { work, caches, start: START, poll_start: POLL_START, claim })
    }
}

/// To parse a page of `bytes`, beside its body. `tags` is how many tags it may have.
#[must_use]
pub fn page_need(bytes: u64, tags: u64) -> u64 {
    // A tag makes an element, and the text behind it makes a node.
    let nodes = tags.saturating_mul(2);
    bytes.saturating_mul(PAGE_FACTOR).saturating_add(nodes.saturating_mul(NODE_BYTES))
}

/// To parse a feed of `bytes`, beside its body.
#[must_use]
pub fn feed_need(bytes: u64) -> u64 {
    bytes.saturating_mul(FEED_FACTOR)
}

/// To record a feed of `bytes` and `entries`.
#[must_use]
pub fn record_need(bytes: u64, entries: usize) -> u64 {
    let entries = u64::try_from(entries).unwrap_or(u64::MAX);
    bytes.saturating_mul(2).saturating_add(entries.saturating_mul(ENTRY_BYTES))
}

/// To keep an article of `bytes` until it is filed.
#[must_use]
pub fn article_need(bytes: u64) -> u64 {
    bytes.saturating_mul(ARTICLE_FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { wire: 10 << 20, body: 20 << 20, page: 8 << 20, tags: 200_000 };

    #[test]
    fn the_floor_is_the_smallest_budget_that_is_accepted() {
        let TooLittle { floor, .. } = Shares::of(1 << 20, &SIZES).unwrap_err();
        let shares = Shares::of(floor, &SIZES).expect("the floor is enough");
        assert!(shares.work + shares.caches <= floor);
        assert!(shares.claim < shares.work);
        assert!(Shares::of(floor - 16, &SIZES).is_err());
        assert!(Shares::of(u64::MAX, &SIZES).is_ok());
    }
}
