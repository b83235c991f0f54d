//! What extraction costs beside parsing alone:
//! `cargo bench -p wiresift-extract --bench extraction_cost -- [--every N] [PATH]...`
//!
//! Paths are pages (`.html`, `.html.gz`) or folders of them, of which every Nth page is taken; without
//! any, every tenth of the news sets in the folder that `WIRESIFT_CORPORA` names. Times are compared
//! with the parse of the same page by `scraper`.
//!
//! Both are measured in processor time of one thread, on each page several times in turn so that both meet the same
//! weather, after a pass that builds what is built once; the medians are added up over the pages. Freeing the tree
//! belongs to either side. Memory is the peak of a process of its own for each of the largest pages, above what the
//! process held before.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Datelike as _, Utc};
use flate2::read::MultiGzDecoder;
use nix::time::{ClockId, clock_gettime};
use wiresift_extract::{Extraction, Hints, Limits, Model, Page, Stage, extract, extract_in_stages};

const TIMES: usize = 5;

/// The year that pages are read in. Dates of the future are not believed, so an earlier one would
/// measure how dates are looked for and not found.
const YEAR: i32 = 2027;

/// How many of the largest pages are measured for memory.
const LARGEST: usize = 8;

const SETS: [&str; 7] =
    ["news424", "fundus_eval", "fundus_parsers", "wcxb", "daniel", "l3s_gn1", "trafilatura"];

const STAGES: [Stage; 8] = [
    Stage::Decode,
    Stage::Tree,
    Stage::Head,
    Stage::Blocks,
    Stage::Features,
    Stage::Judgement,
    Stage::Memory,
    Stage::Article,
];

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--memory", page] => tell_memory(Path::new(page)),
        ["--every", step, paths @ ..] => report(&pages(paths, step.parse()?)?),
        [] => report(&pages(&[], 10)?),
        paths => report(&pages(paths, 1)?),
    }
}

/// The pages that the arguments name.
fn pages(paths: &[&str], step: usize) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let folders =
        if paths.is_empty() { sets()? } else { paths.iter().map(PathBuf::from).collect() };
    for path in folders {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(&path)?
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<_>>()?;
            inside.retain(|path| path.to_string_lossy().contains(".htm"));
            inside.sort();
            all.extend(inside.into_iter().step_by(step.max(1)));
        } else {
            ensure!(path.exists(), "{} is missing", path.display());
            all.push(path);
        }
    }
    ensure!(!all.is_empty(), "no pages there");
    Ok(all)
}

/// The folders of the sets that are measured when no page is named.
fn sets() -> anyhow::Result<Vec<PathBuf>> {
    let corpora = std::env::var_os("WIRESIFT_CORPORA").context(
        "name pages, or the folder of the corpora as an absolute path in WIRESIFT_CORPORA",
    )?;
    let folder = Path::new(&corpora).join("extraction");
    Ok(SETS.iter().map(|set| folder.join(set).join("pages")).collect())
}

/// A page, decompressed where it is compressed.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let raw = std::fs::read(path).with_context(|| path.display().to_string())?;
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn extracted(model: &Model, bytes: &[u8]) -> Extraction {
    let page = Page { bytes, url: None, content_type: None };
    extract(model, &page, &Hints::default(), now(), &Limits::default())
}

/// Processor time of this thread so far.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[derive(Clone, Copy, Default)]
struct Cost {
    parse: Duration,
    free: Duration,
    whole: Duration,
    stages: [Duration; STAGES.len()],
}

/// What one page costs: of each part the median.
fn cost(model: &Model, bytes: &[u8]) -> Cost {
    let text = String::from_utf8_lossy(bytes);
    let once: Vec<Cost> = (0..TIMES).map(|_| cost_once(model, bytes, &text)).collect();
    let median = |part: &dyn Fn(&Cost) -> Duration| {
        let mut all: Vec<Duration> = once.iter().map(part).collect();
        all.sort();
        all.get(TIMES / 2).copied().unwrap_or_default()
    };
    Cost {
        parse: median(&|cost| cost.parse),
        free: median(&|cost| cost.free),
        whole: median(&|cost| cost.whole),
        stages: std::array::from_fn(|at| {
            median(&|cost| cost.stages.get(at).copied().unwrap_or_default())
        }),
    }
}

fn cost_once(model: &Model, bytes: &[u8], text: &str) -> Cost {
    let mut cost = Cost::default();
    let start = clock();
    let document = scraper::Html::parse_document(text);
    let parsed = clock();
    drop(document);
    (cost.parse, cost.free) = (parsed.saturating_sub(start), clock().saturating_sub(parsed));

    let (start, page) = (clock(), Page { bytes, url: None, content_type: None });
    let mut last = start;
    let mut done = |stage: Stage| {
        let now = clock();
        if let Some(cell) = cost.stages.get_mut(stage as usize) {
            *cell = now.saturating_sub(last);
        }
        last = now;
    };
    let limits = Limits::default();
    drop(extract_in_stages(model, &page, &Hints::default(), now(), &limits, &mut done));
    cost.whole = clock().saturating_sub(start);
    cost
}

fn report(paths: &[PathBuf]) -> anyhow::Result<()> {
    let model = Model::embedded()?;
    for path in paths {
        drop(extracted(model, &read(path)?));
    }
    let (mut sum, mut slowest, mut sizes) =
        (Cost::default(), (Duration::ZERO, 0, PathBuf::new()), Vec::new());
    for path in paths {
        let bytes = read(path)?;
        let cost = cost(model, &bytes);
        sum.parse += cost.parse;
        sum.free += cost.free;
        sum.whole += cost.whole;
        sum.stages.iter_mut().zip(cost.stages).for_each(|(sum, part)| *sum += part);
        if cost.whole > slowest.0 {
            slowest = (cost.whole, bytes.len(), path.clone());
        }
        sizes.push((bytes.len(), path));
    }
    let milliseconds = |all: Duration| all.as_secs_f64() * 1_000.0;
    let each = |all: Duration| milliseconds(all) / paths.len() as f64;
    let bytes: usize = sizes.iter().map(|(bytes, _)| bytes).sum();
    println!("{} pages of {} KB on average", paths.len(), bytes / paths.len() / 1024);
    println!(
        "parse       {:6.2} ms a page, and {:.2} ms to free it",
        each(sum.parse),
        each(sum.free)
    );
    println!("extraction  {:6.2} ms a page", each(sum.whole));
    let to = |yardstick: Duration| sum.whole.as_secs_f64() / yardstick.as_secs_f64().max(1e-9);
    println!(
        "ratio       {:6.2} ({:.2} to the parse without freeing)",
        to(sum.parse + sum.free),
        to(sum.parse)
    );
    for (stage, part) in STAGES.iter().zip(sum.stages) {
        println!("  {:<10}{:6.2} ms", format!("{stage:?}"), each(part));
    }
    let rest = sum.whole.saturating_sub(sum.stages.iter().sum());
    println!("  {:<10}{:6.2} ms", "Free", each(rest));
    println!(
        "slowest     {:6.1} ms, {} bytes: {}",
        milliseconds(slowest.0),
        slowest.1,
        slowest.2.display()
    );
    sizes.sort();
    println!("peak memory above what was there, of the largest pages:");
    for (bytes, path) in sizes.iter().rev().take(LARGEST) {
        let told = Command::new(std::env::current_exe()?).arg("--memory").arg(path).output()?;
        let peak: f64 =
            String::from_utf8_lossy(&told.stdout).trim().parse().context("the child's answer")?;
        let times = peak / *bytes as f64;
        println!("  {times:6.1} times its {bytes} bytes: {}", path.display());
    }
    Ok(())
}

/// Prints the bytes by which the extraction of a page raised the peak of this process.
fn tell_memory(path: &Path) -> anyhow::Result<()> {
    let (model, bytes) = (Model::embedded()?, read(path)?);
    drop(extracted(
        model,
        b"<h1>Tide</h1><p class=lead>The first page builds what is built once, and is short.</p>",
    ));
    let before = status_bytes("VmRSS")?;
    // Linux then counts the peak from here.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let found = extracted(model, &bytes);
    println!("{}", status_bytes("VmHWM")?.saturating_sub(before));
    drop(found);
    Ok(())
}

fn status_bytes(key: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")).context("no such line")?;
    Ok(kilobytes.trim().parse::<u64>()? * 1024)
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH.with_year(YEAR).unwrap_or_default()
}
