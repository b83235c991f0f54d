//! The tags of a page: where their attributes are, and simple ones as the tokenizer would read them.

use std::ops::Range;
use std::sync::LazyLock;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind};
use html5ever::{Attribute, LocalName, QualName, ns};
use memchr::{memchr, memchr2, memchr3};

use super::KEPT;
use super::reference::{Within, resolved};
use super::shared::Shared;
use crate::step_counter;

/// The elements that pages mostly consist of. To find a name here costs a fraction of looking it up
/// in html5ever's table.
const COMMON: [&str; 36] = [
    "a", "p", "b", "i", "div", "li", "ul", "ol", "br", "hr", "em", "td", "tr", "th", "h1", "h2",
    "h3", "h4", "img", "svg", "nav", "span", "path", "time", "meta", "link", "form", "input",
    "label", "table", "aside", "figure", "strong", "button", "section", "article",
];

static ELEMENTS: LazyLock<Names> = LazyLock::new(|| Names::of(&COMMON));
static ATTRIBUTES: LazyLock<Names> = LazyLock::new(|| Names::of(&KEPT));

/// Known names by their length in bytes, which leaves few to compare.
struct Names(Vec<Vec<(&'static str, LocalName)>>);

impl Names {
    fn of(names: &[&'static str]) -> Self {
        let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
        let mut by_length = vec![Vec::new(); longest + 1];
        for name in names.iter().copied() {
            if let Some(known) = by_length.get_mut(name.len()) {
                known.push((name, LocalName::from(name)));
            }
        }
        Self(by_length)
    }

    /// The name that equals this one but for its case.
    fn find(&self, name: &[u8]) -> Option<&LocalName> {
        let known = self.0.get(name.len())?;
        // The first letter rules out most of them at once.
        let first = name.first()?.to_ascii_lowercase();
        let is_same = |(known, _): &&(&str, LocalName)| {
            known.as_bytes().first() == Some(&first) && name.eq_ignore_ascii_case(known.as_bytes())
        };
        known.iter().find(is_same).map(|(_, name)| name)
    }
}

/// The attributes that are handed over.
pub(super) struct Kept {
    /// Those in addition to the usual ones, in lower case.
    also: Vec<LocalName>,
}

impl Kept {
    pub(super) fn new(also: &[String]) -> Self {
        Self { also: also.iter().map(|name| lower(name)).collect() }
    }

    /// The name of an attribute in lower case, if it is kept.
    pub(super) fn name(&self, name: &[u8]) -> Option<&LocalName> {
        let also = || self.also.iter().find(|kept| name.eq_ignore_ascii_case(kept.as_bytes()));
        ATTRIBUTES.find(name).or_else(also)
    }
}

/// The tag whose name starts at `at`, and where it ends. `None` for one that only the tokenizer
/// reads: its values have character references or signs that are replaced, or it has no end.
pub(super) fn simple(
    text: &str,
    at: usize,
    kind: TagKind,
    kept: &Kept,
    shared: &mut Shared<'_>,
) -> Option<(Tag, usize)> {
    let mut scan = TagScan::new(text.as_bytes(), at);
    let name = text.get(at..scan.at)?;
    if memchr(0, name.as_bytes()).is_some() {
        return None;
    }
    let mut tag = Tag {
        kind,
        name: ELEMENTS.find(name.as_bytes()).cloned().unwrap_or_else(|| lower(name)),
        self_closing: false,
        attrs: Vec::new(),
        had_duplicate_attributes: false,
    };
    let mut end = scan.at;
    while let Some(attribute) = scan.next_attribute() {
        end = attribute.end;
        let name = text.as_bytes().get(attribute.start..attribute.name_end)?;
        let Some(name) = kept.name(name) else { continue };
        let value = text.get(attribute.value.clone())?;
        let value = match memchr3(b'&', b'\r', 0, value.as_bytes()) {
            None => shared.part(attribute.value),
            Some(_) if memchr2(b'\r', 0, value.as_bytes()).is_some() => return None,
            Some(_) => StrTendril::from(resolved(value, Within::Value)?),
        };
        if tag.attrs.iter().any(|known| known.name.local == *name) {
            tag.had_duplicate_attributes = true;
            continue;
        }
        let name = QualName::new(None, ns!(), name.clone());
        tag.attrs.push(Attribute { name, value });
    }
    // The slash of `<br/>`, but not that of `<a href=b/>`.
    tag.self_closing = text.as_bytes().get(end..scan.at)?.ends_with(b"/>");
    (scan.at < text.len()).then_some((tag, scan.at))
}

fn lower(name: &str) -> LocalName {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        LocalName::from(name.to_ascii_lowercase())
    } else {
        LocalName::from(name)
    }
}

/// Where an attribute is.
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) name_end: usize,
    /// Its value, without quotes.
    value: Range<usize>,
    pub(super) end: usize,
}

/// Reads a tag from within its name, with the states of the HTML standard's tokenizer.
pub(super) struct TagScan<'a> {
    bytes: &'a [u8],
    /// The next byte; after the last attribute, what follows the `>`, or the end of the text.
    pub(super) at: usize,
}

impl<'a> TagScan<'a> {
    /// `from` is within the tag's name, which ends at white space, a slash or the tag's end.
    pub(super) fn new(bytes: &'a [u8], from: usize) -> Self {
        let mut scan = Self { bytes, at: from };
        scan.pass(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>'));
        scan
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn pass(&mut self, is: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let passed = rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len());
        step_counter::add(passed);
        self.at += passed;
    }

    /// The place of a byte at or after `from`, or the end of the text.
    fn find(&self, byte: u8, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let passed = memchr(byte, rest).unwrap_or(rest.len());
        step_counter::add(passed);
        from + passed
    }

    /// Passes a value, and returns its place without quotes.
    fn pass_value(&mut self) -> Range<usize> {
        let quote = self.peek().filter(|byte| matches!(byte, b'"' | b'\''));
        let Some(quote) = quote else {
            let first = self.at;
            self.pass(|byte| !byte.is_ascii_whitespace() && byte != b'>');
            return first..self.at;
        };
        let first = self.at + 1;
        let end = self.find(quote, first);
        self.at = (end + 1).min(self.bytes.len());
        first..end
    }

    pub(super) fn next_attribute(&mut self) -> Option<Place> {
        self.pass(|byte| byte.is_ascii_whitespace() || byte == b'/');
        let start = self.at;
        if self.peek()? == b'>' {
            self.at += 1;
            return None;
        }
        // A name may start with the sign that ends it elsewhere.
        self.at += 1;
        self.pass(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>' | b'='));
        let name_end = self.at;
        self.pass(|byte| byte.is_ascii_whitespace());
        if self.peek() != Some(b'=') {
            self.at = name_end;
            return Some(Place { start, name_end, value: name_end..name_end, end: name_end });
        }
        self.at += 1;
        self.pass(|byte| byte.is_ascii_whitespace());
        let value = self.pass_value();
        Some(Place { start, name_end, value, end: self.at })
    }
}
