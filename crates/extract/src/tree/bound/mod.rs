//! The parse, bounded by counts and not by time: the same bytes always give the same tree.
//!
//! html5ever has no bounds and is quadratic in three places, so three things are ours:
//!
//! - **Attributes of one element.** The tokenizer compares each new name with all earlier ones of
//!   its tag, so there must be few names before it sees them. Only an exact reader can tell a tag
//!   from a script's `a<b`, a comment or a quoted value; an approximate one lets hostile tags
//!   through and cuts honest scripts. So [`reader`] follows the tokenizer's states and hands over
//!   only the attributes that are used ([`KEPT`]). Where it cannot know the tokenizer's state, the
//!   [`guard`] behind the tokenizer reports it.
//! - **Depth.** The tree builder searches the stack of open elements for nearly every tag. The
//!   guard drops start tags at depth 512, as browsers do; their content moves up one level.
//! - **Nodes.** When the tree is full, the rest of the page is not read.
//!
//! Texts of scripts and styles, and comments, are not handed over either: they are most of a page's
//! bytes and most of the cost of parsing. Their nodes are in the tree, with a space in them.

mod guard;
mod reader;
mod reference;
mod shared;
mod sink;
mod tag;
#[cfg(test)]
mod tests;

use self::reader::Reader;
use crate::Limits;
use crate::tree::arena::Arena;

/// The attributes that are kept: those that extraction uses, and those that the tree builder uses.
/// In debug builds [`super::attribute`] checks that a name is in this list.
pub(super) const KEPT: [&str; 36] = [
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
    "alt",
    "data-lazy-src",
    "data-srcset",
    "srcset",
    "title",
    "data-timestamp",
    "data-date",
    "data-datetime",
    "action",
    "media",
    // The tree builder needs the first three for formatting elements, and the last for formulas
    // that hold HTML.
    "color",
    "face",
    "size",
    "encoding",
];

/// Parses `text` within `limits`. `also` names attributes that are kept in addition to [`KEPT`].
pub(super) fn parse(text: &str, limits: &Limits, also: &[String]) -> Arena {
    let mut reader = Reader::new(text, limits, also);
    reader.run();
    reader.finish()
}
