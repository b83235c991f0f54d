//! Elements that hold text and no markup: scripts, style sheets, titles and the like.
//!
//! Their text ends at their end tag. Only a script can have its own end tag in a comment, as text;
//! then the tokenizer must find the end.

use std::ops::Range;

use html5ever::local_name;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSinkResult};
use memchr::{memchr, memchr_iter, memmem};

use super::super::guard::{Raw, is_unread};
use super::super::tag;
use super::{Reader, unix_lines};
use crate::step_counter;

/// What begins a comment.
const COMMENT: &str = "<!--";

const SCRIPT: &[u8] = b"script";

impl Reader<'_> {
    /// Gives the start tag of such an element, which ends at `from`, its text or a space in place of
    /// it, and its end tag. `None` if only the tokenizer knows where it ends.
    pub(super) fn give_raw(&mut self, tag: Tag, from: usize) -> Option<usize> {
        let ends = tag.kind == TagKind::StartTag && tag.name != local_name!("plaintext");
        if self.has_open_raw || !ends {
            return None;
        }
        let close = self.find_close(from, &tag.name);
        self.has_open_raw = close.is_none();
        let close = close?;
        let text = self.raw_text(&tag, from..close)?;
        let name = close + 2;
        let (end_tag, end) =
            tag::simple(self.text, name, TagKind::EndTag, &self.kept, &mut self.shared)?;
        let answer = self.give(Token::TagToken(tag), from);
        if !matches!(answer, TokenSinkResult::RawData(_)) {
            self.has_open_raw = true;
            return Some(from);
        }
        if close > from {
            let _ = self.give(Token::CharacterTokens(text), close);
        }
        let _ = self.give(Token::TagToken(end_tag), end);
        Some(end)
    }

    /// The text as the tokenizer would read it, or a space if it is not used. `None` if only the
    /// tokenizer can tell.
    fn raw_text(&mut self, tag: &Tag, range: Range<usize>) -> Option<StrTendril> {
        let content = self.text.get(range.clone())?;
        step_counter::add(content.len());
        if tag.name == local_name!("script") && may_hold_end(content) {
            return None;
        }
        if is_unread(tag) {
            return Some(StrTendril::from_slice(" "));
        }
        if memchr(0, content.as_bytes()).is_some() {
            return None;
        }
        if matches!(tag.name, local_name!("title") | local_name!("textarea")) {
            return self.resolved_text(range);
        }
        Some(match memchr(b'\r', content.as_bytes()) {
            Some(_) => StrTendril::from(unix_lines(content)),
            None => self.shared.part(range),
        })
    }

    /// Finds `</` at or after `from`.
    fn find_end_tag(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let open = self.find_byte(at, b'<')?;
            if self.rest(open + 1).first() == Some(&b'/') {
                return Some(open);
            }
            at = open + 1;
        }
    }

    /// Finds `</name` and what ends a name, at or after `from`.
    fn find_close(&self, from: usize, name: &str) -> Option<usize> {
        let mut at = from;
        loop {
            let close = self.find_end_tag(at)?;
            if self.is_close(close, name) {
                return Some(close);
            }
            at = close + 2;
        }
    }

    /// Whether the `</` at `close` begins the end tag of this name.
    fn is_close(&self, close: usize, name: &str) -> bool {
        let (start, end) = (close + 2, close + 2 + name.len());
        let found = self.text.as_bytes().get(start..end);
        let is_ended = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && self.rest(end).first().is_some_and(is_ended)
    }

    /// Passes the next `</name` of an element with raw text, such as a script.
    pub(super) fn pass_raw(&mut self, from: usize, raw: &Raw) -> Option<usize> {
        let close = self.find_end_tag(from)?;
        let inside = close + 2 + raw.name.len();
        if !self.is_close(close, &raw.name) {
            return Some(close + 2);
        }
        let content = self.text.get(self.at..close).unwrap_or_default();
        step_counter::add(content.len());
        if raw.is_unread && !content.is_empty() && !content.contains(COMMENT) {
            self.replace(self.at, close, " ");
        }
        // In a script's comment it may be text. The tokenizer passes text on at once and a tag at
        // its end; the `<` releases what it held back before.
        self.feed(close + 1);
        let passed_on = self.guard().passed_on.get();
        self.feed(inside + 1);
        if self.guard().passed_on.get() == passed_on {
            let end = self.take_tag(inside)?;
            self.feed_tag(end);
            return Some(end);
        }
        self.guard().read_on();
        Some(inside + 1)
    }
}

/// Whether the end tag of a script that follows may be text: inside a comment, after the start of
/// another script.
fn may_hold_end(content: &str) -> bool {
    let comment = memmem::find(content.as_bytes(), COMMENT.as_bytes());
    let comment = comment.and_then(|at| content.as_bytes().get(at..)).unwrap_or_default();
    memchr_iter(b'<', comment).any(|open| {
        let name = comment.get(open + 1..open + 1 + SCRIPT.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(SCRIPT))
    })
}

/// Whether such an element may begin, by what follows the `<`, in either case.
pub(super) fn may_begin(tag: &[u8]) -> bool {
    let names: &[&[u8]] = match tag.first().map(u8::to_ascii_lowercase) {
        Some(b's') => &[b"script", b"style"],
        Some(b't') => &[b"title", b"textarea"],
        Some(b'n') => &[b"noembed", b"noframes", b"noscript"],
        Some(b'i') => &[b"iframe"],
        Some(b'p') => &[b"plaintext"],
        Some(b'x') => &[b"xmp"],
        _ => &[],
    };
    names
        .iter()
        .any(|name| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}
