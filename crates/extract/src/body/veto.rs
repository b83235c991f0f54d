//! Reasons against a block by itself, independent of where the article is.
//!
//! Class names can mislead: a site may call its article wrapper "newsletter-page". So names count
//! only below the first element that holds a good part of the page's prose, and never against
//! blocks that look like most of the prose.

use crate::block::{Block, Blocks, Element};
use crate::body::Reason;
use crate::feature::{Feature, Features};
use crate::phrases::Kind;
use crate::phrases::markup::Group;
use crate::tag::Tag;

/// An element with this share of the container's good mass is a wrapper of the article, whatever
/// its name.
const WRAPPER_SHARE: f32 = 0.3;

/// A block that looks like this share of the good mass is a paragraph of the article, whatever its
/// class.
const PARAGRAPH_SHARE: f32 = 0.25;

/// The reason to remove a block, if there is one.
pub(crate) fn veto(page: &Blocks, features: &Features, at: usize) -> Option<Reason> {
    let (block, feature) = (page.blocks.get(at)?, features.blocks.get(at)?);
    words(features, feature, at)
        .or_else(|| place(page, features, at))
        .or_else(|| links(feature))
        .or_else(|| teaser(page, features, at))
        .or_else(|| byline(features, block, feature, at))
}

/// Boilerplate by its words, or the title again.
fn words(features: &Features, feature: &Feature, at: usize) -> Option<Reason> {
    let is_paragraph = feature.is_good && feature.parent_share >= 0.15;
    if features.headline == Some(at) && !is_paragraph {
        return Some(Reason::Title);
    }
    if feature.title_likeness >= 0.85 && feature.text.tokens >= 3.0 && !is_paragraph {
        return Some(Reason::Title);
    }
    let boilerplate = feature.boilerplate?;
    // A copyright line has a year and may be long.
    let is_notice = boilerplate.kind == Kind::Legal && feature.text.dates > 0.0;
    (boilerplate.is_sure || is_notice || !is_paragraph)
        .then_some(Reason::Phrase(boilerplate.kind.as_str()))
}

/// Boilerplate by the elements around it.
fn place(page: &Blocks, features: &Features, at: usize) -> Option<Reason> {
    let (block, feature) = (page.blocks.get(at)?, features.blocks.get(at)?);
    let all = features.totals.good.total().max(1.0);
    let is_paragraph = feature.is_good && feature.alike_share >= PARAGRAPH_SHARE;
    let is_sibling = feature.is_good && feature.parent_share >= 0.1;
    let own = page.element(block.element);
    let says_lead = own.is_some_and(|e| e.groups.has(Group::Lead)) && feature.text.weight >= 30.0;
    let is_described = feature.in_description >= 0.6 && feature.text.weight >= 40.0;
    let is_standfirst = is_described && features.headline.is_some_and(|h| h < at && at <= h + 6);
    if !is_paragraph && let Some(group) = worst(block.wrapper, feature) {
        let whole = block.link_chars == block.chars || feature.text.weight < 60.0;
        if whole && group != Group::Side {
            return Some(Reason::Class(group.as_str()));
        }
    }
    let container = features.candidates.scored.and_then(|index| page.element(index));
    let held = container.map_or(all, |c| features.totals.good.within(&c.blocks));
    let in_container = |element: &Element| {
        container.is_some_and(|c| {
            c.blocks.start <= element.blocks.start && element.blocks.end <= c.blocks.end
        })
    };
    let holds_container = |element: &Element| {
        container.is_some_and(|c| {
            element.blocks.start <= c.blocks.start && c.blocks.end <= element.blocks.end
        })
    };
    for (_, element) in page.around(block.element).take(64) {
        let mass = features.totals.good.within(&element.blocks);
        if holds_container(element) || (in_container(element) && mass >= WRAPPER_SHARE * held) {
            break;
        }
        let share = mass / all;
        // Paywall scripts hide paragraphs that are in the page.
        if element.hidden && feature.parent_share < 0.1 {
            return Some(Reason::Hidden);
        }
        if let Some(name) = boilerplate_tag(element, share) {
            return Some(Reason::Element(name));
        }
        if !is_paragraph && let Some(group) = worst(element.groups, feature) {
            // Among the article's own prose only the names of other texts count.
            let is_other =
                matches!(group, Group::Comment | Group::Related | Group::Footer | Group::Nav);
            if is_sibling && in_container(element) && !is_other {
                continue;
            }
            let is_near_text = says_lead
                && matches!(group, Group::Share | Group::Author | Group::Date | Group::Caption);
            let is_line =
                matches!(element.tag, Tag::Paragraph | Tag::Item) || element.tag.is_heading();
            if !is_near_text && !is_standfirst && (!is_line || group != Group::Side) {
                return Some(Reason::Class(group.as_str()));
            }
        }
    }
    None
}

/// The name of an element that never holds the article.
fn boilerplate_tag(element: &Element, share: f32) -> Option<&'static str> {
    match element.tag {
        Tag::Nav => Some("nav"),
        Tag::Footer => Some("footer"),
        Tag::Aside => Some("aside"),
        Tag::Figcaption => Some("figcaption"),
        Tag::Figure if share < 0.1 => Some("figure"),
        Tag::Form if share < 0.2 => Some("form"),
        Tag::Address => Some("address"),
        _ => None,
    }
}

/// The group that speaks most against a block.
fn worst(groups: crate::phrases::markup::Groups, feature: &Feature) -> Option<Group> {
    if groups.is_empty() {
        return None;
    }
    let strong = [
        Group::Comment,
        Group::Related,
        Group::Share,
        Group::Newsletter,
        Group::Author,
        Group::Ad,
        Group::Nav,
        Group::Footer,
        Group::Hidden,
        Group::Tag,
    ];
    let weak = [Group::Caption, Group::Date, Group::Side];
    // A name that also says "article body" or "lead" is believed.
    let says_text = groups.has(Group::Content) || groups.has(Group::Lead);
    let strong = strong.into_iter().find(|group| groups.has(*group));
    let weak = weak.into_iter().find(|group| groups.has(*group));
    if says_text && feature.text.weight >= 40.0 {
        return None;
    }
    let is_among_prose = feature.alike_share >= 0.1 || feature.parent_share >= 0.1;
    let weak = weak.filter(|_| !is_among_prose);
    let is_caption = groups.has(Group::Caption) && feature.parent_share < 0.1;
    strong.or_else(|| {
        weak.filter(|group| !feature.is_good || (*group == Group::Caption && is_caption))
    })
}

/// Mostly links.
fn links(feature: &Feature) -> Option<Reason> {
    let most = if feature.text.weight >= 150.0 { 0.7 } else { 0.5 };
    (feature.link_share > most).then_some(Reason::Links)
}

/// A paragraph below a line that is all link, away from the article's own: another article's
/// summary.
fn teaser(page: &Blocks, features: &Features, at: usize) -> Option<Reason> {
    let (block, feature) = (page.blocks.get(at)?, features.blocks.get(at)?);
    let before = at.checked_sub(1)?;
    let (title_block, title) = (page.blocks.get(before)?, features.blocks.get(before)?);
    let is_title =
        title.link_share > 0.85 && title.text.tokens >= 3.0 && title.text.weight <= 160.0;
    let is_away = feature.parent_share < 0.15 && feature.is_good;
    let parent = |block: &Block| page.element(block.element).map(|e| e.parent);
    let is_together = block.element == title_block.element || parent(block) == parent(title_block);
    (is_title && is_away && is_together).then_some(Reason::Teaser)
}

/// A short line of names or dates before the text.
fn byline(features: &Features, block: &Block, feature: &Feature, at: usize) -> Option<Reason> {
    if feature.text.weight > 90.0 || feature.tag.is_heading() {
        return None;
    }
    let is_early = features.totals.good.before(at) <= 0.15 * features.totals.good.total();
    let dated =
        feature.text.dates > 0.0 && feature.text.tokens <= 14.0 && !feature.text.ends_sentence;
    let near_date =
        features.near(block).is_some_and(|n| n.group(Group::Date).min(n.group(Group::Author)) <= 2);
    let is_kind =
        feature.boilerplate.is_some_and(|f| matches!(f.kind, Kind::Dateline | Kind::Author));
    let is_line =
        feature.time_share > 0.4 || (is_early && dated) || (near_date && dated) || is_kind;
    is_line.then_some(Reason::Byline)
}
