//! The beginning of an article whose rest is for subscribers.
//!
//! It is filed, because a beginning is better than nothing, and flagged, because it is not the article. Many sites
//! put the words of a paywall into every page, and the statement that an article is locked also into those that they
//! send whole. So something must say that the text is cut: an open end, a much higher word count, or hardly any text.

use crate::article::Piece;
use crate::kind::View;
use crate::kind::words::{self, Section};
use crate::{Reason, fallback};

/// What paywalls leave is shorter than this.
const STUB_WEIGHT: f32 = 1_800.0;

/// Hardly a text: statement and words together are believed.
const LITTLE: f32 = 900.0;

/// A stated length this many times that of the body is that of another text.
const LONGER: f32 = 2.0;

/// Letters of a word, for the word count that pages state.
const WORD_LETTERS: f32 = 5.0;

/// Longest line that is a paywall's, and where it was taken for a paragraph.
const LINE_BYTES: usize = 300;
const KEPT_LINE_BYTES: usize = 120;

/// Whether only the beginning was given.
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
    fallback::is_cut(&last)
}

/// Whether a line asks to subscribe in order to read on.
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
