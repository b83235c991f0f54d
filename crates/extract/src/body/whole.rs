//! Structures as wholes: a list, a table or a quote is kept or left out as one.
//!
//! The model judges lines one by one, and half a table is worse than none. Lines that are removed
//! for a reason of their own stay removed: an advertisement in a list is no item of it. Tables that
//! only lay out a page are no structures; their cells hold paragraphs or other tables.

use std::collections::BTreeMap;

use crate::block::Blocks;
use crate::body::{Reason, role};
use crate::feature::Features;
use crate::feature::unit::{Tables, Units};
use crate::tag::Tag;

/// Least mean probability of a structure that is kept, each line by the root of its length.
const LEAST: f32 = 0.5;

/// The same for a structure with few links that follows a kept line: ten things, dates, winners.
const LEAST_PLAIN: f32 = 0.15;

/// Share of the letters in links that is few.
const FEW_LINKS: f32 = 0.1;

/// Makes the decisions about the lines of each structure equal.
pub(super) fn apply(page: &Blocks, features: &Features, chances: &[f32], reasons: &mut [Reason]) {
    for (tag, lines) in structures(page) {
        let is_inside = lines
            .first()
            .and_then(|first| first.checked_sub(1))
            .is_some_and(|before| reasons.get(before).is_some_and(|reason| reason.is_kept()));
        let open: Vec<usize> =
            lines.into_iter().filter(|at| reasons.get(*at).is_some_and(is_open)).collect();
        let kept = open.iter().filter(|at| reasons.get(**at).is_some_and(|r| r.is_kept())).count();
        if kept == open.len() || (kept == 0 && !is_inside) {
            continue;
        }
        let (mut weights, mut sum, mut links) = (0.0, 0.0, 0.0);
        for at in &open {
            let Some(feature) = features.blocks.get(*at) else { continue };
            let weight = (feature.text.weight + 1.0).sqrt();
            weights += weight;
            sum += weight * chances.get(*at).copied().unwrap_or(0.0);
            links += weight * feature.link_share;
        }
        let is_plain = is_inside && links <= FEW_LINKS * weights;
        let least = if is_plain { LEAST_PLAIN } else { LEAST };
        let is_article = sum >= least * weights;
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
    let (units, tables) = (Units::of(page), Tables::of(page));
    let mut lines: BTreeMap<u32, (Tag, Vec<usize>)> = BTreeMap::new();
    for (at, block) in page.blocks.iter().enumerate() {
        let unit = units.around(page, block.element).map(|(unit, element)| (unit, element.tag));
        let unit = unit.filter(|(_, tag)| *tag != Tag::Table);
        let table = tables.data_around(block).map(|table| (table, Tag::Table));
        if let Some((unit, tag)) = table.or(unit) {
            lines.entry(unit).or_insert_with(|| (tag, Vec::new())).1.push(at);
        }
    }
    lines.into_values().filter(|(tag, lines)| {
        let is_text = matches!(
            tag,
            Tag::Table | Tag::List | Tag::OrderedList | Tag::DefinitionList | Tag::Blockquote
        );
        is_text && lines.len() > 1
    })
}

fn name(tag: Tag) -> &'static str {
    match tag {
        Tag::Table => "table",
        Tag::Blockquote => "quote",
        _ => "list",
    }
}
