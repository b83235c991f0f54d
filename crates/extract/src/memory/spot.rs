//! Where blocks stand: the elements around a block, by name, class and order.
//!
//! A box of teasers without class names and links looks like a text. But it stands in the same
//! elements on all pages, and what it shows returns on other pages in other company; the text of an
//! article does neither. So the spot of a block tells what the block is, though no other page has
//! shown it: a spot that held [lists](Spot::List) on most articles holds one here, and where the
//! articles [have their own text](Spot::Text), a block stays that other pages only tease.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::{HashMap, HashSet};

use crate::block::{Blocks, Element};
use crate::memory::key::SEED;
use crate::memory::trace::{Seen, Trace};
use crate::memory::{Evidence, Spread};
use crate::step_counter;
use crate::tag::Tag;
use crate::tree::{Tree, attribute};

/// No spot: a text without markup has none.
pub(super) const NONE: u32 = 0;

/// Elements with so many blocks are told apart by their order among those that look alike.
const LARGE: usize = 3;

/// More than so many that look alike are the items of a list, and stand in one spot.
const MOST_LARGE: u32 = 3;

/// Shorter blocks say nothing: the cells of tables return, too. In letters.
const TELLING: f32 = 25.0;

/// Articles that a spot must have been on, at the least.
const LEAST_ARTICLES: usize = 4;

/// The days on which these were seen, at the least.
const LEAST_DAYS: usize = 2;

/// The share of the articles that have a list there.
const SHARE: f32 = 0.5;

/// Blocks of the list that other articles have as well, as a share.
const RETURNS: f32 = 0.7;

/// Blocks that a list has on average.
const LEAST_BLOCKS: f32 = 3.0;

/// The blocks of a list vary if this many times as many were seen with a block as a list has.
const VARIES: f32 = 1.3;

/// What more articles have is a standing line, as a share.
const STANDING: f32 = 0.6;

/// The share of an article's own text from which a spot holds it.
const TEXT: f32 = 0.5;

/// The share of the articles that may have their own text where others have a list.
const MOST_TEXTS: f32 = 0.1;

/// A memory holds no more.
pub(super) const MOST_KNOWN: usize = 100;

/// What stands in a spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The articles' own text.
    Text(Evidence),
    /// Blocks of which each page has others, and most are on several.
    List(Evidence),
}

impl Spot {
    /// On how many articles.
    #[must_use]
    pub fn evidence(self) -> Evidence {
        match self {
            Self::Text(evidence) | Self::List(evidence) => evidence,
        }
    }

    /// Whether it holds the articles' own text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// The spot of each block of a page.
pub(crate) fn spots(tree: &Tree, blocks: &Blocks) -> Vec<u32> {
    let orders = orders(blocks);
    let mut classes: HashMap<u32, u64> = HashMap::default();
    let mut hashes: Vec<u64> = Vec::with_capacity(blocks.elements.len());
    for (element, order) in blocks.elements.iter().zip(orders) {
        step_counter::add(1);
        let around = hashes.get(element.parent as usize).copied().unwrap_or_default();
        let class = match element.class {
            0 => 0,
            number => *classes.entry(number).or_insert_with(|| class(tree, element)),
        };
        let name = tree.element(element.node).map_or("", |node| node.name());
        hashes.push(hash(around, name, class, order));
    }
    let of = |element: u32| hashes.get(element as usize).map_or(NONE, |hash| (*hash as u32).max(1));
    blocks.blocks.iter().map(|block| of(block.element)).collect()
}

/// For each large element its number among those that look alike in the same element.
fn orders(blocks: &Blocks) -> Vec<u32> {
    let look = |element: &Element| (element.parent, element.tag, element.class);
    let is_large = |element: &Element| element.blocks.len() >= LARGE;
    let mut counts: HashMap<(u32, Tag, u32), u32> = HashMap::default();
    let mut orders: Vec<u32> = Vec::with_capacity(blocks.elements.len());
    for element in &blocks.elements {
        let mut order = 0;
        if is_large(element) {
            let count = counts.entry(look(element)).or_default();
            *count += 1;
            order = *count;
        }
        orders.push(order);
    }
    for (element, order) in blocks.elements.iter().zip(&mut orders) {
        if *order > 0 && counts.get(&look(element)).is_some_and(|count| *count > MOST_LARGE) {
            *order = 0;
        }
    }
    orders
}

/// The first class without a digit: others are numbers of articles, or name its subject.
fn class(tree: &Tree, element: &Element) -> u64 {
    let has_digit = |class: &&str| class.contains(|c: char| c.is_ascii_digit());
    let node = tree.element(element.node);
    let classes = node.and_then(|node| attribute(node, "class")).unwrap_or_default();
    let class = classes.split_whitespace().find(|class| !has_digit(class)).unwrap_or_default();
    let mut hasher = foldhash::fast::FixedState::with_seed(SEED).build_hasher();
    hasher.write(class.as_bytes());
    hasher.finish()
}

fn hash(around: u64, name: &str, class: u64, order: u32) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(SEED).build_hasher();
    hasher.write_u64(around);
    hasher.write_u64(class);
    hasher.write_u32(order);
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// What a block of the pages that are learned from is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It has too few letters, or is on most articles.
    Neutral,
    /// Other articles have it, too.
    Returns,
    /// No other article has it.
    Own,
}

/// What is counted of a spot.
#[derive(Debug, Default)]
struct Count {
    /// Articles with a block there that is not neutral.
    articles: HashSet<usize>,
    days: HashSet<i32>,
    /// Articles of which most of the own text stands there, and their days.
    texts: HashSet<usize>,
    text_days: HashSet<i32>,
    /// Blocks that are not neutral, and those that return.
    blocks: usize,
    returns: usize,
    /// For each block that returns, those that were seen with it, and the length of these lists
    /// together, with their number.
    company: HashMap<u64, (HashSet<u64>, usize, usize)>,
}

/// What stands in the spots of some pages, with the number of the article of each.
pub(super) fn learn(
    window: &[Trace],
    articles: &[usize],
    titles: &HashMap<u64, usize>,
    spread: Spread,
) -> HashMap<u32, Spot> {
    let total = articles.iter().copied().collect::<HashSet<_>>().len();
    let carriers = carriers(window, articles);
    let mut once = HashSet::default();
    let mut counts: HashMap<u32, Count> = HashMap::default();
    for (trace, article) in window.iter().zip(articles) {
        if once.insert(*article) {
            let kind = |seen: &Seen| kind(seen, *article, total, &carriers, titles);
            count(trace, *article, kind, &mut counts);
        }
    }
    let spots =
        counts.into_iter().filter_map(|(key, count)| Some((key, count.spot(total, spread)?)));
    spots.collect()
}

/// The articles that have a block.
fn carriers(window: &[Trace], articles: &[usize]) -> HashMap<u64, HashSet<usize>> {
    let mut carriers: HashMap<u64, HashSet<usize>> = HashMap::default();
    for (trace, article) in window.iter().zip(articles) {
        for key in trace.blocks.iter().flat_map(|seen| seen.keys.all()) {
            carriers.entry(key).or_default().insert(*article);
        }
    }
    carriers
}

fn kind(
    seen: &Seen,
    article: usize,
    total: usize,
    carriers: &HashMap<u64, HashSet<usize>>,
    titles: &HashMap<u64, usize>,
) -> Kind {
    let many = |key: u64| carriers.get(&key).map_or(0, HashSet::len);
    let is_standing = |key: u64| many(key) as f32 > STANDING * total as f32;
    let is_title = titles.get(&seen.keys.exact).is_some_and(|own| *own != article);
    if seen.weight < TELLING || seen.keys.all().any(is_standing) {
        Kind::Neutral
    } else if many(seen.keys.exact) > 1 || is_title {
        // Only with the same numbers: rows of results and prices return, too.
        Kind::Returns
    } else {
        Kind::Own
    }
}

/// Counts the blocks of a page.
fn count(
    trace: &Trace,
    article: usize,
    kind: impl Fn(&Seen) -> Kind,
    counts: &mut HashMap<u32, Count>,
) {
    let mut lists: HashMap<u32, HashSet<u64>> = HashMap::default();
    let (mut texts, mut text): (HashMap<u32, f32>, f32) = (HashMap::default(), 0.0);
    for seen in trace.blocks.iter().filter(|seen| seen.spot != NONE) {
        let kind = kind(seen);
        if kind == Kind::Neutral {
            continue;
        }
        let count = counts.entry(seen.spot).or_default();
        count.articles.insert(article);
        count.days.insert(trace.day);
        count.blocks += 1;
        if kind == Kind::Returns {
            count.returns += 1;
            lists.entry(seen.spot).or_default().insert(seen.keys.exact);
        } else if seen.kept {
            *texts.entry(seen.spot).or_default() += seen.weight;
            text += seen.weight;
        }
    }
    for (spot, weight) in texts {
        if let Some(count) = counts.get_mut(&spot).filter(|_| weight >= TEXT * text) {
            count.texts.insert(article);
            count.text_days.insert(trace.day);
        }
    }
    for (spot, list) in lists {
        let Some(count) = counts.get_mut(&spot) else { continue };
        for key in &list {
            let (company, sum, number) = count.company.entry(*key).or_default();
            company.extend(&list);
            (*sum, *number) = (*sum + list.len(), *number + 1);
        }
    }
}

impl Count {
    fn spot(&self, total: usize, spread: Spread) -> Option<Spot> {
        let is_spread = |days: &HashSet<i32>| spread == Spread::Unknown || days.len() >= LEAST_DAYS;
        let (articles, blocks) = (self.articles.len() as f32, self.blocks as f32);
        let is_frequent = self.articles.len() >= LEAST_ARTICLES
            && articles >= SHARE * total as f32
            && is_spread(&self.days);
        let is_list = self.returns as f32 >= RETURNS * blocks
            && blocks >= LEAST_BLOCKS * articles
            && self.texts.len() as f32 <= MOST_TEXTS * articles
            && self.varies();
        let number = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let evidence = |articles: &HashSet<usize>, days: &HashSet<i32>| Evidence {
            articles: number(articles.len()),
            of: number(total),
            days: number(days.len()),
        };
        if is_frequent && is_list {
            return Some(Spot::List(evidence(&self.articles, &self.days)));
        }
        let is_text = self.texts.len() >= LEAST_ARTICLES
            && is_spread(&self.text_days)
            && 2 * self.returns < self.blocks;
        is_text.then(|| Spot::Text(evidence(&self.texts, &self.text_days)))
    }

    /// Whether most blocks were seen in other company on each page. The background of several reports
    /// returns as a whole.
    fn varies(&self) -> bool {
        let several = self.company.values().filter(|(_, _, number)| *number > 1);
        let (mut all, mut vary) = (0, 0);
        for (company, sum, number) in several {
            all += 1;
            let mean = *sum as f32 / *number as f32;
            vary += usize::from(company.len() as f32 >= VARIES * mean);
        }
        2 * vary > all
    }
}
