//! Before the tokenizer: hands over the text without the attributes, scripts and comments that are
//! not used.
//!
//! The tokenizer reads a character at a time, which is most of the cost of a parse. Between two tags
//! it holds nothing back, and what it would make of a plain text or a [simple](super::tag::simple)
//! tag is known. These go to the guard behind it at once.

mod raw;

use std::ops::Range;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink as _, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use memchr::{memchr, memchr2, memmem};

use super::guard::Guard;
use super::reference::{Within, resolved};
use super::shared::Shared;
use super::tag::{self, Kept, TagScan};
use crate::tree::NodeId;
use crate::tree::arena::Arena;
use crate::{Limits, step_counter};

/// Bytes that are handed over at once if no answer of the tokenizer is needed.
const PART_BYTES: usize = 16 * 1024;

/// A sign that some systems begin a text with; it is no part of it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A comment is handed over empty.
const COMMENT: &str = "<!---->";

/// Hands the text to the tokenizer, without the unused parts.
pub(super) struct Reader<'a> {
    tokenizer: Tokenizer<Guard>,
    text: &'a str,
    kept: Kept,
    shared: Shared<'a>,
    /// Start of the text that was not taken yet.
    at: usize,
    /// Text that was taken and not handed over yet.
    part: String,
    /// The tokenizer has read all that was taken, and is between two tags.
    is_between: bool,
    /// The page has a script or the like without an end, or at a place where it is not read as one.
    /// The end is not searched again, because such pages could repeat that without bound.
    has_open_raw: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, limits: &Limits, also: &'a [String]) -> Self {
        let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        Self {
            tokenizer: Tokenizer::new(Guard::new(text.len(), limits), options),
            text,
            shared: Shared::new(text),
            kept: Kept::new(also),
            at: 0,
            part: String::new(),
            is_between: true,
            has_open_raw: false,
        }
    }

    pub(super) fn run(&mut self) {
        let mut from = 0;
        while !self.guard().is_full() {
            let raw = self.guard().raw.borrow().clone();
            if raw.is_none() && self.part.len() + (from - self.at) > PART_BYTES {
                self.feed(from);
            }
            let next = match raw {
                None => self.pass_markup(from),
                Some(raw) => self.pass_raw(from, &raw),
            };
            let Some(next) = next else { return self.feed(self.text.len()) };
            from = next;
        }
    }

    pub(super) fn finish(self) -> Arena {
        self.tokenizer.end();
        self.tokenizer.sink.into_tree()
    }

    fn guard(&self) -> &Guard {
        &self.tokenizer.sink
    }

    /// Hands over everything up to `end`.
    fn feed(&mut self, end: usize) {
        self.take(end);
        if self.part.is_empty() {
            return;
        }
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(self.part.as_str()));
        self.part.clear();
        // A script stops the tokenizer so that it could run; there is nothing to run.
        while !matches!(self.tokenizer.feed(&input), TokenizerResult::Done) {}
    }

    /// Takes the text up to `end`.
    fn take(&mut self, end: usize) {
        self.is_between = false;
        self.part.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = self.at.max(end);
    }

    /// Takes `by` in place of the text between `start` and `end`.
    fn replace(&mut self, start: usize, end: usize, by: &str) {
        self.take(start);
        self.part.push_str(by);
        self.at = self.at.max(end);
    }

    /// Finds `sign` at or after `from`.
    fn find(&self, from: usize, sign: &str) -> Option<usize> {
        let found = memmem::find(self.rest(from), sign.as_bytes()).map(|offset| from + offset);
        step_counter::add(found.unwrap_or(self.text.len()).saturating_sub(from));
        found
    }

    /// Finds this byte at or after `from`.
    fn find_byte(&self, from: usize, byte: u8) -> Option<usize> {
        let found = memchr(byte, self.rest(from)).map(|offset| from + offset);
        step_counter::add(found.unwrap_or(self.text.len()).saturating_sub(from));
        found
    }

    fn rest(&self, from: usize) -> &'a [u8] {
        self.text.as_bytes().get(from..).unwrap_or_default()
    }

    /// Passes the next `<` and what it starts. `None` if only text follows.
    fn pass_markup(&mut self, from: usize) -> Option<usize> {
        let open = self.find_byte(from, b'<')?;
        match self.rest(open + 1) {
            [letter, ..] if letter.is_ascii_alphabetic() => {
                self.pass_tag(open, open + 1, TagKind::StartTag)
            }
            [b'/', letter, ..] if letter.is_ascii_alphabetic() => {
                self.pass_tag(open, open + 2, TagKind::EndTag)
            }
            [b'!', b'-', b'-', ..] => {
                let end = self.comment_end(open)? + 1;
                if self.give_text(open) {
                    let _ = self.give(Token::CommentToken(StrTendril::new()), end);
                } else {
                    self.replace(open, end, COMMENT);
                }
                Some(end)
            }
            [b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] => {
                self.feed(open);
                if self.guard().is_foreign() {
                    self.find(open, "]]>")
                } else {
                    self.find_byte(open, b'>')
                }
            }
            [b'!' | b'?' | b'/', ..] => self.find_byte(open, b'>'),
            _ => Some(open + 1),
        }
    }

    /// The end of the comment that starts at `open`: `<!-->` and `<!--->` are whole, `<!--!>` is
    /// not.
    fn comment_end(&self, open: usize) -> Option<usize> {
        let mut from = open + 2;
        loop {
            let dashes = self.find(from, "--")?;
            match self.rest(dashes + 2) {
                [b'>', ..] => return Some(dashes + 2),
                [b'!', b'>', ..] if dashes >= open + 4 => return Some(dashes + 3),
                _ => from = dashes + 1,
            }
        }
    }

    /// Passes the tag at `open` with a name at `name`.
    fn pass_tag(&mut self, open: usize, name: usize, kind: TagKind) -> Option<usize> {
        if self.give_text(open)
            && let Some((tag, end)) =
                tag::simple(self.text, name, kind, &self.kept, &mut self.shared)
        {
            if !raw::may_begin(self.rest(name)) {
                let _ = self.give(Token::TagToken(tag), end);
                return Some(end);
            }
            if let Some(end) = self.give_raw(tag, end) {
                return Some(end);
            }
        }
        let end = self.take_tag(name)?;
        self.feed_tag(end);
        Some(end)
    }

    /// Gives the text up to `end` to the guard, if the tokenizer would not change it.
    fn give_text(&mut self, end: usize) -> bool {
        let text = self.text.get(self.at..end).unwrap_or_default();
        if !self.is_between || memchr2(b'<', 0, text.as_bytes()).is_some() {
            return false;
        }
        if text.is_empty() {
            return true;
        }
        let Some(text) = self.resolved_text(self.at..end) else { return false };
        let _ = self.give(Token::CharacterTokens(text), end);
        true
    }

    /// A text with its references resolved; `None` if that is the tokenizer's task.
    fn resolved_text(&mut self, range: Range<usize>) -> Option<StrTendril> {
        let text = self.text.get(range.clone())?;
        if memchr2(b'\r', b'&', text.as_bytes()).is_none() {
            return Some(self.shared.part(range));
        }
        resolved(&unix_lines(text), Within::Text).map(StrTendril::from)
    }

    /// Gives the guard what the tokenizer would make of the text up to `end`. Its answer is for the
    /// tokenizer.
    fn give(&mut self, token: Token, end: usize) -> TokenSinkResult<NodeId> {
        step_counter::add(end.saturating_sub(self.at));
        self.at = end;
        self.guard().process_token(token, 1)
    }

    /// Hands over everything up to the end of a tag.
    fn feed_tag(&mut self, end: usize) {
        self.feed(end);
        let is_raw = self.guard().raw.borrow().is_some();
        self.is_between = !is_raw;
    }

    /// Takes the tag with a name that continues at `from`, without its unused attributes, and
    /// returns its end.
    fn take_tag(&mut self, from: usize) -> Option<usize> {
        let mut tag = TagScan::new(self.text.as_bytes(), from);
        while let Some(attribute) = tag.next_attribute() {
            let name =
                self.text.as_bytes().get(attribute.start..attribute.name_end).unwrap_or_default();
            if self.kept.name(name).is_none() {
                // Without the space a slash before it would join the tag's end.
                self.replace(attribute.start, attribute.end, " ");
            }
        }
        (tag.at < self.text.len()).then_some(tag.at)
    }
}

/// The text with the line ends that the tokenizer makes of all.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
