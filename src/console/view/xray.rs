//! A page as its blocks: in their order and nesting, each with the decision and its reason.

use std::collections::BTreeMap;

use crate::console::view::format::{count, foreign, percent};
use crate::console::view::svg::minimap;
use crate::pipeline::read::Xray;
use wiresift_extract::{BlockNote, Reason};

/// Blocks of a page that are shown, and characters of each.
const BLOCKS: usize = 400;
const TEXT: usize = 300;

/// Elements that are shown around a block.
const LEVELS: usize = 6;

/// A kind of decision: its class, its letter and its name. Small letters are removals.
pub(crate) type Group = (&'static str, &'static str, &'static str);

/// The group of a reason.
pub(crate) fn group(reason: Reason) -> Group {
    match reason {
        Reason::Body => ("x-kept", "B", "body"),
        Reason::Standfirst => ("x-kept", "S", "standfirst"),
        Reason::Heading => ("x-kept", "H", "heading"),
        Reason::ListItem => ("x-kept", "I", "list item"),
        Reason::Longest => ("x-unsure", "L", "longest text"),
        Reason::RuleBody => ("x-rule", "R", "kept by a site rule"),
        Reason::Title => ("x-head", "t", "headline"),
        Reason::Byline => ("x-head", "b", "byline or dateline"),
        Reason::Caption => ("x-head", "c", "caption"),
        Reason::Embed => ("x-head", "p", "embedded post"),
        Reason::Hidden => ("x-hidden", "h", "hidden"),
        Reason::Phrase(_) => ("x-words", "w", "boilerplate by its words"),
        Reason::Class(_) => ("x-words", "k", "class name"),
        Reason::Element(_) => ("x-links", "e", "element such as nav"),
        Reason::Links => ("x-links", "l", "mostly links"),
        Reason::Teaser => ("x-links", "a", "teaser of another article"),
        Reason::NextArticle => ("x-links", "n", "next article"),
        Reason::Structure(_) => ("x-links", "s", "rest of it is removed"),
        Reason::Repeated => ("x-memory", "d", "repeated later"),
        Reason::Memory(_) => ("x-memory", "m", "on other articles of the site"),
        Reason::OtherTitle => ("x-memory", "o", "title of another article"),
        Reason::Among(_) => ("x-memory", "g", "among blocks of other articles"),
        Reason::Model(_) => ("x-unsure", "u", "the model alone"),
        Reason::RuleOutside | Reason::RuleRemove => ("x-rule", "r", "removed by a site rule"),
    }
}

/// A part of the page: a template writes them one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// An element with several blocks begins.
    Open(String),
    Close,
    Block(BlockView),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BlockView {
    pub(crate) class: &'static str,
    pub(crate) letter: &'static str,
    pub(crate) is_kept: bool,
    pub(crate) text: String,
    pub(crate) reason: String,
    /// What was removed from its start and its end.
    pub(crate) cut: Vec<String>,
    /// Names and values.
    pub(crate) measures: Vec<(&'static str, String)>,
}

/// The whole of it.
#[derive(Debug, Clone)]
pub(crate) struct XrayView {
    pub(crate) parts: Vec<Part>,
    pub(crate) map: String,
    /// Class, letter, name and number of blocks.
    pub(crate) legend: Vec<(Group, String)>,
    pub(crate) summary: String,
    /// Blocks that are not shown.
    pub(crate) left_out: Option<String>,
    /// What the site rule did.
    pub(crate) rule: Vec<String>,
}

impl XrayView {
    pub(crate) fn of(xray: &Xray) -> Self {
        let extraction = &xray.extraction;
        let (all, kept) = (extraction.blocks.len(), extraction.blocks.iter().filter(|it| it.kept));
        let kept = kept.count();
        let memory = if xray.has_memory { ", with what the site has taught" } else { "" };
        let article = &extraction.article;
        let summary = format!(
            "{} of {} blocks kept{memory}; text from {}, kind {}, quality {}.",
            count(kept as i64),
            count(all as i64),
            article.source.as_str(),
            article.kind.as_str(),
            percent(f64::from(article.quality)),
        );
        let shown = extraction.blocks.get(..BLOCKS).unwrap_or(&extraction.blocks);
        let lines: Vec<_> = shown
            .iter()
            .map(|note| (group(note.reason).0, note.kept, note.text.chars().take(2_000).count()))
            .collect();
        let title =
            format!("{} blocks of the page, {} kept", count(all as i64), count(kept as i64));
        Self {
            parts: parts(shown, &xray.nesting),
            map: minimap(&title, &lines),
            legend: legend(&extraction.blocks),
            summary,
            left_out: (all > BLOCKS).then(|| count((all - BLOCKS) as i64)),
            rule: rule(xray),
        }
    }
}

fn rule(xray: &Xray) -> Vec<String> {
    let Some(report) = &xray.extraction.rule else { return Vec::new() };
    let parts = report.parts.iter().map(|part| {
        let did = match (part.followed, part.elements) {
            (true, elements) => format!("followed, {elements} elements"),
            (false, 0) => "not followed: it selects nothing here".to_owned(),
            (false, _) => "not followed: no usable text would be left".to_owned(),
        };
        foreign(&format!("{}: {} = {}: {did}", report.host, part.key, part.selector), 300)
    });
    parts.collect()
}

fn legend(blocks: &[BlockNote]) -> Vec<(Group, String)> {
    let mut counts: BTreeMap<(bool, Group), i64> = BTreeMap::new();
    for note in blocks {
        *counts.entry((!note.kept, group(note.reason))).or_default() += 1;
    }
    counts.into_iter().map(|((_, group), number)| (group, count(number))).collect()
}

/// The blocks with the elements around them that hold more than one block. Each element that opens
/// closes.
fn parts(blocks: &[BlockNote], nesting: &[Vec<(u32, String)>]) -> Vec<Part> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for (element, _) in nesting.iter().take(blocks.len()).flatten() {
        *sizes.entry(*element).or_default() += 1;
    }
    let size = |element: &u32| sizes.get(element).copied().unwrap_or(0);
    let (mut parts, mut open): (Vec<Part>, Vec<u32>) = (Vec::new(), Vec::new());
    for (place, note) in blocks.iter().enumerate() {
        let around = nesting.get(place).map(Vec::as_slice).unwrap_or_default();
        // Of elements with the same blocks, the innermost is shown.
        let innermost = around.iter().zip(around.iter().skip(1).map(Some).chain([None]));
        let wanted: Vec<&(u32, String)> = innermost
            .filter(|((one, _), next)| {
                size(one) > 1 && next.is_none_or(|(next, _)| size(next) < size(one))
            })
            .map(|(one, _)| one)
            .filter(|(one, _)| size(one) < blocks.len())
            .take(LEVELS)
            .collect();
        let common = open.iter().zip(&wanted).take_while(|(one, (other, _))| *one == other).count();
        parts.extend(open.drain(common..).map(|_| Part::Close));
        for (element, name) in wanted.into_iter().skip(common) {
            open.push(*element);
            parts.push(Part::Open(foreign(name, 80)));
        }
        parts.push(Part::Block(view(note)));
    }
    parts.extend(open.drain(..).map(|_| Part::Close));
    parts
}

fn view(note: &BlockNote) -> BlockView {
    let (class, letter, _) = group(note.reason);
    let measures = &note.measures;
    let share = |value: f32| format!("{value:.2}");
    let mut shown = vec![
        ("Chance by the model", share(note.chance)),
        ("Letters", format!("{:.0}", measures.weight)),
        ("In links", share(measures.links)),
        ("Prose under its parent", share(measures.parent_share)),
        ("Like the title", share(measures.title)),
    ];
    shown.extend(measures.stated.map(|stated| ("In the stated body", share(stated))));
    BlockView {
        class,
        letter,
        is_kept: note.kept,
        text: foreign(note.text.trim(), TEXT),
        reason: foreign(&note.reason.describe(), 100),
        cut: note.cut.iter().take(4).map(|cut| foreign(cut.text.trim(), TEXT)).collect(),
        measures: shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiresift_extract::Measures;

    fn note(position: u32, reason: Reason) -> BlockNote {
        BlockNote {
            position,
            text: format!("block {position}"),
            kept: matches!(reason, Reason::Body),
            reason,
            cut: Vec::new(),
            chance: 0.5,
            measures: Measures::default(),
        }
    }

    fn told(parts: &[Part]) -> String {
        let part = |part: &Part| match part {
            Part::Open(name) => format!("{name}("),
            Part::Close => ")".to_owned(),
            Part::Block(block) => block.letter.to_owned(),
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn elements_with_several_blocks_are_boxes_and_all_close() {
        let name = |element: u32| (element, format!("e{element}"));
        let blocks: Vec<BlockNote> = [Reason::Links, Reason::Links, Reason::Body, Reason::Title]
            .into_iter()
            .zip(0..)
            .map(|(reason, place)| note(place, reason))
            .collect();
        let nesting = [
            vec![name(0), name(1), name(2), name(3)],
            vec![name(0), name(1), name(2), name(4)],
            vec![name(0), name(1), name(5)],
            vec![name(0)],
        ];
        assert_eq!(told(&parts(&blocks, &nesting)), "e1(e2(ll)B)t");
        // A page of bare lines has no elements.
        assert_eq!(told(&parts(&blocks, &[])), "llBt");
    }

    #[test]
    fn kept_and_removed_differ_by_their_letters() {
        let reasons = [
            Reason::Body,
            Reason::Longest,
            Reason::RuleBody,
            Reason::Links,
            Reason::Phrase("related"),
            Reason::Model(3),
            Reason::RuleRemove,
        ];
        for reason in reasons {
            let is_upper = group(reason).1.chars().all(char::is_uppercase);
            let is_kept = matches!(reason, Reason::Body | Reason::Longest | Reason::RuleBody);
            assert_eq!(is_upper, is_kept, "{reason:?}");
        }
    }
}
