//! Whether extraction worked on a page, and how that usually goes on its site.
//!
//! No text with labels is at hand, but much is known of a page without one: the feed has announced
//! its title and summary, and the other articles of the site show how long their texts are and in
//! which element they stand. An [`Outcome`] holds this for a page, a [`Profile`] for a site.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::{HashMap, HashSet};
use wiresift_text::scripts::is_cjk;
use wiresift_text::shingles::tokens;

use crate::article::{Article, BodySource, DateSource, PageKind};
use crate::block::{Block, Blocks};
use crate::kind::PageContext;
use crate::memory::key::SEED;
use crate::provenance::Source;
use crate::tree::{Tree, attribute};

/// How many elements around a block say where it stands.
const LEVELS: usize = 4;

/// Shorter words of a summary are in every text.
const LEAST_WORD_CHARS: usize = 4;

/// Words that a summary has at least, and that count at most.
const SUMMARY_WORDS: std::ops::RangeInclusive<usize> = 5..=200;

/// Places that a profile holds.
const MOST_PLACES: usize = 16;

/// What can be said of the extraction of a page without knowing the article. Shares are in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a measure of its own")]
pub struct Outcome {
    /// The element that holds most of the body, by the names and classes of it and the elements
    /// around; a number that means nothing but "the same" or "another".
    pub place: u64,
    /// Letters of the body.
    pub letters: u32,
    /// Letters of the body among all letters of the page.
    pub kept: u8,
    /// Words of the feed's summary that are in the body. `None`: the feed has none.
    pub summary: Option<u8>,
    /// Words of the feed's title that are in the page's title. `None`: the feed has none.
    pub title: Option<u8>,
    /// An author was found.
    pub has_byline: bool,
    /// The page has a date.
    pub has_date: bool,
    /// The page is mostly text; a gallery, a video and a live blog are not.
    pub is_text: bool,
    /// The page has no article, where the feed has announced one.
    pub lacks_article: bool,
}

impl Outcome {
    pub(crate) fn of(article: &Article, text: &str, context: &PageContext<'_>) -> Self {
        let weights = context.features.blocks.iter().map(|feature| feature.text.weight);
        let weights = weights.zip(context.reasons);
        let (mut letters, mut all) = (0.0, 0.0);
        for (weight, reason) in weights {
            all += weight;
            letters += if reason.is_kept() { weight } else { 0.0 };
        }
        let published = article.published.filter(|dated| dated.source != DateSource::Feed);
        Self {
            place: place(article.source, context),
            letters: letters as u32,
            kept: percent(letters, all),
            summary: context.hints.summary.as_deref().and_then(|summary| found(summary, text)),
            title: title(article, context),
            has_byline: !(article.byline.is_empty() && article.agency.is_empty()),
            has_date: published.is_some(),
            is_text: matches!(article.kind, PageKind::Article | PageKind::PaywallStub),
            lacks_article: false,
        }
    }
}

fn percent(part: f32, all: f32) -> u8 {
    (100.0 * part / all.max(1.0)).round().clamp(0.0, 100.0) as u8
}

/// The share of a summary's words that a text has.
fn found(summary: &str, text: &str) -> Option<u8> {
    let is_long =
        |word: &&str| word.chars().count() >= LEAST_WORD_CHARS || word.chars().any(is_cjk);
    let words = summary.split_whitespace().filter(is_long).flat_map(tokens);
    let words: HashSet<u32> = words.take(*SUMMARY_WORDS.end()).collect();
    if !SUMMARY_WORDS.contains(&words.len()) {
        return None;
    }
    let text: HashSet<u32> = tokens(text).into_iter().collect();
    Some(percent(words.intersection(&text).count() as f32, words.len() as f32))
}

/// The share of the words of the feed's title that the page's title has.
fn title(article: &Article, context: &PageContext<'_>) -> Option<u8> {
    let announced = tokens(context.hints.title.as_deref()?);
    if announced.is_empty() {
        return None;
    }
    let own = article.provenance.title.is_some_and(|from| from.source != Source::Feed);
    let own = own.then_some(article.title.as_str());
    let stated = context.head.metas_of("og:title").next();
    let titles = [own, stated, context.head.title.as_deref()].into_iter().flatten();
    let share = |title: &str| {
        let words: HashSet<u32> = tokens(title).into_iter().collect();
        let known = announced.iter().filter(|word| words.contains(word)).count();
        percent(known as f32, announced.len() as f32)
    };
    Some(titles.map(share).max().unwrap_or_default())
}

/// Where most of the body stands.
fn place(source: BodySource, context: &PageContext<'_>) -> u64 {
    if source != BodySource::Page {
        return hash([source.as_str()]);
    }
    let PageContext { page, tree, features, .. } = context;
    let mut places: HashMap<u32, f32> = HashMap::default();
    let kept = page.blocks.iter().zip(&features.blocks).zip(context.reasons);
    for ((block, feature), _) in kept.filter(|(_, reason)| reason.is_kept()) {
        *places.entry(block.element).or_default() += feature.text.weight;
    }
    let mut looks: HashMap<u64, f32> = HashMap::default();
    for block in &page.blocks {
        // Each element once.
        if let Some(weight) = places.remove(&block.element) {
            *looks.entry(look(tree, page, block)).or_default() += weight;
        }
    }
    let most =
        looks.into_iter().max_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
    most.map_or(0, |(look, _)| look)
}

/// The elements around a block, each by its name and its first class without a digit: others are
/// numbers of articles, or name its subject.
fn look(tree: &Tree, page: &Blocks, block: &Block) -> u64 {
    let mut hasher = hasher();
    for (_, element) in page.around(block.element).take(LEVELS) {
        let Some(node) = tree.element(element.node) else { continue };
        let has_digit = |class: &&str| class.contains(|c: char| c.is_ascii_digit());
        let mut classes = attribute(node, "class").unwrap_or_default().split_whitespace();
        let class = classes.find(|class| !has_digit(class)).unwrap_or_default();
        add(&mut hasher, node.name());
        add(&mut hasher, class);
    }
    hasher.finish()
}

fn hash<const N: usize>(names: [&str; N]) -> u64 {
    let mut hasher = hasher();
    for name in names {
        add(&mut hasher, name);
    }
    hasher.finish()
}

fn hasher() -> impl std::hash::Hasher {
    foldhash::fast::FixedState::with_seed(SEED).build_hasher()
}

fn add(hasher: &mut impl std::hash::Hasher, name: &str) {
    hasher.write(name.as_bytes());
    hasher.write_u8(b'/');
}

/// The usual value of a measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usual {
    /// Articles that have the measure.
    pub(super) of: u16,
    pub(super) median: u32,
    /// A quarter of them has less.
    pub(super) low: u32,
    /// A quarter of them has more.
    pub(super) high: u32,
}

impl Usual {
    fn of(values: impl Iterator<Item = u32>) -> Self {
        let mut values: Vec<u32> = values.collect();
        values.sort_unstable();
        let at = |part: usize| values.get(values.len() * part / 4).copied().unwrap_or_default();
        Self { of: count(values.len()), median: at(2), low: at(1), high: at(3) }
    }
}

/// What extraction usually gives on the articles of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) articles: u16,
    /// The newest pages, and those of them that have no article.
    pub(super) pages: u16,
    pub(super) lacking: u16,
    /// Articles of text, without galleries, videos and live blogs.
    pub(super) texts: u16,
    pub(super) letters: Usual,
    pub(super) kept: Usual,
    pub(super) summary: Usual,
    pub(super) title: Usual,
    pub(super) bylines: u16,
    pub(super) dates: u16,
    /// Where the bodies stand, and on how many articles; the most frequent first.
    pub(super) places: Vec<(u64, u16)>,
}

impl Profile {
    pub(super) fn of(outcomes: &[Outcome]) -> Self {
        let texts = || outcomes.iter().filter(|outcome| outcome.is_text);
        let number = |is: fn(&Outcome) -> bool| count(texts().filter(|one| is(one)).count());
        let mut places: HashMap<u64, u16> = HashMap::default();
        for outcome in outcomes {
            let number = places.entry(outcome.place).or_default();
            *number = number.saturating_add(1);
        }
        let mut places: Vec<(u64, u16)> = places.into_iter().collect();
        places.sort_unstable_by_key(|(place, number)| (u16::MAX - number, *place));
        places.truncate(MOST_PLACES);
        Self {
            articles: count(outcomes.len()),
            pages: 0,
            lacking: 0,
            texts: count(texts().count()),
            letters: Usual::of(texts().map(|one| one.letters)),
            kept: Usual::of(texts().map(|one| u32::from(one.kept))),
            summary: Usual::of(texts().filter_map(|one| one.summary).map(u32::from)),
            title: Usual::of(outcomes.iter().filter_map(|one| one.title).map(u32::from)),
            bylines: number(|one| one.has_byline),
            dates: number(|one| one.has_date),
            places,
        }
    }
}

pub(super) fn count(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
