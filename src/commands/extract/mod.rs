//! `wiresift extract`: pages to articles without a database.
//!
//! Pages are read and extracted on all cores; the output comes in the order of the inputs, so it can be compared
//! and piped. Memory stays bounded: each worker holds one page, and finished ones wait for their turn in a short
//! queue. A page that cannot be read is named on standard error and does not stop the others.

mod explained;
mod queue;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::commands::extract::explained::explained;
use crate::commands::extract::queue::Queue;
use crate::commands::paint::Screen;
use crate::commands::told;
use wiresift_extract::article::{Alternate, Dated, PageKind};
use wiresift_extract::provenance::Provenance;
use wiresift_extract::rights::Rights;
use wiresift_extract::training_rows::{TrainingRows, training_rows};
use wiresift_extract::{
    Extraction, Hints, Limits, Model, Page, RuleReport, Signals, SiteRules, extract, places, render,
};

/// Finished pages that may wait for the one before them, per worker.
const AHEAD: usize = 8;

/// What `wiresift extract` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct ExtractArgs {
    /// Pages: files (.html, .html.gz), addresses, or `-` for standard input
    #[arg(value_name = "FILE|URL", required_unless_present = "manifest")]
    pub inputs: Vec<String>,
    /// What to print: the text, one JSON object a line, or markdown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The address of a local page, to resolve its links and read dates from
    #[arg(long)]
    pub url: Option<Url>,
    /// Print the metadata with its sources, and every block of the page, kept or removed, with the reason
    #[arg(long)]
    pub explain: bool,
    /// Read inputs from FILE, one JSON object a line: {"path": …, "url": …}; relative paths start from its folder
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// What training the model needs.
    #[command(flatten)]
    pub training: TrainingArgs,
}

/// Options that training the model needs; nobody else does, so they are not shown.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TrainingArgs {
    /// Judge by the model in FILE instead of our own
    #[arg(long, value_name = "FILE", hide = true)]
    pub model: Option<PathBuf>,
    /// Print the blocks of each page and what is measured of them, one JSON object a line, to train a model
    #[arg(long, hide = true, conflicts_with_all = ["explain", "format"])]
    pub rows: bool,
    /// With --format json: what the quality was estimated from
    #[arg(long, hide = true)]
    pub signals: bool,
    /// With --rows: without class names, attributes and statements of the page
    #[arg(long, hide = true, requires = "rows")]
    pub bare: bool,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Plain text, paragraphs parted by an empty line
    Text,
    /// One JSON object a line
    Json,
    /// Markdown
    Markdown,
}

/// Fetches a page: its bytes, its `Content-Type` and the address after redirects.
pub type Fetch<'a> = &'a (dyn Fn(&Url) -> anyhow::Result<(Vec<u8>, Option<String>, Url)> + Sync);

/// One page to extract.
#[derive(Debug, Clone, Deserialize)]
struct Input {
    path: String,
    #[serde(default)]
    url: Option<Url>,
}

/// What one line of `--format json` says.
#[derive(Serialize)]
struct Record<'a> {
    path: &'a str,
    url: Option<&'a str>,
    title: &'a str,
    text: String,
    byline: &'a [String],
    published: Option<String>,
    published_source: Option<&'static str>,
    modified: Option<String>,
    language: Option<&'a str>,
    declared_language: Option<&'a str>,
    image: Option<&'a str>,
    tags: &'a [String],
    section: Option<&'a str>,
    site_name: Option<&'a str>,
    kind: PageKind,
    quality: f32,
    source: &'static str,
    summary: Option<&'a str>,
    canonical: Option<&'a str>,
    alternates: &'a [Alternate],
    rights: &'a Rights,
    provenance: &'a Provenance,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_rule: Option<&'a RuleReport>,
    body_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signals: Option<&'a Signals>,
}

/// How and by what pages are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The curator's rules for single sites.
    pub rules: &'a SiteRules,
    /// The present: no date is later.
    pub now: DateTime<Utc>,
    /// What `--explain` is shown on.
    pub screen: Screen,
}

/// Extracts every input and writes the results to `out`. Returns whether all of them could be read.
pub fn run(
    args: &ExtractArgs,
    reading: &Reading<'_>,
    out: &mut impl Write,
    fetch: Fetch<'_>,
) -> anyhow::Result<bool> {
    let inputs = inputs(args)?;
    let other = args.training.model.as_deref().map(model).transpose()?;
    let model = match &other {
        Some(other) => other,
        None => Model::embedded()
            .context("the program's own model is broken; install wiresift again")?,
    };
    let workers = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(inputs.len().max(1));
    let queue = Queue::new(workers * AHEAD);
    let next = AtomicUsize::new(0);
    let all_read = AtomicBool::new(true);
    let several = inputs.len() > 1;
    let mut written = Ok(());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(turn) else { break };
                    if !queue.wait_for_room(turn) {
                        break;
                    }
                    queue.put(turn, page_output(args, model, reading, input, several, fetch));
                }
            });
        }
        for (turn, input) in inputs.iter().enumerate() {
            match queue.take(turn) {
                Ok(text) => {
                    written = out.write_all(text.as_bytes());
                    if written.is_err() {
                        queue.close();
                        break;
                    }
                }
                Err(error) => {
                    all_read.store(false, Ordering::Relaxed);
                    complain(&input.path, &error);
                }
            }
        }
    });
    written.context("cannot write the output")?;
    out.flush().context("cannot write the output")?;
    Ok(all_read.into_inner())
}

/// On standard error, the input named once.
fn complain(path: &str, error: &anyhow::Error) {
    let said = told(error);
    if said.starts_with(path) {
        eprintln!("{said}");
    } else {
        eprintln!("{path}: {said}");
    }
}

fn inputs(args: &ExtractArgs) -> anyhow::Result<Vec<Input>> {
    let mut all: Vec<Input> = args
        .inputs
        .iter()
        .map(|path| Input { path: path.clone(), url: args.url.clone() })
        .collect();
    if let Some(manifest) = &args.manifest {
        let text =
            std::fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
        let folder = manifest.parent().unwrap_or(std::path::Path::new("."));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let mut input: Input = serde_json::from_str(line).with_context(|| {
                format!("{}, line {}: not {{\"path\", \"url\"}}", manifest.display(), number + 1)
            })?;
            if !is_address(&input.path) {
                input.path = folder.join(&input.path).display().to_string();
            }
            all.push(input);
        }
    }
    Ok(all)
}

fn is_address(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// Reads one page and renders what was asked for.
fn page_output(
    args: &ExtractArgs,
    model: &Model,
    reading: &Reading<'_>,
    input: &Input,
    several: bool,
    fetch: Fetch<'_>,
) -> anyhow::Result<String> {
    let limits = Limits::default();
    let (bytes, content_type, url) = if is_address(&input.path) {
        let (bytes, content_type, url) = fetch(&Url::parse(&input.path)?)?;
        (bytes, content_type, Some(url))
    } else {
        (read(&input.path, limits.max_bytes)?, None, input.url.clone())
    };
    let page = Page { bytes: &bytes, url: url.as_ref(), content_type: content_type.as_deref() };
    if args.training.rows {
        return Ok(rows(
            input,
            &training_rows(model, &page, &Hints::default(), &limits, args.training.bare),
        ));
    }
    let rule = url.as_ref().and_then(Url::host_str).and_then(|host| reading.rules.of_host(host));
    let hints = Hints { rule, ..Hints::default() };
    let extraction = extract(model, &page, &hints, reading.now, &limits);
    if args.explain {
        return Ok(explained(&input.path, &extraction, &places(&page, &limits), reading.screen));
    }
    let article = &extraction.article;
    let heading =
        |mark: &str| if several { format!("{mark} {}\n\n", input.path) } else { String::new() };
    Ok(match args.format {
        Format::Json => record(args, input, url.as_ref(), &extraction)? + "\n",
        Format::Text => format!("{}{}\n\n{}\n", heading("=="), article.title, article.text()),
        Format::Markdown => {
            format!("{}{}", heading("<!--").replace("\n\n", " -->\n\n"), render::markdown(article))
        }
    })
}

/// The model in a file.
fn model(path: &Path) -> anyhow::Result<Model> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Model::parse(&text).with_context(|| path.display().to_string())
}

/// A page for training: names of the columns, texts of the blocks, rows as little-endian `f32` in hex.
fn rows(input: &Input, measured: &TrainingRows) -> String {
    let mut hex = String::new();
    for byte in measured.rows.iter().flatten().flat_map(|value| value.to_le_bytes()) {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    let record = serde_json::json!({
        "path": input.path, "columns": measured.columns, "groups": measured.groups, "texts": measured.texts,
        "chances": measured.chances, "reasons": measured.reasons, "rows": hex
    });
    record.to_string() + "\n"
}

fn record(
    args: &ExtractArgs,
    input: &Input,
    url: Option<&Url>,
    extraction: &Extraction,
) -> anyhow::Result<String> {
    let article = &extraction.article;
    let instant =
        |dated: Option<Dated>| dated.map(|d| d.local().to_rfc3339_opts(SecondsFormat::Secs, true));
    let record = Record {
        path: &input.path,
        url: url.map(Url::as_str),
        title: &article.title,
        text: article.text(),
        byline: &article.byline,
        published: instant(article.published),
        published_source: article.published.map(|d| d.source.as_str()),
        modified: instant(article.modified),
        language: article.language.as_deref(),
        declared_language: article.declared_language.as_deref(),
        image: article.image.as_ref().map(Url::as_str),
        tags: &article.tags,
        section: article.section.as_deref(),
        site_name: article.site_name.as_deref(),
        kind: article.kind,
        quality: article.quality,
        source: article.source.as_str(),
        summary: article.summary.as_deref(),
        canonical: article.canonical.as_ref().map(Url::as_str),
        alternates: &article.alternates,
        rights: &article.rights,
        provenance: &article.provenance,
        site_rule: extraction.rule.as_ref(),
        body_html: render::html(&article.body),
        signals: args.training.signals.then_some(&extraction.signals),
    };
    Ok(serde_json::to_string(&record)?)
}

/// A local page, decompressed if it is gzip, never more than `most` bytes of it.
fn read(path: &str, most: usize) -> anyhow::Result<Vec<u8>> {
    let most = most as u64;
    let mut raw = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut raw)?;
    } else {
        let file = std::fs::File::open(path)?;
        if file.metadata()?.is_dir() {
            bail!("is a folder");
        }
        file.take(most).read_to_end(&mut raw)?;
    }
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let mut page = Vec::new();
    let read = MultiGzDecoder::new(raw.as_slice()).take(most).read_to_end(&mut page);
    // A page that was cut off is still a page.
    match read {
        Err(error) if page.is_empty() => Err(error).context("not readable as gzip"),
        _ => Ok(page),
    }
}
