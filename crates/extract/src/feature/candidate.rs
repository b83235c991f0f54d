//! Candidates for the element that holds the article: five by different criteria. The features of a
//! block include its position relative to them.

use crate::block::{Blocks, Element};
use crate::feature::{Feature, Totals};
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// Elements that may hold the article, by index.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Candidates {
    /// The highest score: good text below it, near text counting more, minus links.
    pub(crate) scored: Option<u32>,
    /// The smallest with more than half of the page's good text.
    pub(crate) majority: Option<u32>,
    /// The best one with a class or property of an article body.
    pub(crate) named: Option<u32>,
    /// The `article` with the most good text.
    pub(crate) fullest_article: Option<u32>,
    /// The first `article` with a fair share of the good text.
    pub(crate) first_article: Option<u32>,
}

/// The share of a block's good text that its containers are credited with, nearest first.
const CREDIT: [f32; 5] = [1.0, 1.0 / 1.5, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 8.0];

pub(crate) fn find(
    page: &Blocks,
    totals: &Totals,
    features: &[Feature],
    headline: Option<usize>,
) -> Candidates {
    let all = totals.good.total().max(1.0);
    let good = |index: u32| page.element(index).map_or(0.0, |e| totals.good.within(&e.blocks));
    let articles: Vec<u32> =
        indices(page).filter(|(_, e)| e.tag == Tag::Article).map(|(i, _)| i).collect();
    Candidates {
        scored: scored(page, totals, features, headline),
        majority: indices(page)
            .filter(|(_, e)| totals.good.within(&e.blocks) >= 0.55 * all)
            .min_by_key(|(index, e)| (e.blocks.len(), std::cmp::Reverse(*index)))
            .map(|(index, _)| index),
        named: named(page, totals),
        fullest_article: articles
            .iter()
            .copied()
            .max_by(|a, b| good(*a).total_cmp(&good(*b)).then(b.cmp(a)))
            .filter(|index| good(*index) > 0.0),
        first_article: articles.iter().copied().find(|index| good(*index) > 0.15 * all),
    }
}

fn indices(page: &Blocks) -> impl Iterator<Item = (u32, &Element)> {
    page.elements.iter().enumerate().map(|(index, element)| (index as u32, element))
}

/// The containers of a block with growing ranges: of elements around the same blocks only the
/// outermost counts.
pub(crate) fn growing(page: &Blocks, element: u32) -> impl Iterator<Item = u32> {
    let mut around = page.around(element).peekable();
    std::iter::from_fn(move || {
        let (mut index, element) = around.next()?;
        while let Some((outer, _)) = around.next_if(|(_, outer)| outer.blocks == element.blocks) {
            index = outer;
        }
        Some(index)
    })
}

fn scored(
    page: &Blocks,
    totals: &Totals,
    features: &[Feature],
    headline: Option<usize>,
) -> Option<u32> {
    let all = totals.good.total().max(1.0);
    let mut scores = vec![0.0_f32; page.elements.len()];
    for (block, feature) in
        page.blocks.iter().zip(features).filter(|(_, feature)| feature.mass > 0.0)
    {
        // What page or feed say about the article elsewhere shows which prose is meant.
        let is_stated = feature.in_stated_body.is_some_and(|share| share > 0.6);
        let is_described = feature.in_description > 0.6 || feature.covers_description > 0.5;
        let mass =
            feature.mass * if is_stated { 2.0 } else { 1.0 } * if is_described { 1.5 } else { 1.0 };
        let larger = growing(page, block.element)
            .skip_while(|index| page.element(*index).is_none_or(|e| e.blocks.len() < 2));
        for (index, credit) in larger.zip(CREDIT) {
            if let Some(score) = scores.get_mut(index as usize) {
                *score += mass * credit;
            }
        }
    }
    let mut doubts: Vec<f32> = Vec::with_capacity(page.elements.len());
    let mut best: Option<(f32, u32)> = None;
    for ((index, element), score) in indices(page).zip(scores) {
        let above =
            if element.parent == index { None } else { doubts.get(element.parent as usize) };
        let holds_most = totals.good.within(&element.blocks) >= 0.7 * all;
        let doubt = above.copied().unwrap_or(1.0) * if holds_most { 1.0 } else { doubt(element) };
        doubts.push(doubt);
        let text = totals.weight.within(&element.blocks).max(1.0);
        let links = 1.0 - totals.links.within(&element.blocks) / text;
        let score = score * links * doubt.max(0.05) * place(element, totals, headline);
        if score > 0.0 && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, index));
        }
    }
    best.map(|(_, index)| index)
}

/// How much an element's name and tag speak against it as the article's container.
fn doubt(element: &Element) -> f32 {
    const GROUPS: &[(Group, f32)] = &[
        (Group::Comment, 0.25),
        (Group::Related, 0.5),
        (Group::Footer, 0.4),
        (Group::Nav, 0.5),
        (Group::Hidden, 0.6),
        (Group::Side, 0.6),
        (Group::Caption, 0.5),
        (Group::Author, 0.7),
    ];
    let named =
        GROUPS.iter().filter(|(group, _)| element.groups.has(*group)).map(|(_, doubt)| *doubt);
    let named = named.fold(1.0, f32::min);
    let says_body = element.is_body_property || element.groups.has(Group::Content);
    match element.tag {
        Tag::Aside | Tag::Footer | Tag::Nav => named * 0.4,
        Tag::Figure => named * 0.5,
        _ if says_body => named.max(0.8) * 1.2,
        _ => named,
    }
}

/// An article surrounds its headline or follows it. Prose in between means that something else
/// follows.
fn place(element: &Element, totals: &Totals, headline: Option<usize>) -> f32 {
    let Some(headline) = headline else { return 1.0 };
    let (start, end) = (element.blocks.start as usize, element.blocks.end as usize);
    if end <= headline {
        return 0.3;
    }
    let between = totals.good.before(start) - totals.good.before(headline);
    1.0 / (1.0 + between.max(0.0) / 1_500.0)
}

fn named(page: &Blocks, totals: &Totals) -> Option<u32> {
    let mut best: Option<(f32, u32)> = None;
    for (index, element) in indices(page) {
        if !element.is_body_property && !element.groups.has(Group::Content) {
            continue;
        }
        let good = totals.good.within(&element.blocks);
        let other = totals.weight.within(&element.blocks) - good;
        let mut value = good - 0.3 * totals.links.within(&element.blocks) - 0.5 * other;
        if element.is_body_property {
            value *= 2.0;
        }
        if value > 0.0 && best.is_none_or(|(most, _)| value > most) {
            best = Some((value, index));
        }
    }
    best.map(|(_, index)| index)
}
