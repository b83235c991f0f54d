//! Which blocks are the article, and a reason for each.
//!
//! The model gives every block the chance that it belongs to the article ([`crate::model`]); a threshold
//! decides, block by block. Nothing smooths the decision: what smoothing would mend, a hole in the body, is rare,
//! and what it would swallow, a label or a caption between paragraphs, is frequent and known to the model. A few
//! named rules follow for what too few pages show ([`rules`]). When nothing passes, the likeliest blocks are the
//! body: a page with text never gives an empty article.
//!
//! A removed block is explained by what speaks against it by itself ([`veto`]) where anything does, else by its
//! chance.

mod boxes;
mod edges;
mod rules;
pub(crate) mod veto;

use crate::block::Blocks;
use crate::feature::row::Rows;
use crate::feature::{Feature, Features};
use crate::model::Model;
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// Least chance of a block of the body. The result hardly changes between 0.40 and 0.55.
const THRESHOLD: f32 = 0.45;

/// Where no block has it, this share of the likeliest block's chance.
const RELATIVE: f32 = 0.5;

/// Why a block was kept or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A paragraph of the article.
    Body,
    /// The paragraph between headline and body that sums it up.
    Standfirst,
    /// A heading inside the article.
    Heading,
    /// An item of a list inside the article.
    ListItem,
    /// Kept because the page has nothing better.
    Longest,
    /// The headline, which is not part of the body.
    Title,
    /// Hidden from readers.
    Hidden,
    /// Its words are site furniture of this kind.
    Phrase(&'static str),
    /// The names of an element around it say what it is.
    Class(&'static str),
    /// It stands in an element that never holds the article.
    Element(&'static str),
    /// It is mostly links.
    Links,
    /// It sums up another article.
    Teaser,
    /// It belongs to the article that follows on an endless page.
    NextArticle,
    /// The words beside a picture.
    Caption,
    /// A text that the article already has.
    Repeated,
    /// A byline or dateline.
    Byline,
    /// Nothing in particular speaks against it, but the model gives it so many chances in a hundred.
    Model(u8),
    /// The curator's rule for the site keeps it: it stands in what `body` selects.
    RuleBody,
    /// The curator's rule for the site removes it: it stands outside of what `body` selects.
    RuleOutside,
    /// The curator's rule for the site removes it: it stands in what `remove` selects.
    RuleRemove,
}

impl Reason {
    /// Short fixed words with an optional detail.
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
            Self::Repeated => "repeated".into(),
            Self::Byline => "byline".into(),
            Self::RuleBody => "site rule: kept by body".into(),
            Self::RuleOutside => "site rule: outside body".into(),
            Self::RuleRemove => "site rule: removed".into(),
        }
    }

    /// Whether a block with this reason is part of the body.
    #[must_use]
    pub fn is_kept(self) -> bool {
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

/// A reason for every block, from its chance.
pub(crate) fn judge(page: &Blocks, features: &Features, chances: &[f32]) -> Vec<Reason> {
    let most = chances.iter().copied().fold(0.0, f32::max);
    let rescued = most < THRESHOLD;
    let least = if rescued { most * RELATIVE } else { THRESHOLD };
    let is_kept = |at: usize| chances.get(at).is_some_and(|chance| *chance >= least);
    let first =
        (0..page.len()).find(|at| is_kept(*at) && features.blocks.get(*at).is_some_and(is_prose));
    let mut reasons: Vec<Reason> = (0..page.len())
        .map(|at| match is_kept(at) {
            true if rescued => Reason::Longest,
            true if first.is_some_and(|first| at <= first) && is_standfirst(page, features, at) => {
                Reason::Standfirst
            }
            true => role(features, page, at),
            false => removed(page, features, chances, at),
        })
        .collect();
    if !rescued {
        let before = reasons.clone();
        rules::apply(page, features, chances, &mut reasons);
        if !reasons.iter().any(|reason| reason.is_kept()) {
            return before;
        }
    }
    reasons
}

/// The chance of every block that it belongs to the article.
pub(crate) fn chances(page: &Blocks, features: &Features, model: &Model) -> Vec<f32> {
    model.chances(&Rows::of(page, features))
}

/// What speaks most against a block that is not kept.
fn removed(page: &Blocks, features: &Features, chances: &[f32], at: usize) -> Reason {
    veto::veto(page, features, at).unwrap_or_else(|| {
        let chance = chances.get(at).copied().unwrap_or(0.0);
        Reason::Model((chance * 100.0) as u8)
    })
}

/// What a kept block is in the article.
fn role(features: &Features, page: &Blocks, at: usize) -> Reason {
    let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else {
        return Reason::Body;
    };
    // A short line in bold stands for a heading on pages that have none.
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

/// Whether a block before the first paragraph, or that paragraph, sums up the article.
fn is_standfirst(page: &Blocks, features: &Features, at: usize) -> bool {
    let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else {
        return false;
    };
    let says_lead = features.near(block).is_some_and(|n| n.group(Group::Lead) <= 2)
        || block.wrapper.has(Group::Lead);
    let is_described = feature.in_description >= 0.6 || feature.covers_description >= 0.5;
    feature.text.weight >= 30.0 && (is_described || says_lead)
}
