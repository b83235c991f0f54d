//! What the other pages of a site teach, and what that costs:
//! `cargo bench -p wiresift-extract --bench site_memory -- [--plot FILE|--drift|--spots] [--by FIELD]
//! [--hard SEED]... [--loose SEED]... SET...`
//!
//! A set is a folder with `gold.jsonl` (a page a line: `id`, `host`, `body`, `without`) and
//! `pages/ID.html.gz`, or `pages/ID.txt` for texts without markup. Each page is extracted with memories
//! of 1, 2, 3 ... pages of its host, of which it is one; hosts with fewer than three pages are left
//! out. With `--by site`, the pages of a registered domain are one site. F1 is that of runs of four
//! words. Snippets are texts that `without` names. Times are processor times of one thread. `--drift`
//! counts the changes that are told on sites that have not changed. `--hard` adds a set of six made sites
//! in markup that tells nothing ([`hard`]), and `--loose` such sites whose teasers have no element of
//! their own. `--spots` says what stands where the other pages have lists or their text.

mod drift;
mod hard;
mod picture;
mod sample;
mod score;
mod spots;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nix::time::{ClockId, clock_gettime};
use wiresift_extract::memory::{SiteMemory, Spread, Trace, WINDOW};
use wiresift_extract::{Extraction, Stage};

use crate::picture::{PLOTTED, picture};
use crate::sample::{Sample, Sites, flat, read, sites};
use crate::score::{Score, shown};

/// Pages that are learned from; 0 is without a memory.
const LEARNED: [usize; 8] = [0, 1, 2, 3, 5, 8, 12, WINDOW];

/// Articles after which a daemon learns anew.
const LEARNS_EVERY: u32 = 8;

/// Traces that a site has at most: those learned from, and a quarter as many new ones.
const MOST_TRACES: usize = WINDOW + WINDOW / 4;

/// Pages of a host, at the least.
const LEAST_PAGES: usize = 3;

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (mut plot, mut by, mut of_drift, mut of_spots) = (None, None, false, false);
    let (mut sets, mut seeds, mut loose) = (Vec::new(), Vec::new(), Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--plot" => plot = words.next(),
            "--by" => by = Some(words.next().context("--by needs a field")?),
            "--hard" => seeds.push(words.next().context("--hard needs a number")?.parse()?),
            "--loose" => loose.push(words.next().context("--loose needs a number")?.parse()?),
            "--drift" => of_drift = true,
            "--spots" => of_spots = true,
            _ => sets.push(word),
        }
    }
    let (mut named, mut curves) = (Vec::new(), Vec::new());
    let by = by.unwrap_or_else(|| if of_drift { "site" } else { "host" }.to_owned());
    for set in &sets {
        let sites = sites(Path::new(set), &by, LEAST_PAGES)?;
        named.push((set.clone(), sites));
    }
    named.extend(
        seeds.into_iter().map(|seed| (format!("hard sites {seed}"), hard::sites(seed, false))),
    );
    named.extend(
        loose.into_iter().map(|seed| (format!("loose sites {seed}"), hard::sites(seed, true))),
    );
    for (name, sites) in named {
        if of_drift {
            drift::report(&name, sites)?;
        } else if of_spots {
            spots::report(&name, &sites)?;
        } else {
            curves.push(report(&name, &sites)?);
        }
    }
    if let Some(file) = plot {
        std::fs::write(&file, picture(&curves)).context(file)?;
    }
    Ok(())
}

/// Processor time of this thread so far.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

fn timed<T>(sum: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = clock();
    let value = work();
    *sum += clock().saturating_sub(start);
    value
}

#[derive(Default)]
struct Cost {
    extraction: Duration,
    trace: Duration,
    learning: Duration,
    memories: u32,
    /// Extractions with a memory, and what the memory took of them.
    remembering: Duration,
    recall: Duration,
    trace_bytes: usize,
    /// Of the largest trace.
    most_trace_bytes: usize,
    /// The most that traces and memory of one site take.
    site_bytes: usize,
}

/// Prints what a set gives, and returns its curve: F1 and share of the snippets that are gone.
fn report(name: &str, sites: &Sites) -> anyhow::Result<Vec<(usize, f64, f64)>> {
    let (mut cost, mut scores) = (Cost::default(), vec![Score::default(); LEARNED.len()]);
    let mut changes: Vec<(f64, String)> = Vec::new();
    for (host, pages) in sites {
        let of_site = measure(pages, &mut cost)?;
        let change = of_site.last().map_or(0.0, Score::f1) - of_site.first().map_or(0.0, Score::f1);
        changes.push((change, host.clone()));
        scores.iter_mut().zip(&of_site).for_each(|(sum, score)| sum.merge(score));
    }
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let pages: usize = sites.values().map(Vec::len).sum();
    println!("{name}: {} hosts, {pages} pages", sites.len());
    for (learned, score) in LEARNED.iter().zip(&scores) {
        let number = score.pages.max(1.0);
        println!(
            "{learned:4} pages learned   F1 {:.4}   precision {:.4}   recall {:.4}   snippets gone {:.4} ({} stay)",
            score.f1(),
            score.precision / number,
            score.recall / number,
            score.gone(),
            score.stay
        );
    }
    for (change, host) in changes.iter().take(2).chain(changes.last()) {
        println!("  F1 {change:+.4} on {host}");
    }
    let share =
        |part: Duration| 100.0 * part.as_secs_f64() / cost.extraction.as_secs_f64().max(1e-9);
    let learning = cost.learning / cost.memories.max(1) * pages as u32 / LEARNS_EVERY;
    println!(
        "  of extraction: recall {:.2} %, traces {:.2} %, learning {:.2} % ({:?} each); a trace has {} bytes, {} \
         at most, a site {} at most",
        100.0 * cost.recall.as_secs_f64() / cost.remembering.as_secs_f64().max(1e-9),
        share(cost.trace),
        share(learning),
        cost.learning / cost.memories.max(1),
        cost.trace_bytes / pages.max(1),
        cost.most_trace_bytes,
        cost.site_bytes
    );
    let curve = LEARNED.iter().zip(&scores).filter(|(learned, _)| **learned <= PLOTTED);
    Ok(curve.map(|(learned, score)| (*learned, score.f1(), score.gone())).collect())
}

/// The score of a site's pages for each number of pages that are learned from.
fn measure(pages: &[Sample], cost: &mut Cost) -> anyhow::Result<Vec<Score>> {
    let mut traces: Vec<Option<Trace>> = Vec::new();
    let mut scores = vec![Score::default(); LEARNED.len()];
    for page in pages {
        let found = timed(&mut cost.extraction, || read(page, None, &mut |_| ()))?;
        traces.push(timed(&mut cost.trace, || Trace::of(&found, traces.len() as i32)));
    }
    let bytes: Vec<usize> = traces.iter().flatten().map(|trace| trace.to_bytes().len()).collect();
    cost.trace_bytes += bytes.iter().sum::<usize>();
    let most = bytes.iter().copied().max().unwrap_or_default();
    cost.most_trace_bytes = cost.most_trace_bytes.max(most);
    for (learned, score) in LEARNED.iter().zip(&mut scores) {
        for (at, page) in pages.iter().enumerate() {
            let seen = traces.iter().cycle().skip(at).take(*learned.min(&pages.len())).flatten();
            let seen: Vec<Trace> = seen.cloned().collect();
            let memory = (*learned > 0).then(|| {
                cost.memories += u32::from(seen.len() > 2);
                timed(&mut cost.learning, || SiteMemory::learn(&seen, Spread::Unknown))
            });
            if let Some(memory) = &memory {
                let of_memory = memory.to_bytes().len();
                cost.site_bytes = cost.site_bytes.max(of_memory + MOST_TRACES * most);
            }
            let found = match memory {
                None => read(page, None, &mut |_| ())?,
                Some(memory) => remembering(page, memory, cost)?,
            };
            score.add(page, &found.article.text());
            if shown() {
                show(page, pages, &found, *learned);
            }
        }
    }
    Ok(scores)
}

/// Extracts a page with a memory, and times what the memory takes of it.
fn remembering(page: &Sample, memory: SiteMemory, cost: &mut Cost) -> anyhow::Result<Extraction> {
    let (start, mut judged, mut recalled) = (clock(), None, None);
    let found = read(page, Some(Arc::new(memory)), &mut |stage| match stage {
        Stage::Judgement => judged = Some(clock()),
        Stage::Memory => recalled = Some(clock()),
        _ => {}
    })?;
    if let Some((from, to)) = judged.zip(recalled) {
        cost.remembering += clock().saturating_sub(start);
        cost.recall += to.saturating_sub(from);
    }
    Ok(found)
}

/// Shows what a memory has removed, with whether the gold text has it, and what stays, with what the
/// other pages of the site could say of it.
fn show(page: &Sample, pages: &[Sample], found: &Extraction, learned: usize) {
    let text = flat(&found.article.text());
    for snippet in page.without.iter().filter(|snippet| text.contains(*snippet)) {
        let others = || pages.iter().filter(|other| other.id != page.id);
        let on = 1 + others().filter(|other| other.without.contains(snippet)).count();
        let is_title = others().any(|other| flat(&other.title) == *snippet);
        let is_start = others().any(|other| flat(&other.body).starts_with(snippet.as_str()));
        let of = match (is_title, is_start) {
            (true, _) => ", the title of another page",
            (_, true) => ", the start of another page",
            _ => "",
        };
        eprintln!("{learned}: stays on {} (on {on} pages{of}): {snippet}", page.id);
    }
    for removed in found.removed().iter().filter(|one| one.reason.starts_with("memory")) {
        let is_lost = flat(&page.body).contains(&flat(&removed.text));
        let word = if is_lost { "lost" } else { "gone" };
        eprintln!("{learned}: {word} on {}: {} ({})", page.id, removed.text, removed.reason);
    }
}
