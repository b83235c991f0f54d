//! Character references: `&amp;`, `&eacute;`, `&#8217;`.
//!
//! XML knows five names. HTML knows 2,231, and feeds use them without declaring them; the table is that of
//! `markup5ever`, html5ever's own. Numbers follow the repairs of the HTML standard (128 to 159 mean windows-1252),
//! and two halves of a surrogate pair, which some publishing systems write for emoji, are joined. What is no
//! reference stays as it stands.

use std::borrow::Cow;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Longest name in the HTML table, and more than any number needs.
const MAX_NAME: usize = 32;

/// What was wrong with the references of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// A name that HTML knows and XML does not.
    pub html_name: bool,
    /// `&` that starts no reference.
    pub bare_ampersand: bool,
}

/// Resolves references that end in `;`, as XML has them, with HTML's names.
#[must_use]
pub fn decode_xml(text: &str) -> (Cow<'_, str>, Faults) {
    decode(text, false)
}

/// Resolves references as HTML has them: old names work without their `;` too, unless a letter, digit or `=` follows.
///
/// Unlike in HTML they stay at the end of a text as well: addresses are decoded here that end in `&reg` or `&copy`.
#[must_use]
pub fn decode_html(text: &str) -> Cow<'_, str> {
    decode(text, true).0
}

fn decode(text: &str, html: bool) -> (Cow<'_, str>, Faults) {
    let mut faults = Faults::default();
    if !text.contains('&') {
        return (Cow::Borrowed(text), faults);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.find('&').map(|at| rest.split_at(at)) {
        out.push_str(before);
        let used = reference(from, html, &mut out, &mut faults).unwrap_or_else(|| {
            faults.bare_ampersand = true;
            out.push('&');
            1
        });
        rest = from.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    (Cow::Owned(out), faults)
}

/// Resolves the reference at the start of `rest`; how many bytes it took.
fn reference(rest: &str, html: bool, out: &mut String, faults: &mut Faults) -> Option<usize> {
    let body = rest.get(1..)?;
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'#';
    let end = body.bytes().take(MAX_NAME + 1).position(|byte| !in_name(byte))?;
    let name = body.get(..end)?;
    let after = body.get(end..)?;
    if !after.starts_with(';') {
        return (html && !after.starts_with('='))
            .then(|| push_named(name, out))
            .flatten()
            .map(|()| end + 1);
    }
    let used = end + 2;
    if let Some(number) = name.strip_prefix('#') {
        let code = code(number)?;
        return Some(used + push_code(code, rest.get(used..)?, out));
    }
    push_named(body.get(..=end)?, out)?;
    faults.html_name |= !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos");
    Some(used)
}

fn push_named(name: &str, out: &mut String) -> Option<()> {
    // The table also holds every beginning of a name, with no character.
    let &(first, second) = NAMED_ENTITIES.get(name)?;
    out.push(char::from_u32(first).filter(|c| *c != '\0')?);
    out.extend(char::from_u32(second).filter(|c| *c != '\0'));
    Some(())
}

fn code(number: &str) -> Option<u32> {
    match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}

/// Pushes the character of a number; how many bytes of `after` belonged to it (the other half of a pair).
fn push_code(code: u32, after: &str, out: &mut String) -> usize {
    if (0xD800..0xDC00).contains(&code)
        && let Some((low, used)) = low_half(after)
    {
        out.extend(char::from_u32(0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00)));
        return used;
    }
    let mended = match code {
        0x80..=0x9F => C1_REPLACEMENTS.get(code as usize - 0x80).copied().flatten(),
        _ => char::from_u32(code).filter(|c| !is_forbidden(*c)),
    };
    out.extend(mended);
    0
}

fn low_half(after: &str) -> Option<(u32, usize)> {
    let number = after.strip_prefix("&#")?;
    let (number, _) = number.get(..8).unwrap_or(number).split_once(';')?;
    let low = code(number).filter(|low| (0xDC00..0xE000).contains(low))?;
    Some((low, number.len() + 3))
}

/// What a control character between 128 and 159 is meant to be: the character that windows-1252 has there. A program
/// has written the bytes of that charset as if they were characters.
#[must_use]
pub fn meant(c: char) -> Option<char> {
    let place = u32::from(c).checked_sub(0x80)?;
    C1_REPLACEMENTS.get(place as usize).copied().flatten()
}

/// Characters that no text may hold: controls other than white space, and the two that are no characters.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn xml(text: &str) -> String {
        decode_xml(text).0.into_owned()
    }

    #[test]
    fn the_table_is_that_of_html() {
        let names = NAMED_ENTITIES.entries().filter(|(_, (first, _))| *first != 0);
        assert_eq!(names.count(), 2_231);
    }

    #[test]
    fn references_become_characters() {
        assert_eq!(xml("a &amp; b &eacute;&nbsp;&#8217;&#x2019;"), "a & b é\u{a0}’’");
        assert_eq!(xml("&#146;&#0;&#1;&#xD83D;&#xDE00;&#55357;&#56832;&#xD83D;x"), "’😀😀x");
        assert_eq!(xml("&NotEqualTilde;&CounterClockwiseContourIntegral;"), "≂̸∳");
    }

    #[test]
    fn what_is_no_reference_stays() {
        for text in [
            "AT&T",
            "a && b",
            "?a=1&copy=2&amp",
            "&a9;",
            "&;",
            "&#;",
            "&#xZZ;",
            "&#99999999999;",
            "&",
            "&é;",
        ] {
            assert_eq!(xml(text), text);
        }
    }

    #[test]
    fn html_lets_old_names_go_without_their_end() {
        let text = "AT&amp T&nbsp- ?a&copy=2 &ampx &nope; &amp";
        assert_eq!(decode_html(text), "AT& T\u{a0}- ?a&copy=2 &ampx &nope; &amp");
    }

    #[test]
    fn the_faults_are_told_apart() {
        assert_eq!(decode_xml("a &amp; b").1, Faults::default());
        assert_eq!(
            decode_xml("&amp;&eacute;").1,
            Faults { html_name: true, bare_ampersand: false }
        );
        assert_eq!(decode_xml("AT&T &nope;").1, Faults { html_name: false, bare_ampersand: true });
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "(\\PC|[&<>\"'=;#x0-9a-z]){0,40}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            prop_assert_eq!(decode_xml(&escaped), (decode_html(&escaped), Faults::default()));
            prop_assert_eq!(decode_html(&escaped), text);
        }

        #[test]
        fn any_text_is_taken(text in "(&(#x?[0-9a-f]{0,9}|[a-zA-Z]{0,8})[;= ]?|\\PC){0,12}") {
            prop_assert!(decode_html(&text).len() <= text.len() * 2 + 8);
        }
    }
}
