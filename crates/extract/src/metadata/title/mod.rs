//! The headline. Metadata, feed and visible heading seldom agree to the letter.
//!
//! The visible heading wins if a claim (a title in metadata or feed) resembles it, or if it is the
//! `h1` right above the text: claims are often worded for search engines. A part of the heading that
//! its markup calls a kicker or a subtitle is left out, and a heading that links to the home page is
//! no headline. There are three exceptions. If JSON-LD names another heading nearer to the text, the first one was a breadcrumb.
//! If a claim is the heading without a label at its end ("1 May 2026", "| Opinion"), the label is
//! removed. If two of JSON-LD, Open Graph and feed agree to the letter, and nearly with the
//! heading, they are the newsroom's headline. Without a heading, the claim that agrees most with
//! the others is taken. The site's name at either end is always removed.

mod candidate;
mod claim;
pub(crate) mod heading;
mod kicker;
mod label;

use wiresift_text::shingles::jaccard;

use crate::Hints;
use crate::metadata::bare;
use crate::metadata::head::Head;
use crate::provenance::{Evidence, Source};
use candidate::{ALIKE, Candidate};
pub(crate) use claim::stated;
use claim::{Claim, claims};
use heading::Heading;
use label::{has_label, has_remark, without_date};

/// Least similarity of a heading to a claim that has it with a changed word.
const REWORDED: f32 = 0.65;

/// Least letters of a claim inside another one; fewer may be a common word.
const LETTERS: usize = 12;

/// Shares that were right on pages with known titles, by how the title was found.
mod confidence {
    pub(super) const REPEATED: f32 = 0.95;
    pub(super) const AGREED: f32 = 0.75;
    pub(super) const UNLABELLED: f32 = 0.80;
    pub(super) const ALIKE: f32 = 0.75;
    pub(super) const UNCONFIRMED: f32 = 0.75;
    pub(super) const STATED_TWICE: f32 = 0.65;
    pub(super) const STATED_ONCE: f32 = 0.40;
}

/// The headline and its source; empty if the page has none.
pub(crate) fn title(
    head: &Head,
    hints: &Hints,
    headings: &[Heading],
    site: Option<&str>,
) -> (String, Option<Evidence>) {
    let all = claims(head, hints, site);
    // A constant title says nothing about the article.
    let is_site = |claim: &Claim| site.is_some_and(|site| bare(site) == claim.bare);
    let claims: Vec<Claim> = all.iter().filter(|claim| !is_site(claim)).cloned().collect();
    let candidates = candidate::candidates(headings, &claims, site);
    if let Some(best) = candidate::best(&candidates, &claims) {
        if let Some(found) = without_label(best, &claims).or_else(|| agreed(best, &claims)) {
            return found;
        }
        if let Some(claim) = best.copied(&claims) {
            let evidence = Evidence::new(claim.source, confidence::UNLABELLED);
            return (claim.text.clone(), Some(evidence));
        }
        let is_confirmed = best.repeated > 0 || best.support >= ALIKE;
        let confidence = match best {
            _ if best.repeated > 0 => confidence::REPEATED,
            _ if best.support >= ALIKE => confidence::ALIKE,
            _ => confidence::UNCONFIRMED,
        };
        let chosen = Some(best)
            .filter(|best| is_confirmed || best.is_above_text() || best.is_alone(&claims, site))
            .or_else(|| candidates.iter().find(|other| other.is_alone(&claims, site)))
            .or_else(|| candidate::only(&candidates, &claims));
        if let Some(chosen) = chosen {
            let evidence = Evidence::new(Source::Heading, confidence);
            return (without_date(&chosen.heading.text).to_owned(), Some(evidence));
        }
    }
    consensus(if claims.is_empty() { &all } else { &claims })
}

/// The claim that is the heading without a label: a few words before it, or a part after a
/// separator.
fn without_label(heading: &Candidate<'_>, claims: &[Claim]) -> Option<(String, Option<Evidence>)> {
    let text = &heading.heading.text;
    let is_without = |claim: &&Claim| match claim.source {
        Source::TitleElement => has_remark(text, &claim.bare),
        _ => has_remark(text, &claim.bare) || has_label(text, &claim.bare),
    };
    let long = claims.iter().filter(|claim| claim.bare.chars().count() >= LETTERS);
    let found = long.filter(|_| heading.repeated == 0).find(is_without)?;
    Some((found.text.clone(), Some(Evidence::new(found.source, confidence::UNLABELLED))))
}

/// What two independent claims say to the letter, if it is the heading with a changed word or an
/// added label.
fn agreed(heading: &Candidate<'_>, claims: &[Claim]) -> Option<(String, Option<Evidence>)> {
    let of = |source: Source| claims.iter().find(|claim| claim.source == source);
    let [json, graph, feed] = [Source::JsonLd, Source::OpenGraph, Source::Feed].map(of);
    let pairs = [(json, graph), (json, feed), (graph, feed)];
    let claim =
        pairs.into_iter().find_map(|(a, b)| a.filter(|a| b.is_some_and(|b| a.bare == b.bare)))?;
    let (stated, seen) = (claim.bare.as_str(), heading.bare.as_str());
    let is_longer_heading = seen.starts_with(stated) || seen.ends_with(stated);
    let is_labelled =
        seen.chars().count() >= 8 && (stated.starts_with(seen) || stated.ends_with(seen));
    let is_near = is_labelled || jaccard(&heading.words, &claim.words) >= REWORDED;
    (is_near && !is_longer_heading)
        .then(|| (claim.text.clone(), Some(Evidence::new(claim.source, confidence::AGREED))))
}

/// The claim that agrees most with the others.
fn consensus(claims: &[Claim]) -> (String, Option<Evidence>) {
    let mut best: Option<(f32, &Claim)> = None;
    for claim in claims {
        let score = claims.iter().map(|other| jaccard(&claim.words, &other.words)).sum::<f32>();
        if best.is_none_or(|(most, _)| score > most + 0.05) {
            best = Some((score, claim));
        }
    }
    let Some((_, claim)) = best else { return (String::new(), None) };
    let is_repeated = claims.iter().filter(|other| other.bare == claim.bare).count() > 1;
    let confidence = if is_repeated { confidence::STATED_TWICE } else { confidence::STATED_ONCE };
    (claim.text.clone(), Some(Evidence::new(claim.source, confidence)))
}

#[cfg(test)]
mod tests;
