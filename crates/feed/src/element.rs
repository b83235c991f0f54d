//! One entry, or one field of a feed, as a small tree.
//!
//! The document as a whole is never a tree: entries are built and dropped one at a time, so memory
//! is bounded by the largest entry, and that by the limits below.

use crate::encoded;
use crate::names::{Name, Vocabulary};
use crate::text::{self, Markup, push_escaped};

/// Elements below this depth of an entry are dropped and their text is kept. Bounds recursion.
pub(super) const MAX_DEPTH: usize = 64;

/// Most elements of one entry.
pub(super) const MAX_ELEMENTS: usize = 20_000;

/// Most text of one entry, in bytes.
pub(super) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// HTML elements without an end tag.
pub(super) const VOID: [&str; 5] = ["br", "hr", "img", "input", "wbr"];

/// The media type of bytes of an unknown kind, which may be text.
const OCTETS: &str = "application/octet-stream";

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Name,
    /// The name as written, to find its end.
    pub(super) written: String,
    /// Names in lower case with prefix, and values.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// An empty element of the feed's own vocabulary.
    pub(super) fn new(local: &str) -> Self {
        let name = Name { vocabulary: Vocabulary::Feed, local: local.to_owned() };
        Self { name, written: local.to_owned(), attributes: Vec::new(), nodes: Vec::new() }
    }

    /// Adds a text element, if there is text.
    pub(super) fn push_field(
        &mut self,
        local: &str,
        attributes: &[(&str, &str)],
        text: Option<String>,
    ) {
        let Some(text) = text else { return };
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let field = Self {
            attributes: attributes.collect(),
            nodes: vec![Node::Text(text)],
            ..Self::new(local)
        };
        self.nodes.push(Node::Element(field));
    }

    pub(super) fn push_text(&mut self, text: &str) {
        if let Some(Node::Text(last)) = self.nodes.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.nodes.push(Node::Text(text.to_owned()));
        }
    }

    pub(super) fn is(&self, vocabulary: Vocabulary, local: &str) -> bool {
        self.name.vocabulary == vocabulary && self.name.local == local
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// An attribute that is not blank, by its name in lower case. Some programs write the feed's
    /// own prefix before the names of attributes, so such a name counts if there is none without.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let find = |is_it: &dyn Fn(&str) -> bool| {
            let found = self.attributes.iter().find(|(known, _)| is_it(known));
            found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        let is_foreign = |prefix: &str| matches!(prefix, "xml" | "xmlns" | "xsi" | "rdf");
        let is_prefixed = |known: &str| {
            let split = known.split_once(':');
            split.is_some_and(|(prefix, local)| local == name && !is_foreign(prefix))
        };
        find(&|known| known == name).or_else(|| find(&is_prefixed))
    }

    /// All text in it, trimmed; `None` if there is none.
    pub(super) fn text(&self) -> Option<String> {
        let mut out = String::new();
        self.push_all_text(&mut out);
        let text = out.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn push_all_text(&self, out: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.push_all_text(out),
            }
        }
    }

    /// Its content as text with or without markup; `None` if it is empty or of another type
    /// (`type="image/png"`).
    pub(super) fn markup(&self) -> Option<(String, Markup)> {
        let kind = self.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let is_text = !kind.contains('/')
            || kind == OCTETS
            || kind.starts_with("text/")
            || kind.contains("xml")
            || kind.contains("html");
        if !is_text {
            return None;
        }
        if self.is_base64() {
            let text = encoded::text(&self.text()?)?;
            return Some((text, declared(&kind))).filter(|(text, _)| !text.is_empty());
        }
        if self.elements().next().is_some() {
            let mut html = String::new();
            self.push_inner_html(&mut html);
            return Some((html.trim().to_owned(), Markup::Html))
                .filter(|(html, _)| !html.is_empty());
        }
        Some((self.text()?, declared(&kind)))
    }

    /// Whether the content is declared as base64: by Atom 0.3, or as what is no text in Atom 1.0.
    fn is_base64(&self) -> bool {
        let is = |name, value| {
            self.attribute(name).is_some_and(|given: &str| given.eq_ignore_ascii_case(value))
        };
        is("mode", "base64") || is("type", "base64") || is("type", OCTETS)
    }

    /// Its content as plain text.
    pub(super) fn plain(&self) -> Option<String> {
        let (text, markup) = self.words()?;
        Some(text::plain(&text, markup))
    }

    /// Its content, if any of it is visible; text of an unknown `type` is taken for what it looks
    /// like, base64 among it.
    pub(super) fn words(&self) -> Option<(String, Markup)> {
        let unknown = || Some((encoded::text(&self.text()?)?, Markup::Unknown));
        let (text, markup) = self.markup().or_else(unknown)?;
        (!text::plain(&text, markup).is_empty()).then_some((text, markup))
    }

    /// All that is in it, as HTML.
    pub(super) fn html(&self) -> Option<String> {
        let mut html = String::new();
        self.push_inner_html(&mut html);
        Some(html.trim().to_owned()).filter(|html| !html.is_empty())
    }

    fn push_inner_html(&self, out: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(text) => push_escaped(text, out),
                Node::Element(element) => element.push_html(out),
            }
        }
    }

    fn push_html(&self, out: &mut String) {
        let local = self.name.local.as_str();
        let is_name =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name(local) {
            return self.push_inner_html(out);
        }
        out.push('<');
        out.push_str(local);
        for (name, value) in
            self.attributes.iter().filter(|(name, _)| is_name(name) && name != "xmlns")
        {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            push_escaped(value, out);
            out.push('"');
        }
        out.push('>');
        if !VOID.contains(&local) {
            self.push_inner_html(out);
            out.push_str("</");
            out.push_str(local);
            out.push('>');
        }
    }
}

/// What a `type` says of a text. Declared as XHTML but without an element, it is text.
fn declared(kind: &str) -> Markup {
    match kind {
        "html" | "text/html" => Markup::Html,
        "text" | "text/plain" => Markup::Text,
        _ => Markup::Unknown,
    }
}
