//! What the other pages of a site teach, and what that costs:
//! `cargo bench -p wiresift-extract --bench site_memory -- [--plot FILE] SET...`
//!
//! A set is a folder with `gold.jsonl` (a page a line: `id`, `host`, `body`, `without`) and
//! `pages/ID.html.gz`. Each page is extracted with memories of 1, 2, 3 ... pages of its host, of
//! which it is one; hosts with fewer than three pages are left out. F1 is that of runs of four words. Snippets
//! are texts that `without` names. Times are processor times of one thread.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::DateTime;
use flate2::read::MultiGzDecoder;
use nix::time::{ClockId, clock_gettime};
use url::Url;
use wiresift_extract::memory::{SiteMemory, Spread, Trace, WINDOW};
use wiresift_extract::{Extraction, Hints, Limits, Model, Page, Reason, extract};

/// Pages that are learned from; 0 is without a memory.
const LEARNED: [usize; 8] = [0, 1, 2, 3, 5, 8, 12, WINDOW];

/// Pages that are plotted at most.
const PLOTTED: usize = 12;

/// Articles after which a daemon learns anew.
const LEARNS_EVERY: u32 = 8;

struct Sample {
    id: String,
    bytes: Vec<u8>,
    url: Option<Url>,
    body: String,
    without: Vec<String>,
}

/// The pages of each host.
type Sites = BTreeMap<String, Vec<Sample>>;

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (plot, sets) = match words.as_slice() {
        [flag, file, sets @ ..] if flag == "--plot" => (Some(file), sets),
        sets => (None, sets),
    };
    let mut curves = Vec::new();
    for set in sets {
        curves.push(report(Path::new(set))?);
    }
    if let Some(file) = plot {
        std::fs::write(file, picture(&curves)).with_context(|| file.clone())?;
    }
    Ok(())
}

fn sites(set: &Path) -> anyhow::Result<Sites> {
    let path = set.join("gold.jsonl");
    let mut sites = Sites::new();
    for line in std::fs::read_to_string(&path).with_context(|| path.display().to_string())?.lines()
    {
        let gold: serde_json::Value = serde_json::from_str(line)?;
        let word = |key: &str| gold.get(key).and_then(|value| value.as_str()).unwrap_or_default();
        let without = gold.get("without").and_then(|value| value.as_array());
        let without = without.into_iter().flatten().filter_map(|value| value.as_str());
        let file = set.join("pages").join(format!("{}.html.gz", word("id")));
        let file = std::fs::File::open(&file).with_context(|| file.display().to_string())?;
        let mut bytes = Vec::new();
        MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
        sites.entry(word("host").to_owned()).or_default().push(Sample {
            id: word("id").to_owned(),
            bytes,
            url: Url::parse(word("url")).ok(),
            body: word("body").to_owned(),
            without: without.map(flat).collect(),
        });
    }
    sites.retain(|_, pages| pages.len() >= 3);
    Ok(sites)
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

fn read(sample: &Sample, memory: Option<Arc<SiteMemory>>) -> anyhow::Result<Extraction> {
    let page = Page { bytes: &sample.bytes, url: sample.url.as_ref(), content_type: None };
    let (hints, limits) = (Hints { memory, ..Hints::default() }, Limits::default());
    Ok(extract(Model::embedded()?, &page, &hints, DateTime::UNIX_EPOCH, &limits))
}

/// Whether lost paragraphs and snippets that stay are shown.
fn shown() -> bool {
    std::env::var_os("SHOW").is_some()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Multiset of runs of four words.
fn shingles(text: &str) -> HashMap<Vec<&str>, i64> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let mut counts = HashMap::new();
    for run in words.windows(words.len().clamp(1, 4)) {
        *counts.entry(run.to_vec()).or_insert(0) += 1;
    }
    counts
}

/// Sums over pages.
#[derive(Clone, Default)]
struct Score {
    pages: f64,
    precision: f64,
    recall: f64,
    stay: usize,
    snippets: usize,
}

impl Score {
    fn add(&mut self, sample: &Sample, text: &str) {
        let (wanted, found) = (shingles(&sample.body), shingles(text));
        let hits: i64 = wanted.iter().map(|(run, n)| *n.min(found.get(run).unwrap_or(&0))).sum();
        let share =
            |all: &HashMap<Vec<&str>, i64>| hits as f64 / all.values().sum::<i64>().max(1) as f64;
        self.pages += 1.0;
        self.precision += if found.is_empty() { 1.0 } else { share(&found) };
        self.recall += share(&wanted);
        let text = flat(text);
        self.snippets += sample.without.len();
        for snippet in sample.without.iter().filter(|snippet| text.contains(*snippet)) {
            self.stay += 1;
            if shown() {
                eprintln!("stays on {}: {snippet}", sample.id);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.pages += other.pages;
        self.precision += other.precision;
        self.recall += other.recall;
        self.stay += other.stay;
        self.snippets += other.snippets;
    }

    fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall
            / (self.precision + self.recall).max(1e-9)
            / self.pages.max(1.0)
    }

    fn gone(&self) -> f64 {
        1.0 - self.stay as f64 / self.snippets.max(1) as f64
    }
}

#[derive(Default)]
struct Cost {
    extraction: Duration,
    trace: Duration,
    learning: Duration,
    memories: u32,
    trace_bytes: usize,
    /// The most that traces and memory of one site take.
    site_bytes: usize,
}

/// Prints what a set gives, and returns its curve: F1 and share of the snippets that are gone.
fn report(set: &Path) -> anyhow::Result<Vec<(usize, f64, f64)>> {
    let sites = sites(set)?;
    let (mut cost, mut scores) = (Cost::default(), vec![Score::default(); LEARNED.len()]);
    let mut changes: Vec<(f64, String)> = Vec::new();
    for (host, pages) in &sites {
        let of_site = measure(pages, &mut cost)?;
        let change = of_site.last().map_or(0.0, Score::f1) - of_site.first().map_or(0.0, Score::f1);
        changes.push((change, host.clone()));
        scores.iter_mut().zip(&of_site).for_each(|(sum, score)| sum.merge(score));
    }
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let pages: usize = sites.values().map(Vec::len).sum();
    println!("{}: {} hosts, {pages} pages", set.display(), sites.len());
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
        "  of extraction: traces {:.2} %, learning {:.2} % ({:?} each); a trace has {} bytes, a site {} at most",
        share(cost.trace),
        share(learning),
        cost.learning / cost.memories.max(1),
        cost.trace_bytes / pages.max(1),
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
        let found = timed(&mut cost.extraction, || read(page, None))?;
        traces.push(timed(&mut cost.trace, || Trace::of(&found, traces.len() as i32)));
    }
    let bytes: Vec<usize> = traces.iter().flatten().map(|trace| trace.to_bytes().len()).collect();
    cost.trace_bytes += bytes.iter().sum::<usize>();
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
                let of_traces = bytes.iter().sum::<usize>() / bytes.len().max(1) * WINDOW;
                cost.site_bytes = cost.site_bytes.max(of_memory + of_traces);
            }
            let found = read(page, memory.map(Arc::new))?;
            score.add(page, &found.article.text());
            for note in found.blocks.iter().filter(|note| matches!(note.reason, Reason::Memory(_)))
            {
                if shown() && flat(&page.body).contains(&flat(&note.text)) {
                    eprintln!("{learned}: lost on {}: {}", page.id, note.text);
                }
            }
        }
    }
    Ok(scores)
}

/// The curves as a picture: of each set F1, and with dashes the share of the snippets that are gone.
fn picture(curves: &[Vec<(usize, f64, f64)>]) -> String {
    const COLOURS: [&str; 4] = ["#1a5fb4", "#c64600", "#26a269", "#613583"];
    let x = |learned: usize| 60.0 + learned as f64 / PLOTTED as f64 * 620.0;
    let least = curves.iter().flatten().map(|point| point.1.min(point.2)).fold(1.0, f64::min);
    let least = (least * 10.0).floor() / 10.0;
    let y = |value: f64| 260.0 - (value - least) / (1.0 - least).max(0.1) * 220.0;
    let mut lines = String::new();
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        for (of_snippets, dashes) in [(false, ""), (true, " stroke-dasharray=\"5 4\"")] {
            let point = |(learned, f1, gone): &(usize, f64, f64)| {
                format!("{:.1},{:.1}", x(*learned), y(if of_snippets { *gone } else { *f1 }))
            };
            let points: Vec<String> = curve.iter().map(point).collect();
            let _ = writeln!(
                lines,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
                points.join(" ")
            );
        }
    }
    let ticks: String = LEARNED
        .iter()
        .filter(|learned| **learned <= PLOTTED)
        .map(|learned| {
            format!(
                "<text x=\"{:.1}\" y=\"280\" text-anchor=\"middle\">{learned}</text>",
                x(*learned)
            )
        })
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 310\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>F1 by the pages that were learned from</title>\n<rect width=\"720\" height=\"310\" fill=\"#fff\"/>\n\
         <path d=\"M60 30V260H690\" fill=\"none\" stroke=\"#666\"/>\n\
         <text x=\"54\" y=\"44\" text-anchor=\"end\">1</text><text x=\"54\" y=\"264\" text-anchor=\"end\">{least:.1}</text>\n\
         {ticks}\n<text x=\"370\" y=\"300\" text-anchor=\"middle\">pages of the site that were learned from</text>\n{lines}</svg>\n"
    )
}
