//! The parse, bounded by counts and never by clocks: the same bytes always give the same tree.
//!
//! html5ever has no bounds and is quadratic in three places, so three things are ours:
//!
//! - **Attributes of one element.** The tokenizer compares each new name with all the earlier ones of its tag, so
//!   the names must be few before they come there. Only an exact reader can tell a tag from a script's `a<b`, a
//!   comment or a quoted value; one that guesses lets hostile tags through and cuts honest scripts. So [`Reader`]
//!   follows the tokenizer, and hands over only the attributes that somebody here reads ([`KEPT`]); where it cannot
//!   know what the tokenizer will do, the [`Guard`] behind the tokenizer says what became of the text.
//! - **Depth.** The tree builder searches the stack of open elements for nearly every tag. The guard drops start
//!   tags at depth 512, as browsers do; their content moves up one level.
//! - **Nodes.** When the tree is full, the rest of the page is not read.
//!
//! Nor is handed over what else nobody reads: the text of scripts and styles, and comments. Their nodes stand in
//! the tree as ever, with a blank in them. What goes so is most of a page's bytes, and most of the cost of parsing.

use std::cell::{Cell, RefCell};

use ego_tree::NodeId;
use html5ever::interface::{Tracer, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, TokenizerResult, local_name};
use memchr::{memchr, memmem};
use scraper::{Html, HtmlTreeSink};

use crate::extract::{Limits, work};

/// How far down the list of dropped start tags an end tag looks for its partner.
const DROPPED_REACH: usize = 8;

/// Most tags between two counts of the stack, however often counting was in vain.
const COUNT_PAUSE: usize = 64;

/// The attributes that are kept: what extraction asks for, and what the tree builder does. [`super::attribute`] holds
/// whoever asks for another one to adding it here.
pub(super) const KEPT: [&str; 28] = [
    "class",
    "id",
    "href",
    "style",
    "rel",
    "role",
    "type",
    "name",
    "property",
    "content",
    "itemprop",
    "hidden",
    "aria-hidden",
    "lang",
    "xml:lang",
    "datetime",
    "pubdate",
    "http-equiv",
    "data-testid",
    "data-component",
    "src",
    "data-src",
    "action",
    "media",
    // The tree builder tells formatting elements apart by the first three, and formulas that hold HTML by the last.
    "color",
    "face",
    "size",
    "encoding",
];

/// How much text is handed over at once, in bytes, where the tokenizer's answer is not waited for.
const PART_BYTES: usize = 16 * 1024;

/// A comment is handed over empty.
const COMMENT: &str = "<!---->";

/// Parses `text` within `limits`. `also` names attributes that are kept beside [`KEPT`].
pub(super) fn parse(text: &str, limits: &Limits, also: &[String]) -> Html {
    let mut reader = Reader::new(text, limits, also);
    reader.run();
    reader.tokenizer.end();
    reader.tokenizer.sink.builder.sink.finish()
}

/// Hands the text to the tokenizer, less what nobody reads.
struct Reader<'a> {
    tokenizer: Tokenizer<Guard>,
    text: &'a str,
    /// Attributes that are kept beside the usual ones.
    also: &'a [String],
    /// Where the text begins that was not taken up yet.
    at: usize,
    /// What was taken up and not handed over yet.
    part: String,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &Limits, also: &'a [String]) -> Self {
        let tokenizer = Tokenizer::new(Guard::new(limits), TokenizerOpts::default());
        Self { tokenizer, text, also, at: 0, part: String::with_capacity(2 * PART_BYTES) }
    }

    fn run(&mut self) {
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

    fn guard(&self) -> &Guard {
        &self.tokenizer.sink
    }

    /// Hands over all up to `end`.
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

    /// Takes up the text up to `end`.
    fn take(&mut self, end: usize) {
        self.part.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = self.at.max(end);
    }

    /// Takes up `by` in place of the text between `start` and `end`.
    fn replace(&mut self, start: usize, end: usize, by: &str) {
        self.take(start);
        self.part.push_str(by);
        self.at = self.at.max(end);
    }

    /// Where `sign` begins, at or after `from`.
    fn find(&self, from: usize, sign: &str) -> Option<usize> {
        let found = memmem::find(self.rest(from), sign.as_bytes()).map(|offset| from + offset);
        work::done(found.unwrap_or(self.text.len()).saturating_sub(from));
        found
    }

    /// Where this byte stands, at or after `from`.
    fn find_byte(&self, from: usize, byte: u8) -> Option<usize> {
        let found = memchr(byte, self.rest(from)).map(|offset| from + offset);
        work::done(found.unwrap_or(self.text.len()).saturating_sub(from));
        found
    }

    fn rest(&self, from: usize) -> &'a [u8] {
        self.text.as_bytes().get(from..).unwrap_or_default()
    }

    /// Goes beyond the next `<` and what it begins. Nothing but text follows where there is none.
    fn pass_markup(&mut self, from: usize) -> Option<usize> {
        let open = self.find_byte(from, b'<')?;
        match self.rest(open + 1) {
            [letter, ..] if letter.is_ascii_alphabetic() => {
                let next = self.pass_tag(open + 2)?;
                if may_change_tokenizer(self.rest(open + 1)) {
                    self.feed(next);
                }
                Some(next)
            }
            [b'/', letter, ..] if letter.is_ascii_alphabetic() => self.pass_tag(open + 2),
            [b'!', b'-', b'-', ..] => {
                let end = self.comment_end(open)? + 1;
                self.replace(open, end, COMMENT);
                Some(end)
            }
            [b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] => {
                self.feed(open);
                if self.guard().is_foreign() { self.find(open, "]]>") } else { self.find_byte(open, b'>') }
            }
            [b'!' | b'?' | b'/', ..] => self.find_byte(open, b'>'),
            _ => Some(open + 1),
        }
    }

    /// Where the comment that begins at `open` ends: `<!-->` and `<!--->` are whole, `<!--!>` is not.
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

    /// Goes beyond the tag whose name goes on at `from`, without the attributes that nobody reads.
    fn pass_tag(&mut self, from: usize) -> Option<usize> {
        let mut tag = TagScan::new(self.text.as_bytes(), from);
        while let Some(attribute) = tag.next_attribute() {
            let name = self.text.as_bytes().get(attribute.start..attribute.name_end).unwrap_or_default();
            let is_named = |kept: &str| name.eq_ignore_ascii_case(kept.as_bytes());
            if !KEPT.iter().any(|kept| is_named(kept)) && !self.also.iter().any(|kept| is_named(kept)) {
                // Without the blank a slash before it would go together with the tag's end.
                self.replace(attribute.start, attribute.end, " ");
            }
        }
        (tag.at < self.text.len()).then_some(tag.at)
    }

    /// Goes beyond the next `</name` of an element that holds no markup, such as a script.
    fn pass_raw(&mut self, from: usize, raw: &Raw) -> Option<usize> {
        let close = self.find(from, "</")?;
        let inside = close + 2 + raw.name.len();
        let is_name =
            self.text.get(close + 2..inside).is_some_and(|found| found.eq_ignore_ascii_case(&raw.name));
        let is_ended = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        if !is_name || !self.rest(inside).first().is_some_and(is_ended) {
            return Some(close + 2);
        }
        let content = self.text.get(self.at..close).unwrap_or_default();
        work::done(content.len());
        if raw.is_unread && !content.is_empty() && !content.contains("<!--") {
            self.replace(self.at, close, " ");
        }
        // In a script's comment it may be text like all else there. Text is passed on at once, a tag at its end;
        // what the tokenizer still held back before it, the `<` sets free.
        self.feed(close + 1);
        let passed_on = self.guard().passed_on.get();
        self.feed(inside + 1);
        if self.guard().passed_on.get() == passed_on {
            let end = self.pass_tag(inside)?;
            self.feed(end);
            return Some(end);
        }
        self.guard().read_on();
        Some(inside + 1)
    }
}

/// Where an attribute stands.
struct Attribute {
    start: usize,
    name_end: usize,
    end: usize,
}

/// Reads a tag from within its name, through the states of the HTML standard's tokenizer.
struct TagScan<'a> {
    bytes: &'a [u8],
    /// What comes next; after the last attribute, what follows the `>`, or the end of the text.
    at: usize,
}

impl<'a> TagScan<'a> {
    /// `from` is within the tag's name, which ends at a blank, a slash or the tag's end.
    fn new(bytes: &'a [u8], from: usize) -> Self {
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
        work::done(passed);
        self.at += passed;
    }

    fn next_attribute(&mut self) -> Option<Attribute> {
        self.pass(|byte| byte.is_ascii_whitespace() || byte == b'/');
        let start = self.at;
        if self.peek()? == b'>' {
            self.at += 1;
            return None;
        }
        // A name may begin with the sign that ends it elsewhere.
        self.at += 1;
        self.pass(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>' | b'='));
        let name_end = self.at;
        self.pass(|byte| byte.is_ascii_whitespace());
        if self.peek() != Some(b'=') {
            self.at = name_end;
            return Some(Attribute { start, name_end, end: name_end });
        }
        self.at += 1;
        self.pass(|byte| byte.is_ascii_whitespace());
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                self.pass(|byte| byte != quote);
                self.at = (self.at + 1).min(self.bytes.len());
            }
            _ => self.pass(|byte| !byte.is_ascii_whitespace() && byte != b'>'),
        }
        Some(Attribute { start, name_end, end: self.at })
    }
}

/// The token filter that bounds the tree builder.
struct Guard {
    builder: TreeBuilder<NodeId, HtmlTreeSink>,
    max_nodes: usize,
    max_depth: usize,
    /// Upper bound of the number of open elements.
    open: Cell<usize>,
    /// Tags that were let through since `open` was last counted.
    moved: Cell<usize>,
    /// How often in a row the count found no room. Counting goes through the whole stack, so the more often it was
    /// in vain, the longer it is put off.
    vain: Cell<usize>,
    /// Start tags that were dropped and whose end tags must be dropped too.
    dropped: RefCell<Vec<LocalName>>,
    /// The element in whose text the tokenizer is, where it looks for nothing but the element's end.
    raw: RefCell<Option<Raw>>,
    /// Tokens that the tokenizer passed on, other than errors.
    passed_on: Cell<usize>,
}

/// An element that holds text and no markup.
#[derive(Debug, Clone)]
struct Raw {
    name: LocalName,
    /// Nobody reads it, and none of it was handed over yet.
    is_unread: bool,
}

impl Guard {
    fn new(limits: &Limits) -> Self {
        let sink = HtmlTreeSink::new(Html::new_document());
        Self {
            builder: TreeBuilder::new(sink, TreeBuilderOpts::default()),
            max_nodes: limits.max_nodes,
            max_depth: limits.max_depth,
            open: Cell::new(0),
            moved: Cell::new(0),
            vain: Cell::new(0),
            dropped: RefCell::new(Vec::new()),
            raw: RefCell::new(None),
            passed_on: Cell::new(0),
        }
    }

    fn is_full(&self) -> bool {
        self.builder.sink.0.borrow().tree.values().len() >= self.max_nodes
    }

    /// Whether the current element is of SVG or `MathML`, where no name is special to the tokenizer.
    fn is_foreign(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }

    /// Whether a start tag would go too deep. The stack is counted only when the bound says that it might.
    fn is_too_deep(&self) -> bool {
        let pause = (self.vain.get() / 8).min(COUNT_PAUSE);
        if self.open.get() >= self.max_depth && self.moved.get() > pause {
            let count = Count(Cell::new(0));
            self.builder.trace_handles(&count);
            self.open.set(count.0.get());
            self.moved.set(0);
            self.vain.set(if self.open.get() < self.max_depth { 0 } else { self.vain.get() + 1 });
        }
        self.open.get() >= self.max_depth
    }

    /// Whether the tag goes on to the tree builder.
    fn admits(&self, tag: &Tag) -> bool {
        if tag.kind == TagKind::EndTag {
            let mut dropped = self.dropped.borrow_mut();
            let partner = dropped.iter().rev().take(DROPPED_REACH).position(|name| *name == tag.name);
            if let Some(back) = partner {
                let keep = dropped.len().saturating_sub(back + 1);
                dropped.truncate(keep);
                return false;
            }
        } else if (changes_tokenizer(&tag.name) || is_void(&tag.name)) && !self.is_foreign() {
            return true;
        } else if self.is_too_deep() {
            self.dropped.borrow_mut().push(tag.name.clone());
            return false;
        } else {
            self.open.set(self.open.get() + 1);
        }
        // A start tag may have closed others on its way in, as a list item does.
        self.moved.set(self.moved.get() + 1);
        true
    }

    fn process_tag(&self, tag: Tag, line: u64) -> TokenSinkResult<NodeId> {
        self.raw.take();
        if !self.admits(&tag) {
            return TokenSinkResult::Continue;
        }
        let raw =
            changes_tokenizer(&tag.name).then(|| Raw { name: tag.name.clone(), is_unread: is_unread(&tag) });
        let result = self.builder.process_token(Token::TagToken(tag), line);
        if matches!(result, TokenSinkResult::RawData(_) | TokenSinkResult::Plaintext) {
            self.raw.replace(raw);
        }
        result
    }

    /// What was taken for the end of a script stands in its comment: the rest must be read to find the end.
    fn read_on(&self) {
        if let Some(raw) = self.raw.borrow_mut().as_mut() {
            raw.is_unread = false;
        }
    }
}

impl TokenSink for Guard {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if !matches!(token, Token::ParseError(_)) {
            self.passed_on.set(self.passed_on.get() + 1);
        }
        match token {
            Token::EOFToken => self.builder.process_token(token, line),
            _ if self.is_full() => TokenSinkResult::Continue,
            Token::TagToken(tag) => self.process_tag(tag, line),
            _ => self.builder.process_token(token, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.is_foreign()
    }
}

/// Counts what the tree builder holds: open elements and the few formatting elements it may reopen.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = NodeId;

    fn trace_handle(&self, _node: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// Elements whose start tag puts the tokenizer into another state: dropping one would turn its text into markup.
fn changes_tokenizer(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
            | local_name!("plaintext")
    )
}

/// The same by what follows a `<`, whatever the case.
fn may_change_tokenizer(tag: &[u8]) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"script",
        b"style",
        b"title",
        b"textarea",
        b"xmp",
        b"iframe",
        b"noembed",
        b"noframes",
        b"noscript",
        b"plaintext",
    ];
    NAMES.iter().any(|name| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// Elements whose text is not for readers; that of JSON-LD is for us.
fn is_unread(tag: &Tag) -> bool {
    match tag.name {
        local_name!("style") | local_name!("noscript") | local_name!("iframe") => true,
        local_name!("script") => !tag.attrs.iter().any(|attribute| {
            attribute.name.local == local_name!("type")
                && attribute.value.to_ascii_lowercase().contains("ld+json")
        }),
        _ => false,
    }
}

/// Elements that never stay open.
fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::KEPT;
    use crate::extract::Limits;
    use crate::extract::tree::{Element, Node, NodeId, Step, Tree};

    fn parsed(page: &str) -> Tree {
        Tree::parse(page, &Limits::default())
    }

    fn all_text(tree: &Tree) -> String {
        tree.text(tree.root(), 10_000)
    }

    fn count(tree: &Tree, name: &str) -> usize {
        tree.nodes().filter(|(_, node)| node.as_element().is_some_and(|e| e.name() == name)).count()
    }

    fn depth_of(tree: &Tree) -> usize {
        let (mut depth, mut deepest) = (0_usize, 0);
        for step in tree.walk(tree.root()) {
            match step {
                Step::Enter(_) => depth += 1,
                Step::Leave(_) => depth -= 1,
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    fn most_attributes(tree: &Tree) -> usize {
        tree.nodes().filter_map(|(_, node)| Some(node.as_element()?.attrs.len())).max().unwrap_or(0)
    }

    fn numbered(many: usize, part: impl Fn(usize) -> String) -> String {
        (0..many).map(part).collect()
    }

    #[test]
    fn keeps_the_text_below_the_deepest_level() {
        let page = format!("{}deep{}<p>after", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = parsed(&page);
        assert!(depth_of(&tree) <= Limits::default().max_depth + 8);
        assert_eq!(all_text(&tree), "deepafter");
        // The paragraph after the abyss stands at the top again.
        let p = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "p"));
        let parent = p.and_then(|(id, _)| tree.parent(id)).and_then(|id| tree.element(id));
        assert_eq!(parent.map(Element::name), Some("body"));
    }

    #[test]
    fn elements_closed_by_others_do_not_count_as_deep() {
        assert_eq!(count(&parsed(&("<ul>".to_owned() + &"<li>one".repeat(5_000))), "li"), 5_000);
    }

    #[test]
    fn room_that_opens_at_the_deepest_level_is_found() {
        // What was counted in vain before must not matter for long.
        let vain = "</b><div>".repeat(10_000);
        let page = "<div>".repeat(1_000) + &vain + &"</div>".repeat(12_000) + "<p><i>x";
        assert_eq!(count(&parsed(&page), "i"), 1);
    }

    #[test]
    fn empty_elements_of_html_are_not_empty_in_drawings() {
        for name in ["param", "style"] {
            let page = format!("<svg>{}", format!("<{name}>").repeat(5_000));
            assert!(depth_of(&parsed(&page)) <= Limits::default().max_depth + 8, "{name}");
        }
    }

    #[test]
    fn formatting_that_is_reopened_without_end_stops_at_the_node_limit() {
        let many = numbered(400, |i| format!("<font size={i}>"));
        let tree = parsed(&(many + &"<p>x</p>".repeat(50_000)));
        assert!(tree.nodes().count() <= Limits::default().max_nodes + 2_000);
    }

    #[test]
    fn attributes_that_nobody_reads_are_left_out() {
        let values = numbered(100_000, |i| format!(" a{i}=\"x > y\""));
        let tree = parsed(&format!("<p{values} CLASS=lead {values}>text</p>"));
        assert_eq!((all_text(&tree).as_str(), most_attributes(&tree)), ("text", 1));
    }

    #[test]
    fn no_disguise_lets_a_long_tag_through() {
        let many = numbered(20_000, |i| format!(" a{i}"));
        let angles = numbered(20_000, |i| format!(" a{i}<b"));
        let close = "</script>";
        for start in [
            "<p",
            "<p =\"",
            "<p a=b=\"",
            "<p a/=\"",
            "<p a='x'\"",
            "</p",
            "<!--><p",
            "<!--->-<p",
            "<!--!>--!><p",
            "<!-->\"--><p",
            "<!x '><p",
            "<![CDATA[><p",
            "<svg><![CDATA[>\"]]><p",
            "<title><!--</title><p",
            "<title></title a",
            "<script><!--<script></script a=\"</script><p",
            "<script><!--<script></script>--></script a",
            "<script></p</script a3<style><p",
            "<svg><title><p",
            "<svg><style><p",
        ] {
            for many in [&many, &angles] {
                let tree = parsed(&format!("{start}{many} >text{close}"));
                assert!(most_attributes(&tree) <= KEPT.len(), "{start}");
                assert!(all_text(&tree).contains("text"), "{start}");
            }
        }
    }

    #[test]
    fn repeated_bodies_do_not_pile_up_attributes() {
        let bodies = numbered(20_000, |i| format!("<body a{i} class=c{i}>"));
        assert_eq!(most_attributes(&parsed(&bodies)), 1);
    }

    #[test]
    fn an_attribute_left_out_does_not_close_its_element() {
        let tree = parsed("<svg><g/x=1><path/></g></svg><p/x>text</p>");
        let g = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "g"));
        let path = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "path"));
        assert_eq!(path.and_then(|(id, _)| tree.parent(id)), g.map(|(id, _)| id));
    }

    #[test]
    fn what_only_looks_like_a_long_tag_stays_as_it_is() {
        let words = numbered(1_000, |i| format!(" a{i}"));
        for (open, close) in [
            ("<script type=application/ld+json>if (a<b", "</script>"),
            ("<textarea>a<b", "</textarea>"),
            ("<p content=\"a<b", "\">x</p>"),
        ] {
            let tree = parsed(&format!("{open}{words}{close}<p>after"));
            let is_whole = tree.nodes().any(|(_, node)| match node {
                Node::Text(text) => text.ends_with(&words),
                Node::Element(element) => {
                    element.attr("content").is_some_and(|value| value.ends_with(&words))
                }
                _ => false,
            });
            assert!(is_whole && all_text(&tree).ends_with("after"), "{open}");
        }
    }

    /// Every node with its parent, less what nobody reads.
    fn read_nodes(tree: &Tree) -> Vec<String> {
        let unread = ["script", "style", "noscript", "iframe"];
        let is_json =
            |e: &Element| e.attr("type").is_some_and(|t| t.to_ascii_lowercase().contains("ld+json"));
        let one = |(id, node): (NodeId, &Node)| {
            let parent = tree.parent(id);
            let within = parent.and_then(|parent| tree.element(parent));
            let is_unread = within.is_some_and(|e| unread.contains(&e.name()) && !is_json(e));
            let said = match node {
                Node::Text(_) if is_unread => "unread".to_owned(),
                Node::Text(text) => format!("{:?}", &**text),
                Node::Comment(_) => "comment".to_owned(),
                Node::Element(e) => {
                    let kept: Vec<_> = e.attrs().filter(|(name, _)| KEPT.contains(name)).collect();
                    format!("{} {kept:?}", e.name())
                }
                other => format!("{other:?}"),
            };
            format!("{said} in {parent:?}")
        };
        tree.nodes().map(one).collect()
    }

    /// What moves the tokenizer from state to state.
    const BITS: [&str; 42] = [
        "<p",
        "<b",
        "</p",
        "<script",
        "</script",
        "<script>",
        "</script>",
        "<style>",
        "</style ",
        "<title>",
        "</title",
        "<textarea>",
        "<svg>",
        "</svg>",
        "<math",
        "<template>",
        "<!--",
        "-->",
        "--!>",
        "<![CDATA[",
        "]]>",
        "<!x",
        "<?",
        ">",
        "/",
        "=",
        "\"",
        "'",
        "-",
        "é",
        " class=a",
        " ID = 'b>c'",
        "href=\"d e\"",
        " title=f/",
        "/style=g",
        "<iframe>",
        "</iframe>",
        "<noscript>",
        "</noscript>",
        "<font color=1>",
        "<annotation-xml encoding=text/html>",
        "<script type=application/LD+json>",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// The reader sees tags exactly where the tokenizer does: what it leaves out, and nothing else, is missing
        /// from what scraper makes of the page.
        #[test]
        fn the_tree_is_scrapers_less_what_nobody_reads(bits in prop::collection::vec(0..80_usize, 0..60)) {
            let page = numbered(bits.len(), |i| {
                let bit = bits.get(i).and_then(|bit| BITS.get(*bit));
                bit.map_or_else(|| format!(" a{i}"), |bit| (*bit).to_owned())
            });
            let theirs = Tree { html: scraper::Html::parse_document(&page) };
            prop_assert_eq!(read_nodes(&parsed(&page)), read_nodes(&theirs), "{}", page);
        }
    }
}
