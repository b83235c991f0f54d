//! Distances from a block up to elements that matter: levels up to the nearest `aside`, to the
//! nearest class that says "related", and so on. Distance is more useful than presence, because
//! everything is inside something.

use crate::block::Blocks;
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// No such element above.
pub(crate) const FAR: u8 = 15;

/// Tags that have a distance.
pub(crate) const TAGS: [Tag; 16] = [
    Tag::Article,
    Tag::Main,
    Tag::Aside,
    Tag::Nav,
    Tag::Footer,
    Tag::Header,
    Tag::Figure,
    Tag::Form,
    Tag::Table,
    Tag::List,
    Tag::Blockquote,
    Tag::Section,
    Tag::OrderedList,
    Tag::Figcaption,
    Tag::Details,
    Tag::Address,
];

/// Distances from one element; the element itself is at 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    tags: [u8; TAGS.len()],
    groups: [u8; Group::ALL.len()],
    /// Inside a hidden element.
    pub(crate) hidden: bool,
    /// Inside `itemprop=articleBody`.
    pub(crate) in_body_property: bool,
}

impl Near {
    const NONE: Self = Self {
        tags: [FAR; TAGS.len()],
        groups: [FAR; Group::ALL.len()],
        hidden: false,
        in_body_property: false,
    };

    /// Levels up to the nearest element with this tag.
    pub(crate) fn tag(&self, tag: Tag) -> u8 {
        TAGS.iter().zip(self.tags).find(|(t, _)| **t == tag).map_or(FAR, |(_, d)| d)
    }

    /// Levels up to the nearest element with this tag of [`TAGS`].
    pub(crate) fn nth_tag(&self, index: usize) -> u8 {
        self.tags.get(index).copied().unwrap_or(FAR)
    }

    /// Levels up to the nearest element with a class of this group.
    pub(crate) fn group(&self, group: Group) -> u8 {
        self.groups.get(group as usize).copied().unwrap_or(FAR)
    }

    /// The same, one level further down.
    fn below(mut self) -> Self {
        // One list after the other: so the processor takes many distances at once.
        self.tags.iter_mut().for_each(lengthen);
        self.groups.iter_mut().for_each(lengthen);
        self
    }
}

/// Adds a level to a distance, up to the longest.
fn lengthen(distance: &mut u8) {
    *distance = if *distance < FAR { (*distance + 1).min(FAR - 1) } else { FAR };
}

/// Distances of every element; `text_shares` is the share of the page's text inside each. A class
/// on an element with nearly all the text says nothing about its parts, unless it says that they
/// are the article.
pub(crate) fn distances(page: &Blocks, text_shares: &[f32]) -> Vec<Near> {
    let mut all: Vec<Near> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let is_root = element.parent as usize == index;
        let above = if is_root { None } else { all.get(element.parent as usize) };
        let mut near = above.copied().map_or(Near::NONE, Near::below);
        for (tag, distance) in TAGS.iter().zip(&mut near.tags) {
            if *tag == element.tag {
                *distance = 0;
            }
        }
        if !element.groups.is_empty() && element.tag != Tag::Body {
            let is_page = text_shares.get(index).is_some_and(|share| *share > 0.85);
            for (group, distance) in Group::ALL.iter().zip(&mut near.groups) {
                let says_article = matches!(group, Group::Content | Group::Article);
                if element.groups.has(*group) && (says_article || !is_page) {
                    *distance = 0;
                }
            }
        }
        near.hidden |= element.hidden;
        near.in_body_property |= element.is_body_property;
        all.push(near);
    }
    all
}
