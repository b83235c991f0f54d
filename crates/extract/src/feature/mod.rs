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

use std::ops::Range;

use foldhash::{HashMap, HashMapExt as _};
use wiresift_text::shingles::{self, hash_of};

use crate::block::{Block, Blocks, Look};
use crate::feature::candidate::Candidates;
use crate::feature::grid::flag;
use crate::feature::hint::Evidence;
use crate::feature::near::Near;
use crate::feature::sums::{Sums, Tally};
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
    /// Number of headlines that are links; below, of those in a heading's element.
    pub(crate) story_links: Sums,
    pub(crate) teasers: Sums,
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

impl Feature {
    /// Whether it is the headline of another story, as a link.
    fn is_story_link(&self) -> bool {
        self.link_share > 0.5 && self.text.tokens >= 4.0
    }
}

/// The measures of a page.
#[derive(Debug)]
pub(crate) struct Features {
    pub(crate) blocks: Vec<Feature>,
    pub(crate) totals: Totals,
    pub(crate) near: Vec<Near>,
    /// The number of each block's look.
    pub(crate) looks: Vec<u32>,
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
        let mut all_tokens: Vec<u32> = Vec::new();
        let add = |block: &Block| {
            let start = all_tokens.len();
            shingles::add_tokens(page.text(block), &mut all_tokens);
            start..all_tokens.len()
        };
        let ranges: Vec<Range<usize>> = page.blocks.iter().map(add).collect();
        let of_block = |range| all_tokens.get(range).unwrap_or_default();
        let tokens: Vec<&[u32]> = ranges.into_iter().map(of_block).collect();
        let mut blocks: Vec<Feature> = page.blocks.iter().map(|block| own(page, block)).collect();
        hint::compare(&mut blocks, &tokens, evidence);
        let headline = headline(&blocks);
        readers(page, &mut blocks, headline);
        let totals = Totals {
            good: Sums::of(blocks.iter().map(|f| f.mass)),
            weight: Sums::of(blocks.iter().map(|f| f.text.weight)),
            links: Sums::of(blocks.iter().map(|f| f.text.weight * f.link_share)),
            story_links: Sums::of(blocks.iter().map(|f| flag(f.is_story_link()))),
            teasers: Sums::of(blocks.iter().map(|f| flag(f.is_story_link() && f.tag.is_heading()))),
        };
        let looks = looks(page);
        shares(page, &looks, &mut blocks, totals.good.total().max(1.0));
        copies(&mut blocks, &tokens);
        let all = totals.weight.total().max(1.0);
        let text_shares: Vec<f32> =
            page.elements.iter().map(|e| totals.weight.within(&e.blocks) / all).collect();
        let near = near::distances(page, &text_shares);
        let candidates = candidate::find(page, &totals, &blocks, headline);
        let descriptions = evidence.descriptions.len();
        let authors = evidence.authors.iter().flat_map(|name| shingles::tokens(name)).collect();
        Self { blocks, totals, near, looks, candidates, headline, descriptions, authors }
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
fn shares(page: &Blocks, looks: &[u32], features: &mut [Feature], all: f32) {
    let kin = |(block, look): (&Block, &u32)| {
        let element = page.element(block.element);
        let (parent, depth) = element.map_or((0, 0), |element| (element.parent, element.depth));
        [parent, *look, depth].map(|number| number as usize)
    };
    let kin: Vec<[usize; 3]> = page.blocks.iter().zip(looks).map(kin).collect();
    let mut sums: [Tally; 3] = Default::default();
    for (feature, kin) in features.iter().zip(&kin).filter(|(feature, _)| feature.mass > 0.0) {
        sums.iter_mut().zip(kin).for_each(|(sum, number)| sum.add(*number, feature.mass));
    }
    let [by_parent, by_look, by_depth] = sums;
    for (feature, [parent, look, depth]) in features.iter_mut().zip(kin) {
        feature.parent_share = by_parent.of(parent) / all;
        feature.alike_share = by_look.of(look) / all;
        feature.depth_share = by_depth.of(depth) / all;
    }
}

/// For each block the number of its look: blocks with the same number look the same.
fn looks(page: &Blocks) -> Vec<u32> {
    let mut numbers: HashMap<Option<Look>, u32> = HashMap::default();
    let mut number = |block: &Block| {
        let next = numbers.len() as u32;
        *numbers.entry(page.look(block)).or_insert(next)
    };
    page.blocks.iter().map(&mut number).collect()
}

fn copies(features: &mut [Feature], tokens: &[&[u32]]) {
    let mut seen: HashMap<u64, u32> = HashMap::with_capacity(features.len());
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
