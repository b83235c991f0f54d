//! From the traces of a site's pages to its memory.

use std::borrow::Cow;
use std::hash::Hash;

use foldhash::{HashMap, HashSet};

use crate::memory::era::relaunch;
use crate::memory::layout::{Outcome, Profile};
use crate::memory::list::Member;
use crate::memory::spot::Spot;
use crate::memory::trace::{Seen, Trace};
use crate::memory::{Evidence, Known, Place, SiteMemory, WINDOW, edge, layout, list, spot};

/// Articles that a block must have been on, at the least.
const LEAST_ARTICLES: usize = 3;

/// The days on which these were seen, at the least.
const LEAST_DAYS: usize = 2;

/// A block before the text is chrome if it is on this share of the articles. A series has the same
/// introduction on some.
const SHARE_BEFORE: f32 = 0.5;

/// The same for a block between paragraphs. Quotations return, too.
const SHARE_INSIDE: f32 = 0.7;

/// The same for a block after the text that stands there alone. Reports on one matter end alike.
const SHARE_AFTER: f32 = 0.4;

/// The blocks of a list vary if this many times as many were seen with a block as a list has.
const VARIES: f32 = 1.3;

/// Two pages with this share of their kept text in common are one article.
const SAME_ARTICLE: f32 = 0.5;

/// A memory holds no more blocks; the most frequent ones stay.
const MOST_KNOWN: usize = 2_000;

/// How the pages lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// As a daemon sees them: [`Trace::day`] counts.
    Days,
    /// As a folder holds them: nothing is known of when they were seen.
    Unknown,
}

impl SiteMemory {
    /// Learns from the newest of some traces, in the order in which they were seen.
    #[must_use]
    pub fn learn(traces: &[Trace], spread: Spread) -> Self {
        let newest = traces.get(traces.len().saturating_sub(WINDOW)..).unwrap_or_default();
        let lacking = newest.iter().filter(|trace| !trace.has_article()).count();
        let traces = with_article(traces);
        let window = traces.get(traces.len().saturating_sub(WINDOW)..).unwrap_or_default();
        let articles = articles(window);
        let relaunch = relaunch(window, &articles).unwrap_or_default();
        let (old, new) = window.split_at(relaunch);
        let (of_old, of_new) = articles.split_at(relaunch);
        let titles = window.iter().zip(&articles);
        let titles: HashMap<u64, usize> =
            titles.filter_map(|(trace, article)| Some((trace.title?, *article))).collect();
        let mut spots = spot::learn(old, of_old, &titles, spread);
        let mut chrome = chrome(old, of_old, &titles, &spots, spread);
        let mut edges = edge::learn(old, of_old, spread, &chrome);
        // What is known of the new pages replaces what was known of the old ones.
        let newer_spots = spot::learn(new, of_new, &titles, spread);
        let newer = self::chrome(new, of_new, &titles, &newer_spots, spread);
        spots.extend(newer_spots);
        bound(&mut spots, spot::MOST_KNOWN, |spot| spot.evidence());
        edges.extend(edge::learn(new, of_new, spread, &newer));
        chrome.extend(newer);
        bound(&mut edges, edge::MOST_KNOWN, |evidence| *evidence);
        bound(&mut chrome, MOST_KNOWN, |known| known.evidence);
        let profile = Profile {
            pages: layout::count(newest.len()),
            lacking: layout::count(lacking),
            ..Profile::learned(&outcomes(window, &articles))
        };
        Self { chrome, edges, spots, excepted: HashSet::default(), profile }
    }
}

/// The traces of pages that have an article.
fn with_article(traces: &[Trace]) -> Cow<'_, [Trace]> {
    if traces.iter().all(Trace::has_article) {
        return Cow::Borrowed(traces);
    }
    traces.iter().filter(|trace| trace.has_article()).cloned().collect()
}

/// Leaves the most frequent ones.
fn bound<K: Copy + Ord + Hash, V>(
    known: &mut HashMap<K, V>,
    most: usize,
    evidence: impl Fn(&V) -> Evidence,
) {
    if known.len() <= most {
        return;
    }
    let mut by_number: Vec<(u16, K)> =
        known.iter().map(|(key, value)| (u16::MAX - evidence(value).articles, *key)).collect();
    by_number.sort_unstable();
    for (_, key) in by_number.into_iter().skip(most) {
        known.remove(&key);
    }
}

/// The outcome of each article, in the order in which they were seen.
fn outcomes(window: &[Trace], articles: &[usize]) -> Vec<Outcome> {
    let mut once = HashSet::default();
    let pages = window.iter().zip(articles).filter(|(_, article)| once.insert(**article));
    pages.map(|(trace, _)| trace.outcome).collect()
}

/// The blocks of some pages that are not part of their articles.
fn chrome(
    window: &[Trace],
    articles: &[usize],
    titles: &HashMap<u64, usize>,
    spots: &HashMap<u32, Spot>,
    spread: Spread,
) -> HashMap<u64, Known> {
    let total = articles.iter().copied().collect::<HashSet<_>>().len();
    if total < LEAST_ARTICLES {
        return HashMap::default();
    }
    let mut counts: HashMap<u64, Count> = HashMap::default();
    for (trace, article) in window.iter().zip(articles) {
        count(trace, *article, &mut counts);
    }
    let frequent = frequent(&counts);
    for trace in window {
        place(trace, &frequent, spots, &mut counts);
    }
    let chrome = counts.into_iter().filter_map(|(key, count)| {
        let evidence = count.evidence(total);
        let title = titles.get(&key).copied();
        let place = count.place(evidence, title, spread)?;
        Some((key, Known { evidence, place, is_apart: count.at_text <= 1 }))
    });
    chrome.collect()
}

/// Where a block was seen.
#[derive(Debug, Default)]
struct Count {
    articles: HashSet<usize>,
    days: HashSet<i32>,
    /// Pages whose body had it before the article's own text, inside, and after it.
    before: usize,
    inside: usize,
    after: usize,
    /// Among those before and after it, pages on which it stands in a list.
    listed: usize,
    /// Length of these lists together, and all blocks in them.
    list_blocks: usize,
    beside: HashSet<u64>,
    /// Pages that had it elsewhere.
    removed: usize,
    /// Pages that had it where the articles have their own text.
    at_text: usize,
}

impl Count {
    fn evidence(&self, total: usize) -> Evidence {
        let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Evidence {
            articles: count(self.articles.len()),
            of: count(total),
            days: count(self.days.len()),
        }
    }

    /// Where the block stands, if it is not part of the articles.
    /// `title`: the article that has it as its title.
    fn place(&self, evidence: Evidence, title: Option<usize>, spread: Spread) -> Option<Place> {
        let is_title = title.is_some();
        let is_spread = spread == Spread::Unknown || self.days.len() >= LEAST_DAYS;
        let share = f32::from(evidence.articles) / f32::from(evidence.of.max(1));
        let (place, least) = if self.after > self.before + self.inside {
            (Place::After, SHARE_AFTER)
        } else if self.before > self.inside {
            (Place::Before, SHARE_BEFORE)
        } else {
            (Place::Inside, SHARE_INSIDE)
        };
        // The headline of another article, and what the extraction itself mostly removes, need not
        // be on many of the pages.
        let is_outside = self.removed > self.before + self.inside + self.after;
        let place = match place {
            Place::After if self.is_in_list(self.after) => Some(Place::ListAfter),
            Place::Before if self.is_in_list(self.before) => Some(Place::ListBefore),
            Place::After if is_outside || is_title || share >= least => Some(place),
            _ if is_outside && self.before < LEAST_ARTICLES => Some(Place::Outside),
            _ if is_outside || share >= least => Some(place),
            _ => is_title.then_some(Place::Outside),
        };
        let is_on_another =
            title.is_some_and(|own| self.articles.iter().any(|article| *article != own));
        place
            .filter(|_| is_spread && self.articles.len() >= LEAST_ARTICLES)
            .or(is_on_another.then_some(Place::Title))
    }

    /// Counts a list that the block may be in.
    fn list(&mut self, seen: &Seen, list: &HashSet<u64>) {
        if list.contains(&seen.keys.exact) {
            self.listed += 1;
            self.list_blocks += list.len();
            self.beside.extend(list);
        }
    }

    /// Whether it stands mostly in lists that vary. The background of several reports does not.
    fn is_in_list(&self, there: usize) -> bool {
        let mean = self.list_blocks as f32 / self.listed.max(1) as f32;
        2 * self.listed >= there.max(1) && self.beside.len() as f32 >= VARIES * mean
    }
}

/// Counts the blocks of a page, each once.
fn count(trace: &Trace, article: usize, counts: &mut HashMap<u64, Count>) {
    for key in trace.blocks.iter().flat_map(|seen| seen.keys.all()) {
        let count = counts.entry(key).or_default();
        count.articles.insert(article);
        count.days.insert(trace.day);
    }
}

/// The blocks of several articles.
fn frequent(counts: &HashMap<u64, Count>) -> HashSet<u64> {
    let frequent = counts.iter().filter(|(_, count)| count.articles.len() >= LEAST_ARTICLES);
    frequent.map(|(key, _)| *key).collect()
}

/// Counts where the frequent blocks of a page stand. An article's own text is what the others have
/// not.
fn place(
    trace: &Trace,
    frequent: &HashSet<u64>,
    spots: &HashMap<u32, Spot>,
    counts: &mut HashMap<u64, Count>,
) {
    let is_frequent = |seen: &Seen| seen.keys.all().any(|key| frequent.contains(&key));
    let kept: Vec<(usize, &Seen, bool)> = trace
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, seen)| seen.kept)
        .map(|(at, seen)| (at, seen, is_frequent(seen)))
        .collect();
    let member = |(_, seen, is_known): &(usize, &Seen, bool)| {
        if *is_known { Member::Known } else { Member::Unknown(seen.weight) }
    };
    let head = list::length(kept.iter().map(member));
    let tail = list::length(kept.iter().rev().map(member));
    let (head, tail) = if head + tail < kept.len() { (head, tail) } else { (0, 0) };
    let start_of_tail = kept.len() - tail;
    let text = kept.get(head..start_of_tail).unwrap_or_default();
    let own = |one: &&(usize, &Seen, bool)| !one.2;
    let first = text.iter().find(own).map(|(at, ..)| *at);
    let last = text.iter().rfind(own).map(|(at, ..)| *at);
    let of_list = |is_in: &dyn Fn(usize) -> bool| -> HashSet<u64> {
        let members = kept.iter().enumerate().filter(|(index, one)| one.2 && is_in(*index));
        members.map(|(_, (_, seen, _))| seen.keys.exact).collect()
    };
    let (heads, tails) = (of_list(&|index| index < head), of_list(&|index| index >= start_of_tail));
    let mut once = HashSet::default();
    for (at, seen) in trace.blocks.iter().enumerate() {
        for key in seen.keys.all().filter(|key| frequent.contains(key)) {
            let Some(count) = counts.get_mut(&key).filter(|_| once.insert(key)) else { continue };
            count.at_text += usize::from(spots.get(&seen.spot).is_some_and(|spot| spot.is_text()));
            match (seen.kept, first, last) {
                (false, ..) => count.removed += 1,
                (true, Some(first), _) if at < first => {
                    count.before += 1;
                    count.list(seen, &heads);
                }
                (true, _, Some(last)) if at > last => {
                    count.after += 1;
                    count.list(seen, &tails);
                }
                (true, ..) => count.inside += 1,
            }
        }
    }
}

/// The number of the article of each trace. Pages with the same title, or with most of their text in
/// common, are one article.
fn articles(window: &[Trace]) -> Vec<usize> {
    let mut articles: Vec<usize> = Vec::with_capacity(window.len());
    for (at, trace) in window.iter().enumerate() {
        let known = window.iter().zip(&articles).find(|(other, _)| is_same_article(trace, other));
        articles.push(known.map_or(at, |(_, article)| *article));
    }
    articles
}

fn is_same_article(one: &Trace, other: &Trace) -> bool {
    if one.title.is_some() && one.title == other.title {
        return true;
    }
    let kept = |trace: &Trace| -> Vec<Seen> {
        trace.blocks.iter().filter(|seen| seen.kept).copied().collect()
    };
    let (one, other) = (kept(one), kept(other));
    let keys: HashSet<u64> = other.iter().map(|seen| seen.keys.exact).collect();
    let weight = |seen: &[Seen]| seen.iter().map(|seen| seen.weight).sum::<f32>();
    let common: f32 =
        one.iter().filter(|seen| keys.contains(&seen.keys.exact)).map(|seen| seen.weight).sum();
    common > SAME_ARTICLE * weight(&one).min(weight(&other))
}

#[cfg(test)]
mod tests;
