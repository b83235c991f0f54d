//! Rules after the model: for cases that are rare in the training data, or that follow from the
//! whole page. Where the model is unsure, a reason against the block itself decides.
//!
//! Each rule has its own [`Reason`], and rules only remove blocks.

use foldhash::HashMap;

use crate::block::Blocks;
use crate::body::{Reason, boxes, edges, veto, whole};
use crate::feature::{Feature, Features, text};
use crate::tag::Tag;

/// Least mass of an article before another one may follow on the same page.
const ARTICLE_MASS: f32 = 600.0;

/// From this probability on, the look of a teaser and words do not count against a block.
const FAIRLY_SURE: f32 = 0.8;

/// From this probability on, the shape of a caption or a note does not count against a block.
pub(super) const SURE: f32 = 0.9;

/// Probabilities that differ by no more are alike.
const AS_SURE: f32 = 0.2;

/// If more of the article is hidden than this share of what is seen, it is the article that is
/// hidden.
const MOST_HIDDEN: f32 = 0.5;

/// Applies the rules in turn to the blocks that are still kept.
pub(super) fn apply(page: &Blocks, features: &Features, chances: &[f32], reasons: &mut [Reason]) {
    cut_next_article(page, features, reasons);
    boxes::related(page, features, reasons);
    for (at, reason) in reasons.iter_mut().enumerate().filter(|(_, reason)| reason.is_kept()) {
        let Some(feature) = features.blocks.get(at) else { continue };
        let chance = chances.get(at).copied().unwrap_or(0.0);
        let found = phrase(feature)
            .or_else(|| title(features, feature, at))
            .or_else(|| objection(page, features, at, chance))
            .or_else(|| caption(page, feature, at, chance));
        if let Some(found) = found {
            *reason = found;
        }
    }
    whole::apply(page, features, chances, reasons);
    hidden(page, features, reasons);
    repeated(page, features, chances, reasons);
    edges::trim(page, features, chances, reasons);
}

/// A whole line of boilerplate.
fn phrase(feature: &Feature) -> Option<Reason> {
    let boilerplate = feature.boilerplate.filter(|f| f.is_sure)?;
    Some(Reason::Phrase(boilerplate.kind.as_str()))
}

/// A reason against the block itself, unless the model is fairly sure. Only teasers and words count:
/// the model knows better what class names and elements mean at a site.
fn objection(page: &Blocks, features: &Features, at: usize, chance: f32) -> Option<Reason> {
    let counts = |reason: &Reason| matches!(reason, Reason::Teaser | Reason::Phrase(_));
    if chance >= FAIRLY_SURE {
        return None;
    }
    veto::veto(page, features, at).filter(counts)
}

/// The title again: it is a separate field.
fn title(features: &Features, feature: &Feature, at: usize) -> Option<Reason> {
    let is_headline = features.headline == Some(at) && feature.title_likeness >= 0.5;
    let is_again = feature.title_likeness >= 0.85 && feature.text.tokens >= 3.0;
    // A long headline that ends like a sentence looks like prose; its tag decides.
    let may_be = !feature.is_good || feature.tag.is_heading();
    ((is_headline || is_again) && may_be).then_some(Reason::Title)
}

/// A caption in a plain paragraph. Agencies start captions of archive pictures with "FILE -".
fn caption(page: &Blocks, feature: &Feature, at: usize, chance: f32) -> Option<Reason> {
    let text = page.text(page.blocks.get(at)?);
    let is_file = text
        .strip_prefix("FILE")
        .is_some_and(|rest| rest.trim_start().starts_with(['-', '–', '—']));
    let has_shape = text::has_caption_shape(text) && chance < SURE && feature.text.weight < 500.0;
    (is_file || has_shape).then_some(Reason::Caption)
}

/// On endless pages the next article starts with a block that looks like the headline.
fn cut_next_article(page: &Blocks, features: &Features, reasons: &mut [Reason]) {
    let Some(headline) = features.headline else { return };
    let (mut before, mut cut) = (0.0, None);
    for at in headline + 1..page.len() {
        let Some(feature) = features.blocks.get(at) else { break };
        if before >= ARTICLE_MASS && is_next_headline(page, features, headline, at) {
            cut = Some(at);
            break;
        }
        if reasons.get(at).is_some_and(|reason| reason.is_kept()) {
            before += feature.mass;
        }
    }
    let Some(cut) = cut else { return };
    for reason in reasons.iter_mut().skip(cut).filter(|reason| reason.is_kept()) {
        *reason = Reason::NextArticle;
    }
}

fn is_next_headline(page: &Blocks, features: &Features, headline: usize, at: usize) -> bool {
    let element = |at: usize| page.blocks.get(at).and_then(|b| page.element(b.element));
    let (Some(first), Some(second)) = (element(headline), element(at)) else { return false };
    let is_title = features.blocks.get(headline).is_some_and(|f| f.title_likeness >= 0.5);
    is_title
        && first.tag.is_heading()
        && (first.tag, first.class) == (second.tag, second.class)
        && (first.tag == Tag::H1 || first.class != 0)
        && first.depth == second.depth
        && features.blocks.get(at).is_some_and(|f| f.title_likeness < 0.5 && f.text.tokens >= 4.0)
}

/// Of equal paragraphs one stays: the one that the model believes most, and of those it believes
/// alike the first. The others are pull quotes, captions or summaries.
fn repeated(page: &Blocks, features: &Features, chances: &[f32], reasons: &mut [Reason]) {
    let kept = |at: usize, reasons: &[Reason]| {
        reasons.get(at).is_some_and(|reason| reason.is_kept())
            && features.blocks.get(at).is_some_and(|feature| feature.is_good)
    };
    let chance = |at: usize| chances.get(at).copied().unwrap_or(0.0);
    let mut best: HashMap<&str, usize> = HashMap::default();
    for (at, block) in page.blocks.iter().enumerate().filter(|(at, _)| kept(*at, reasons)) {
        let known = best.entry(page.text(block)).or_insert(at);
        if chance(at) > chance(*known) + AS_SURE {
            *known = at;
        }
    }
    for (at, block) in page.blocks.iter().enumerate() {
        if kept(at, reasons)
            && best.get(page.text(block)) != Some(&at)
            && let Some(reason) = reasons.get_mut(at)
        {
            *reason = Reason::Repeated;
        }
    }
}

/// Hidden text is not read, unless most of the article is hidden: scripts for payment hide articles
/// that the page was sent with.
fn hidden(page: &Blocks, features: &Features, reasons: &mut [Reason]) {
    let is_hidden = |at: usize| {
        let block = page.blocks.get(at);
        block.and_then(|block| features.near(block)).is_some_and(|near| near.hidden)
    };
    let (mut seen, mut unseen) = (0.0, 0.0);
    for (at, feature) in features.blocks.iter().enumerate() {
        if reasons.get(at).is_some_and(|reason| reason.is_kept()) {
            *(if is_hidden(at) { &mut unseen } else { &mut seen }) += feature.text.weight;
        }
    }
    if unseen > seen * MOST_HIDDEN {
        return;
    }
    for (_, reason) in
        reasons.iter_mut().enumerate().filter(|(at, reason)| reason.is_kept() && is_hidden(*at))
    {
        *reason = Reason::Hidden;
    }
}
