//! A page to its article: bytes and what the feed said of it in, an article and a reason for every block out.
//!
//! Pure and deterministic: no clock (the `now` handed in only refuses dates of the future), no network, no
//! state. Every input is hostile until parsed, so each step is bounded by counts ([`Limits`]) and linear in the
//! page. The pass, top to bottom:
//!
//! 1. `wiresift_text::charset`: bytes to text, whatever the page says about its encoding;
//! 2. [`tree`]: text to a tree of bounded depth and size;
//! 3. [`metadata`]: what the page says about itself;
//! 4. [`block`]: the tree as text blocks and the elements around them;
//! 5. [`feature`]: what is measured of each block;
//! 6. [`model`], [`body`]: which blocks are the article, with a reason for each; [`rule`]: what the curator says;
//! 7. [`piece`], [`render`]: the kept blocks as a document of our own;
//! 8. [`fallback`]: the text that the page states elsewhere, where its blocks have none;
//! 9. [`kind`], [`quality`]: what kind of page it was, and how sure all this is.

pub mod article;
mod block;
mod body;
mod fallback;
mod feature;
pub mod feeds;
mod kind;
mod metadata;
mod model;
mod note;
mod phrases;
mod piece;
pub mod provenance;
mod quality;
pub mod render;
pub mod rights;
pub mod rule;
mod screen_reader;
mod step_counter;
mod tag;
pub mod training_rows;
mod tree;
mod whitespace;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_text::charset::{self, Document, Source};

use crate::article::{Article, BodySource, Dated, PageKind, Removed};
use crate::block::Blocks;
pub use crate::body::Reason;
use crate::fallback::Fallback;
use crate::feature::Features;
use crate::kind::Sight;
use crate::metadata::describe::{described, evidence};
use crate::metadata::head::Head;
use crate::metadata::{address, language};
pub use crate::model::{Model, ModelError};
use crate::note::notes;
pub use crate::note::{BlockNote, Measures};
pub use crate::quality::Signals;
use crate::rule::Ruled;
pub use crate::rule::{RuleReport, RuleText, SelectorError, SiteRule, SiteRules};
use crate::tree::Tree;

/// Longest text of a removed block that is kept, in characters.
const REMOVED_CHARS: usize = 300;

/// Least letters of a feed entry's content that is a full text and not a teaser.
const FEED_TEXT_LETTERS: f32 = 600.0;

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

/// What is known before the page is read. What the feed says is unlabelled help, believed where the page confirms
/// it; what the curator's rule says is followed.
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
    /// The curator's rule for the site.
    pub rule: Option<Arc<SiteRule>>,
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

/// An article and how it was found.
#[derive(Debug, Clone)]
pub struct Extraction {
    /// The clean result.
    pub article: Article,
    /// Every block of the page, in order.
    pub blocks: Vec<BlockNote>,
    /// What its quality was estimated from.
    pub signals: Signals,
    /// What the curator's rule for the site did, if there is one.
    pub rule: Option<RuleReport>,
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
pub fn extract(
    model: &Model,
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
    model: &Model,
    page: &Page<'_>,
    hints: &Hints,
    now: DateTime<Utc>,
    limits: &Limits,
    done: &mut dyn FnMut(Stage),
) -> Extraction {
    let source = decoded(page, limits);
    done(Stage::Decode);
    let asked = hints.rule.as_deref().map(|rule| rule.attributes.as_slice()).unwrap_or_default();
    let tree = Tree::parse_with(&source, limits, asked);
    done(Stage::Tree);
    let head = Head::of(&tree);
    done(Stage::Head);
    let blocks = Blocks::of(&tree, limits);
    done(Stage::Blocks);
    let evidence = evidence(&head, hints);
    let features = Features::of(&blocks, &evidence);
    done(Stage::Features);
    let chances = body::chances(&blocks, &features, model);
    let mut reasons = body::judge(&blocks, &features, &chances);
    done(Stage::Judgement);
    let base = address::base(&head, page.url);
    let mut ruled = hints.rule.as_ref().map(|rule| Ruled::new(rule, &tree));
    if let Some(ruled) = &mut ruled {
        ruled.judge(&blocks, &mut reasons);
    }
    let mut article = described(&tree, &head, &blocks, &features, &reasons, page.url, hints, now);
    article.body = piece::pieces(&tree, &blocks, &reasons, base.as_ref());
    let fallback = Fallback {
        source: &source,
        stated: &head.facts.stated,
        titles: &evidence.titles,
        base: base.as_ref(),
        limits,
    };
    if let Some((body, source)) = fallback.better(&article.body).filter(|_| !is_ruled(&reasons)) {
        (article.body, article.source) = (body, source);
    }
    if let Some(ruled) = &mut ruled {
        ruled.describe(&mut article, now);
    }
    let sight = Sight {
        source: &source,
        tree: &tree,
        head: &head,
        page: &blocks,
        features: &features,
        reasons: &reasons,
        chances: &chances,
        hints,
    };
    let signals = finish(&mut article, &sight);
    let rule = ruled.map(Ruled::report);
    let blocks = notes(&blocks, &features, &chances, &reasons);
    done(Stage::Article);
    Extraction { article, blocks, signals, rule }
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
    let Page { content_type, url, .. } = *page;
    let host = url.and_then(Url::host_str);
    charset::decode(Source { document: Document::Page, bytes, content_type, host }).text
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
    let reasons = fallback::sieved(&blocks, &features);
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
    let is_cut = article.body.last().is_none_or(|last| fallback::is_cut(&last.text()));
    if letters < FEED_TEXT_LETTERS || is_cut {
        return None;
    }
    let chances = vec![1.0; blocks.len()];
    let sight = Sight {
        source: html,
        tree: &tree,
        head: &head,
        page: &blocks,
        features: &features,
        reasons: &reasons,
        chances: &chances,
        hints,
    };
    let signals = finish(&mut article, &sight);
    let blocks = notes(&blocks, &features, &chances, &reasons);
    Some(Extraction { article, blocks, signals, rule: None })
}

/// Whether the curator's rule chose the body.
fn is_ruled(reasons: &[Reason]) -> bool {
    reasons.contains(&Reason::RuleBody)
}

/// Fills in what depends on the body, and gives what the estimate of its quality rests on.
fn finish(article: &mut Article, sight: &Sight<'_>) -> Signals {
    let text = article.text();
    let language = language::language(sight.head, sight.hints, &text);
    article.language = language.tag;
    article.declared_language = language.declared;
    article.provenance.language = language.evidence;
    article.rights = metadata::rights::rights(sight.head, &text);
    article.kind = kind::kind(sight, article);
    if article.kind == PageKind::PaywallStub {
        article.rights.excerpt = true;
        article
            .rights
            .add_paywall("the text breaks off where the page asks to subscribe".to_owned());
    }
    if article.published.is_none()
        && let Some(at) = sight.hints.published
    {
        article.published = Some(Dated::by_feed(at));
    }
    let signals = Signals::of(sight, &text);
    article.quality = signals.quality(article.kind, article.source);
    signals
}
