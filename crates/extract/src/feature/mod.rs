//! The measures of each block. Nothing here decides.
//!
//! Its own text, its position in the tree, its link density, the contents of its containers, the
//! candidates for the article's container, similarity to title and description, its neighbours.
//! Every measure of a container is a difference of prefix sums ([`sums`]), so the whole is linear
//! in the page.
//!
//! A *good* block reads like prose: long enough, few links, with the end of a sentence. Its *mass*
//! is its weight minus its links. The share of the good mass is the measure that finds articles.

pub(crate) mod candidate;
pub(crate) mod grid;
pub(crate) mod hint;
pub(crate) mod near;
pub(crate) mod row;
pub(crate) mod sums;
pub(crate) mod text;
pub(crate) mod unit;

use foldhash::HashMap;
use wiresift_text::shingles::{self, hash_of};

use crate::block::{Block, Blocks};
use crate::feature::candidate::Candidates;
use crate::feature::hint::Evidence;
use crate::feature::near::Near;
use crate::feature::sums::Sums;
use crate::feature::text::TextMeasure;
use crate::phrases::markup::Group;
use crate::phrases::{self, Boilerplate};
use crate::tag::Tag;

/// Least weight of a good block.
const GOOD_WEIGHT: f32 = 80.0;

/// Highest link density of a good block.
const GOOD_LINKS: f32 = 0.35;

/// Least mass outside a comment thread.
const THREAD_REST: f32 = 250.0;

/// Prefix sums over the blocks.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Mass of good blocks.
    pub(crate) good: Sums,
    /// Weight of all text.
    pub(crate) weight: Sums,
    /// Weight of text in links.
    pub(crate) links: Sums,
}

/// The measures of one block.
#[derive(Debug, Clone)]
pub(crate) struct Feature {
    pub(crate) text: TextMeasure,
    /// Share of its characters in links; in bold and in `time` below.
    pub(crate) link_share: f32,
    pub(crate) bold_share: f32,
    pub(crate) time_share: f32,
    pub(crate) is_good: bool,
    /// Weight minus links if the block is good, else 0.
    pub(crate) mass: f32,
    /// The kind of boilerplate, by its words.
    pub(crate) boilerplate: Option<Boilerplate>,
    pub(crate) tag: Tag,
    /// Share of the page's good mass under the same parent element; below, in elements that look
    /// the same, and at the same depth.
    pub(crate) parent_share: f32,
    pub(crate) alike_share: f32,
    pub(crate) depth_share: f32,
    /// Number of blocks with the same text.
    pub(crate) copies: u32,
    /// Share of its words that are in a title; below, similarity of both as sets (Jaccard).
    pub(crate) title_cover: f32,
    pub(crate) title_likeness: f32,
    /// Share of its word pairs that are in a description; below, share of a description's pairs
    /// that are in it.
    pub(crate) in_description: f32,
    pub(crate) covers_description: f32,
    /// Share of its word triples that are in the page's `articleBody`; `None` if there is none.
    pub(crate) in_stated_body: Option<f32>,
}

/// The measures of a page.
#[derive(Debug)]
pub(crate) struct Features {
    pub(crate) blocks: Vec<Feature>,
    pub(crate) totals: Totals,
    pub(crate) near: Vec<Near>,
    pub(crate) candidates: Candidates,
    /// Index of the headline's block.
    pub(crate) headline: Option<usize>,
    /// Number of known descriptions.
    pub(crate) descriptions: usize,
    /// The words of the authors' names, as [`shingles::tokens`] reads them.
    pub(crate) authors: Vec<u32>,
}

impl Features {
    /// Measures a page.
    pub(crate) fn of(page: &Blocks, evidence: &Evidence) -> Self {
        let tokens: Vec<Vec<u32>> =
            page.blocks.iter().map(|b| shingles::tokens(page.text(b))).collect();
        let mut blocks: Vec<Feature> = page.blocks.iter().map(|block| own(page, block)).collect();
        hint::compare(&mut blocks, &tokens, evidence);
        let headline = headline(&blocks);
        readers(page, &mut blocks, headline);
        let totals = Totals {
            good: Sums::of(blocks.iter().map(|f| f.mass)),
            weight: Sums::of(blocks.iter().map(|f| f.text.weight)),
            links: Sums::of(blocks.iter().map(|f| f.text.weight * f.link_share)),
        };
        shares(page, &mut blocks, totals.good.total().max(1.0));
        copies(&mut blocks, &tokens);
        let all = totals.weight.total().max(1.0);
        let text_shares: Vec<f32> =
            page.elements.iter().map(|e| totals.weight.within(&e.blocks) / all).collect();
        let near = near::distances(page, &text_shares);
        let candidates = candidate::find(page, &totals, &blocks, headline);
        let descriptions = evidence.descriptions.len();
        let authors = evidence.authors.iter().flat_map(|name| shingles::tokens(name)).collect();
        Self { blocks, totals, near, candidates, headline, descriptions, authors }
    }

    /// Distances of the block's element.
    pub(crate) fn near(&self, block: &Block) -> Option<&Near> {
        self.near.get(block.element as usize)
    }
}

fn own(page: &Blocks, block: &Block) -> Feature {
    let text = page.text(block);
    let measure = TextMeasure::of(text);
    let share = |part: u32| (part as f32 / block.chars.max(1) as f32).min(1.0);
    let link_share = share(block.link_chars);
    let is_good =
        measure.weight >= GOOD_WEIGHT && link_share < GOOD_LINKS && measure.sentences > 0.0;
    let mass = if is_good { measure.weight * (1.0 - link_share) } else { 0.0 };
    Feature {
        link_share,
        bold_share: share(block.bold_chars),
        time_share: share(block.time_chars),
        is_good,
        mass,
        boilerplate: phrases::boilerplate(text),
        tag: page.element(block.element).map_or(Tag::Other, |e| e.tag),
        parent_share: 0.0,
        alike_share: 0.0,
        depth_share: 0.0,
        copies: 1,
        title_cover: 0.0,
        title_likeness: 0.0,
        in_description: 0.0,
        covers_description: 0.0,
        in_stated_body: None,
        text: measure,
    }
}

/// Sets the mass of readers' comments to 0: a thread can outweigh the article many times. An
/// element is no thread if it holds the headline or all prose, whatever its name.
fn readers(page: &Blocks, features: &mut [Feature], headline: Option<usize>) {
    let all: f32 = features.iter().map(|f| f.mass).sum();
    let mut done = 0;
    for element in
        page.elements.iter().filter(|e| e.groups.has(Group::Comment) && e.tag != Tag::Body)
    {
        let range = element.blocks.start as usize..element.blocks.end as usize;
        if range.start < done || headline.is_some_and(|h| range.contains(&h)) {
            continue;
        }
        let Some(thread) = features.get_mut(range.clone()) else { continue };
        let mass: f32 = thread.iter().map(|f| f.mass).sum();
        if all - mass >= THREAD_REST {
            for feature in thread {
                (feature.mass, feature.is_good) = (0.0, false);
            }
            done = range.end;
        }
    }
}

/// Shares of the page's good mass under the same parent, look and depth.
fn shares(page: &Blocks, features: &mut [Feature], all: f32) {
    let kin = |block: &Block| {
        let element = page.element(block.element)?;
        Some((element.parent, page.look(block)?, element.depth))
    };
    let (mut by_parent, mut by_look, mut by_depth) =
        (HashMap::default(), HashMap::default(), HashMap::default());
    for (block, feature) in page.blocks.iter().zip(features.iter()) {
        if feature.mass > 0.0
            && let Some((parent, look, depth)) = kin(block)
        {
            *by_parent.entry(parent).or_insert(0.0) += feature.mass;
            *by_look.entry(look).or_insert(0.0) += feature.mass;
            *by_depth.entry(depth).or_insert(0.0) += feature.mass;
        }
    }
    for (block, feature) in page.blocks.iter().zip(features) {
        if let Some((parent, look, depth)) = kin(block) {
            feature.parent_share = by_parent.get(&parent).copied().unwrap_or(0.0) / all;
            feature.alike_share = by_look.get(&look).copied().unwrap_or(0.0) / all;
            feature.depth_share = by_depth.get(&depth).copied().unwrap_or(0.0) / all;
        }
    }
}

fn copies(features: &mut [Feature], tokens: &[Vec<u32>]) {
    let mut seen: HashMap<u64, u32> = HashMap::default();
    let texts: Vec<u64> = tokens.iter().map(|tokens| hash_of(tokens)).collect();
    for text in &texts {
        *seen.entry(*text).or_insert(0) += 1;
    }
    for (feature, text) in features.iter_mut().zip(texts) {
        feature.copies = seen.get(&text).copied().unwrap_or(1);
    }
}

/// The block most similar to a title, preferably an `h1`.
fn headline(features: &[Feature]) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (position, feature) in features.iter().enumerate() {
        let is_title = feature.tag == Tag::H1
            || feature.title_likeness > 0.3
            || (feature.title_cover > 0.8 && feature.text.tokens >= 4.0);
        if feature.text.tokens < 2.0 || !is_title {
            continue;
        }
        let mut score = feature.title_likeness;
        if feature.text.tokens >= 4.0 {
            score += 0.3 * feature.title_cover;
        }
        score += match feature.tag {
            Tag::H1 => 0.5,
            tag if tag.is_heading() => 0.2,
            _ => 0.0,
        };
        if feature.link_share > 0.5 {
            score -= 0.3;
        }
        if best.is_none_or(|(most, _)| score > most + 1e-6) {
            best = Some((score, position));
        }
    }
    best.map(|(_, position)| position)
}
