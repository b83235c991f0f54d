//! The visible headings as candidates for the headline, with the evidence for each.

use foldhash::HashSet;
use wiresift_text::shingles::{jaccard, tokens};

use crate::metadata::bare;
use crate::metadata::title::claim::{Claim, cut};
use crate::metadata::title::heading::Heading;
use crate::provenance::Source;
use crate::step_counter;

/// From this similarity on, a heading and a claim mean the same headline.
pub(super) const ALIKE: f32 = 0.6;

/// Least similarity of the `h1` above the text to some claim: a headline of the same story.
const RELATED: f32 = 0.2;

/// Most blocks (byline, date, share bar, picture) between the `h1` and the text.
const BLOCKS_BETWEEN: isize = 30;

/// A heading further behind the start of the text is one of its parts.
const AFTER: isize = -3;

/// Most blocks between the only `h1` and the text, if nothing confirms it.
const ONLY_BETWEEN: std::ops::RangeInclusive<isize> = -1..=8;

/// A heading with the evidence for it.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    pub(super) heading: &'a Heading,
    pub(super) bare: String,
    pub(super) words: HashSet<u32>,
    score: f32,
    /// The highest similarity to a claim.
    pub(super) support: f32,
    /// Number of claims that are equal to the letter, perhaps with the heading's label.
    pub(super) repeated: usize,
}

/// The headings that may be the headline.
pub(super) fn candidates<'a>(
    headings: &'a [Heading],
    claims: &[Claim],
    site: Option<&str>,
) -> Vec<Candidate<'a>> {
    // The name of the publication is a heading of the page, not of the article.
    let is_headline =
        |candidate: &Candidate<'_>| site.is_none_or(|site| bare(site) != candidate.bare);
    headings
        .iter()
        .filter_map(|heading| Candidate::new(heading, claims))
        .filter(is_headline)
        .collect()
}

/// The heading that is most likely the headline.
pub(super) fn best<'c, 'a>(
    all: &'c [Candidate<'a>],
    claims: &[Claim],
) -> Option<&'c Candidate<'a>> {
    let mut best: Option<&Candidate<'_>> = None;
    for candidate in all {
        if best.is_none_or(|best| candidate.score > best.score + 1e-6) {
            best = Some(candidate);
        }
    }
    let best = best?;
    let distance = |c: &Candidate<'_>| c.heading.blocks_before_body.unwrap_or(isize::MIN);
    let named =
        claims.iter().find(|claim| claim.source == Source::JsonLd && claim.bare != best.bare);
    let nearer = all.iter().find(|other| {
        named.is_some_and(|named| named.bare == other.bare)
            && matches!(other.heading.level, Some(1 | 2))
            && (-1..distance(best)).contains(&distance(other))
    });
    Some(nearer.unwrap_or(best))
}

/// The only `h1` of the page, if it stands right above the text and nothing but `<title>` says
/// another title: many sites have the same on all pages.
pub(super) fn only<'c, 'a>(
    all: &'c [Candidate<'a>],
    claims: &[Claim],
) -> Option<&'c Candidate<'a>> {
    // With the site's name beside it, it is made for the page.
    let is_constant =
        |claim: &Claim| claim.source == Source::TitleElement && claim.raw_bare == claim.bare;
    if !claims.iter().all(is_constant) {
        return None;
    }
    let mut firsts = all.iter().filter(|candidate| candidate.heading.level == Some(1));
    let only = firsts.next()?;
    let is_near = only.heading.blocks_before_body.is_some_and(|n| ONLY_BETWEEN.contains(&n));
    (firsts.next().is_none() && is_near && !only.heading.is_link).then_some(only)
}

impl<'a> Candidate<'a> {
    fn new(heading: &'a Heading, claims: &[Claim]) -> Option<Self> {
        let in_order = tokens(cut(&heading.text));
        let words: HashSet<u32> = in_order.iter().copied().collect();
        let own = bare(cut(&heading.text));
        let labelled = heading.labelled.as_deref().map(|text| bare(cut(text)));
        let is_equal = |claim: &&Claim| {
            claim.bare == own || labelled.as_ref().is_some_and(|labelled| claim.bare == *labelled)
        };
        let repeated = claims.iter().filter(is_equal).count();
        let is_far = heading.blocks_before_body.is_some_and(|before| before < AFTER);
        // The page's title, which some pages repeat as a line at the top.
        let is_copy = claims.iter().any(|claim| claim.raw_bare == own && claim.bare != own);
        let is_line = heading.level.is_none() && (is_far || is_copy);
        if words.len() < 2 || is_line || (heading.is_joined && repeated == 0) {
            return None;
        }
        let alike = claims.iter().map(|claim| jaccard(&words, &claim.words)).fold(0.0, f32::max);
        let alike = if labelled.is_some() && repeated > 0 { 1.0 } else { alike };
        let inside = |claim: &Claim| {
            step_counter::add(claim.raw.len() * in_order.len());
            let mut windows = claim.raw.windows(in_order.len());
            in_order.len() >= 4 && windows.any(|window| window == in_order)
        };
        let is_inside = claims.iter().any(inside);
        let rank = match heading.level {
            Some(1) => 0.5,
            Some(_) => 0.2,
            None => 0.0,
        };
        let doubt = if heading.is_link { 0.3 } else { 0.0 } + if is_far { 0.3 } else { 0.0 };
        Some(Self {
            heading,
            bare: own,
            words,
            score: alike.max(if is_inside { 0.8 } else { 0.0 }) + rank - doubt,
            support: alike.max(if is_inside { 0.7 } else { 0.0 }),
            repeated,
        })
    }

    /// The `h1` right above the text that shares some words with a claim, or that the page calls a
    /// headline.
    pub(super) fn is_above_text(&self) -> bool {
        let near =
            self.heading.blocks_before_body.is_some_and(|n| (0..=BLOCKS_BETWEEN).contains(&n));
        let is_related = self.words.len() >= 3 && self.support >= RELATED;
        self.heading.level == Some(1) && near && (is_related || self.heading.is_marked)
    }

    /// The title without the site's name that this heading is a copy of: "Storm | Herald".
    pub(super) fn copied<'c>(&self, claims: &'c [Claim]) -> Option<&'c Claim> {
        let is_copy = |claim: &&Claim| claim.raw_bare == self.bare && claim.bare != self.bare;
        claims.iter().find(is_copy).filter(|_| self.heading.text.contains(" | "))
    }

    /// An `h1` on a page without claims, if it is not the site's name.
    pub(super) fn is_alone(&self, claims: &[Claim], site: Option<&str>) -> bool {
        self.heading.level == Some(1)
            && claims.is_empty()
            && site.is_none_or(|site| bare(site) != self.bare)
    }
}
