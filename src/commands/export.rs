//! `wiresift export`.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::database::open;
use crate::commands::now;
use crate::config::Config;
use crate::store::{ExportFilter, Store};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Only articles that are new or changed since WHEN: a day (2026-11-01), an instant
    /// (2026-11-01T12:00:00Z), or an age (2days)
    #[arg(long, value_name = "WHEN", value_parser = parse_when)]
    since: Option<DateTime<Utc>>,
    /// Output format
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Include copies, each with the ID of its original (`copy_of`)
    #[arg(long)]
    copies: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object per line, with the columns of news.articles
    Jsonl,
}

pub(super) async fn run(args: &ExportArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let Format::Jsonl = args.format;
    let filter = ExportFilter { since: args.since, copies: args.copies };
    let opened = open(config).await?;
    let written = write_all(opened.store(), &filter).await;
    opened.close().await?;
    written?;
    Ok(ExitCode::SUCCESS)
}

async fn write_all(store: &Store, filter: &ExportFilter) -> anyhow::Result<()> {
    let progress = progress(store, filter).await?;
    let mut out = io::BufWriter::new(io::stdout());
    let mut lines = std::pin::pin!(store.export(filter));
    while let Some(line) = lines.next().await {
        writeln!(out, "{}", line?)?;
        progress.inc(1);
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(())
}

/// A progress bar on standard error, if that is a terminal and the output goes elsewhere.
async fn progress(store: &Store, filter: &ExportFilter) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let count = store.count_export(filter).await?;
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} articles, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(u64::try_from(count).unwrap_or(0)).with_style(style))
}

pub(super) fn parse_when(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    if let Some(midnight) = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0))
    {
        return Ok(midnight.and_utc());
    }
    humantime::parse_duration(text)
        .ok()
        .and_then(|age| now().checked_sub_signed(TimeDelta::from_std(age).ok()?))
        .ok_or_else(|| {
            "write a day (2026-11-01), an instant (2026-11-01T12:00:00Z) or an age (2days)"
                .to_owned()
        })
}
