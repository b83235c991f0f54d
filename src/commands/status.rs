//! `wiresift status`: the state of everything on one screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::commands::database::open;
use crate::commands::losses::losses;
use crate::commands::table::{lines, table};
use crate::commands::{now, print};
use crate::config::Config;
use crate::notices::conditions::advice;
use crate::notices::{Open, Watch, file};
use crate::store::{FeedLine, SiteHealth, Status};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The status, as one JSON object.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    status: &'a Status,
    /// The faults that are open, by key.
    notices: &'a BTreeMap<String, Open>,
}

pub(super) async fn run(args: &StatusArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let path = file::path(&config.storage.dir);
    let watch = file::load(&path).unwrap_or_else(|error| {
        eprintln!("{}: cannot be read: {error}", path.display());
        Watch::default()
    });
    let status = match asked(config).await {
        Ok(status) => status,
        Err(error) => {
            // The open notices may say since when the database is away.
            if !args.json {
                print(&notices(&watch.open))?;
            }
            return Err(error);
        }
    };
    if args.json {
        let report = Report { status: &status, notices: &watch.open };
        print(&(serde_json::to_string(&report)? + "\n"))?;
    } else {
        print(&(notices(&watch.open) + &screen(&status)))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn asked(config: &Config) -> anyhow::Result<Status> {
    let opened = open(config).await?;
    let status = opened.store().status(now()).await;
    opened.close().await?;
    Ok(status?)
}

/// The faults that are open, if any.
fn notices(open: &BTreeMap<String, Open>) -> String {
    if open.is_empty() {
        return String::new();
    }
    let mut faults = table(&["Since", "Fault"], &[]);
    for (key, fault) in open {
        let since = fault.since.format("%Y-%m-%d %H:%M UTC").to_string();
        faults.add_row(vec![since, format!("{}\n{}", fault.text, advice(key))]);
    }
    lines(&faults) + "\n"
}

fn screen(status: &Status) -> String {
    let mut out = String::new();
    let total: i64 = status.feeds.iter().map(|(_, count)| count).sum();
    let by_state: Vec<String> =
        status.feeds.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let by_state = by_state.join(", ");
    let _ = writeln!(out, "Feeds     {total} ({by_state}), {} due now", status.due_feeds);
    let _ = writeln!(
        out,
        "Articles  {} and {} copies; {} in the last hour, {} in the last day",
        status.articles, status.copies, status.articles_last_hour, status.articles_last_day
    );
    let _ = writeln!(out, "Changes   up to {}", status.head);
    if let Some(oldest) = status.oldest_pending {
        let oldest = oldest.format("%Y-%m-%d %H:%M:%S UTC");
        let _ = writeln!(out, "Backlog   oldest entry waits since {oldest}");
    }
    if !status.entries.is_empty() {
        let _ = write!(out, "\n{}", entries(status));
    }
    if !status.worst.is_empty() {
        let _ = write!(out, "\n{}", failing(&status.worst));
    }
    if !status.lossy.is_empty() {
        let _ = write!(out, "\n{}", lossy(&status.lossy));
    }
    if !status.doubtful_sites.is_empty() {
        let _ = write!(out, "\n{}", doubtful(&status.doubtful_sites));
    }
    out
}

fn entries(status: &Status) -> String {
    let mut entries = table(&["Entries", "State", "Cause"], &[0]);
    for (state, cause, count) in &status.entries {
        entries.add_row(vec![&count.to_string(), state, cause]);
    }
    lines(&entries)
}

fn failing(feeds: &[FeedLine]) -> String {
    let mut failing = table(&["Failures", "Feed"], &[0]);
    for feed in feeds {
        let error = feed.last_error.as_deref().unwrap_or_default();
        failing.add_row(vec![feed.failures.to_string(), format!("{}\n{error}", feed.url)]);
    }
    lines(&failing)
}

/// Sites whose texts may be something else than the articles.
fn doubtful(sites: &[SiteHealth]) -> String {
    let mut doubtful = table(&["Doubtful", "Of", "Agreement", "Site"], &[0, 1, 2]);
    for site in sites {
        let agreement = site.agreement.map_or("-".to_owned(), |share| format!("{share:.2}"));
        let (count, of) = (site.doubtful.to_string(), site.articles.to_string());
        doubtful.add_row(vec![count, of, agreement, site.site.clone()]);
    }
    lines(&doubtful)
}

fn lossy(feeds: &[FeedLine]) -> String {
    let mut lossy = table(&["Left out", "Feed"], &[0]);
    for feed in feeds {
        let count: i64 = feed.left_out.values().sum();
        let losses = losses(feed).join("\n");
        lossy.add_row(vec![count.to_string(), format!("{}\n{losses}", feed.url)]);
    }
    lines(&lossy)
}
