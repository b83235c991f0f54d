//! What a page says about its article: one file per question, each with its sources ranked by
//! trust.
//!
//! Every answer may be missing. None is a guess that looks like a fact: a date has its source, a
//! byline has people and no desks, a title has no site name.

pub(crate) mod address;
pub(crate) mod area;
pub(crate) mod byline;
mod class;
pub(crate) mod date;
pub(crate) mod datewords;
pub(crate) mod describe;
pub(crate) mod head;
pub(crate) mod image;
pub(crate) mod jsonld;
pub(crate) mod language;
pub(crate) mod rights;
pub(crate) mod site;
mod stamp;
pub(crate) mod tags;
pub(crate) mod title;
pub(crate) mod zone;

use memchr::memchr;
use wiresift_text::entities::decode_html;

use crate::step_counter;
use crate::whitespace::collapse_whitespace;

/// Longest tag in a value, in bytes: a search of all the rest for each `<` would be quadratic.
const MAX_TAG: usize = 400;

/// A value that may hold HTML, as plain text: tags become spaces, character references are resolved.
pub(crate) fn html_text(value: &str) -> String {
    if !value.contains(['<', '&']) {
        return collapse_whitespace(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, from)) = rest.find('<').map(|at| rest.split_at(at)) {
        out.push_str(before);
        let tag = tag_length(from);
        out.push(if tag.is_some() { ' ' } else { '<' });
        rest = from.get(tag.unwrap_or(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    collapse_whitespace(&decode_html(&out))
}

/// Letters and digits only, lower case.
pub(crate) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Length of the tag at the start of `from`, if there is one.
fn tag_length(from: &str) -> Option<usize> {
    let second = from.chars().nth(1)?;
    let is_tag = second.is_ascii_alphabetic() || matches!(second, '/' | '!');
    let head = from.as_bytes().get(..MAX_TAG).unwrap_or(from.as_bytes());
    let end = memchr(b'>', head);
    step_counter::add(end.unwrap_or(head.len()));
    end.filter(|_| is_tag).map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_values_is_removed() {
        assert_eq!(
            html_text("<p>One &amp; two</p><p>three&#8217;s &nope; &Ccaron;aj&nbsp;a < b</p>"),
            "One & two three’s &nope; Čaj a < b"
        );
    }
}
