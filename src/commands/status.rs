//! `wiresift status`: the state of everything on one screen.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::commands::database::open;
use crate::commands::losses::losses;
use crate::commands::table::{lines, table};
use crate::commands::{now, print};
use crate::config::Config;
use crate::store::{FeedLine, Status};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &StatusArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let status = opened.store().status(now()).await;
    opened.close().await?;
    let status = status?;
    if args.json {
        print(&(serde_json::to_string(&status)? + "\n"))?;
    } else {
        print(&screen(&status))?;
    }
    Ok(ExitCode::SUCCESS)
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

fn lossy(feeds: &[FeedLine]) -> String {
    let mut lossy = table(&["Left out", "Feed"], &[0]);
    for feed in feeds {
        let count: i64 = feed.left_out.values().sum();
        let losses = losses(feed).join("\n");
        lossy.add_row(vec![count.to_string(), format!("{}\n{losses}", feed.url)]);
    }
    lines(&lossy)
}
