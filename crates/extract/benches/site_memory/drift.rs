//! How often the detector of changes speaks on sites that have not changed.
//!
//! The pages of a site come in the order of their dates, or of their names. A feed has announced
//! each with its title and the beginning of its text, or with the title, or says nothing. A memory
//! is learned from the pages before the last five, which it judges; that is done after each page.
//!
//! To see that it speaks at all, the pages of each other site of the set follow those of each site,
//! one by one: the number of them after which it speaks is counted, up to eight.

use std::collections::BTreeMap;

use wiresift_extract::Hints;
use wiresift_extract::memory::{Drift, SiteMemory, Spread, Trace};

use crate::sample::{Sample, Sites, read_with};
use crate::score::shown;

/// Pages of a site, at the least: five say what is usual.
const LEAST_PAGES: usize = 6;

/// The last articles that are judged.
const LAST: usize = 5;

/// Pages of another site that follow, at most.
const MOST_NEW: usize = 8;

/// Characters of the text that the feed has as a summary.
const SUMMARY_CHARS: usize = 250;

/// What a feed says of an article.
#[derive(Debug, Clone, Copy)]
enum Feed {
    TitleAndSummary,
    Title,
    Nothing,
}

pub(crate) fn report(name: &str, mut sites: Sites) -> anyhow::Result<()> {
    sites.retain(|_, pages| pages.len() >= LEAST_PAGES);
    for pages in sites.values_mut() {
        pages.sort_by(|one, other| (&one.published, &one.id).cmp(&(&other.published, &other.id)));
    }
    println!("{name}: {} sites", sites.len());
    for feed in [Feed::TitleAndSummary, Feed::Title, Feed::Nothing] {
        let mut sum = Alarms::default();
        let mut all = Vec::new();
        for (site, pages) in &sites {
            let traces = traces(pages, feed)?;
            let alarms = alarms(&traces);
            if alarms.content + alarms.layout + alarms.doubtful > 0 {
                println!("  {feed:?}, {site}: {alarms:?}");
            }
            sum.add(&alarms);
            all.push(traces);
        }
        let share = |number: usize| 100.0 * number as f64 / sum.pages.max(1) as f64;
        println!("  {feed:?}, together: {sum:?}; doubtful {:.2} %", share(sum.doubtful));
        relaunches(&all);
    }
    Ok(())
}

/// Puts the pages of each other site behind those of each site, and prints after how many of them a
/// change is told, and which.
fn relaunches(all: &[Vec<Trace>]) {
    let (mut content, mut layout): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut pairs, mut same_place) = (0, 0);
    for (at, before) in all.iter().enumerate() {
        for (_, after) in all.iter().enumerate().filter(|(other, _)| *other != at) {
            pairs += 1;
            match told(before, after) {
                Some((number, Drift::Content)) => content.extend([number]),
                Some((number, Drift::Layout)) => layout.extend([number]),
                None => same_place += usize::from(has_place_of(before, after)),
            }
        }
    }
    let counts = |after: &[usize]| -> Vec<usize> {
        (1..=MOST_NEW).map(|new| after.iter().filter(|number| **number == new).count()).collect()
    };
    println!(
        "    {pairs} pairs of sites: {} told, by content after 1, 2 ... pages {:?}, by layout {:?}; of the others, \
         {same_place} have their text in the same elements",
        content.len() + layout.len(),
        counts(&content),
        counts(&layout)
    );
}

/// After how many pages of another site a change is told.
fn told(before: &[Trace], after: &[Trace]) -> Option<(usize, Drift)> {
    let mut traces = before.to_vec();
    for (number, trace) in (1..=MOST_NEW).zip(after) {
        traces.push(trace.clone());
        if let Some(drift) = Drift::among(&traces) {
            return Some((number, drift));
        }
    }
    None
}

/// Whether most of the first new pages have their text in an element of the same names and classes as
/// some of the pages before.
fn has_place_of(before: &[Trace], after: &[Trace]) -> bool {
    let is_known =
        |trace: &&Trace| before.iter().any(|one| one.outcome.place == trace.outcome.place);
    2 * after.iter().take(LAST).filter(is_known).count() >= LAST
}

#[derive(Debug, Default)]
struct Alarms {
    /// Pages that were judged.
    pages: usize,
    /// Those among them that are doubtful beside all other pages of the site.
    doubtful: usize,
    /// Changes that were told, each once.
    content: usize,
    layout: usize,
}

impl Alarms {
    fn add(&mut self, other: &Self) {
        self.pages += other.pages;
        self.doubtful += other.doubtful;
        self.content += other.content;
        self.layout += other.layout;
    }
}

fn announced(page: &Sample, feed: Feed) -> Hints {
    let summary = || page.body.chars().take(SUMMARY_CHARS).collect();
    let (title, summary) = match feed {
        Feed::TitleAndSummary => (Some(page.title.clone()), Some(summary())),
        Feed::Title => (Some(page.title.clone()), None),
        Feed::Nothing => (None, None),
    };
    Hints { title: title.filter(|title| !title.is_empty()), summary, ..Hints::default() }
}

fn traces(pages: &[Sample], feed: Feed) -> anyhow::Result<Vec<Trace>> {
    let mut traces: Vec<Trace> = Vec::new();
    for page in pages {
        let found = read_with(page, &announced(page, feed), &mut |_| ())?;
        traces.extend(Trace::without_article(&found, 0).or_else(|| Trace::of(&found, 0)));
    }
    Ok(traces)
}

fn alarms(traces: &[Trace]) -> Alarms {
    let mut alarms = Alarms { pages: traces.len(), ..Alarms::default() };
    for (at, trace) in traces.iter().enumerate() {
        let others = traces.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<Trace> = others.map(|(_, trace)| trace.clone()).collect();
        let doubt = SiteMemory::learn(&others, Spread::Unknown).doubt(trace);
        if doubt.is_unlike() && shown() {
            eprintln!("{} {doubt}", if doubt.is_doubtful() { "doubtful:" } else { "" });
        }
        alarms.doubtful += usize::from(doubt.is_doubtful());
    }
    let mut before: BTreeMap<&str, bool> = BTreeMap::new();
    for end in LAST + 1..=traces.len() {
        let seen = traces.get(..end).unwrap_or_default();
        let drift = Drift::among(seen);
        for (word, kind, sum) in [
            ("content", Drift::Content, &mut alarms.content),
            ("layout", Drift::Layout, &mut alarms.layout),
        ] {
            let is_on = drift == Some(kind);
            let was_on = before.insert(word, is_on).unwrap_or(false);
            *sum += usize::from(is_on && !was_on);
        }
    }
    alarms
}
