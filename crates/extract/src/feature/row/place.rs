//! The elements around a block: their tags, and distances to the tags and class words that matter.

use crate::feature::grid::flag;
use crate::feature::near::{FAR, TAGS};
use crate::feature::row::{Rows, View};
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// Tags with a column for presence.
const ASKED: [(&str, Tag); 9] = [
    ("is_paragraph", Tag::Paragraph),
    ("is_item", Tag::Item),
    ("is_h1", Tag::H1),
    ("is_h2", Tag::H2),
    ("is_h3", Tag::H3),
    ("is_h4", Tag::H4),
    ("is_cell", Tag::Cell),
    ("is_div", Tag::Div),
    ("is_quote", Tag::Blockquote),
];

/// Groups that speak against a block.
const AGAINST: [Group; 11] = [
    Group::Comment,
    Group::Related,
    Group::Share,
    Group::Ad,
    Group::Nav,
    Group::Footer,
    Group::Author,
    Group::Newsletter,
    Group::Caption,
    Group::Hidden,
    Group::Side,
];

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    let tags: Vec<[f32; 4]> = (0..view.page.len()).map(|at| tags(view, at)).collect();
    for up in 0..4_u8 {
        rows.nth("tag", up as i8, |at| {
            tags.get(at).and_then(|t| t.get(up as usize)).copied().unwrap_or(0.0)
        });
    }
    for (word, tag) in ASKED {
        rows.column(word, |at| tags.get(at).map_or(0.0, |t| flag(t.first() == Some(&code(tag)))));
    }
    let near = |at: usize| view.features.near.get(view.element(at) as usize);
    for (index, _) in TAGS.iter().enumerate() {
        rows.nth("up_to_tag", index as i8 + 1, |at| {
            near(at).map_or(f32::from(FAR), |n| f32::from(n.nth_tag(index)))
        });
    }
    let up_to = |at: usize, group: Group| {
        let is_wrapper = view.page.blocks.get(at).is_some_and(|b| b.wrapper.has(group));
        if is_wrapper {
            -1.0
        } else {
            near(at).map_or(f32::from(FAR), |n| f32::from(n.group(group)))
        }
    };
    for (index, group) in Group::ALL.into_iter().enumerate() {
        rows.nth("up_to_class", index as i8 + 1, |at| up_to(at, group));
    }
    rows.column("up_to_bad_class", |at| AGAINST.iter().map(|g| up_to(at, *g)).fold(15.0, f32::min));
    rows.column("hidden", |at| near(at).map_or(0.0, |n| flag(n.hidden)));
    rows.column("in_body_property", |at| near(at).map_or(0.0, |n| flag(n.in_body_property)));
    rows.column("depth", |at| {
        view.page.element(view.element(at)).map_or(0.0, |e| e.depth.min(40) as f32)
    });
    articles(rows, view);
}

/// Tag codes of a block's element and of three around it.
fn tags(view: &View<'_>, at: usize) -> [f32; 4] {
    let mut out = [code(Tag::Body); 4];
    let around = view.page.around(view.element(at)).map(|(_, element)| code(element.tag));
    for (cell, tag) in out.iter_mut().zip(around) {
        *cell = tag;
    }
    out
}

pub(super) fn code(tag: Tag) -> f32 {
    f32::from(tag as u8)
}

/// Number of `article` elements, the one that a block is in, and its nesting.
fn articles(rows: &mut Rows, view: &View<'_>) {
    let mut count = 0.0;
    // For every element, index and nesting of the nearest `article`.
    let mut stands: Vec<(f32, f32)> = Vec::with_capacity(view.page.elements.len());
    for element in &view.page.elements {
        let (mut index, mut nested) =
            stands.get(element.parent as usize).copied().unwrap_or((-1.0, 0.0));
        if element.tag == Tag::Article {
            index = count;
            count += 1.0;
            nested += 1.0;
        }
        stands.push((index, nested));
    }
    let stand = |at: usize| stands.get(view.element(at) as usize).copied().unwrap_or((-1.0, 0.0));
    rows.page("articles", count);
    rows.column("article_index", |at| stand(at).0);
    rows.column("article_nesting", |at| stand(at).1);
}
