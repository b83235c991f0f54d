//! Parts of the page for the tree, which share their memory: one allocation for hundreds of texts and
//! values.

use std::ops::Range;

use html5ever::tendril::StrTendril;

use crate::tree::floor_char_boundary;

/// Bytes that are copied at once. It stays in memory as long as one of its parts.
const WINDOW_BYTES: usize = 16 * 1024;

/// Longest text that needs no memory of its own, in bytes.
const INLINE_BYTES: usize = 8;

/// The page's text, of which a window was copied.
pub(super) struct Shared<'a> {
    text: &'a str,
    start: usize,
    window: StrTendril,
}

impl<'a> Shared<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, start: 0, window: StrTendril::new() }
    }

    /// A part of the text.
    pub(super) fn part(&mut self, range: Range<usize>) -> StrTendril {
        let text = self.text.get(range.clone()).unwrap_or_default();
        if text.len() <= INLINE_BYTES || text.len() > WINDOW_BYTES {
            return StrTendril::from_slice(text);
        }
        if range.start < self.start || range.end > self.start + self.window.len() {
            let end = floor_char_boundary(self.text, range.start + WINDOW_BYTES).max(range.end);
            let window = self.text.get(range.start..end).unwrap_or_default();
            (self.start, self.window) = (range.start, StrTendril::from_slice(window));
        }
        self.window.subtendril((range.start - self.start) as u32, text.len() as u32)
    }
}
