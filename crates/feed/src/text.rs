//! Markup to plain text, for titles and summaries.
//!
//! A feed's text passes through several programs, and each may escape it once more or forget to. So
//! text is unwrapped round by round (tags removed, references resolved) until nothing changes, at
//! most [`ROUNDS`] times. A title *about* markup must survive:
//!
//! - `Use the <img> tag` and `1 < 2` stay, because tags are only removed from text that is declared
//!   as HTML or looks like it: an end tag, an attribute, a line break of a known element;
//! - of text that is declared as text, only an element that is closed looks like HTML;
//! - tags are removed in one round only: what is still escaped within markup is meant to be seen
//!   (`<code>&lt;br&gt;</code>`);
//! - a blank that was escaped twice and stands between blanks is meant to be seen (`use &nbsp; in`).

use std::borrow::Cow;

use wiresift_text::entities::{decode_html, is_forbidden};

/// Escaped, escaped twice, escaped three times; a fourth has not been seen.
const ROUNDS: usize = 3;

/// What the feed says a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    /// Declared as HTML, or written as markup.
    Html,
    /// Declared as text, which is sometimes wrong.
    Text,
    /// Not declared.
    Unknown,
}

/// Plain text on one line: no tags, no references, no invisible characters, white space collapsed.
pub(super) fn plain(text: &str, markup: Markup) -> String {
    let mut text = text.to_owned();
    let mut has_tags = true;
    for round in 0..ROUNDS {
        let looks = || match markup {
            Markup::Text => has_closed_element(&text),
            _ => looks_like_html(&text),
        };
        let is_html = has_tags && ((round == 0 && markup == Markup::Html) || looks());
        let is_stripped = is_html && looks_like_html(&text);
        let bare = if is_html { strip(&text) } else { text.clone() };
        has_tags &= !is_stripped;
        let next = if round == 0 { decode_html(&bare).into_owned() } else { decode_again(&bare) };
        if next == text {
            break;
        }
        text = next;
    }
    collapse_whitespace(&text)
}

/// Resolves references that were escaped twice, except a blank that stands as a word.
fn decode_again(text: &str) -> String {
    let is_shown_blank = |word: &str| {
        word.starts_with('&') && word.ends_with(';') && decode_html(word).trim().is_empty()
    };
    if !text.split(' ').any(is_shown_blank) {
        return decode_html(text).into_owned();
    }
    let words = text
        .split(' ')
        .map(|word| if is_shown_blank(word) { Cow::Borrowed(word) } else { decode_html(word) });
    words.collect::<Vec<_>>().join(" ")
}

/// Collapses white space to single spaces and drops soft hyphens, zero-width spaces and controls.
/// Joiners stay, because Persian and Hindi need them.
pub(super) fn collapse_whitespace(text: &str) -> String {
    let visible = |c: &char| !matches!(c, '\u{AD}' | '\u{200B}' | '\u{FEFF}') && !is_forbidden(*c);
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        out.extend(word.chars().filter(visible));
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// Cuts a text to at most `bytes` bytes, between characters; returns whether it was cut.
pub(super) fn cut(text: &mut String, bytes: usize) -> bool {
    if text.len() <= bytes {
        return false;
    }
    text.truncate(text.floor_char_boundary(bytes));
    true
}

/// Text as HTML that shows it.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(text, &mut out);
    out
}

/// Appends `text` escaped for HTML and XML, for content and quoted attributes.
pub(crate) fn push_escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// Elements with tags that are markup even if nothing says that the text is HTML. Sorted.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "noscript",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "video",
    "wbr",
];

/// Elements that separate words. Sorted.
const PARTING: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "iframe",
    "img",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "video",
];

/// A tag at the start of a text.
struct Mark<'a> {
    name: String,
    end: bool,
    /// Between name and `>`.
    inside: &'a str,
    /// In bytes, with both brackets.
    length: usize,
}

/// Reads the tag at the start of `rest`. Its `>` is not searched past `<` outside quotes, nor far
/// away.
fn mark(rest: &str) -> Option<Mark<'_>> {
    let body = rest.strip_prefix('<')?;
    let name_part = body.strip_prefix('/').unwrap_or(body);
    let length = name_part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name_part.len());
    let name = name_part.get(..length)?.to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let tail = name_part.get(length..)?;
    let close = tag_end(tail)?;
    let used = rest.len() - tail.len() + close + 1;
    Some(Mark { name, end: body.starts_with('/'), inside: tail.get(..close)?, length: used })
}

/// Longest tag, in bytes; data URLs in `src` are long.
const MAX_TAG: usize = 256 * 1024;

fn tag_end(tail: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tail.bytes().enumerate().take(MAX_TAG) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed: the tag ends at the first bracket.
    quote
        .and_then(|_| tail.find(['<', '>']))
        .filter(|at| tail.get(*at..).is_some_and(|rest| rest.starts_with('>')))
}

/// Whether there is a tag that a title about markup would not have.
pub(super) fn looks_like_html(text: &str) -> bool {
    let mut budget = text.len().saturating_mul(4);
    text.match_indices('<').any(|(at, _)| {
        let Some(mark) = text.get(at..).filter(|_| budget > 0).and_then(mark) else { return false };
        budget = budget.saturating_sub(mark.length);
        KNOWN.binary_search(&mark.name.as_str()).is_ok()
            && (mark.end
                || matches!(mark.name.as_str(), "br" | "hr" | "p" | "wbr")
                || mark.inside.contains('='))
    })
}

/// Whether an element of a known name is closed by its own end tag.
fn has_closed_element(text: &str) -> bool {
    let mut budget = text.len().saturating_mul(4);
    let mut open: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('<') {
        let Some(mark) = text.get(at..).filter(|_| budget > 0).and_then(mark) else { continue };
        budget = budget.saturating_sub(mark.length);
        if KNOWN.binary_search(&mark.name.as_str()).is_err() {
            continue;
        }
        if mark.end && open.contains(&mark.name) {
            return true;
        }
        if !mark.end && open.len() < KNOWN.len() && !open.contains(&mark.name) {
            open.push(mark.name);
        }
    }
    false
}

fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Without any `>` left no tag can end, and each search for it would be in vain.
    let last = text.rfind('>').map_or(0, |at| at + 1);
    while let Some(at) = rest.find('<') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let here = text.len() - rest.len();
        if here >= last {
            break;
        }
        let used = if rest.starts_with("<!--") {
            rest.find("-->").map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            rest.find('>').map_or(rest.len(), |end| end + 1)
        } else if let Some(mark) = mark(rest) {
            if PARTING.binary_search(&mark.name.as_str()).is_ok() {
                out.push(' ');
            }
            mark.length + hidden_length(&mark, rest)
        } else {
            out.push('<');
            1
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    // A tag cut off at the end of a shortened text.
    let cut_tag = rest.starts_with('<')
        && rest
            .get(1..)
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
    if !cut_tag {
        out.push_str(rest);
    } else if let Some(after) = rest.rfind('<').filter(|at| *at > 0) {
        out.push_str(rest.get(..after).unwrap_or_default());
    }
    out
}

/// Length of the content of a script or style, which is not text.
fn hidden_length(mark: &Mark<'_>, rest: &str) -> usize {
    if mark.end || !matches!(mark.name.as_str(), "script" | "style") {
        return 0;
    }
    let body = rest.get(mark.length..).unwrap_or_default();
    let ends = |at: usize| {
        let name = body.get(at + 2..).and_then(|rest| rest.get(..mark.name.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(&mark.name))
    };
    body.match_indices("</").map(|(at, _)| at).find(|at| ends(*at)).unwrap_or(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_unwrapped_as_often_as_it_was_wrapped() {
        for (given, expected) in [
            ("AT&T", "AT&T"),
            ("AT&amp;T", "AT&T"),
            ("AT&amp;amp;T", "AT&T"),
            ("<b>Bold</b> news", "Bold news"),
            ("&lt;b&gt;Bold&lt;/b&gt; news", "Bold news"),
            ("&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt; news", "Bold news"),
            ("One<br>two<p>three</p>four", "One two three four"),
            ("re<em>read</em>", "reread"),
            ("  a\u{a0}\n b\u{200b}\u{ad}c  \u{feff} d", "a bc d"),
            ("<style>p {}</style><p>Text<script>x < y</script>", "Text"),
            ("<p>Text</p><!-- hidden --> more", "Text more"),
            ("<img src='a>b' alt=''>After", "After"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            assert_eq!(plain(given, Markup::Unknown), expected, "{given}");
        }
    }

    #[test]
    fn titles_about_markup_are_kept() {
        for text in [
            "Use the <img> tag",
            "1 < 2 and 3 > 2",
            "I <3 Rust",
            "Vec<String> or Box<dyn Error>",
            "a <- b",
            "<unknown> found",
        ] {
            assert_eq!(plain(text, Markup::Unknown), text);
        }
        for (given, expected) in [
            ("What <code>&lt;br&gt;</code> does", "What <br> does"),
            ("How to use &amp;nbsp; in XML", "How to use &nbsp; in XML"),
            ("Fish&amp;nbsp;soup", "Fish soup"),
            ("<b>AT&amp;amp;T</b>", "AT&T"),
        ] {
            assert_eq!(plain(given, Markup::Unknown), expected, "{given}");
        }
        for (given, expected) in [
            ("Why <br> is not <p>", "Why <br> is not <p>"),
            ("<a href=\"x\"> considered harmful", "<a href=\"x\"> considered harmful"),
            ("The <b>boat</b>", "The boat"),
            ("AT&amp;T", "AT&T"),
        ] {
            assert_eq!(plain(given, Markup::Text), expected, "{given}");
        }
        assert_eq!(plain("1 < 2 <i>really", Markup::Html), "1 < 2 really");
        assert_eq!(plain("<p>Shortened <a href=\"http", Markup::Html), "Shortened");
    }

    #[test]
    fn the_lists_are_sorted() {
        assert!(KNOWN.is_sorted() && PARTING.is_sorted());
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for piece in ["<", "<a ", "<a '", "<!--", "<script>", "&", "&amp;", "<p>"] {
            assert!(plain(&piece.repeat(200_000), Markup::Html).len() < 2_000_000);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = "aé".to_owned();
        assert!(cut(&mut text, 2) && text == "a");
        assert!(!cut(&mut text, 1));
    }
}
