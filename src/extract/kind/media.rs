//! A film or a row of pictures with a few lines of text. It is filed, and its kind says why it is so short.

use crate::extract::kind::View;
use crate::extract::tree::{Node, NodeId, Step, attribute};
use crate::news::article::PageKind;

/// A text of this weight is an article with a film in it.
const LITTLE: f32 = 700.0;

/// What the page says of itself is believed up to this weight.
const STATED_LITTLE: f32 = 1_500.0;

/// Least pictures of a gallery.
const PICTURES: usize = 8;

/// Most text for a picture.
const WEIGHT_A_PICTURE: f32 = 350.0;

/// Gallery or video, if it is one.
pub(super) fn kind(view: &View<'_>, body: f32) -> Option<PageKind> {
    let og_type = view.og_type().to_ascii_lowercase();
    let pictures = body / WEIGHT_A_PICTURE;
    if view.is_stated(&["ImageGallery", "MediaGallery"]) && body < STATED_LITTLE.max(8.0 * WEIGHT_A_PICTURE) {
        return Some(PageKind::Gallery);
    }
    let says_video =
        og_type.starts_with("video") || (view.is_stated(&["VideoObject"]) && !view.is_stated_article());
    if says_video && body < STATED_LITTLE {
        return Some(PageKind::Video);
    }
    if body < LITTLE && !view.is_stated_article() && has_one_film(view) {
        return Some(PageKind::Video);
    }
    let figures = figures(view);
    (figures >= PICTURES && pictures < figures as f32).then_some(PageKind::Gallery)
}

/// A single film, and no other in the page.
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

/// Figures that stand in the element around the kept text.
fn figures(view: &View<'_>) -> usize {
    let Some(container) = common_element(view) else { return 0 };
    let entered = view.tree.walk(container).filter_map(|step| match step {
        Step::Enter(id) => view.tree.element(id),
        Step::Leave(_) => None,
    });
    entered.filter(|element| element.name() == "figure").count()
}

/// The smallest element that holds all that is kept.
fn common_element(view: &View<'_>) -> Option<NodeId> {
    let is_kept = |at: &usize| view.reasons.get(*at).is_some_and(|reason| reason.is_kept());
    let first = (0..view.page.len()).find(is_kept)?;
    let last = (0..view.page.len()).rev().find(is_kept)?;
    let block = view.page.blocks.get(first)?;
    let holder = view
        .page
        .around(block.element)
        .find(|(_, element)| element.blocks.start as usize <= first && last < element.blocks.end as usize);
    holder.map(|(_, element)| element.node)
}
