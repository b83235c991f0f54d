//! What a page says about its article: one file per question, each with its sources ranked by
//! trust.
//!
//! Every answer may be missing. None is a guess that looks like a fact: a date has its source, a
//! byline has people and no desks, a title has no site name.

pub(crate) mod address;
pub(crate) mod byline;
pub(crate) mod bylinewords;
pub(crate) mod date;
pub(crate) mod dateformat;
pub(crate) mod datewords;
pub(crate) mod describe;
pub(crate) mod head;
pub(crate) mod heading;
pub(crate) mod image;
pub(crate) mod jsonld;
pub(crate) mod label;
pub(crate) mod language;
pub(crate) mod rights;
pub(crate) mod site;
pub(crate) mod tags;
pub(crate) mod title;
pub(crate) mod zone;

use memchr::memchr;

use crate::step_counter;
use crate::whitespace::collapse_whitespace;

/// A value that may hold HTML, as plain text: tags become spaces, common character references are
/// resolved.
pub(crate) fn html_text(value: &str) -> String {
    if !value.contains(['<', '&']) {
        return collapse_whitespace(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (text, used) = if from.starts_with('<') { tag(from) } else { reference(from) };
        match text {
            Some(c) => out.push(c),
            None => out.push_str(from.get(..used).unwrap_or_default()),
        }
        rest = from.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    collapse_whitespace(&out)
}

/// The replacement and the length of a tag at the start of `from`.
fn tag(from: &str) -> (Option<char>, usize) {
    let second = from.chars().nth(1);
    let is_tag = second.is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!');
    match near(from, b'>', 400).filter(|_| is_tag) {
        Some(end) => (Some(' '), end + 1),
        None => (None, 1),
    }
}

/// Finds a sign within the first `most` bytes: a search of all the rest for each `&` would be
/// quadratic.
fn near(from: &str, sign: u8, most: usize) -> Option<usize> {
    let found = memchr(sign, from.as_bytes().get(..most).unwrap_or(from.as_bytes()));
    step_counter::add(found.unwrap_or(from.len().min(most)));
    found
}

/// A character reference at the start of `from`.
fn reference(from: &str) -> (Option<char>, usize) {
    let Some(end) = near(from, b';', 11) else { return (None, 1) };
    let name = from.get(1..end).unwrap_or_default();
    let code = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    let found = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "lsquo" => Some('‘'),
        "rsquo" => Some('’'),
        "ldquo" => Some('“'),
        "rdquo" => Some('”'),
        "hellip" => Some('…'),
        "laquo" => Some('«'),
        "raquo" => Some('»'),
        "auml" => Some('ä'),
        "ouml" => Some('ö'),
        "uuml" => Some('ü'),
        "Auml" => Some('Ä'),
        "Ouml" => Some('Ö'),
        "Uuml" => Some('Ü'),
        "szlig" => Some('ß'),
        "eacute" => Some('é'),
        "egrave" => Some('è'),
        "agrave" => Some('à'),
        _ => code.and_then(char::from_u32),
    };
    (found, if found.is_some() { end + 1 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_values_is_removed() {
        assert_eq!(
            html_text("<p>One &amp; two</p><p>three&#8217;s &nope; a < b</p>"),
            "One & two three’s &nope; a < b"
        );
    }
}
