#![doc = include_str!("../README.md")]
//!
//! # The pass
//!
//! Each step is bounded by counts ([`Limits`]) and linear in the size of the page.
//!
//! 1. `wiresift_text::charset`: bytes to text, in the encoding that the page really uses;
//! 2. [`tree`]: text to a tree of bounded depth and size;
//! 3. [`metadata`]: what the page says about itself;
//! 4. [`block`]: the tree as text blocks and their container elements;
//! 5. [`feature`]: what is measured of each block;
//! 6. [`model`], [`body`]: which blocks are the article, with a reason for each; [`memory`]: what
//!    other articles of the site have too is taken out; [`rule`]: a site's CSS selectors override
//!    the result;
//! 7. [`piece`], [`render`]: the kept blocks as a document of our own;
//! 8. [`fallback`]: the article's text from JSON-LD or scripts, if the blocks have none;
//! 9. [`kind`], [`quality`]: what kind of page it is, and how reliable the result is.
//!
//! A text without markup has no blocks but its lines: [`flat`] judges them.

#![warn(missing_docs)]

pub mod article;
mod block;
mod body;
mod fallback;
mod feature;
pub mod feeds;
mod flat;
mod kind;
pub mod memory;
mod metadata;
mod model;
mod note;
mod phrases;
mod piece;
pub mod provenance;
mod quality;
pub mod refresh;
pub mod render;
pub mod rights;
mod rule;
mod screen_reader;
mod step_counter;
mod tag;
#[doc(hidden)]
pub mod training_rows;
mod tree;
mod whitespace;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_text::charset::{self, Document, Source};
use wiresift_text::prose::is_cut;

use crate::article::{Article, BodySource, Dated, PageKind, Removed};
use crate::block::Blocks;
pub use crate::body::{Embeds, Reason};
use crate::fallback::Fallback;
use crate::feature::Features;
pub use crate::flat::FlatModel;
use crate::flat::article::Text;
use crate::flat::source::bare_lines;
use crate::kind::PageContext;
use crate::memory::{Cuts, Outcome, SiteMemory};
use crate::metadata::describe::{described, evidence};
use crate::metadata::head::Head;
use crate::metadata::{address, language};
pub use crate::model::{Model, ModelError};
use crate::note::notes;
pub use crate::note::{BlockNote, CutNote, Measures};
pub use crate::quality::Signals;
use crate::rule::RuleRun;
pub use crate::rule::{PartReport, RuleReport, RuleText, SelectorError, SiteRule, SiteRules};
use crate::tree::Tree;

/// Longest stored text of a removed block, in characters.
const REMOVED_CHARS: usize = 300;

/// Shortest feed content that counts as a full text and not as a teaser, in letters.
const FEED_TEXT_LETTERS: f32 = 600.0;

/// The same for an entry that has no page: its text is all that there is.
const LONE_TEXT_LETTERS: f32 = 60.0;

/// The same for an entry without a title: a post.
const POST_LETTERS: f32 = 10.0;

/// A page as the server sent it.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The body of the response, after content decoding (gzip, brotli).
    pub bytes: &'a [u8],
    /// The page's address after redirects. Relative links are resolved against it, and it is a
    /// source for the date.
    pub url: Option<&'a Url>,
    /// The `Content-Type` header. Only its `charset` is used.
    pub content_type: Option<&'a str>,
}

/// What is known before the page is read.
///
/// Values from the feed are used where the page confirms them or says nothing. A site rule always
/// applies.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Title of the feed entry, plain text.
    pub title: Option<String>,
    /// Description of the feed entry, plain text.
    pub summary: Option<String>,
    /// Publication date of the feed entry.
    pub published: Option<DateTime<Utc>>,
    /// BCP 47 language tag of the feed.
    pub language: Option<String>,
    /// Rule for the site, if there is one: see [`SiteRules::of_host`].
    pub rule: Option<Arc<SiteRule>>,
    /// What becomes of embedded posts.
    pub embeds: Embeds,
    /// What other pages of the site have taught.
    pub memory: Option<Arc<SiteMemory>>,
}

/// Bounds of one extraction. All are counts, so a result never depends on the machine's speed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the page that are read; the rest is ignored. Default: 8 MiB.
    pub max_bytes: usize,
    /// Elements that may be open at one time; deeper ones are dropped and their text is kept.
    /// Default: 512, as in browsers.
    pub max_depth: usize,
    /// Nodes of the tree; the page ends at the last one. Default: 400,000.
    pub max_nodes: usize,
    /// Text blocks; the page ends at the last one. Default: 20,000.
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
    /// The result.
    pub article: Article,
    /// Every block of the page in document order, kept or removed.
    pub blocks: Vec<BlockNote>,
    /// The measures that [`Article::quality`] is computed from.
    pub signals: Signals,
    /// What tells, beside the other articles of the site, whether extraction worked.
    pub outcome: Outcome,
    /// What the site rule did, if [`Hints::rule`] was set.
    pub rule: Option<RuleReport>,
}

impl Extraction {
    /// The blocks that were left out, and the parts of blocks, with reasons. Each text is cut to 300
    /// characters.
    #[must_use]
    pub fn removed(&self) -> Vec<Removed> {
        let removed = self.blocks.iter().flat_map(|note| {
            let whole = (!note.kept).then_some((note.text.as_str(), note.reason));
            let parts = note.cut.iter().map(|part| (part.text.as_str(), part.reason));
            whole.into_iter().chain(parts).map(|(text, reason)| Removed {
                position: note.position,
                text: text.chars().take(REMOVED_CHARS).collect(),
                reason: reason.describe(),
            })
        });
        removed.collect()
    }
}

/// Extracts the article of a page.
///
/// Never fails: a value that cannot be found is missing from the result, and [`Article::kind`] says
/// if the page is no article at all. Dates later than `now` are not believed. The same arguments
/// always give the same result.
///
/// ```
/// use chrono::DateTime;
/// use wiresift_extract::{Hints, Limits, Model, Page, extract};
///
/// let html = "<title>Ferry stays</title><h1>Ferry stays</h1>
/// <p>The night ferry will sail through the winter after all, the harbour board said.</p>";
/// let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
/// let model = Model::embedded().expect("the embedded model is valid");
/// let now = DateTime::UNIX_EPOCH;
/// let found = extract(model, &page, &Hints::default(), now, &Limits::default());
/// assert_eq!(found.article.title, "Ferry stays");
/// ```
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

/// Steps of the pass, in order. Not part of the API: for our benchmarks.
#[doc(hidden)]
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
    /// The measures of the blocks.
    Features,
    /// The choice of the article's blocks.
    Judgement,
    /// What other pages of the site say of them.
    Memory,
    /// The article and the notes on all blocks.
    Article,
}

/// Like [`extract`], but calls `done` after each stage. Not part of the API: for our benchmarks.
#[doc(hidden)]
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
    let head = Head::of(&tree, page.url);
    done(Stage::Head);
    let blocks = Blocks::of(&tree, limits);
    done(Stage::Blocks);
    if hints.rule.is_none()
        && let Some(lines) = bare_lines(&source, page.content_type, &blocks)
        && let Ok(flat) = FlatModel::embedded()
    {
        let source = BodySource::Page;
        let text = Text { lines: &lines, head: &head, url: page.url, hints, now, limits, source };
        return flat::article::extract(flat, &text);
    }
    let evidence = evidence(&head, hints);
    let features = Features::of(&blocks, &evidence);
    done(Stage::Features);
    let chances = body::chances(&blocks, &features, model);
    let mut reasons = body::judge(&blocks, &features, &chances, hints.embeds);
    done(Stage::Judgement);
    let spots = memory::spots(&tree, &blocks);
    let memory = hints.memory.as_ref();
    let mut cuts = memory
        .map(|memory| memory::recall(memory, &blocks, &features, &spots, &mut reasons))
        .unwrap_or_default();
    done(Stage::Memory);
    let base = address::base(&head, page.url);
    let mut rule_run = hints.rule.as_ref().map(|rule| RuleRun::new(rule, &tree));
    if let Some(rule_run) = &mut rule_run {
        rule_run.judge(&blocks, &mut reasons);
        if has_rule_body(&reasons) {
            cuts = Cuts::default();
        }
    }
    let mut article = described(&tree, &head, &blocks, &features, &reasons, page.url, hints, now);
    article.body = piece::pieces(&tree, &blocks, &reasons, &cuts, base.as_ref());
    let fallback = Fallback {
        source: &source,
        stated: &head.facts.stated,
        titles: &evidence.titles,
        base: base.as_ref(),
        limits,
    };
    if let Some((body, source)) =
        fallback.better(&article.body).filter(|_| !has_rule_body(&reasons))
    {
        (article.body, article.source) = (body, source);
    }
    if let Some(rule_run) = &mut rule_run {
        rule_run.describe(&mut article, now);
    }
    let context = PageContext {
        source: &source,
        tree: &tree,
        head: &head,
        page: &blocks,
        features: &features,
        reasons: &reasons,
        cuts: &cuts,
        spots: &spots,
        chances: &chances,
        hints,
    };
    let rule = rule_run.map(RuleRun::report);
    let extraction = Extraction { rule, ..finished(article, &context) };
    done(Stage::Article);
    extraction
}

/// Extracts the article of a text without markup, a paragraph a line, with a given model.
///
/// [`extract`] does the same with the embedded model for pages of type `text/plain` and for pages
/// of bare lines.
#[must_use]
pub fn extract_text(
    model: &FlatModel,
    page: &Page<'_>,
    hints: &Hints,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Extraction {
    let lines = flat::source::lines(&decoded(page, limits));
    let (head, source) = (Head::default(), BodySource::Page);
    let text = Text { lines: &lines, head: &head, url: page.url, hints, now, limits, source };
    flat::article::extract(model, &text)
}

/// The path of each block, outermost element first, such as `main > div.entry > p`.
///
/// One path for each of [`Extraction::blocks`], with at most five elements; all empty on a page of
/// bare lines. Parses the page once more, so that [`extract`] does not pay for what only a person
/// asks for.
#[must_use]
pub fn block_paths(page: &Page<'_>, limits: &Limits) -> Vec<String> {
    let source = decoded(page, limits);
    let tree = Tree::parse(&source, limits);
    let blocks = Blocks::of(&tree, limits);
    if let Some(lines) = bare_lines(&source, page.content_type, &blocks) {
        let tree = Tree::parse(&flat::article::paragraphs(&lines), limits);
        return vec![String::new(); Blocks::of(&tree, limits).len()];
    }
    blocks.blocks.iter().map(|block| piece::path(&tree, &blocks, block)).collect()
}

/// The container elements of each of the first blocks, at most `most`, outermost first: the number of
/// the element in the page, and its name such as `div.entry`.
///
/// Blocks with the same number are in the same element. Empty on a page of bare lines. Parses the page
/// once more, like [`block_paths`].
#[must_use]
pub fn block_nesting(page: &Page<'_>, limits: &Limits, most: usize) -> Vec<Vec<(u32, String)>> {
    let source = decoded(page, limits);
    let tree = Tree::parse(&source, limits);
    let blocks = Blocks::of(&tree, limits);
    if bare_lines(&source, page.content_type, &blocks).is_some() {
        return Vec::new();
    }
    blocks.blocks.iter().take(most).map(|block| piece::nesting(&tree, &blocks, block)).collect()
}

fn decoded<'a>(page: &Page<'a>, limits: &Limits) -> Cow<'a, str> {
    let bytes = page.bytes.get(..limits.max_bytes).unwrap_or(page.bytes);
    let Page { content_type, url, .. } = *page;
    let host = url.and_then(Url::host_str);
    charset::decode(Source { document: Document::Page, bytes, content_type, host }).text
}

/// The article that a feed entry carries in full, from the entry's HTML.
///
/// `base` is the entry's page, and resolves relative links. `None` if the content is only a teaser:
/// cut off, or under 600 letters. An entry without a page may have 60, and one without a title, a
/// post, 10.
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
    let least = least_letters(base, hints);
    let features = Features::of(&blocks, &evidence(&head, hints));
    let all: f32 = features.blocks.iter().map(|feature| feature.text.weight).sum();
    // In a short text nothing is beside the article.
    let is_short = all < FEED_TEXT_LETTERS && least < FEED_TEXT_LETTERS;
    if !is_short
        && let Some(lines) = bare_lines(html, None, &blocks)
        && let Ok(flat) = FlatModel::embedded()
    {
        let (url, source) = (base, BodySource::Feed);
        let text = Text { lines: &lines, head: &head, url, hints, now, limits, source };
        let found = flat::article::extract(flat, &text);
        let kept = found.blocks.iter().filter(|note| note.kept);
        let letters = kept.map(|note| note.measures.weight).sum();
        return Some(found).filter(|found| is_full(&found.article, letters, least));
    }
    let mut reasons = if is_short {
        vec![Reason::Body; blocks.len()]
    } else {
        fallback::filtered(&blocks, &features)
    };
    let spots = memory::spots(&tree, &blocks);
    let memory = hints.memory.as_ref();
    let cuts = memory
        .map(|memory| memory::recall(memory, &blocks, &features, &spots, &mut reasons))
        .unwrap_or_default();
    let mut article = described(&tree, &head, &blocks, &features, &reasons, base, hints, now);
    article.body = piece::pieces(&tree, &blocks, &reasons, &cuts, base);
    article.source = BodySource::Feed;
    let letters: f32 = features
        .blocks
        .iter()
        .zip(&reasons)
        .filter(|(_, reason)| reason.is_kept())
        .map(|(feature, _)| feature.text.weight)
        .sum();
    if !is_full(&article, letters, least) {
        return None;
    }
    let chances = vec![1.0; blocks.len()];
    let context = PageContext {
        source: html,
        tree: &tree,
        head: &head,
        page: &blocks,
        features: &features,
        reasons: &reasons,
        cuts: &cuts,
        spots: &spots,
        chances: &chances,
        hints,
    };
    Some(finished(article, &context))
}

/// Whether the content of a feed is a full text and not a teaser.
fn is_full(article: &Article, letters: f32, least: f32) -> bool {
    let is_cut = article.body.last().is_none_or(|last| is_cut(&last.text()));
    letters >= least && !is_cut
}

/// The letters that a full text of a feed has at least.
fn least_letters(page: Option<&Url>, hints: &Hints) -> f32 {
    match (&hints.title, page) {
        (None, _) => POST_LETTERS,
        (Some(_), None) => LONE_TEXT_LETTERS,
        (Some(_), Some(_)) => FEED_TEXT_LETTERS,
    }
}

/// Whether a site rule chose the body.
fn has_rule_body(reasons: &[Reason]) -> bool {
    reasons.contains(&Reason::RuleBody)
}

/// The extraction: the article with what depends on its body, and a note on each block.
fn finished(mut article: Article, context: &PageContext<'_>) -> Extraction {
    let (signals, outcome) = finish(&mut article, context);
    let blocks = notes(context);
    Extraction { article, blocks, signals, outcome, rule: None }
}

/// Fills in what depends on the body and returns the measures of its quality.
fn finish(article: &mut Article, context: &PageContext<'_>) -> (Signals, Outcome) {
    let text = article.text();
    let language = language::language(context.head, context.hints, &text);
    article.language = language.tag;
    article.declared_language = language.declared;
    article.provenance.language = language.evidence;
    article.rights = metadata::rights::rights(context.head, &text);
    article.kind = kind::kind(context, article);
    if article.kind == PageKind::PaywallStub {
        article.rights.excerpt = true;
        article
            .rights
            .add_paywall("the text breaks off where the page asks to subscribe".to_owned());
    }
    if article.published.is_none()
        && let Some(at) = context.hints.published
    {
        article.published = Some(Dated::from_feed(at));
    }
    let signals = Signals::of(context, &text);
    article.quality = signals.quality(article.kind, article.source);
    let outcome = Outcome::of(article, &text, context);
    (signals, outcome)
}
