//! The pages of a set.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::DateTime;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use url::Url;
use wiresift_extract::memory::SiteMemory;
use wiresift_extract::{
    Extraction, FlatModel, Hints, Limits, Model, Page, Stage, extract_in_stages, extract_text,
};

pub(crate) struct Sample {
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
    /// A text without markup.
    pub(crate) is_flat: bool,
    pub(crate) url: Option<Url>,
    pub(crate) title: String,
    /// When it was published, if that is known.
    pub(crate) published: String,
    pub(crate) body: String,
    pub(crate) without: Vec<String>,
}

/// The pages of each host.
pub(crate) type Sites = BTreeMap<String, Vec<Sample>>;

/// The sites of a set with so many pages at least, by the field of the gold that names them.
pub(crate) fn sites(set: &Path, by: &str, least: usize) -> anyhow::Result<Sites> {
    let path = set.join("gold.jsonl");
    let golds = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut sites = Sites::new();
    for line in golds.lines() {
        let gold: Value = serde_json::from_str(line)?;
        let site = Some(word(&gold, by)).filter(|site| !site.is_empty());
        let site = site.unwrap_or_else(|| word(&gold, "host")).to_owned();
        if !word(&gold, "body").is_empty() {
            sites.entry(site).or_default().push(sample(set, &gold)?);
        }
    }
    sites.retain(|_, pages| pages.len() >= least);
    Ok(sites)
}

fn word<'a>(gold: &'a Value, key: &str) -> &'a str {
    gold.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn sample(set: &Path, gold: &Value) -> anyhow::Result<Sample> {
    let without = gold.get("without").and_then(Value::as_array);
    let without = without.into_iter().flatten().filter_map(Value::as_str);
    let (id, pages) = (word(gold, "id"), set.join("pages"));
    let (text, page) = (pages.join(format!("{id}.txt")), pages.join(format!("{id}.html.gz")));
    let is_flat = text.exists();
    let bytes = if is_flat {
        std::fs::read(text)?
    } else {
        let file = std::fs::File::open(&page).with_context(|| page.display().to_string())?;
        let mut bytes = Vec::new();
        MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
        bytes
    };
    Ok(Sample {
        id: id.to_owned(),
        bytes,
        is_flat,
        url: Url::parse(word(gold, "url")).ok(),
        title: word(gold, "title").to_owned(),
        published: word(gold, "published").to_owned(),
        body: word(gold, "body").to_owned(),
        without: without.map(flat).collect(),
    })
}

pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Extracts a page. `done` is called after each stage.
pub(crate) fn read(
    sample: &Sample,
    memory: Option<Arc<SiteMemory>>,
    done: &mut dyn FnMut(Stage),
) -> anyhow::Result<Extraction> {
    read_with(sample, &Hints { memory, ..Hints::default() }, done)
}

pub(crate) fn read_with(
    sample: &Sample,
    hints: &Hints,
    done: &mut dyn FnMut(Stage),
) -> anyhow::Result<Extraction> {
    let page = Page { bytes: &sample.bytes, url: sample.url.as_ref(), content_type: None };
    let (now, limits) = (DateTime::UNIX_EPOCH, Limits::default());
    if sample.is_flat {
        return Ok(extract_text(FlatModel::embedded()?, &page, hints, now, &limits));
    }
    Ok(extract_in_stages(Model::embedded()?, &page, hints, now, &limits, done))
}
