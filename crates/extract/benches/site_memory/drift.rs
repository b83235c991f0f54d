//! How often the detector of changes speaks on sites that have not changed.
//!
//! The pages of a site come in the order of the set. The feed has announced each with its title and
//! the beginning of its text, as feeds do. A memory is learned from the pages before the last five,
//! which it judges; that is done after each page.

use std::collections::BTreeMap;
use std::path::Path;

use wiresift_extract::Hints;
use wiresift_extract::memory::{Drift, SiteMemory, Spread, Trace};

use crate::sample::{Sample, read_with, sites};

/// Pages of a site, at the least: five say what is usual.
const LEAST_PAGES: usize = 6;

/// The last articles that are judged.
const LAST: usize = 5;

/// Characters of the text that the feed has as a summary.
const SUMMARY_CHARS: usize = 250;

pub(crate) fn report(set: &Path) -> anyhow::Result<()> {
    let sites = sites(set, "site", LEAST_PAGES)?;
    let mut sum = Alarms::default();
    println!("{}: {} sites", set.display(), sites.len());
    for (site, pages) in &sites {
        let alarms = alarms(pages)?;
        if alarms.content + alarms.layout + alarms.doubtful > 0 {
            println!("  {site}: {alarms:?}");
        }
        sum.add(&alarms);
    }
    println!("  together: {sum:?}");
    Ok(())
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

fn alarms(pages: &[Sample]) -> anyhow::Result<Alarms> {
    let mut traces: Vec<Trace> = Vec::new();
    for page in pages {
        let summary: String = page.body.chars().take(SUMMARY_CHARS).collect();
        let hints =
            Hints { title: Some(page.title.clone()), summary: Some(summary), ..Hints::default() };
        traces.extend(Trace::of(&read_with(page, hints, &mut |_| ())?, 0));
    }
    let mut alarms = Alarms { pages: traces.len(), ..Alarms::default() };
    for (at, trace) in traces.iter().enumerate() {
        let others: Vec<Trace> =
            traces.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, it)| it.clone()).collect();
        let doubt = SiteMemory::learn(&others, Spread::Unknown).doubt(trace);
        if doubt.is_unlike() && std::env::var_os("SHOW").is_some() {
            eprintln!("{}: {} {doubt}", pages[at.min(pages.len() - 1)].id, doubt.is_doubtful());
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
    Ok(alarms)
}
