//! `wiresift reprocess`: extracts stored pages again, with the rules of today.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Args;
use similar::{ChangeTag, TextDiff};

use crate::commands::database::open;
use crate::commands::export::parse_when;
use crate::commands::{counted, print};
use crate::config::Config;
use crate::daemon::pipeline_with_rules;
use crate::filing::judge::Verdict;
use crate::filing::records::RevisionReason;
use crate::pipeline::{Reread, RereadEnding, Rereader};
use crate::store::{Outcome, PageSelection, Recorded, Store};

/// Longest part of a paragraph that a difference shows, in characters.
const SHOWN_CHARS: usize = 300;

#[derive(Debug, Args)]
pub(super) struct ReprocessArgs {
    /// Only articles of this site, such as news.example.org
    #[arg(long, value_name = "HOST", required_unless_present = "all")]
    site: Option<String>,
    /// The articles of all sites
    #[arg(long, conflicts_with = "site")]
    all: bool,
    /// Only pages that were fetched since WHEN: a day (2026-11-01), an instant
    /// (2026-11-01T12:00:00Z), or an age (2days)
    #[arg(long, value_name = "WHEN", value_parser = parse_when)]
    since: Option<DateTime<Utc>>,
    /// File nothing; show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: &ReprocessArgs, config: &Config) -> anyhow::Result<ExitCode> {
    if config.raw.keep.is_zero() {
        bail!("no pages are stored, because raw.keep is \"0s\"");
    }
    let opened = open(config).await?;
    let counts = reprocess(args, config, opened.store()).await;
    opened.close().await?;
    print(&counts?.describe(args.dry_run))?;
    Ok(ExitCode::SUCCESS)
}

async fn reprocess(args: &ReprocessArgs, config: &Config, store: &Store) -> anyhow::Result<Counts> {
    let rereader = Rereader::new(&pipeline_with_rules(config, store)?);
    let host = args.site.as_ref().map(|host| host.to_lowercase());
    let selection = PageSelection { host, since: args.since, ..PageSelection::default() };
    let (mut after, mut counts) = (0, Counts::default());
    loop {
        let entries = store.entries_with_pages(&selection, after, Rereader::BATCH).await?;
        let Some(last) = entries.last() else { return Ok(counts) };
        after = *last;
        let texts = on_file(store, &entries).await?;
        let rereads = if args.dry_run {
            rereader.preview(&entries, RevisionReason::Rules).await?
        } else {
            rereader.reread(&entries, RevisionReason::Rules).await?
        };
        counts.busy += entries.len() - rereads.len();
        for reread in &rereads {
            counts.add(reread);
            print(&difference(reread, &texts, &mut counts))?;
        }
    }
}

/// An article before its page is extracted again.
struct OnFile {
    url: String,
    title: String,
    body: String,
}

async fn on_file(store: &Store, entries: &[i64]) -> anyhow::Result<HashMap<i64, OnFile>> {
    let texts = store.texts_of_entries(entries).await?;
    let texts = texts.into_iter();
    Ok(texts.map(|(id, url, title, body)| (id, OnFile { url, title, body })).collect())
}

/// What became of the pages.
#[derive(Debug, Default)]
struct Counts {
    changed: usize,
    same: usize,
    without_text: usize,
    busy: usize,
    refused: usize,
    paragraphs_gone: usize,
    paragraphs_new: usize,
}

impl Counts {
    fn add(&mut self, reread: &Reread) {
        match reread.ending() {
            RereadEnding::Revised => self.changed += 1,
            RereadEnding::Same => self.same += 1,
            RereadEnding::WithoutText => self.without_text += 1,
            RereadEnding::Busy => self.busy += 1,
            RereadEnding::Refused => self.refused += 1,
        }
    }

    fn describe(&self, is_dry: bool) -> String {
        let pages = self.changed + self.same + self.without_text + self.busy + self.refused;
        let changed = if is_dry { "would have another text" } else { "have another text now" };
        let mut out = format!(
            "{}: {} {changed} (paragraphs: -{} +{}), {} the same\n",
            counted(pages, "page"),
            self.changed,
            self.paragraphs_gone,
            self.paragraphs_new,
            self.same
        );
        for (count, what) in [
            (self.without_text, "give no article any more; the text on file stays"),
            (self.busy, "are being read by the daemon and were left out; run this again"),
            (self.refused, "were refused by the database; the log says why"),
        ] {
            if count > 0 {
                let _ = writeln!(out, "{count} {what}");
            }
        }
        out
    }
}

/// The difference that a page makes, by paragraphs; empty if there is none.
fn difference(reread: &Reread, texts: &HashMap<i64, OnFile>, counts: &mut Counts) -> String {
    let Some((filing, Recorded::Judged { article, verdict: Verdict::Revision { .. } })) =
        &reread.result
    else {
        return String::new();
    };
    let (Some(before), Outcome::Article(read)) = (texts.get(article), &filing.outcome) else {
        return String::new();
    };
    let mut out = format!("{}\n", before.url);
    let (title, body) = (&read.article.title, read.article.text());
    let old = [before.title.as_str()].into_iter().chain(before.body.split("\n\n"));
    let new = [title.as_str()].into_iter().chain(body.split("\n\n"));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.collect(), new.collect());
    for change in TextDiff::from_slices(&old, &new).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => {
                counts.paragraphs_gone += 1;
                '-'
            }
            ChangeTag::Insert => {
                counts.paragraphs_new += 1;
                '+'
            }
        };
        let _ = writeln!(out, "  {sign} {}", cut(change.value()));
    }
    out
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace('\n', " ")
}
