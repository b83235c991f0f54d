//! A video or a gallery with a few lines of text. It counts as an article, and its kind explains
//! the short text.

use crate::article::PageKind;
use crate::kind::View;
use crate::tree::{Node, NodeId, Step, Tree, attribute};

/// From this weight on, the page is an article with a video.
const LITTLE: f32 = 700.0;

/// The page's own statement is believed up to this weight.
const STATED_LITTLE: f32 = 1_500.0;

/// Least pictures of a gallery.
const PICTURES: usize = 8;

/// Most text for each picture, in weight.
const WEIGHT_A_PICTURE: f32 = 200.0;

/// How far around a figure a link is searched: levels up, steps down.
const LEVELS: usize = 4;
const STEPS: usize = 24;

/// Gallery or video, if it is one.
pub(super) fn kind(view: &View<'_>, body: f32) -> Option<PageKind> {
    let og_type = view.og_type().to_ascii_lowercase();
    if view.is_stated(&["ImageGallery", "MediaGallery"]) && body < 2.0 * STATED_LITTLE {
        return Some(PageKind::Gallery);
    }
    let says_video = og_type.starts_with("video")
        || (view.is_stated(&["VideoObject"]) && !view.is_stated_article());
    if says_video && body < STATED_LITTLE {
        return Some(PageKind::Video);
    }
    if body < LITTLE && !view.is_stated_article() && has_one_film(view) {
        return Some(PageKind::Video);
    }
    let figures = figures(view);
    (figures >= PICTURES && body < figures as f32 * WEIGHT_A_PICTURE).then_some(PageKind::Gallery)
}

/// Whether the page has exactly one video.
fn has_one_film(view: &View<'_>) -> bool {
    let is_player = |address: &str| {
        let address = address.to_ascii_lowercase();
        ["/embed/", "/player", "player.", "/video/"].iter().any(|mark| address.contains(mark))
    };
    let films = view.tree.nodes().filter(|(_, node)| match node {
        Node::Element(element) if element.name() == "video" => true,
        Node::Element(element) if element.name() == "iframe" => {
            let address = attribute(element, "src").or_else(|| attribute(element, "data-src"));
            address.is_some_and(is_player)
        }
        _ => false,
    });
    films.take(2).count() == 1
}

/// Pictures between the first and the last kept text. One inside a link belongs to another article.
fn figures(view: &View<'_>) -> usize {
    let is_kept = |at: &usize| view.reasons.get(*at).is_some_and(|reason| reason.is_kept());
    let first = (0..view.page.len()).find(is_kept);
    let last = (0..view.page.len()).rev().find(is_kept);
    let node = |at: Option<usize>| {
        let block = view.page.blocks.get(at?)?;
        view.page.element(block.element).map(|element| element.node)
    };
    let Some((first, last)) = node(first).zip(node(last)) else { return 0 };
    let inside =
        view.tree.nodes().skip_while(|(id, _)| *id < first).take_while(|(id, _)| *id <= last);
    inside
        .filter(|(_, node)| node.as_element().is_some_and(|element| element.name() == "figure"))
        .filter(|(id, _)| !leads_elsewhere(view.tree, *id))
        .count()
}

/// Whether a figure is in a link, or a link in it.
fn leads_elsewhere(tree: &Tree, figure: NodeId) -> bool {
    let is_link = |id: NodeId| tree.element(id).is_some_and(|element| element.name() == "a");
    let mut above = std::iter::successors(tree.parent(figure), |id| tree.parent(*id)).take(LEVELS);
    let mut below = tree.walk(figure).take(STEPS).filter_map(|step| match step {
        Step::Enter(id) => Some(id),
        Step::Leave(_) => None,
    });
    above.any(is_link) || below.any(is_link)
}
