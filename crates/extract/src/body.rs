//! Which blocks are the article, and a reason for each.
//!
//! The model gives each block the probability that it belongs to the article ([`crate::model`]); a
//! threshold decides block by block. The decisions are not smoothed. Smoothing would close gaps in
//! the body, which are rare, and would keep labels and captions between paragraphs, which are
//! frequent and which the model knows. Some named rules follow for cases that are too rare in the
//! training data ([`rules`]). If no block passes, the most likely blocks become the body, except
//! those that a reason of their own speaks against: a page with prose never gives an empty article,
//! and menus never become one.
//!
//! A removed block gets the reason that speaks against it by itself ([`veto`]), if there is one,
//! else its probability.

mod boxes;
mod edges;
mod rules;
mod threshold;
pub(crate) mod veto;
mod whole;

use foldhash::HashSet;
use serde::{Deserialize, Serialize};

use crate::block::{Blocks, Look};
use crate::body::threshold::{THRESHOLD, threshold};
use crate::feature::row::Rows;
use crate::feature::{Feature, Features};
use crate::memory::Evidence;
use crate::model::{self, Model};
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// If no block reaches [`THRESHOLD`], this share of the highest probability is enough.
const RELATIVE: f32 = 0.5;

/// What becomes of posts of social networks that an article embeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Embeds {
    /// They are left out.
    #[default]
    Drop,
    /// They are quotations where they stand.
    Keep,
}

/// Why a block was kept or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Kept: a paragraph of the article.
    Body,
    /// Kept: the summary between headline and body.
    Standfirst,
    /// Kept: a heading inside the article.
    Heading,
    /// Kept: an item of a list inside the article.
    ListItem,
    /// Kept: no block passed the threshold, and this one is among the most likely.
    Longest,
    /// Removed: the headline, which is not part of the body.
    Title,
    /// Removed: hidden from readers.
    Hidden,
    /// Removed: boilerplate by its words, of this kind.
    Phrase(&'static str),
    /// Removed: a class name of this group on an element around it.
    Class(&'static str),
    /// Removed: inside an element that never holds the article, such as `nav`.
    Element(&'static str),
    /// Removed: mostly links.
    Links,
    /// Removed: the summary of another article.
    Teaser,
    /// Removed: part of the next article on an endless page.
    NextArticle,
    /// Removed: the caption of a picture.
    Caption,
    /// Removed: the article has the same text again, later.
    Repeated,
    /// Removed: the rest of its list, table or quote is removed.
    Structure(&'static str),
    /// Removed: a post of a social network that the article embeds.
    Embed,
    /// Removed: a byline or dateline.
    Byline,
    /// Removed: the site has it on other articles too.
    Memory(Evidence),
    /// Removed: the title of another article of the site, among blocks that are on other articles too.
    OtherTitle,
    /// Removed: it stands among blocks that the site has on other articles too. The evidence is that of
    /// one of them.
    Among(Evidence),
    /// Removed: only the model speaks against it. The value is its probability in percent.
    Model(u8),
    /// Kept by the site rule: inside what `body` selects.
    RuleBody,
    /// Removed by the site rule: outside what `body` selects.
    RuleOutside,
    /// Removed by the site rule: inside what `remove` selects.
    RuleRemove,
}

impl Reason {
    /// A fixed word with an optional detail, such as `links` or `phrase: related`.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Body => "body".into(),
            Self::Standfirst => "standfirst".into(),
            Self::Heading => "heading".into(),
            Self::ListItem => "list item".into(),
            Self::Longest => "longest text".into(),
            Self::Title => "title".into(),
            Self::Hidden => "hidden".into(),
            Self::Phrase(kind) => format!("phrase: {kind}"),
            Self::Class(group) => format!("class: {group}"),
            Self::Element(tag) => format!("element: {tag}"),
            Self::Links => "links".into(),
            Self::Teaser => "teaser".into(),
            Self::NextArticle => "next article".into(),
            Self::Caption => "caption".into(),
            Self::Model(chance) => format!("model p={:.2}", f32::from(chance) / 100.0),
            Self::Memory(evidence) => format!("memory: {evidence}"),
            Self::OtherTitle => "memory: title of another article of the site".into(),
            Self::Among(evidence) => format!("memory: among blocks {evidence}"),
            Self::Repeated => "repeated".into(),
            Self::Structure(name) => format!("structure: {name}"),
            Self::Embed => "embedded post".into(),
            Self::Byline => "byline".into(),
            Self::RuleBody => "site rule: kept by body".into(),
            Self::RuleOutside => "site rule: outside body".into(),
            Self::RuleRemove => "site rule: removed".into(),
        }
    }

    /// Whether a memory removed it.
    pub(crate) fn is_memory(self) -> bool {
        matches!(self, Self::Memory(_) | Self::OtherTitle | Self::Among(_))
    }

    #[must_use]
    pub(crate) fn is_kept(self) -> bool {
        matches!(
            self,
            Self::Body
                | Self::Standfirst
                | Self::Heading
                | Self::ListItem
                | Self::Longest
                | Self::RuleBody
        )
    }
}

/// A reason for each block, from its probability.
pub(crate) fn judge(
    page: &Blocks,
    features: &Features,
    chances: &[f32],
    embeds: Embeds,
) -> Vec<Reason> {
    let mut reasons = by_chance(page, features, chances);
    posts(page, features, embeds, &mut reasons);
    reasons
}

/// Removes embedded posts, or keeps those that stand in the body.
fn posts(page: &Blocks, features: &Features, embeds: Embeds, reasons: &mut [Reason]) {
    let post: Vec<bool> = page.blocks.iter().map(|block| page.is_in_post(block)).collect();
    let is_body = |at: usize, reasons: &[Reason]| {
        !post.get(at).copied().unwrap_or(false) && reasons.get(at).is_some_and(|r| r.is_kept())
    };
    let Some(first) = (0..page.len()).find(|at| is_body(*at, reasons)) else { return };
    let last = (0..page.len()).rev().find(|at| is_body(*at, reasons)).unwrap_or(first);
    for at in (0..page.len()).filter(|at| post.get(*at).copied().unwrap_or(false)) {
        let Some(reason) = reasons.get_mut(at) else { continue };
        let is_prose = features.blocks.get(at).is_some_and(|feature| feature.link_share < 0.9);
        match embeds {
            Embeds::Keep if (first..=last + 1).contains(&at) && is_prose => *reason = Reason::Body,
            Embeds::Keep if !reason.is_kept() => {}
            _ => *reason = Reason::Embed,
        }
    }
}

fn by_chance(page: &Blocks, features: &Features, chances: &[f32]) -> Vec<Reason> {
    let most = chances.iter().copied().fold(0.0, f32::max);
    let is_fallback = most < THRESHOLD;
    let chosen = if is_fallback {
        chances.iter().map(|chance| *chance >= most * RELATIVE).collect()
    } else {
        chosen(page, features, chances)
    };
    let is_kept = |at: usize| chosen.get(at).is_some_and(|is| *is);
    let first =
        (0..page.len()).find(|at| is_kept(*at) && features.blocks.get(*at).is_some_and(is_prose));
    let mut reasons: Vec<Reason> = (0..page.len())
        .map(|at| match is_kept(at) {
            true if is_fallback => Reason::Longest,
            true if first.is_some_and(|first| at <= first) && is_standfirst(page, features, at) => {
                Reason::Standfirst
            }
            true => role(features, page, at),
            false => removed(page, features, chances, at),
        })
        .collect();
    if is_fallback {
        doubtful(page, features, &mut reasons);
    } else {
        let before = reasons.clone();
        rules::apply(page, features, chances, &mut reasons);
        if !reasons.iter().any(|reason| reason.is_kept()) {
            return before;
        }
    }
    reasons
}

/// The blocks that are kept by their probability. Below [`THRESHOLD`] they have to look like one that
/// passes it: teasers around a short article are doubtful too.
fn chosen(page: &Blocks, features: &Features, chances: &[f32]) -> Vec<bool> {
    let least = threshold(chances, features.blocks.iter().map(|feature| feature.text.tokens));
    let blocks = || page.blocks.iter().zip(chances);
    let looks: HashSet<Look> = blocks()
        .filter(|(_, chance)| least < THRESHOLD && **chance >= THRESHOLD)
        .filter_map(|(block, _)| page.look(block))
        .collect();
    let is_alike = |block| page.look(block).is_some_and(|look| looks.contains(&look));
    blocks()
        .map(|(block, chance)| *chance >= THRESHOLD || (*chance >= least && is_alike(block)))
        .collect()
}

/// Where no block passes the threshold, only what nothing speaks against is left: menus and footers
/// are no article. If that is nothing, prose is left.
fn doubtful(page: &Blocks, features: &Features, reasons: &mut [Reason]) {
    let chosen = reasons.to_vec();
    for (at, reason) in reasons.iter_mut().enumerate().filter(|(_, reason)| reason.is_kept()) {
        *reason = veto::veto(page, features, at).unwrap_or(*reason);
    }
    if reasons.iter().any(|reason| reason.is_kept()) {
        return;
    }
    for ((reason, chosen), feature) in reasons.iter_mut().zip(chosen).zip(&features.blocks) {
        let is_sure = feature.boilerplate.is_some_and(|known| known.is_sure);
        if chosen.is_kept() && feature.is_good && !is_sure {
            *reason = chosen;
        }
    }
}

/// For each block, the probability that it belongs to the article.
pub(crate) fn chances(page: &Blocks, features: &Features, model: &Model) -> Vec<f32> {
    let mut rows = Rows::needed(page, features, model.needed());
    let odds = model.log_odds(page, features, &mut rows);
    odds.into_iter().map(model::chance).collect()
}

/// The strongest reason against a removed block.
fn removed(page: &Blocks, features: &Features, chances: &[f32], at: usize) -> Reason {
    veto::veto(page, features, at).unwrap_or_else(|| {
        let chance = chances.get(at).copied().unwrap_or(0.0);
        Reason::Model((chance * 100.0) as u8)
    })
}

/// The role of a kept block.
fn role(features: &Features, page: &Blocks, at: usize) -> Reason {
    let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else {
        return Reason::Body;
    };
    // A short line in bold is a heading on pages that have none.
    let is_bold =
        feature.bold_share > 0.9 && feature.text.weight <= 100.0 && !feature.text.ends_sentence;
    if feature.tag.is_heading() || is_bold {
        return Reason::Heading;
    }
    let near = features.near(block);
    let in_list = near.is_some_and(|n| n.tag(Tag::List).min(n.tag(Tag::OrderedList)) <= 3);
    if in_list || feature.tag == Tag::Definition { Reason::ListItem } else { Reason::Body }
}

fn is_prose(feature: &Feature) -> bool {
    feature.is_good && !feature.tag.is_heading()
}

/// Whether a block, at or before the first paragraph, sums up the article.
fn is_standfirst(page: &Blocks, features: &Features, at: usize) -> bool {
    let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else {
        return false;
    };
    let says_lead = features.near(block).is_some_and(|n| n.group(Group::Lead) <= 2)
        || block.wrapper.has(Group::Lead);
    let is_described = feature.in_description >= 0.6 || feature.covers_description >= 0.5;
    feature.text.weight >= 30.0 && (is_described || says_lead)
}
