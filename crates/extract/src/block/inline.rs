//! Elements inside a line of text whose words are not the line's own, and the reverse: elements
//! that look foreign but hold words of the line.
//!
//! Style sheets and scripts are not read here. What an element is follows from its tag, its role,
//! the usual words in its class, and the text around it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use html5ever::{LocalName, local_name};

use crate::block::names::Attributes;
use crate::phrases::markup::{Group, Groups};
use crate::screen_reader;
use crate::tree::{Element, attribute};

/// Longest alternative text of a picture that stands for a character, in characters.
const CHARACTER_LENGTH: usize = 4;

/// Class words of boxes that open when a reader points at a word.
const POINTED: [&str; 6] =
    ["tooltip", "hovercard", "hover-card", "popover", "glossary-definition", "term-definition"];

/// These, and the words of what is off the screen.
static FOREIGN_PARTS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| screen_reader::parts(&[&POINTED[..], &screen_reader::OFF_SCREEN].concat()));

/// Classes of the markup that social networks offer for embedding their posts.
const POSTS: [&str; 12] = [
    "twitter-tweet",
    "twitter-video",
    "instagram-media",
    "tiktok-embed",
    "bluesky-embed",
    "mastodon-embed",
    "reddit-card",
    "reddit-embed-bq",
    "fb-post",
    "text-post-media",
    "telegram-post",
    "embedly-card",
];

/// Whether an element is a post of a social network.
pub(super) fn is_post(attributes: Attributes<'_>) -> bool {
    attributes.class.is_some_and(|class| {
        class
            .split_ascii_whitespace()
            .any(|word| POSTS.iter().any(|post| post.eq_ignore_ascii_case(word)))
    })
}

/// Whether an inline element holds words that are not part of the line around it: words for screen
/// readers, boxes that open on pointing, the reading of a character (ruby).
pub(super) fn is_foreign(element: &Element, attributes: Attributes<'_>) -> bool {
    let is_off = |class: &str| {
        FOREIGN_PARTS.as_ref().is_none_or(|parts| parts.is_match(class))
            && (screen_reader::is_off_screen(class) || opens_on_pointing(class))
    };
    attributes.class.is_some_and(is_off)
        || attributes.role.is_some_and(|role| role.trim().eq_ignore_ascii_case("tooltip"))
        || matches!(element.name.local, local_name!("rt") | local_name!("rp"))
}

fn opens_on_pointing(class: &str) -> bool {
    class.split_ascii_whitespace().any(|word| {
        let word = word.to_ascii_lowercase().replace('_', "-");
        POINTED.iter().any(|name| word.ends_with(name) || word.contains(&format!("{name}-content")))
    })
}

/// Whether the names of an element inside a line say that it is a share button or a counter.
pub(super) fn is_control(groups: Groups) -> bool {
    groups.has(Group::Share) && !groups.has(Group::Content)
}

/// Whether a link only leads back from a footnote to its mark, or from a mark to its footnote.
pub(super) fn is_arrow(text: &str) -> bool {
    let arrow = |c: char| matches!(c, '↩' | '↑' | '⤴' | '⇑' | '▲' | '^' | '\u{fe0e}' | '\u{fe0f}');
    !text.trim().is_empty() && text.trim().chars().all(arrow)
}

/// The text of a picture that stands for one character: a drop cap, an emoji.
pub(super) fn character(element: &Element) -> Option<&str> {
    let text = attribute(element, "alt")?.trim();
    let mut chars = text.chars();
    let first = chars.next()?;
    let is_letter = first.is_alphabetic() && chars.next().is_none();
    let is_emoji = !text.is_ascii()
        && text.chars().count() <= CHARACTER_LENGTH
        && text.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace());
    (is_letter || is_emoji).then_some(text)
}

/// Whether an element that HTML does not know may stand inside a line: custom elements are named
/// with a hyphen.
pub(super) fn is_custom(name: &LocalName) -> bool {
    name.contains('-')
}
