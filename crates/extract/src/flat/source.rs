//! Texts without markup as lines.
//!
//! A line is a paragraph, unless the text is wrapped at a fixed width as in mails: then the lines
//! up to the next empty one are a paragraph. That is so if no line has room for the first word of
//! the next.

use wiresift_text::entities::decode_html;

use crate::block::Blocks;
use crate::tag::Tag;
use crate::whitespace::collapse_whitespace;

/// The widest line of a wrapped text, and the narrowest that is the width of one, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 50..=110;

/// Least share of wrapped lines.
const WRAPPED: f32 = 0.9;

/// Fewest lines to decide on.
const FEW: usize = 4;

/// The lines of a page without structure; none if it has some.
pub(crate) fn bare_lines(
    source: &str,
    content_type: Option<&str>,
    blocks: &Blocks,
) -> Option<Vec<String>> {
    if content_type.is_some_and(is_plain) && !is_document(source) {
        return Some(lines(source));
    }
    if !has_tag(source) {
        return Some(lines(&decode_html(source)));
    }
    let is_bare = |index: u32| {
        blocks.element(index).is_some_and(|element| matches!(element.tag, Tag::Body | Tag::Pre))
    };
    let is_whole = |index: u32| blocks.around(index).all(|(index, _)| is_bare(index));
    let mut all = blocks.blocks.iter();
    let has_lines = blocks.len() > 1 || all.clone().any(|block| blocks.text(block).contains('\n'));
    if !has_lines || !all.all(|block| is_whole(block.element) && block.links == 0) {
        return None;
    }
    let text: Vec<&str> = blocks.blocks.iter().map(|block| blocks.text(block)).collect();
    Some(lines(&text.join("\n")))
}

/// Whether a `Content-Type` is that of a text without markup.
fn is_plain(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("text/plain")
}

/// Whether a text begins like HTML: some servers call every file plain text.
fn is_document(text: &str) -> bool {
    let head = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let begins =
        |word: &str| head.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    ["<!doctype html", "<html", "<head"].into_iter().any(begins)
}

/// Whether a text has anything that looks like a tag.
fn has_tag(text: &str) -> bool {
    let mut after = text.split('<').skip(1);
    after.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!')))
}

/// The paragraphs of a text, white space collapsed, none empty.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let raw: Vec<&str> = text
        .split(['\n', '\r', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(str::trim_end)
        .collect();
    let is_wrapped = is_wrapped(&raw);
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in raw {
        let clean = collapse_whitespace(line);
        if clean.is_empty() {
            open = false;
            continue;
        }
        match out.last_mut().filter(|_| open && is_wrapped && !line.starts_with(['\t', ' '])) {
            Some(last) => {
                last.push(' ');
                last.push_str(&clean);
            }
            None => out.push(clean),
        }
        open = true;
    }
    out
}

/// Whether the lines are broken at a fixed width: hardly any has room for the next one's first
/// word.
fn is_wrapped(lines: &[&str]) -> bool {
    let width = |line: &str| line.chars().count();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    if !WIDTHS.contains(&widest) {
        return false;
    }
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let (mut full, mut all) = (0.0_f32, 0);
    for (line, next) in pairs.filter(|(a, b)| !a.trim().is_empty() && !b.trim().is_empty()) {
        all += 1;
        let word = next.split_whitespace().next().unwrap_or_default();
        full += if width(line) + 1 + width(word) > widest { 1.0 } else { 0.0 };
    }
    all >= FEW && full >= WRAPPED * all as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_paragraph() {
        assert_eq!(
            lines("One.\r\n\r\n  Two \u{a0} words.\nThree"),
            ["One.", "Two words.", "Three"]
        );
        assert!(lines(" \n\u{feff}\n").is_empty());
    }

    #[test]
    fn lines_of_a_fixed_width_are_joined() {
        let text = "The harbour board met on Tuesday evening and put off the vote on\n\
                    the new quay until the autumn, because two members were absent\n\
                    and the report on the currents in the bay is still not complete.\n\
                    Nobody objected.\n\n\
                    The ferry company was surprised by this. It had hoped for an\n\
                    early decision, since its new ship needs a deeper berth than the\n\
                    old one.\n";
        let found = lines(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("complete. Nobody objected."));
    }

    #[test]
    fn tags_are_markup_and_comparisons_are_not() {
        assert!(has_tag("a<br>b") && has_tag("</p>"));
        assert!(!has_tag("3 < 4 and <3"));
        assert!(is_document("\n<!DOCTYPE HTML>") && !is_document("<p>"));
        assert!(is_plain("Text/Plain; charset=utf-8") && !is_plain("text/html"));
    }
}
