//! A tolerant tokenizer for XML as feeds really write it.
//!
//! It never fails and reads each byte a bounded number of times: what does not look like markup is
//! text. A strict parser stops at the first bare `&`, unquoted attribute or `<3`, and the whole
//! feed is lost. Nothing is ever fetched, and of the entities of a DOCTYPE only short plain texts
//! are expanded ([`declared`](crate::declared)), so entity bombs and external entities have no
//! effect.
//!
//! Linear time needs one precaution. A search for a missing end (`<!--` without `-->`) would be
//! repeated at each such start, so the result is remembered for each kind of end.

mod tag;

use std::borrow::Cow;

use crate::declared::Declared;
use crate::defect::{Defect, Defects};

pub(crate) use tag::Tag;
use tag::is_name_start;

/// One piece of markup, borrowed from the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `<name …>` or `<name …/>`.
    Start(Tag<'a>),
    /// `</name>`.
    End(&'a str),
    /// Text between tags, references not yet resolved.
    Text(&'a str),
    /// The content of a CDATA section.
    Verbatim(&'a str),
}

/// The tokens of a text, in order.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    /// The defects found so far.
    pub(crate) defects: Defects,
    declared: Declared<'a>,
    ends: Ends,
}

/// What is known about ends further on.
#[derive(Default)]
struct Ends {
    /// No further comment ends.
    comment: bool,
    /// Where the next CDATA section ends; the text's length if none does.
    verbatim: Option<usize>,
    /// No further DOCTYPE ends.
    subset: bool,
    /// No further CDATA section in a comment ends.
    commented: bool,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            start: 0,
            defects: Defects::default(),
            declared: Declared::default(),
            ends: Ends::default(),
        }
    }

    /// Byte offset of the last token.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next `bytes`.
    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = self.rest().get(..bytes).unwrap_or_else(|| self.rest());
        self.at += taken.len();
        taken
    }

    /// Takes everything up to and including `end`, and returns what is before it.
    fn take_past(&mut self, end: &str) -> Option<&'a str> {
        let length = self.rest().find(end)?;
        let taken = self.take(length);
        self.at += end.len();
        Some(taken)
    }

    /// Text from here to the next `<`, or a lone `<` and what follows it.
    fn text_run(&mut self) -> Token<'a> {
        let rest = self.rest();
        let skip = usize::from(rest.starts_with('<'));
        if skip == 1 {
            self.defects.note(Defect::BareLessThan);
        }
        let length =
            rest.get(skip..).and_then(|rest| rest.find('<')).map_or(rest.len(), |at| at + skip);
        Token::Text(self.take(length))
    }

    fn comment(&mut self) {
        if !self.ends.comment {
            if self.take_past("-->").is_some() {
                return;
            }
            self.ends.comment = true;
        }
        self.defects.note(Defect::Unbalanced);
        self.take("<!--".len());
    }

    /// A CDATA section that a program for HTML has turned into a comment: `<!--[CDATA[…]]-->`.
    fn commented(&mut self) -> Option<Token<'a>> {
        if self.ends.commented {
            return None;
        }
        let from = self.at;
        self.take(COMMENTED.len());
        let inside = self.take_past("]]-->");
        if inside.is_none() {
            self.ends.commented = true;
            self.at = from;
        }
        inside.map(Token::Verbatim)
    }

    /// The end must come before the next tag: `<?xml version="1.0">` without its second `?` would
    /// otherwise swallow everything up to the next instruction.
    fn instruction(&mut self) {
        let inside =
            self.rest().get(1..).and_then(|rest| rest.split('<').next()).unwrap_or_default();
        if let Some(end) = inside.find("?>") {
            self.take(end + 3);
            return;
        }
        self.defects.note(Defect::Unbalanced);
        if self.take_past(">").is_none() {
            self.at = self.text.len();
        }
    }

    fn declaration(&mut self) {
        self.defects.note(Defect::Doctype);
        let head = self.rest().find(['[', '>']).unwrap_or(self.rest().len());
        let has_subset = self.rest().get(head..).is_some_and(|rest| rest.starts_with('['));
        if has_subset && !self.ends.subset {
            let mut end = head;
            while let Some(at) = self.rest().get(end..).and_then(|rest| rest.find(']')) {
                end += at + 1;
                let after = self.rest().get(end..).unwrap_or_default();
                let tail = after.trim_start();
                if tail.starts_with('>') {
                    let doctype = self.take(end + after.len() - tail.len() + 1);
                    self.declared.note(doctype);
                    return;
                }
            }
            self.ends.subset = true;
        }
        if self.take_past(">").is_none() {
            self.at = self.text.len();
        }
    }

    /// A CDATA section. If it runs past the end of an entry into the next section, it was never
    /// closed; it is then read as markup, so that the following entries are not swallowed.
    fn verbatim(&mut self) -> Token<'a> {
        self.take(CDATA.len());
        if self.ends.verbatim.is_none_or(|end| end < self.at) {
            let end = self.rest().find("]]>").map_or(self.text.len(), |length| self.at + length);
            self.ends.verbatim = Some(end);
        }
        let end = self.ends.verbatim.unwrap_or(self.at);
        let inside = self.text.get(self.at..end).unwrap_or_default();
        let before_next = inside.find(CDATA).and_then(|next| inside.get(..next));
        let is_open =
            before_next.is_some_and(|part| part.contains("</item>") || part.contains("</entry>"));
        if end == self.text.len() || is_open {
            self.defects.note(Defect::Unbalanced);
            return self.text_run();
        }
        self.at = end + "]]>".len();
        Token::Verbatim(inside)
    }

    /// Resolves the references of a text.
    pub(crate) fn resolve(&mut self, text: &'a str) -> Cow<'a, str> {
        match self.declared.expand(text) {
            Cow::Borrowed(text) => self.defects.resolve(text),
            Cow::Owned(text) => Cow::Owned(self.defects.resolve(&text).into_owned()),
        }
    }
}

const CDATA: &str = "<![CDATA[";
const COMMENTED: &str = "<!--[CDATA[";

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.start = self.at;
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            let Some(markup) = rest.strip_prefix('<') else { return Some(self.text_run()) };
            if rest.starts_with(COMMENTED)
                && let Some(verbatim) = self.commented()
            {
                return Some(verbatim);
            }
            if markup.starts_with("!--") {
                self.comment();
            } else if rest.get(..CDATA.len()).is_some_and(|head| head.eq_ignore_ascii_case(CDATA)) {
                return Some(self.verbatim());
            } else if markup.starts_with('!')
                && markup.chars().nth(1).is_some_and(|c| c == '[' || is_name_start(c))
            {
                self.declaration();
            } else if markup.starts_with('?') {
                self.instruction();
            } else if markup.strip_prefix('/').is_some_and(|name| name.starts_with(is_name_start)) {
                return Some(self.end_tag());
            } else if markup.starts_with(is_name_start) {
                return Some(self.start_tag().map_or_else(|| self.text_run(), Token::Start));
            } else {
                return Some(self.text_run());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        Tokens::new(text)
            .map(|token| match token {
                Token::Start(tag) => {
                    let attributes: Vec<String> = tag
                        .attributes
                        .iter()
                        .map(|(name, value)| format!(" {name}={value}"))
                        .collect();
                    format!(
                        "<{}{}{}>",
                        tag.name,
                        attributes.concat(),
                        if tag.empty { "/" } else { "" }
                    )
                }
                Token::End(name) => format!("</{name}>"),
                Token::Text(text) => format!("[{text}]"),
                Token::Verbatim(text) => format!("{{{text}}}"),
            })
            .collect()
    }

    #[test]
    fn well_formed_markup() {
        assert_eq!(
            show("<?xml version='1.0'?><a b='1 > 0' c=\"&lt;\"/>x&amp;y<!-- <z> --></a >"),
            "<a b=1 > 0 c=</>[x&amp;y]</a>"
        );
        assert_eq!(show("<![CDATA[<b>]]]]>z"), "{<b>]]}[z]");
        assert_eq!(show("<!--[CDATA[<b>]]-->z<!--[CDATA[--><c>"), "{<b>}[z]<c>");
        assert_eq!(show("<!DOCTYPE r [<!ENTITY a 'b>]'> <!ENTITY c \"&a;&a;\"> ] ><r/>"), "<r/>");
    }

    #[test]
    fn sloppy_markup() {
        assert_eq!(show("<a href=http://x/y?z=1/>"), "<a href=http://x/y?z=1/>");
        assert_eq!(show("<a b c=1 c=2>"), "<a b= c=1>");
        assert_eq!(show("<a b=\"1>x</a>"), "<a b=1>[x]</a>");
        assert_eq!(show("1 < 2 <3 </ x"), "[1 ][< 2 ][<3 ][</ x]");
        assert_eq!(show("<t>a <b and c</t>"), "<t>[a ][<b and c]</t>");
        assert_eq!(show("</title <link>"), "</title><link>");
        assert_eq!(show("<?xml version='1.0'><a/><?b?>"), "<a/>");
        assert_eq!(show("<!-- <a/>"), "[ ]<a/>");
        assert_eq!(show("<![CDATA[a<b>c"), "[a]<b>[c]");
        assert_eq!(show("<a b='x"), "[<a b='x]");
    }

    #[test]
    fn repeated_starts_without_an_end_are_read_once() {
        for start in ["<!--", "<![CDATA[", "<?", "<!D [", "<a b=\"", "<", "</", "<a "] {
            let text = start.repeat(200_000);
            assert!(Tokens::new(&text).count() <= text.len());
        }
    }
}
