//! `wiresift extract`: pages to articles, without a database.
//!
//! Pages are extracted on all cores, and the output comes in the order of the inputs. Memory stays
//! bounded: each core holds one page, and few finished ones wait for those before them. A page that
//! cannot be read is reported on standard error and does not stop the others.

mod explained;
mod in_order;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::commands::extract::explained::explained;
use crate::commands::extract::in_order::in_order;
use crate::commands::paint::Screen;
use crate::commands::sentence;
use wiresift_extract::article::{Alternate, Dated, PageKind};
use wiresift_extract::memory::{SiteMemory, Spread, Trace};
use wiresift_extract::provenance::Provenance;
use wiresift_extract::rights::Rights;
use wiresift_extract::training_rows::{ModelStage, TrainingRows, flat_rows, training_rows};
use wiresift_extract::{
    Embeds, Extraction, FlatModel, Hints, Limits, Model, Page, RuleReport, Signals, SiteRules,
    block_paths, extract, extract_text, render,
};

#[derive(Debug, Clone, clap::Args)]
pub struct ExtractArgs {
    /// Pages to extract: files (.html, .html.gz, .txt, .txt.gz), URLs, or - for standard input
    #[arg(value_name = "FILE|URL", required_unless_present = "manifest")]
    pub inputs: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// URL of a local page, to resolve its links, apply its site rule and read dates from
    #[arg(long)]
    pub url: Option<Url>,
    /// Read every input as text without markup, a paragraph a line. Files that end in .txt or
    /// .txt.gz are always read so
    #[arg(long)]
    pub text: bool,
    /// What becomes of embedded posts of social networks: drop leaves them out, keep makes them
    /// quotations where they stand
    #[arg(long, value_enum, default_value_t = EmbedsChoice::Drop)]
    pub embeds: EmbedsChoice,
    /// Learn from the pages of each host what is on several of them, and leave it out. Files only;
    /// those without a URL count as one host
    #[arg(long)]
    pub site_memory: bool,
    /// Print the metadata with its sources, and each block of the page with the reason why it is
    /// kept or removed
    #[arg(long)]
    pub explain: bool,
    /// Read more inputs from FILE, one JSON object per line: {"path": …, "url": …}. Relative paths
    /// start at the folder of FILE
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    #[command(flatten)]
    pub training: TrainingArgs,
}

/// Options for training the model. `--help` does not show them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TrainingArgs {
    /// Use the model in FILE instead of the built-in one; with --text, a model of lines
    #[arg(long, value_name = "FILE", hide = true)]
    pub model: Option<PathBuf>,
    /// Print the features of each block for training, one JSON object per page
    #[arg(long, hide = true, conflicts_with_all = ["explain", "format"])]
    pub rows: bool,
    /// With --format json: add the signals that the quality is estimated from
    #[arg(long, hide = true)]
    pub signals: bool,
    /// With --rows: only the columns that the second stage of the model adds
    #[arg(long, hide = true, requires = "rows")]
    pub context: bool,
}

/// [`Embeds`] as an argument.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EmbedsChoice {
    #[default]
    Drop,
    Keep,
}

impl From<EmbedsChoice> for Embeds {
    fn from(choice: EmbedsChoice) -> Self {
        match choice {
            EmbedsChoice::Drop => Self::Drop,
            EmbedsChoice::Keep => Self::Keep,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Title and plain text, paragraphs separated by an empty line
    Text,
    /// One JSON object per line, with all metadata
    Json,
    /// Markdown
    Markdown,
}

/// Fetches a page: its bytes, its `Content-Type` and its URL after redirects.
pub type Fetch<'a> = &'a (dyn Fn(&Url) -> anyhow::Result<(Vec<u8>, Option<String>, Url)> + Sync);

#[derive(Debug, Clone, Deserialize)]
struct Input {
    path: String,
    #[serde(default)]
    url: Option<Url>,
}

/// A line of `--format json`.
#[derive(Serialize)]
struct Record<'a> {
    path: &'a str,
    url: Option<&'a str>,
    title: &'a str,
    text: String,
    byline: &'a [String],
    agency: &'a [String],
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

/// What extraction depends on besides the page and the arguments.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub rules: &'a SiteRules,
    /// Dates after this are not believed.
    pub now: DateTime<Utc>,
    /// The screen that `--explain` writes for.
    pub screen: Screen,
}

/// Extracts every input and writes the results to `out`, in the order of the inputs. Returns false
/// if some input could not be read.
pub fn run(
    args: &ExtractArgs,
    reading: &Reading<'_>,
    out: &mut impl Write,
    fetch: Fetch<'_>,
) -> anyhow::Result<bool> {
    let inputs = inputs(args)?;
    let extractor = Extractor { args, models: Models::of(args)?, reading, fetch };
    let memories = if args.site_memory { memories(&extractor, &inputs)? } else { Memories::new() };
    let several = inputs.len() > 1;
    let mut all_read = true;
    let extract = |input: &Input| page_output(&extractor, &memories, input, several);
    in_order(&inputs, &extract, &mut |input, output| match output {
        Ok(text) => out.write_all(text.as_bytes()),
        Err(error) => {
            all_read = false;
            complain(&input.path, &error);
            Ok(())
        }
    })
    .and_then(|()| out.flush())
    .context("cannot write the output")?;
    Ok(all_read)
}

/// Reports an error on standard error. Many errors start with the path already.
fn complain(path: &str, error: &anyhow::Error) {
    let said = sentence(error);
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
                format!(
                    "{}:{}: write a JSON object such as \
                     {{\"path\": \"page.html\", \"url\": \"https://…\"}}",
                    manifest.display(),
                    number + 1
                )
            })?;
            if !is_address(&input.path) {
                input.path = folder.join(&input.path).display().to_string();
            }
            all.push(input);
        }
    }
    if args.site_memory
        && let Some(once) = all.iter().find(|input| input.path == "-" || is_address(&input.path))
    {
        bail!("{}: --site-memory reads each page twice; save the page to a file", once.path);
    }
    Ok(all)
}

fn is_address(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// What all pages are extracted with.
struct Extractor<'a> {
    args: &'a ExtractArgs,
    models: Models,
    reading: &'a Reading<'a>,
    fetch: Fetch<'a>,
}

/// An input that was read.
struct Loaded {
    bytes: Vec<u8>,
    content_type: Option<String>,
    url: Option<Url>,
}

impl Loaded {
    fn page(&self) -> Page<'_> {
        let (url, content_type) = (self.url.as_ref(), self.content_type.as_deref());
        Page { bytes: &self.bytes, url, content_type }
    }

    /// Empty: unknown.
    fn host(&self) -> &str {
        self.url.as_ref().and_then(Url::host_str).unwrap_or_default()
    }
}

impl Extractor<'_> {
    fn load(&self, input: &Input) -> anyhow::Result<Loaded> {
        if is_address(&input.path) {
            let (bytes, content_type, url) = (self.fetch)(&Url::parse(&input.path)?)?;
            return Ok(Loaded { bytes, content_type, url: Some(url) });
        }
        let is_text = self.args.text || is_text_file(&input.path);
        let content_type = is_text.then(|| "text/plain".to_owned());
        let bytes = read(&input.path, Limits::default().max_bytes)?;
        Ok(Loaded { bytes, content_type, url: input.url.clone() })
    }

    fn extract(&self, loaded: &Loaded, memory: Option<Arc<SiteMemory>>) -> Extraction {
        let rule = self.reading.rules.of_host(loaded.host());
        let hints = Hints { rule, embeds: self.args.embeds.into(), memory, ..Hints::default() };
        let (page, now, limits) = (loaded.page(), self.reading.now, Limits::default());
        if self.args.text {
            extract_text(&self.models.lines, &page, &hints, now, &limits)
        } else {
            extract(&self.models.blocks, &page, &hints, now, &limits)
        }
    }
}

/// What the pages of each host have taught.
type Memories = HashMap<String, Arc<SiteMemory>>;

/// Extracts every input without a memory, and learns from the result. Errors are reported when the
/// inputs are read again.
fn memories(extractor: &Extractor<'_>, inputs: &[Input]) -> anyhow::Result<Memories> {
    let mut traces: HashMap<String, Vec<Trace>> = HashMap::new();
    let trace = |input: &Input| {
        let loaded = extractor.load(input)?;
        let trace = Trace::of(&extractor.extract(&loaded, None), 0);
        anyhow::Ok(trace.map(|trace| (loaded.host().to_owned(), trace)))
    };
    in_order(inputs, &trace, &mut |_, trace| {
        if let Ok(Some((host, trace))) = trace {
            traces.entry(host).or_default().push(trace);
        }
        Ok(())
    })?;
    let learned = traces
        .into_iter()
        .map(|(host, traces)| (host, Arc::new(SiteMemory::learn(&traces, Spread::Unknown))));
    Ok(learned.collect())
}

/// Extracts one page and renders the output for it.
fn page_output(
    extractor: &Extractor<'_>,
    memories: &Memories,
    input: &Input,
    several: bool,
) -> anyhow::Result<String> {
    let Extractor { args, models, reading, .. } = extractor;
    let limits = Limits::default();
    let loaded = extractor.load(input)?;
    let page = loaded.page();
    if args.training.rows {
        let stage = if args.training.context { ModelStage::Second } else { ModelStage::First };
        let measured = if args.text {
            flat_rows(&models.lines, &page, &limits)
        } else {
            training_rows(&models.blocks, &page, &Hints::default(), &limits, stage)
        };
        return Ok(rows(input, &measured, args.training.context));
    }
    let extraction = extractor.extract(&loaded, memories.get(loaded.host()).cloned());
    if args.explain {
        let paths = block_paths(&page, &limits);
        return Ok(explained(&input.path, &extraction, &paths, reading.screen));
    }
    let article = &extraction.article;
    let heading =
        |mark: &str| if several { format!("{mark} {}\n\n", input.path) } else { String::new() };
    Ok(match args.format {
        Format::Json => record(args, input, loaded.url.as_ref(), &extraction)? + "\n",
        Format::Text => format!("{}{}\n\n{}\n", heading("=="), article.title, article.text()),
        Format::Markdown => {
            format!("{}{}", heading("<!--").replace("\n\n", " -->\n\n"), render::markdown(article))
        }
    })
}

/// The models of blocks and of lines.
struct Models {
    blocks: Cow<'static, Model>,
    lines: Cow<'static, FlatModel>,
}

impl Models {
    /// The built-in models, or the one that `--model` names instead of the one of its kind.
    fn of(args: &ExtractArgs) -> anyhow::Result<Self> {
        let damaged = "the built-in extraction model is damaged; install wiresift again";
        let mut models = Self {
            blocks: Cow::Borrowed(Model::embedded().context(damaged)?),
            lines: Cow::Borrowed(FlatModel::embedded().context(damaged)?),
        };
        if let Some(path) = args.training.model.as_deref() {
            let name = || path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(name)?;
            if args.text {
                models.lines = Cow::Owned(FlatModel::parse(&text).with_context(name)?);
            } else {
                models.blocks = Cow::Owned(Model::parse(&text).with_context(name)?);
            }
        }
        Ok(models)
    }
}

/// Whether a file is text without markup by its name.
fn is_text_file(path: &str) -> bool {
    let name = path.strip_suffix(".gz").unwrap_or(path);
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("txt"))
}

/// A page for training: column names, block texts, and rows as little-endian `f32` in hex; only the
/// columns of the second stage if `context`.
fn rows(input: &Input, measured: &TrainingRows, context: bool) -> String {
    let mut hex = String::new();
    let shown: Vec<bool> =
        measured.groups.iter().map(|group| !context || *group == "context").collect();
    let of_shown = |row: &Vec<f32>| {
        let cells = row.iter().copied().zip(shown.iter().copied());
        cells.filter(|(_, is)| *is).flat_map(|(value, _)| value.to_le_bytes()).collect::<Vec<u8>>()
    };
    for byte in measured.rows.iter().flat_map(of_shown) {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    let record = serde_json::json!({
        "path": input.path, "columns": pick(&measured.columns, &shown),
        "groups": pick(&measured.groups, &shown), "texts": measured.texts,
        "chances": measured.chances, "reasons": measured.reasons, "rows": hex
    });
    record.to_string() + "\n"
}

/// The items whose flag is set.
fn pick<T: Clone>(items: &[T], shown: &[bool]) -> Vec<T> {
    items.iter().zip(shown).filter(|(_, is)| **is).map(|(item, _)| item.clone()).collect()
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
        agency: &article.agency,
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

/// The first `max_bytes` of a local page, decompressed if it is gzip.
fn read(path: &str, max_bytes: usize) -> anyhow::Result<Vec<u8>> {
    let max_bytes = max_bytes as u64;
    let mut raw = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(max_bytes).read_to_end(&mut raw)?;
    } else {
        let file = std::fs::File::open(path)?;
        if file.metadata()?.is_dir() {
            bail!("is a folder; name the pages in it");
        }
        file.take(max_bytes).read_to_end(&mut raw)?;
    }
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let mut page = Vec::new();
    let read = MultiGzDecoder::new(raw.as_slice()).take(max_bytes).read_to_end(&mut page);
    // A truncated file still has a readable beginning.
    match read {
        Err(error) if page.is_empty() => Err(error).context("the gzip data is damaged"),
        _ => Ok(page),
    }
}
