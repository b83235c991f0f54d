//! The beginning of an article whose rest is for subscribers.
//!
//! It is filed, because a beginning is better than nothing, and flagged, because it is not the article. Many sites
//! put the words of a paywall into every page, so the text must also be short, and something must say that it is
//! cut: the page itself (`isAccessibleForFree`), a longer text or word count that it states, an open end.

use crate::extract::kind::View;
use crate::extract::kind::words::{self, Section};
use crate::extract::rescue;
use crate::news::article::Piece;

/// What paywalls leave is shorter than this.
const STUB_WEIGHT: f32 = 1_800.0;

/// A stated length this many times that of the body is that of another text.
const LONGER: f32 = 2.0;

/// Letters of a word, for the word count that pages state.
const WORD_LETTERS: f32 = 5.0;

/// Longest line that is a paywall's.
const LINE_BYTES: usize = 300;

/// Whether only the beginning was given.
pub(super) fn is_stub(view: &View<'_>, body: f32) -> bool {
    if body >= STUB_WEIGHT {
        return false;
    }
    let is_locked = view.article.rights.paywalled;
    let is_longer =
        view.head.facts.stated.words.is_some_and(|words| words as f32 * WORD_LETTERS > LONGER * body);
    let signs = [is_locked, is_longer, has_open_end(view), asks(view)];
    let locks = is_locked || asks(view);
    locks && signs.into_iter().filter(|sign| *sign).count() >= 2
}

/// Whether the last paragraph breaks off.
fn has_open_end(view: &View<'_>) -> bool {
    let last = view.article.body.last().map(Piece::text).unwrap_or_default();
    rescue::is_cut(&last)
}

/// Whether a short line that is not in the body asks to subscribe in order to read on.
fn asks(view: &View<'_>) -> bool {
    let lines = view.page.blocks.iter().zip(view.reasons);
    lines
        .filter(|(_, reason)| !reason.is_kept())
        .map(|(block, _)| view.page.text(block))
        .any(|line| line.len() < LINE_BYTES && words::has(line, Section::Paywall))
}
