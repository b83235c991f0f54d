//! OPML 1.0 and 2.0, as programs export it and people edit it.
//!
//! It is read with the same tolerant tokenizer as feeds, because bare `&` and doubled attributes
//! are as common here. An outline with `xmlUrl` is a feed, one without is a folder.

use crate::markup::{Tag, Token, Tokens};
use crate::text::push_escaped;

/// Most nested outlines. Deeper folders are ignored; the feeds in them are kept.
const MAX_DEPTH: usize = 32;

/// A feed of an OPML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// `xmlUrl` as written.
    pub url: String,
    /// `text` or else `title`, white space normalised.
    pub name: Option<String>,
    /// The names of the folders around it, outermost first.
    pub folders: Vec<String>,
    /// `category` as written: comma-separated names; a leading slash marks a path (OPML 2.0).
    pub category: Option<String>,
    /// `isComment="true"`: the outline and what is in it are not to be used.
    pub is_comment: bool,
    /// Start of its tag, in bytes from the start of the text.
    pub offset: usize,
}

/// The feeds of an OPML document in their order. `None` if the text has no `<opml>` element.
#[must_use]
pub fn outlines(text: &str) -> Option<Vec<Outline>> {
    let mut tokens = Tokens::new(text);
    let mut found = Vec::new();
    // Names of the open outlines; `None` for a feed's.
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("opml") => is_opml = true,
            Token::Start(tag) if is_opml && tag.name.eq_ignore_ascii_case("outline") => {
                let feed = outline(&tag, &folders, tokens.start());
                if !tag.empty && folders.len() < MAX_DEPTH {
                    folders.push(if feed.is_some() { None } else { name(&tag) });
                }
                found.extend(feed);
            }
            Token::End(name) if name.eq_ignore_ascii_case("outline") => drop(folders.pop()),
            _ => {}
        }
    }
    is_opml.then_some(found)
}

/// Escapes text for an attribute value or for the content of an element.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(text, &mut out);
    out
}

fn outline(tag: &Tag<'_>, folders: &[Option<String>], offset: usize) -> Option<Outline> {
    let url = tag.attribute("xmlUrl").filter(|url| !url.trim().is_empty())?;
    Some(Outline {
        url: url.to_owned(),
        name: name(tag),
        folders: folders.iter().flatten().cloned().collect(),
        category: tag.attribute("category").map(str::to_owned),
        is_comment: tag
            .attribute("isComment")
            .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        offset,
    })
}

fn name(tag: &Tag<'_>) -> Option<String> {
    let name = ["text", "title"]
        .iter()
        .find_map(|key| tag.attribute(key).map(str::trim).filter(|name| !name.is_empty()))?;
    Some(name.split_whitespace().collect::<Vec<_>>().join(" "))
}
