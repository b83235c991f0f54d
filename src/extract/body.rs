//! Which blocks are the article: where it begins, where it ends, what inside it is not it; a reason for each.
//!
//! The order of the questions is the method. First every block that is furniture by its own evidence is set
//! aside ([`veto`]): words, class names, links, place. Then the container is widened while the same kind of
//! text goes on outside it ([`zone`]). Then the end is sought, since stopping too late is how extractors fail
//! most, and last the standfirst in front, since missing it is how they fail second most. What is left in
//! between is the body. When nothing is left, the longest texts of the page are: a page with text never gives
//! an empty article.

pub(crate) mod veto;
pub(crate) mod zone;

use crate::extract::block::Blocks;
use crate::extract::feature::Features;
use crate::extract::phrases::Kind;
use crate::extract::phrases::markup::Group;
use crate::extract::tag::Tag;

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
    /// It stands outside the article's container.
    Outside,
    /// It stands before the first paragraph.
    BeforeStart,
    /// It stands after the last paragraph.
    AfterEnd,
    /// A short text that belongs to nothing around it.
    Fragment,
    /// A text that the article already has.
    Repeated,
    /// A byline or dateline.
    Byline,
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
            Self::Outside => "outside".into(),
            Self::BeforeStart => "before start".into(),
            Self::AfterEnd => "after end".into(),
            Self::Fragment => "fragment".into(),
            Self::Repeated => "repeated".into(),
            Self::Byline => "byline".into(),
        }
    }

    /// Whether a block with this reason is part of the body.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Body | Self::Standfirst | Self::Heading | Self::ListItem | Self::Longest)
    }
}

/// A reason for every block.
pub(crate) fn judge(page: &Blocks, features: &Features) -> Vec<Reason> {
    let vetoes: Vec<Option<Reason>> = (0..page.len()).map(|at| veto::veto(page, features, at)).collect();
    let Some(zone) = zone::find(page, features, &vetoes) else { return longest(page, features, &vetoes) };
    let mut reasons: Vec<Reason> = (0..page.len())
        .map(|at| match vetoes.get(at).copied().flatten() {
            Some(reason) => reason,
            None if at < zone.start => Reason::BeforeStart,
            None if at >= zone.end => Reason::AfterEnd,
            None if !zone.container.contains(&(at as u32)) => Reason::Outside,
            None => inside(page, features, at),
        })
        .collect();
    standfirst(page, features, zone.start, &mut reasons);
    headings_without_text(features, &mut reasons);
    repeated(page, &mut reasons);
    if !reasons.iter().any(|reason| reason.is_kept()) {
        return longest(page, features, &vetoes);
    }
    reasons
}

/// Judges a block between the first and the last paragraph that nothing speaks against.
fn inside(page: &Blocks, features: &Features, at: usize) -> Reason {
    let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else {
        return Reason::Fragment;
    };
    if feature.tag.is_heading() {
        return Reason::Heading;
    }
    let near = features.near(block);
    let in_list = near.is_some_and(|n| n.tag(Tag::List).min(n.tag(Tag::OrderedList)) <= 3);
    if in_list || feature.tag == Tag::Definition {
        return if feature.link_share > 0.5 { Reason::Links } else { Reason::ListItem };
    }
    let is_kin = feature.parent_share >= 0.05 || feature.alike_share >= 0.05;
    let is_quote = near.is_some_and(|n| n.tag(Tag::Blockquote) <= 3);
    let is_sentence = feature.text.ends_sentence && feature.text.weight >= 25.0;
    // A short line in bold stands for a heading on pages that have none.
    if feature.bold_share > 0.9 && feature.text.weight <= 100.0 && !feature.text.ends_sentence {
        return Reason::Heading;
    }
    if feature.is_good || is_kin || is_quote || is_sentence || feature.tag == Tag::Cell {
        return Reason::Body;
    }
    Reason::Fragment
}

/// Finds the standfirst between the headline and the first paragraph.
fn standfirst(page: &Blocks, features: &Features, start: usize, reasons: &mut [Reason]) {
    let from = features.headline.filter(|h| *h < start).map_or(start.saturating_sub(4), |h| h + 1);
    for at in from.max(start.saturating_sub(25))..start {
        let (Some(block), Some(feature)) = (page.blocks.get(at), features.blocks.get(at)) else { continue };
        if reasons.get(at) != Some(&Reason::BeforeStart) || feature.link_share > 0.3 {
            continue;
        }
        let lead_class =
            features.near(block).is_some_and(|n| n.group(Group::Lead) <= 2) || block.wrapper.has(Group::Lead);
        let is_described = feature.in_description >= 0.6 || feature.covers_description >= 0.5;
        let is_text = feature.text.weight >= 30.0 && feature.text.tokens >= 5.0;
        let is_lead = is_text && (is_described || lead_class)
            || (feature.text.weight >= 60.0
                && feature.text.ends_sentence
                && features.headline.is_some_and(|h| at <= h + 3));
        if is_lead && let Some(reason) = reasons.get_mut(at) {
            *reason = Reason::Standfirst;
        }
    }
}

/// A heading belongs to the article only if text follows before the next heading of the same rank.
fn headings_without_text(features: &Features, reasons: &mut [Reason]) {
    let mut text_follows = false;
    for (reason, feature) in reasons.iter_mut().zip(&features.blocks).rev() {
        match reason {
            Reason::Heading if !text_follows => *reason = Reason::AfterEnd,
            Reason::Heading => {}
            reason if reason.is_kept() && feature.text.weight >= 20.0 => text_follows = true,
            _ => {}
        }
    }
}

/// Of texts that stand twice in the body, the later stays: the first was a caption or a pull quote.
fn repeated(page: &Blocks, reasons: &mut [Reason]) {
    let mut seen = std::collections::HashSet::new();
    for (reason, block) in reasons.iter_mut().zip(&page.blocks).rev() {
        let text = page.text(block);
        if reason.is_kept() && text.len() >= 60 && !seen.insert(text) {
            *reason = Reason::Repeated;
        }
    }
}

/// The longest texts of a page that has no article to speak of.
fn longest(page: &Blocks, features: &Features, vetoes: &[Option<Reason>]) -> Vec<Reason> {
    let value = |at: usize| {
        let links = features.blocks.get(at).map_or(1.0, |f| f.link_share);
        features.blocks.get(at).map_or(0.0, |f| f.text.weight * (1.01 - links))
    };
    let is_free = |at: usize| vetoes.get(at).copied().flatten().is_none();
    let any_free = (0..page.len()).any(|at| is_free(at) && value(at) >= 20.0);
    let most = (0..page.len()).filter(|at| !any_free || is_free(*at)).map(value).fold(0.0, f32::max);
    (0..page.len())
        .map(|at| {
            let fits = !any_free || is_free(at);
            if fits && most > 0.0 && value(at) >= 0.5 * most {
                Reason::Longest
            } else {
                vetoes.get(at).copied().flatten().unwrap_or(Reason::Outside)
            }
        })
        .collect()
}

/// Whether furniture of this kind in front of the rest of a page means that the article is over.
pub(crate) fn ends_article(kind: Kind) -> bool {
    kind.ends_article()
}
