//! Structures as wholes: a list, a table or a quote is kept or left out as one.
//!
//! The model judges lines one by one, and half a table is worse than none. Lines that are removed
//! for a reason of their own stay removed: an advertisement in a list is no item of it. Tables that
//! only lay out a page are no structures; their cells hold paragraphs or other tables.

use std::collections::BTreeMap;

use crate::block::Blocks;
use crate::body::{Reason, role};
use crate::feature::Features;
use crate::feature::unit::{Units, data_tables};
use crate::tag::Tag;

/// Least mean probability of a structure that is kept, each line by the root of its length.
const LEAST: f32 = 0.5;

/// Makes the decisions about the lines of each structure equal.
pub(super) fn apply(page: &Blocks, features: &Features, chances: &[f32], reasons: &mut [Reason]) {
    for (tag, lines) in structures(page) {
        let open: Vec<usize> =
            lines.into_iter().filter(|at| reasons.get(*at).is_some_and(is_open)).collect();
        let kept = open.iter().filter(|at| reasons.get(**at).is_some_and(|r| r.is_kept())).count();
        if kept == 0 || kept == open.len() {
            continue;
        }
        let (mut weights, mut sum) = (0.0, 0.0);
        for at in &open {
            let length = features.blocks.get(*at).map_or(0.0, |feature| feature.text.weight);
            let weight = (length + 1.0).sqrt();
            weights += weight;
            sum += weight * chances.get(*at).copied().unwrap_or(0.0);
        }
        let is_article = sum >= LEAST * weights;
        for at in open {
            let Some(reason) = reasons.get_mut(at) else { continue };
            match (is_article, reason.is_kept()) {
                (true, false) => *reason = role(features, page, at),
                (false, true) => *reason = Reason::Structure(name(tag)),
                _ => {}
            }
        }
    }
}

/// Whether only the model decides about a line.
fn is_open(reason: &Reason) -> bool {
    reason.is_kept() || matches!(reason, Reason::Model(_))
}

/// The structures of a page with their lines.
fn structures(page: &Blocks) -> impl Iterator<Item = (Tag, Vec<usize>)> {
    let units = Units::of(page);
    let mut lines: BTreeMap<u32, (Tag, Vec<usize>)> = BTreeMap::new();
    for (at, block) in page.blocks.iter().enumerate() {
        if let Some((unit, element)) = units.around(page, block.element) {
            lines.entry(unit).or_insert_with(|| (element.tag, Vec::new())).1.push(at);
        }
    }
    let data = data_tables(page, &units);
    lines
        .into_iter()
        .filter(move |(unit, (tag, lines))| match tag {
            Tag::List | Tag::OrderedList | Tag::DefinitionList | Tag::Blockquote => lines.len() > 1,
            Tag::Table => data.contains(unit),
            _ => false,
        })
        .map(|(_, structure)| structure)
}

fn name(tag: Tag) -> &'static str {
    match tag {
        Tag::Table => "table",
        Tag::Blockquote => "quote",
        _ => "list",
    }
}
