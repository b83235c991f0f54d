//! The comments of configuration files as prose.

use clap_mangen::roff::{Inline, bold, roman};

/// The text of a line that is a comment, without the sign.
pub(super) fn comment(line: &str) -> Option<&str> {
    let text = line.strip_prefix('#')?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}

/// A paragraph, with what stands in backquotes in bold.
pub(super) fn inlines(paragraph: &str) -> Vec<Inline> {
    let part = |(index, text): (usize, &str)| {
        if index % 2 == 0 { roman(text) } else { bold(text) }
    };
    paragraph.split('`').enumerate().map(part).collect()
}
