//! The beginning of an article, with the rest for subscribers.
//!
//! It counts as an article, because a beginning is better than nothing, and is flagged. Many sites
//! have the words of a paywall on every page, and mark articles as locked that they send whole. So
//! the text must also be cut: an open end, a much higher word count, or hardly any text.

use wiresift_text::prose;

use crate::Reason;
use crate::article::Piece;
use crate::kind::View;
use crate::kind::words::{self, Section};

/// A paywall leaves less than this weight.
const STUB_WEIGHT: f32 = 1_800.0;

/// Below this weight, metadata and words together are enough.
const LITTLE: f32 = 900.0;

/// A stated length this many times that of the body belongs to a longer text.
const LONGER: f32 = 2.0;

/// Letters of a word, to convert the page's word count.
const WORD_LETTERS: f32 = 5.0;

/// Longest line of a paywall, and longest if it was kept as a paragraph.
const LINE_BYTES: usize = 300;
const KEPT_LINE_BYTES: usize = 120;

/// Whether the body is only the beginning.
pub(super) fn is_stub(view: &View<'_>, body: f32) -> bool {
    if body >= STUB_WEIGHT {
        return false;
    }
    let is_locked = view.article.rights.paywalled;
    let is_longer = view
        .head
        .facts
        .stated
        .words
        .is_some_and(|words| words as f32 * WORD_LETTERS > LONGER * body);
    let asks = asks(view);
    let is_cut = is_longer || has_open_end(view) || (is_locked && asks && body < LITTLE);
    (is_locked || asks) && is_cut
}

/// Whether the last paragraph breaks off.
fn has_open_end(view: &View<'_>) -> bool {
    let last = view.article.body.last().map(Piece::text).unwrap_or_default();
    prose::is_cut(&last)
}

/// Whether a line asks to subscribe.
fn asks(view: &View<'_>) -> bool {
    let lines = view
        .page
        .blocks
        .iter()
        .zip(view.reasons)
        .map(|(block, reason)| (view.page.text(block), reason));
    let most = |reason: &Reason| if reason.is_kept() { KEPT_LINE_BYTES } else { LINE_BYTES };
    lines
        .filter(|(line, reason)| line.len() < most(reason))
        .any(|(line, _)| words::has(line, Section::Paywall))
}
