//! Tags: their names, their attributes, and where they end.
//!
//! A quote may be missing, and so may the end of a tag. So a tag ends at the latest where another
//! one starts, and an attribute where a tag does.

use std::borrow::Cow;

use super::{Token, Tokens};
use crate::defect::Defect;

/// Most attributes of one tag; no tag of a feed has more.
const MAX_ATTRIBUTES: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Name with prefix, as written.
    pub(crate) name: &'a str,
    /// Names as written, values with references resolved; the first of a repeated name.
    pub(crate) attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Ended by `/>`.
    pub(crate) empty: bool,
}

impl Tag<'_> {
    /// The value of an attribute, by its name with prefix, ignoring case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
    }
}

impl<'a> Tokens<'a> {
    pub(super) fn end_tag(&mut self) -> Token<'a> {
        self.take(2);
        let length = self.rest().find(is_name_end).unwrap_or(self.rest().len());
        let name = self.take(length);
        let tail = self.rest().find(['<', '>']).unwrap_or(self.rest().len());
        self.take(tail);
        if self.rest().starts_with('>') {
            self.take(1);
        } else {
            self.defects.note(Defect::Unbalanced);
        }
        Token::End(name)
    }

    /// The tag that starts here; `None` if the text ends or another tag starts before it is closed.
    pub(super) fn start_tag(&mut self) -> Option<Tag<'a>> {
        let start = self.at;
        self.take(1);
        let length = self.rest().find(is_name_end).unwrap_or(self.rest().len());
        let mut tag = Tag { name: self.take(length), attributes: Vec::new(), empty: false };
        loop {
            self.skip_while(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '='));
            match self.rest().chars().next() {
                Some('>') => {
                    self.take(1);
                    return Some(tag);
                }
                Some('/') => {
                    self.take(1);
                    tag.empty = self.rest().starts_with('>');
                }
                None | Some('<') => {
                    self.at = start;
                    return None;
                }
                Some(_) => self.attribute(&mut tag),
            }
        }
    }

    fn skip_while(&mut self, skipped: impl Fn(char) -> bool) {
        self.at = self.text.len() - self.rest().trim_start_matches(skipped).len();
    }

    fn attribute(&mut self, tag: &mut Tag<'a>) {
        let length = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '<' | '/' | '"' | '\''))
            .unwrap_or(self.rest().len());
        let name = self.take(length);
        self.skip_while(char::is_whitespace);
        let value = if self.rest().starts_with('=') {
            self.take(1);
            self.skip_while(char::is_whitespace);
            self.value()
        } else {
            self.defects.note(Defect::Attribute);
            ""
        };
        if tag.attributes.iter().any(|(known, _)| *known == name) {
            self.defects.note(Defect::Attribute);
        } else if tag.attributes.len() < MAX_ATTRIBUTES {
            tag.attributes.push((name, self.resolve(value)));
        }
    }

    fn value(&mut self) -> &'a str {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            self.defects.note(Defect::Attribute);
            let rest = self.rest();
            let mut length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'))
                .unwrap_or(rest.len());
            let ends_tag = rest.get(length..).is_some_and(|rest| rest.starts_with('>'));
            if ends_tag && rest.get(..length).is_some_and(|value| value.ends_with('/')) {
                length -= 1;
            }
            return self.take(length);
        };
        self.take(1);
        let rest = self.rest();
        if let Some(length) = quoted_length(rest, quote) {
            let value = self.take(length);
            self.take(1);
            return value;
        }
        self.defects.note(Defect::Attribute);
        let length = rest.find(['>', '<']).unwrap_or(rest.len());
        self.take(length).trim_end_matches('/')
    }
}

/// The position of the closing quote; `None` if a tag starts before it, because the quote was
/// forgotten.
fn quoted_length(rest: &str, quote: char) -> Option<usize> {
    let mut from = 0;
    loop {
        let tail = rest.get(from..)?;
        let at = tail.find([quote, '<'])?;
        let found = tail.get(at..)?;
        if found.starts_with(quote) {
            return Some(from + at);
        }
        if found.chars().nth(1).is_some_and(|c| c == '/' || c == '!' || is_name_start(c)) {
            return None;
        }
        from += at + 1;
    }
}

pub(super) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn is_name_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '>' | '<' | '/' | '=' | '"' | '\'')
}
