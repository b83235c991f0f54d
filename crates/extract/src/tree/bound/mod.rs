//! The parse, bounded by counts and never by clocks: the same bytes always give the same tree.
//!
//! html5ever has no bounds and is quadratic in three places, so three things are ours:
//!
//! - **Attributes of one element.** The tokenizer compares each new name with all the earlier ones of its tag, so
//!   the names must be few before they come there. Only an exact reader can tell a tag from a script's `a<b`, a
//!   comment or a quoted value; one that guesses lets hostile tags through and cuts honest scripts. So [`reader`]
//!   follows the tokenizer, and hands over only the attributes that somebody here reads ([`KEPT`]); where it cannot
//!   know what the tokenizer will do, the [`guard`] behind the tokenizer says what became of the text.
//! - **Depth.** The tree builder searches the stack of open elements for nearly every tag. The guard drops start
//!   tags at depth 512, as browsers do; their content moves up one level.
//! - **Nodes.** When the tree is full, the rest of the page is not read.
//!
//! Nor is handed over what else nobody reads: the text of scripts and styles, and comments. Their nodes stand in
//! the tree as ever, with a blank in them. What goes so is most of a page's bytes, and most of the cost of parsing.

mod guard;
mod reader;
#[cfg(test)]
mod tests;

use scraper::Html;

use self::reader::Reader;
use crate::Limits;

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

/// Parses `text` within `limits`. `also` names attributes that are kept beside [`KEPT`].
pub(super) fn parse(text: &str, limits: &Limits, also: &[String]) -> Html {
    let mut reader = Reader::new(text, limits, also);
    reader.run();
    reader.finish()
}
