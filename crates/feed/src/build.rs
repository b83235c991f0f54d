//! Tokens to elements: balances the tags of one entry.
//!
//! Feeds forget end tags, cross them, and start an entry inside another. The rules, in order:
//!
//! 1. An entry that starts inside another ends it.
//! 2. A field that starts inside a text field (`<title>One<link>`, `<enclosure …><pubDate>`) ends
//!    that field, because text fields hold no fields.
//! 3. An end tag ends the innermost open element of its name and everything inside. If there is
//!    none, the end tag of an outer element ends the entry, and any other is ignored.
//! 4. Elements that are open at the end of the document are dropped: half an address is a wrong
//!    one.

use std::borrow::Cow;

use crate::defect::{Defect, Defects};
use crate::element::{Element, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT, Node, VOID};
use crate::markup::{Tag, Token, Tokens};
use crate::names::{Name, Names, Vocabulary};

/// A token stream that can take one token back, and the namespaces in scope.
pub(super) struct Source<'a> {
    tokens: Tokens<'a>,
    returned: Option<Token<'a>>,
    pub(super) names: Names,
}

/// How an element ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By its end tag, or by what follows it.
    Whole,
    /// By the end of the document.
    CutOff,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { tokens: Tokens::new(text), returned: None, names: Names::default() }
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.returned.take().or_else(|| self.tokens.next())
    }

    pub(super) fn note(&mut self, defect: Defect) {
        self.tokens.defects.note(defect);
    }

    pub(super) fn defects(&self) -> &Defects {
        &self.tokens.defects
    }

    /// Builds the element that `tag` starts, at `depth` of the document. `outside` recognises the
    /// end tags of outer elements.
    pub(super) fn build(
        &mut self,
        tag: &Tag<'_>,
        name: Name,
        depth: usize,
        outside: &dyn Fn(&str) -> bool,
    ) -> (Element, Ended) {
        let mut open = Open::new(element(tag, name));
        if tag.empty {
            return (open.finish(Ended::Whole), Ended::Whole);
        }
        while let Some(token) = self.next() {
            match token {
                Token::Start(tag) => {
                    let name = self.names.enter(depth + open.stack.len(), &tag);
                    if is_entry(&name) || open.is_field_of_text_ended_by(&name, 0) {
                        self.note(if is_entry(&name) {
                            Defect::NestedEntry
                        } else {
                            Defect::Unbalanced
                        });
                        self.returned = Some(Token::Start(tag));
                        return (open.finish(Ended::Whole), Ended::Whole);
                    }
                    if open.is_field_of_text_ended_by(&name, 1) {
                        self.note(Defect::Unbalanced);
                        open.close_to(1);
                    }
                    open.start(&tag, name);
                }
                Token::End(name) => match open.innermost(name) {
                    Some(0) => return (open.finish(Ended::Whole), Ended::Whole),
                    Some(at) => {
                        if at + 1 < open.stack.len() {
                            self.note(Defect::Unbalanced);
                        }
                        open.close_to(at);
                    }
                    None if open.overflow > 0 => open.overflow -= 1,
                    None => {
                        self.note(Defect::Unbalanced);
                        if outside(name) {
                            self.returned = Some(Token::End(name));
                            return (open.finish(Ended::Whole), Ended::Whole);
                        }
                    }
                },
                Token::Text(text) => {
                    let text = self.tokens.resolve(text);
                    open.text(&text, &mut self.tokens.defects);
                }
                Token::Verbatim(text) => open.text(text, &mut self.tokens.defects),
            }
        }
        (open.finish(Ended::CutOff), Ended::CutOff)
    }
}

/// Whether an element of this name starts an entry. `<url>` does so only in sitemaps, which the
/// caller knows.
pub(super) fn is_entry(name: &Name) -> bool {
    name.vocabulary == Vocabulary::Feed && matches!(name.local.as_str(), "item" | "entry")
}

fn element(tag: &Tag<'_>, name: Name) -> Element {
    let attributes = tag
        .attributes
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), Cow::as_ref(value).to_owned()));
    Element {
        name,
        written: tag.name.to_owned(),
        attributes: attributes.collect(),
        nodes: Vec::new(),
    }
}

/// The open elements of an entry, outermost first; never empty until finished.
struct Open {
    stack: Vec<Element>,
    /// Open elements that are dropped, because they are too deep or too many.
    overflow: usize,
    elements: usize,
    text_bytes: usize,
}

impl Open {
    fn new(first: Element) -> Self {
        Self { stack: vec![first], overflow: 0, elements: 0, text_bytes: 0 }
    }

    fn start(&mut self, tag: &Tag<'_>, name: Name) {
        let is_void = self.stack.len() > 1 && VOID.contains(&name.local.as_str());
        let empty = tag.empty || is_void;
        if self.stack.len() >= MAX_DEPTH || self.elements >= MAX_ELEMENTS {
            self.overflow += usize::from(!empty);
            return;
        }
        self.elements += 1;
        self.stack.push(element(tag, name));
        if empty {
            self.close_to(self.stack.len() - 1);
        }
    }

    fn text(&mut self, text: &str, defects: &mut Defects) {
        let room = MAX_TEXT.saturating_sub(self.text_bytes);
        if text.len() > room {
            defects.note(Defect::TextCut);
        }
        let text = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
        self.text_bytes += text.len();
        if let Some(top) = self.stack.last_mut() {
            top.push_text(text);
        }
    }

    /// Index in the stack of the innermost element with this name.
    fn innermost(&self, written: &str) -> Option<usize> {
        if self.overflow > 0 {
            // The end tag may belong to a dropped element; only the outermost ones are sure.
            return self
                .stack
                .iter()
                .take(2)
                .position(|element| element.written.eq_ignore_ascii_case(written));
        }
        self.stack.iter().rposition(|element| element.written.eq_ignore_ascii_case(written))
    }

    /// Closes the element at `at` and everything inside.
    fn close_to(&mut self, at: usize) {
        self.overflow = 0;
        while self.stack.len() > at.max(1) {
            let Some(element) = self.stack.pop() else { return };
            if let Some(parent) = self.stack.last_mut() {
                parent.nodes.push(Node::Element(element));
            }
        }
    }

    fn finish(mut self, ended: Ended) -> Element {
        match ended {
            Ended::Whole => self.close_to(1),
            Ended::CutOff => self.stack.truncate(1),
        }
        self.stack.pop().unwrap_or_else(|| Element::new(""))
    }

    /// Rule 2: the element at `level` is a text field and cannot hold `name`.
    fn is_field_of_text_ended_by(&self, name: &Name, level: usize) -> bool {
        let Some(field) = self.stack.get(level).map(|field| &field.name) else { return false };
        if !is_module(field) && !is_field_of_text(field) {
            return false;
        }
        if self.stack.len() == level + 1 {
            return is_field(name) || (is_module(name) && !is_module(field));
        }
        // Further inside, `title` and `link` may be HTML.
        is_only_a_field(name) && self.stack.first().is_some_and(|first| is_entry(&first.name))
    }
}

fn is_field(name: &Name) -> bool {
    let known = matches!(
        name.local.as_str(),
        "title"
            | "link"
            | "description"
            | "category"
            | "author"
            | "comments"
            | "enclosure"
            | "source"
            | "id"
            | "summary"
            | "content"
            | "date"
            | "subject"
            | "language"
            | "copyright"
            | "rights"
            | "issued"
            | "modified"
            | "created"
    );
    let vocabulary =
        matches!(name.vocabulary, Vocabulary::Feed | Vocabulary::Dublin | Vocabulary::Content);
    vocabulary && (known || is_only_a_field(name))
}

/// Names that no HTML element has.
fn is_only_a_field(name: &Name) -> bool {
    matches!(name.vocabulary, Vocabulary::Feed | Vocabulary::Dublin | Vocabulary::Content)
        && matches!(
            name.local.as_str(),
            "guid"
                | "pubdate"
                | "encoded"
                | "creator"
                | "published"
                | "updated"
                | "lastbuilddate"
                | "managingeditor"
                | "webmaster"
        )
}

fn is_field_of_text(name: &Name) -> bool {
    is_field(name) && !matches!(name.local.as_str(), "source" | "author" | "creator")
}

/// Whether it is of a module with elements that hold no fields. `<media:thumbnail>` is often left
/// open. Unknown modules may hold anything.
fn is_module(name: &Name) -> bool {
    matches!(name.vocabulary, Vocabulary::Media | Vocabulary::Itunes | Vocabulary::Original)
}
