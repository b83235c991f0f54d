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

use crate::tags::{has_closed_element, looks_like_html, strip};

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
