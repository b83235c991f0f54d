//! The headline. Metadata, feed and visible heading seldom agree to the letter.
//!
//! The visible heading wins if a claim (a title in metadata or feed) resembles it, or if it is the
//! `h1` right above the text: claims are often worded for search engines. There are three
//! exceptions. If JSON-LD names another heading nearer to the text, the first one was a breadcrumb.
//! If a claim is the heading without a label at its end ("1 May 2026", "| Opinion"), the label is
//! removed. If two of JSON-LD, Open Graph and feed agree to the letter, and nearly with the
//! heading, they are the newsroom's headline. Without a heading, the claim that agrees most with
//! the others is taken. The site's name at either end is always removed.

use foldhash::HashSet;
use wiresift_text::shingles::{jaccard, tokens};

use crate::Hints;
use crate::metadata::head::Head;
use crate::metadata::heading::Heading;
use crate::metadata::html_text;
use crate::metadata::label::{bare, has_label};
use crate::metadata::site::without_site;
use crate::provenance::{Evidence, Source};
use crate::step_counter;
use crate::tree::floor_char_boundary;

/// From this similarity on, a heading and a claim mean the same headline.
const ALIKE: f32 = 0.6;

/// Least similarity of the `h1` above the text to some claim: a headline of the same story.
const RELATED: f32 = 0.2;

/// Most blocks (byline, date, share bar, picture) between the `h1` and the text.
const BLOCKS_BETWEEN: isize = 20;

/// Least letters of a claim inside another one; fewer may be a common word.
const LETTERS: usize = 12;

/// Shares that were right on pages with known titles, by how the title was found.
mod confidence {
    pub(super) const REPEATED: f32 = 0.95;
    pub(super) const AGREED: f32 = 0.75;
    pub(super) const UNLABELLED: f32 = 0.80;
    pub(super) const ALIKE: f32 = 0.70;
    pub(super) const UNCONFIRMED: f32 = 0.70;
    pub(super) const STATED_TWICE: f32 = 0.55;
    pub(super) const STATED_ONCE: f32 = 0.30;
}

/// Longest title, in bytes: comparing titles word by word is quadratic.
const TITLE_BYTES: usize = 2_000;

/// Every title that page and feed state, for comparison with the blocks.
pub(crate) fn stated(head: &Head, hints: &Hints) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let metas =
        ["og:title", "twitter:title", "dc.title", "headline", "sailthru.title", "parsely-title"];
    let stated =
        [head.facts.article.headline.as_deref(), hints.title.as_deref(), head.title.as_deref()];
    for title in
        stated.into_iter().flatten().chain(metas.iter().filter_map(|m| head.metas_of(m).next()))
    {
        let title = html_text(cut(title));
        if !title.is_empty() && !all.contains(&title) {
            all.push(title);
        }
    }
    all
}

/// A title from metadata or feed, without the site's name.
#[derive(Debug, Clone)]
struct Claim {
    source: Source,
    text: String,
    /// Letters and digits only, lower case: equal titles have the same.
    bare: String,
    words: HashSet<u32>,
    /// The words in order, with the site's name.
    raw: Vec<u32>,
}

impl Claim {
    fn new(source: Source, text: &str, site: Option<&str>) -> Option<Self> {
        let text = html_text(cut(text));
        let raw = tokens(&text);
        let text = without_site(&text, site);
        let bare = bare(&text);
        let words = tokens(&text).into_iter().collect();
        (!text.is_empty()).then_some(Self { source, text, bare, words, raw })
    }
}

/// A heading with the evidence for it.
#[derive(Debug, Clone)]
struct Candidate<'a> {
    heading: &'a Heading,
    bare: String,
    words: HashSet<u32>,
    score: f32,
    /// The highest similarity to a claim.
    support: f32,
    /// Number of claims that are equal to the letter.
    repeated: usize,
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
    if let Some(best) = heading(headings, &claims, site) {
        if let Some(found) = without_label(&best, &claims).or_else(|| agreed(&best, &claims)) {
            return found;
        }
        let confidence = match best {
            _ if best.repeated > 0 => Some(confidence::REPEATED),
            _ if best.support >= ALIKE => Some(confidence::ALIKE),
            _ if is_above_text(&best) || is_alone(&best, &claims, site) => {
                Some(confidence::UNCONFIRMED)
            }
            _ => None,
        };
        if let Some(confidence) = confidence {
            return (best.heading.text.clone(), Some(Evidence::new(Source::Heading, confidence)));
        }
    }
    consensus(if claims.is_empty() { &all } else { &claims })
}

/// The claims, most reliable first.
fn claims(head: &Head, hints: &Hints, site: Option<&str>) -> Vec<Claim> {
    let meta = |name: &str| head.metas_of(name).next();
    [
        (Source::JsonLd, head.facts.article.headline.as_deref()),
        (Source::OpenGraph, meta("og:title")),
        (Source::Feed, hints.title.as_deref()),
        (Source::Meta, meta("twitter:title")),
        (Source::Meta, meta("headline")),
        (Source::Meta, meta("dc.title")),
        (Source::Meta, meta("citation_title")),
        (Source::Meta, meta("sailthru.title")),
        (Source::Meta, meta("parsely-title")),
        (Source::TitleElement, head.title.as_deref()),
    ]
    .into_iter()
    .filter_map(|(source, text)| Claim::new(source, text?, site))
    .collect()
}

/// The heading that is most likely the headline.
fn heading<'a>(
    headings: &'a [Heading],
    claims: &[Claim],
    site: Option<&str>,
) -> Option<Candidate<'a>> {
    // The name of the publication is a heading of the page, not of the article.
    let is_headline =
        |candidate: &Candidate<'_>| site.is_none_or(|site| bare(site) != candidate.bare);
    let all: Vec<Candidate<'_>> = headings
        .iter()
        .filter_map(|heading| candidate(heading, claims))
        .filter(is_headline)
        .collect();
    let mut best: Option<&Candidate<'_>> = None;
    for candidate in &all {
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
    Some(nearer.unwrap_or(best).clone())
}

fn candidate<'a>(heading: &'a Heading, claims: &[Claim]) -> Option<Candidate<'a>> {
    let in_order = tokens(cut(&heading.text));
    let words: HashSet<u32> = in_order.iter().copied().collect();
    let bare = bare(cut(&heading.text));
    let repeated = claims.iter().filter(|claim| claim.bare == bare).count();
    if words.len() < 2 || (heading.is_joined && repeated == 0) {
        return None;
    }
    let alike = claims.iter().map(|claim| jaccard(&words, &claim.words)).fold(0.0, f32::max);
    let inside = |claim: &Claim| {
        step_counter::add(claim.raw.len() * in_order.len());
        in_order.len() >= 4 && claim.raw.windows(in_order.len()).any(|window| window == in_order)
    };
    let is_inside = claims.iter().any(inside);
    let rank = match heading.level {
        Some(1) => 0.5,
        Some(_) => 0.2,
        None => 0.0,
    };
    let doubt = if heading.is_link { 0.3 } else { 0.0 }
        + if heading.blocks_before_body.is_some_and(|before| before < -3) { 0.3 } else { 0.0 };
    Some(Candidate {
        heading,
        bare,
        words,
        score: alike.max(if is_inside { 0.8 } else { 0.0 }) + rank - doubt,
        support: alike.max(if is_inside { 0.7 } else { 0.0 }),
        repeated,
    })
}

/// The `h1` right above the text that shares some words with a claim.
fn is_above_text(candidate: &Candidate<'_>) -> bool {
    let near =
        candidate.heading.blocks_before_body.is_some_and(|n| (0..=BLOCKS_BETWEEN).contains(&n));
    candidate.heading.level == Some(1)
        && near
        && candidate.words.len() >= 3
        && candidate.support >= RELATED
}

/// An `h1` on a page without claims, if it is not the site's name.
fn is_alone(candidate: &Candidate<'_>, claims: &[Claim], site: Option<&str>) -> bool {
    candidate.heading.level == Some(1)
        && claims.is_empty()
        && site.is_none_or(|s| bare(s) != candidate.bare)
}

/// The claim that is the heading without a label: a few words before it, or a part after a
/// separator.
fn without_label(heading: &Candidate<'_>, claims: &[Claim]) -> Option<(String, Option<Evidence>)> {
    let editorial = claims.iter().filter(|claim| claim.source != Source::TitleElement);
    let found = editorial.filter(|_| heading.repeated == 0).find(|claim| {
        claim.bare.chars().count() >= LETTERS && has_label(&heading.heading.text, &claim.bare)
    })?;
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
    let is_near = is_labelled || jaccard(&heading.words, &claim.words) >= ALIKE;
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

/// The part of a title that is read.
fn cut(title: &str) -> &str {
    title.get(..floor_char_boundary(title, TITLE_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h(level: u8, text: &str, blocks_before_body: isize) -> Heading {
        Heading {
            text: text.to_owned(),
            level: Some(level),
            blocks_before_body: Some(blocks_before_body),
            is_link: false,
            is_joined: false,
        }
    }

    fn page(json: &str, graph: &str, title: &str) -> Head {
        let mut head = Head::default();
        head.facts.article.headline = Some(json.to_owned()).filter(|t| !t.is_empty());
        head.title = Some(title.to_owned()).filter(|t| !t.is_empty());
        if !graph.is_empty() {
            head.metas.push(("og:title".to_owned(), graph.to_owned()));
        }
        head
    }

    /// JSON-LD, Open Graph, title element, headings, and the resulting headline.
    #[test]
    fn the_headline_is_chosen() {
        let storm = "Storm closes the coast road for a week";
        let cases: &[(&str, &str, &str, &[Heading], &str)] = &[
            // A heading that a claim resembles.
            ("", "", "Storm closes coast road for a week | Herald", &[h(1, storm, 3)], storm),
            // The name of a section is no headline.
            (
                "",
                "",
                "Storm closes the coast road | Herald",
                &[h(1, "Weather and climate", 3)],
                "Storm closes the coast road",
            ),
            // Claims for search engines, the newsroom's words above the text.
            (
                "",
                "Coast road storm: what drivers need to know",
                "Coast road storm: what drivers need to know",
                &[h(1, "What the storm did to our coast road", 2)],
                "What the storm did to our coast road",
            ),
            // The same far above the text is no headline.
            (
                "",
                "Coast road storm: what drivers need to know",
                "Coast road storm: what drivers need to know",
                &[h(1, "What the storm did to our coast road", 90)],
                "Coast road storm: what drivers need to know",
            ),
            // A breadcrumb in an h1, the headline in an h2 that JSON-LD names.
            (
                storm,
                "Storm news: coast road is closed",
                "Storm news: coast road is closed",
                &[h(1, "Storm news: coast road is closed", 4), h(2, storm, 1)],
                storm,
            ),
            // Later headings are parts of the article.
            (
                storm,
                "Storm news: coast road is closed",
                "Storm news: coast road is closed",
                &[h(1, "Storm news: coast road is closed", 4), h(2, storm, -9)],
                "Storm news: coast road is closed",
            ),
            // A date or a label inside the heading.
            ("", storm, "", &[h(1, "1 May 2026 Storm closes the coast road for a week", 1)], storm),
            ("", storm, "", &[h(1, "Storm closes the coast road for a week | Opinion", 1)], storm),
            // The part before a colon belongs to the sentence.
            (
                "",
                storm,
                "",
                &[h(1, "Report: Storm closes the coast road for a week", 1)],
                "Report: Storm closes the coast road for a week",
            ),
            // A label that all claims have and the heading has beside it.
            (
                "Coast: Road closed for a week",
                "Coast: Road closed for a week",
                "",
                &[h(1, "Road closed for a week", 1)],
                "Coast: Road closed for a week",
            ),
            // One claim alone does not outweigh the heading.
            (
                "",
                "Coast: Road closed for a week",
                "",
                &[h(1, "Road closed for a week", 1)],
                "Road closed for a week",
            ),
            // No heading: what most claims say.
            (storm, storm, "Herald - Storm", &[], storm),
        ];
        for (json, graph, page_title, headings, wanted) in cases {
            let head = page(json, graph, page_title);
            let (found, evidence) = title(&head, &Hints::default(), headings, Some("Herald"));
            assert_eq!(&found, wanted);
            assert!(evidence.is_some_and(|e| (0.3..1.0).contains(&e.confidence)));
        }
        assert_eq!(title(&Head::default(), &Hints::default(), &[], None), (String::new(), None));
    }

    #[test]
    fn a_heading_in_two_blocks_is_joined_if_a_claim_has_it_joined() {
        let head = page("Coast road: open again at last", "", "");
        let joined = Heading { is_joined: true, ..h(1, "Coast road open again at last", 2) };
        let headings = [h(1, "open again at last", 1), joined];
        assert_eq!(
            title(&head, &Hints::default(), &headings, None).0,
            "Coast road open again at last"
        );
    }

    #[test]
    fn the_feed_may_confirm() {
        let hints =
            Hints { title: Some("Coast: Road closed for a week".into()), ..Hints::default() };
        let head = page("", "Coast: Road closed for a week", "");
        let headings = [h(1, "Road closed for a week", 1)];
        let (found, evidence) = title(&head, &hints, &headings, None);
        assert_eq!(found, "Coast: Road closed for a week");
        assert_eq!(evidence.map(|e| e.source), Some(Source::OpenGraph));
    }
}
