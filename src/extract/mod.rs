//! A page to its article: bytes and what the feed said of it in, an article and a reason for every block out.
//!
//! Pure and deterministic: no clock (the `now` handed in only refuses dates of the future), no network, no
//! state. Every input is hostile until parsed, so each step is bounded by counts ([`Limits`]) and linear in the
//! page. The pass, top to bottom:
//!
//! 1. [`decode`]: bytes to text, whatever the page says about its encoding;
//! 2. [`tree`]: text to a tree of bounded depth and size;
//! 3. [`metadata`]: what the page says about itself;
//! 4. [`block`]: the tree as text blocks and the elements around them;
//! 5. [`feature`]: what is measured of each block;
//! 6. [`model`], [`body`]: which blocks are the article, with a reason for each;
//! 7. [`piece`], [`render`]: the kept blocks as a document of our own.

mod block;
mod body;
mod decode;
mod feature;
mod metadata;
mod model;
mod phrases;
mod piece;
pub mod render;
mod squeeze;
pub mod study;
mod tag;
mod tree;
mod wall;
mod work;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use url::Url;

use crate::extract::block::Blocks;
pub use crate::extract::body::Reason;
use crate::extract::feature::Features;
use crate::extract::feature::hint::Evidence;
use crate::extract::metadata::head::{Head, Stamp};
use crate::extract::metadata::{
    address, byline, date, html_text, image, language, rights, site, tags, title,
};
pub use crate::extract::model::{Model, ModelError};
use crate::extract::tree::Tree;
use crate::news::article::{Article, BodySource, DateSource, Dated, PageKind, Piece, Removed};

/// Longest text of a removed block that is kept, in characters.
const REMOVED_CHARS: usize = 300;

/// Least letters of a feed entry's content that is a full text and not a teaser.
const FEED_TEXT_LETTERS: f32 = 600.0;

/// How many nodes after the start of the article's last element a date may still be the article's.
const NEAR_NODES: usize = 400;

/// A page as it came.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The body of the response, decompressed.
    pub bytes: &'a [u8],
    /// Where it was found, after redirects.
    pub url: Option<&'a Url>,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
}

/// What the feed says of the article: unlabelled help, believed where the page confirms it.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Title of the entry, plain text.
    pub title: Option<String>,
    /// Its description, plain text.
    pub summary: Option<String>,
    /// Its date.
    pub published: Option<DateTime<Utc>>,
    /// BCP 47 tag of the feed.
    pub language: Option<String>,
}

/// Bounds of one extraction. All are counts, so a result never depends on the machine's speed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the page that are read; news pages end well before.
    pub max_bytes: usize,
    /// Open elements at one time. Browsers stop at 512 too.
    pub max_depth: usize,
    /// Nodes of the tree.
    pub max_nodes: usize,
    /// Text blocks.
    pub max_blocks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 8 * 1024 * 1024, max_depth: 512, max_nodes: 400_000, max_blocks: 20_000 }
    }
}

/// A block of the page with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockNote {
    /// Index of the block in the page.
    pub position: u32,
    /// Its text.
    pub text: String,
    /// Whether it is part of the body.
    pub kept: bool,
    /// Why.
    pub reason: Reason,
}

/// An article and how it was found.
#[derive(Debug, Clone)]
pub struct Extraction {
    /// The clean result.
    pub article: Article,
    /// Every block of the page, in order.
    pub blocks: Vec<BlockNote>,
}

impl Extraction {
    /// The blocks that were left out, with reasons.
    #[must_use]
    pub fn removed(&self) -> Vec<Removed> {
        let removed = self.blocks.iter().filter(|note| !note.kept);
        removed
            .map(|note| Removed {
                position: note.position,
                text: note.text.chars().take(REMOVED_CHARS).collect(),
                reason: note.reason.describe(),
            })
            .collect()
    }
}

/// Extracts the article of a page. Never fails: what cannot be known is missing from the result.
#[must_use]
pub fn extract(page: &Page<'_>, hints: &Hints, now: DateTime<Utc>, limits: &Limits) -> Extraction {
    extract_by(Model::embedded().ok(), page, hints, now, limits)
}

/// The same by the judgement of another model, as cross-validation needs it. Without any, by share of good text.
#[must_use]
pub fn extract_by(
    model: Option<&Model>,
    page: &Page<'_>,
    hints: &Hints,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Extraction {
    extract_in_stages(model, page, hints, now, limits, &mut |_| {})
}

/// Steps of the pass, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes to text.
    Decode,
    /// Text to tree.
    Tree,
    /// What the page says about itself.
    Head,
    /// The tree as blocks.
    Blocks,
    /// What is measured of them.
    Features,
    /// Which of them are the article.
    Judgement,
    /// The article and what is said of its blocks.
    Article,
}

/// The same, calling `done` after each stage, for those who measure what it costs.
pub fn extract_in_stages(
    model: Option<&Model>,
    page: &Page<'_>,
    hints: &Hints,
    now: DateTime<Utc>,
    limits: &Limits,
    done: &mut dyn FnMut(Stage),
) -> Extraction {
    let text = decoded(page, limits);
    done(Stage::Decode);
    let tree = Tree::parse(&text, limits);
    done(Stage::Tree);
    let head = Head::of(&tree);
    done(Stage::Head);
    let blocks = Blocks::of(&tree, limits);
    done(Stage::Blocks);
    let features = Features::of(&blocks, &evidence(&head, hints));
    done(Stage::Features);
    let reasons = body::judge(&blocks, &features, model);
    done(Stage::Judgement);
    let base = address::base(&head, page.url);
    let mut article = described(&tree, &head, &blocks, &features, &reasons, page.url, hints, now);
    article.body = piece::pieces(&tree, &blocks, &reasons, base.as_ref());
    if let Some(stated) = rescue(&head, &article) {
        article.body = stated;
        article.source = BodySource::JsonLd;
    }
    finish(&mut article, &head, &blocks, &features, &reasons, hints);
    let blocks = notes(&blocks, &reasons);
    done(Stage::Article);
    Extraction { article, blocks }
}

/// Of every block of a page the elements around it, outermost first, such as `main > div.entry > p`. Parses the page
/// once more: only people who look into a page ask, and extraction should not pay for them.
#[must_use]
pub fn places(page: &Page<'_>, limits: &Limits) -> Vec<String> {
    let tree = Tree::parse(&decoded(page, limits), limits);
    let blocks = Blocks::of(&tree, limits);
    blocks.blocks.iter().map(|block| piece::path(&tree, &blocks, block)).collect()
}

/// The text of a page.
fn decoded<'a>(page: &Page<'a>, limits: &Limits) -> Cow<'a, str> {
    let bytes = page.bytes.get(..limits.max_bytes).unwrap_or(page.bytes);
    decode::decode(bytes, page.content_type, page.url.and_then(Url::host_str))
}

/// The article that a feed entry carries in full, or `None` where its content is only a teaser.
#[must_use]
pub fn from_feed_content(
    html: &str,
    base: Option<&Url>,
    hints: &Hints,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Option<Extraction> {
    let html = html.get(..tree::floor_char_boundary(html, limits.max_bytes)).unwrap_or_default();
    let tree = Tree::parse(html, limits);
    let head = Head::default();
    let blocks = Blocks::of(&tree, limits);
    let features = Features::of(&blocks, &evidence(&head, hints));
    // A feed's content is the article already; only what speaks against itself is left out.
    let reasons: Vec<Reason> = (0..blocks.len())
        .map(|at| body::veto::veto(&blocks, &features, at).unwrap_or(Reason::Body))
        .collect();
    let mut article = described(&tree, &head, &blocks, &features, &reasons, base, hints, now);
    article.body = piece::pieces(&tree, &blocks, &reasons, base);
    article.source = BodySource::Feed;
    let letters: f32 = features
        .blocks
        .iter()
        .zip(&reasons)
        .filter(|(_, reason)| reason.is_kept())
        .map(|(feature, _)| feature.text.weight)
        .sum();
    let is_cut = article.body.last().is_none_or(|last| {
        let text = last.text();
        let end = text.trim_end_matches([' ', ']', ')', '»', '→']);
        end.ends_with("...") || end.ends_with('…')
    });
    if letters < FEED_TEXT_LETTERS || is_cut {
        return None;
    }
    finish(&mut article, &head, &blocks, &features, &reasons, hints);
    Some(Extraction { article, blocks: notes(&blocks, &reasons) })
}

/// What page and feed say of the article, for comparing with the blocks.
fn evidence(head: &Head, hints: &Hints) -> Evidence {
    let metas = ["og:description", "description", "twitter:description"];
    let mut descriptions: Vec<String> = Vec::new();
    let stated = metas.iter().filter_map(|name| head.metas_of(name).next());
    for text in stated.chain(head.facts.article.description.as_deref()).chain(hints.summary.as_deref()) {
        let text = html_text(text);
        if !text.is_empty() && !descriptions.contains(&text) {
            descriptions.push(text);
        }
    }
    Evidence { titles: title::stated(head, hints), descriptions, body: head.facts.article.body.clone() }
}

/// Everything about the article but its body.
#[expect(clippy::too_many_arguments, reason = "one call site each; a struct would only rename them")]
fn described(
    tree: &Tree,
    head: &Head,
    blocks: &Blocks,
    features: &Features,
    reasons: &[Reason],
    url: Option<&Url>,
    hints: &Hints,
    now: DateTime<Utc>,
) -> Article {
    let base = address::base(head, url);
    let site_known = site::name_or_host(head, url);
    let heading = features.headline.and_then(|at| {
        let block = blocks.blocks.get(at)?;
        Some((blocks.text(block), features.blocks.get(at)?.tag == tag::Tag::H1))
    });
    let stamps: Vec<&Stamp> = near_article(tree, head, blocks, reasons);
    let (published, modified) = date::dates(head, &stamps, &datelines(blocks, features), url, hints, now);
    let metas = ["og:description", "description", "twitter:description"];
    let summary =
        head.meta_of(&metas).or(head.facts.article.description.as_deref()).or(hints.summary.as_deref());
    Article {
        title: title::title(head, hints, heading, site_known.as_deref()),
        summary: summary.map(html_text).filter(|summary| !summary.is_empty()),
        byline: byline::byline(head, tree, site::name(head).as_deref()),
        published,
        modified,
        canonical: address::canonical(head, base.as_ref(), url),
        alternates: address::alternates(head, base.as_ref()),
        image: image::image(head, base.as_ref()),
        tags: tags::tags(head),
        site_name: site::name(head),
        rights: rights::rights(head),
        ..Article::default()
    }
}

/// The dated elements of the page that stand near its article: not those after its end, nor in teasers beside it.
fn near_article<'a>(tree: &Tree, head: &'a Head, blocks: &Blocks, reasons: &[Reason]) -> Vec<&'a Stamp> {
    let kept = |reason: &Reason| reason.is_kept();
    let last = reasons.iter().rposition(kept).and_then(|at| blocks.blocks.get(at));
    let end = last.and_then(|block| blocks.element(block.element)).map(|element| element.node);
    let beyond =
        end.and_then(|end| tree.nodes().map(|(id, _)| id).skip_while(|id| *id <= end).nth(NEAR_NODES));
    let aside = |stamp: &Stamp| {
        let mut at = Some(stamp.node);
        std::iter::from_fn(|| {
            let node = at?;
            at = tree.parent(node);
            Some(node)
        })
        .take(30)
        .filter_map(|node| tree.element(node))
        .any(|element| matches!(element.name(), "aside" | "nav" | "footer" | "li"))
    };
    let is_near = |stamp: &Stamp| beyond.is_none_or(|beyond| stamp.node < beyond);
    head.stamps.iter().filter(|stamp| is_near(stamp) && !aside(stamp)).collect()
}

/// Short lines with a date beside the headline.
fn datelines<'a>(blocks: &'a Blocks, features: &Features) -> Vec<&'a str> {
    let Some(headline) = features.headline else { return Vec::new() };
    let beside = headline.saturating_sub(4)..headline + 12;
    let pairs = blocks.blocks.iter().zip(&features.blocks).enumerate();
    pairs
        .filter(|(at, (_, feature))| {
            beside.contains(at) && *at != headline && feature.text.dates > 0.0 && feature.text.weight <= 100.0
        })
        .map(|(_, (block, _))| blocks.text(block))
        .collect()
}

/// The stated body of the page where its blocks have no article to speak of.
fn rescue(head: &Head, article: &Article) -> Option<Vec<Piece>> {
    let stated = head.facts.article.body.as_deref()?;
    let stated = html_text(stated);
    let found: usize = article.body.iter().map(|piece| piece.text().len()).sum();
    if stated.len() < 500 || found * 4 > stated.len() {
        return None;
    }
    let raw = head.facts.article.body.as_deref().unwrap_or_default();
    let lines: Vec<Piece> = raw
        .split(['\n', '\r'])
        .map(html_text)
        .filter(|line| !line.is_empty())
        .map(|line| Piece::paragraph(&line))
        .collect();
    Some(lines)
}

/// Fills in what depends on the body.
fn finish(
    article: &mut Article,
    head: &Head,
    blocks: &Blocks,
    features: &Features,
    reasons: &[Reason],
    hints: &Hints,
) {
    let text = article.text();
    article.language = language::language(head, hints, &text);
    article.kind = wall::kind(&article.title, &text, blocks);
    article.quality = quality(features, reasons, article);
    if article.published.is_none()
        && let Some(at) = hints.published
    {
        article.published = Some(Dated { at, source: DateSource::Feed });
    }
}

/// How sure we are, 0 to 1: prose in the body, little prose of the same look outside it, and statements that agree.
fn quality(features: &Features, reasons: &[Reason], article: &Article) -> f32 {
    if article.kind != PageKind::Article {
        return 0.0;
    }
    let (mut kept, mut kept_good, mut all_good) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (feature, reason) in features.blocks.iter().zip(reasons) {
        all_good += feature.mass;
        if reason.is_kept() {
            kept += feature.text.weight;
            kept_good += feature.mass;
        }
    }
    if kept <= 0.0 {
        return 0.0;
    }
    let prose = kept_good / kept;
    let share = kept_good / all_good.max(1.0);
    let length = (kept / 1_000.0).min(1.0);
    let headline = if features.headline.is_some() { 1.0 } else { 0.0 };
    (0.3 * prose + 0.3 * share + 0.3 * length + 0.1 * headline).clamp(0.0, 1.0)
}

fn notes(blocks: &Blocks, reasons: &[Reason]) -> Vec<BlockNote> {
    let pairs = blocks.blocks.iter().zip(reasons);
    pairs
        .enumerate()
        .map(|(position, (block, reason))| BlockNote {
            position: position as u32,
            text: blocks.text(block).to_owned(),
            kept: reason.is_kept(),
            reason: *reason,
        })
        .collect()
}
