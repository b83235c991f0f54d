//! Labels inside a heading that its markup sets apart: a kicker above the headline, the name of
//! the series, a subtitle below it. They are elements with such a class, or `small`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use html5ever::local_name;

use crate::tree::{Element, Node, NodeId, Step, Tree, attribute};
use crate::whitespace::collapse_whitespace;

/// Most nodes of a heading, and most bytes of its text.
const NODES: usize = 80;
const BYTES: usize = 2_000;

/// Fewest letters of a headline.
const LETTERS: usize = 4;

/// Parts of class names of labels.
static LABELS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "kicker",
        "overline",
        "topline",
        "eyebrow",
        "label",
        "descriptor",
        "subtitle",
        "sub-title",
        "sub_title",
        "subline",
        "subhead",
        "sub-head",
        "tagline",
        "strapline",
        "supertitle",
        "suptitle",
        "pretitle",
        "pre-title",
        "overtitle",
        "surtitre",
        "antetitul",
        "occhiello",
        "roofline",
        "dachzeile",
        "spitzmarke",
        "titleheader",
        "h1small",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Parts of class names of headlines.
static HEADLINES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "entry-title",
        "post-title",
        "article-title",
        "article__title",
        "page-title",
        "headline",
        "post_title",
        "entry_title",
        "article_title",
        "page_title",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Whether a heading says that it is the page's headline.
pub(super) fn is_headline(tree: &Tree, heading: NodeId) -> bool {
    tree.element(heading).is_some_and(|element| {
        let is_property =
            attribute(element, "itemprop").is_some_and(|property| property.contains("headline"));
        is_property || has_class(element, &HEADLINES)
    })
}

/// The text of a heading without its labels, if it has both.
pub(super) fn without_labels(tree: &Tree, heading: NodeId) -> Option<String> {
    let mut text = String::new();
    let mut has_label = false;
    let mut walk = tree.walk(heading);
    for _ in 0..NODES {
        let Some(step) = walk.next() else { break };
        let Step::Enter(id) = step else { continue };
        match tree.data(id) {
            Some(Node::Text(part)) => text.push_str(part),
            Some(Node::Element(element)) if id != heading && is_label(element) => {
                has_label |= !tree.text(id, BYTES).trim().is_empty();
                walk.pass_over(id);
                text.push(' ');
            }
            _ => {}
        }
        if text.len() > BYTES {
            return None;
        }
    }
    if !has_label {
        return None;
    }
    let text = collapse_whitespace(&text);
    let text = text.trim_start_matches(|c: char| is_joint(c)).trim_end_matches(is_joint);
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    (letters >= LETTERS).then(|| text.to_owned())
}

fn is_label(element: &Element) -> bool {
    element.name.local == local_name!("small") || has_class(element, &LABELS)
}

fn has_class(element: &Element, words: &LazyLock<Option<AhoCorasick>>) -> bool {
    let class = attribute(element, "class");
    class.is_some_and(|class| words.as_ref().is_some_and(|words| words.is_match(class)))
}

/// What stands between a label and a headline.
fn is_joint(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | '|' | '/' | '•' | '·')
}
