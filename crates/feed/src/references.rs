//! Character references: `&amp;`, `&eacute;`, `&#8217;`.
//!
//! XML knows five names, feeds use HTML's two thousand without declaring them. The table is html5ever's. Numbers
//! follow the HTML standard's repairs (128 to 159 mean windows-1252), and two halves of a surrogate pair, which some
//! publishing systems write for emoji, are joined. What is no reference stays as it stands.

use std::borrow::Cow;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

use crate::defect::{Defect, Defects};

/// Longest name in the HTML table, and more than any number needs.
const MAX_NAME: usize = 32;

/// Resolves references that end in `;`, as XML has them.
pub(crate) fn resolve<'a>(text: &'a str, defects: &mut Defects) -> Cow<'a, str> {
    replace(text, false, defects)
}

/// Resolves references as HTML has them: old names work without their `;` too, unless a letter, digit or `=` follows.
pub(crate) fn resolve_html(text: &str) -> Cow<'_, str> {
    replace(text, true, &mut Defects::default())
}

fn replace<'a>(text: &'a str, html: bool, defects: &mut Defects) -> Cow<'a, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let used = reference(rest, html, &mut out, defects).unwrap_or_else(|| {
            defects.note(Defect::BareAmpersand);
            out.push('&');
            1
        });
        rest = rest.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Resolves the reference at the start of `rest`; how many bytes it took.
fn reference(rest: &str, html: bool, out: &mut String, defects: &mut Defects) -> Option<usize> {
    let body = rest.get(1..)?;
    let end = body
        .bytes()
        .take(MAX_NAME + 1)
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))?;
    let name = body.get(..end)?;
    let closed = body.get(end..)?.starts_with(';');
    if !closed {
        return html.then(|| old_name(body, name, end, out)).flatten();
    }
    let used = end + 2;
    if let Some(number) = name.strip_prefix('#') {
        let code = code(number)?;
        return Some(used + push_code(code, rest.get(used..)?, out));
    }
    if !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
        defects.note(Defect::HtmlEntity);
    }
    push_named(body.get(..=end)?, out)?;
    Some(used)
}

/// `&amp` and `&nbsp` without `;`.
fn old_name(body: &str, name: &str, end: usize, out: &mut String) -> Option<usize> {
    if body.get(end..)?.starts_with('=') {
        return None;
    }
    push_named(name, out)?;
    Some(end + 1)
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
    let repaired = match code {
        0x80..=0x9F => C1_REPLACEMENTS.get(code as usize - 0x80).copied().flatten(),
        _ => char::from_u32(code).filter(|c| !is_forbidden(*c)),
    };
    out.extend(repaired);
    0
}

fn low_half(after: &str) -> Option<(u32, usize)> {
    let (number, _) =
        after.strip_prefix("&#")?.get(..8).unwrap_or(after.strip_prefix("&#")?).split_once(';')?;
    let low = code(number).filter(|low| (0xDC00..0xE000).contains(low))?;
    Some((low, number.len() + 3))
}

/// Characters that no text may hold: controls other than white space, and the two that are no characters.
pub(crate) fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(text: &str) -> String {
        resolve(text, &mut Defects::default()).into_owned()
    }

    #[test]
    fn references_become_characters() {
        assert_eq!(xml("a &amp; b &eacute;&nbsp;&#8217;&#x2019;"), "a & b é\u{a0}’’");
        assert_eq!(xml("&#146;&#0;&#1;&#xD83D;&#xDE00;&#55357;&#56832;&#xD83D;x"), "’😀😀x");
        assert_eq!(xml("&NotEqualTilde;"), "≂̸");
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
        assert_eq!(resolve_html("AT&amp T&nbsp- ?a&copy=2 &ampx"), "AT& T\u{a0}- ?a&copy=2 &ampx");
    }

    #[test]
    fn the_defects_are_told_apart() {
        let mut defects = Defects::default();
        let _ = resolve("&amp;&eacute;", &mut defects);
        assert_eq!(defects.list(), [Defect::HtmlEntity]);
    }
}
