//! What a page says about its article: one file per question, each with its sources ranked by trust.
//!
//! Every answer may be missing, none may be a guess that looks like a fact: a date carries where it was read,
//! a byline holds people and not desks, a title has lost the site's name.

pub(crate) mod address;
pub(crate) mod byline;
pub(crate) mod bylinewords;
pub(crate) mod date;
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
use wiresift_text::entities::decode_html;

use crate::step_counter;
use crate::whitespace::whitespace;

/// Longest tag that is taken off a value, in bytes. Bounded, because a search of the rest for each `<` would be quadratic.
const MAX_TAG: usize = 400;

/// A value that may hold HTML, as plain text: tags become blanks, character references are resolved.
pub(crate) fn html_text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, from)) = rest.find('<').map(|at| rest.split_at(at)) {
        out.push_str(before);
        let tag = tag_length(from);
        out.push(if tag.is_some() { ' ' } else { '<' });
        rest = from.get(tag.unwrap_or(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    whitespace(&decode_html(&out))
}

/// Length of the tag at the start of `from`, if there is one.
fn tag_length(from: &str) -> Option<usize> {
    let second = from.chars().nth(1)?;
    let is_tag = second.is_ascii_alphabetic() || matches!(second, '/' | '!');
    let head = from.as_bytes().get(..MAX_TAG).unwrap_or(from.as_bytes());
    let end = memchr(b'>', head);
    step_counter::done(end.unwrap_or(head.len()));
    end.filter(|_| is_tag).map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_their_markup() {
        assert_eq!(
            html_text("<p>One &amp; two</p><p>three&#8217;s &nope; &Ccaron;aj&nbsp;a < b</p>"),
            "One & two three’s &nope; Čaj a < b"
        );
    }
}
