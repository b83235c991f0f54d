//! `wiresift status`: one screen.

use std::process::ExitCode;

use clap::Args;

use crate::commands::database::open;
use crate::commands::{now, print};
use crate::config::Config;
use crate::store::Status;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// As one JSON object
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
    use std::fmt::Write as _;
    let mut out = String::new();
    let total: i64 = status.feeds.iter().map(|(_, count)| count).sum();
    let by_state: Vec<String> =
        status.feeds.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let _ =
        writeln!(out, "Feeds     {total} ({}), {} due now", by_state.join(", "), status.due_feeds);
    let _ = writeln!(
        out,
        "Articles  {} and {} copies; {} in the last hour, {} in the last day",
        status.articles, status.copies, status.articles_last_hour, status.articles_last_day
    );
    let _ = writeln!(out, "Changes   up to {}", status.head);
    if let Some(oldest) = status.oldest_pending {
        let _ = writeln!(
            out,
            "Backlog   oldest entry waits since {}",
            oldest.format("%Y-%m-%d %H:%M:%S UTC")
        );
    }
    let _ = writeln!(out, "Entries");
    for (state, cause, count) in &status.entries {
        let _ = writeln!(out, "  {count:>8}  {state:<10} {cause}");
    }
    if !status.worst.is_empty() {
        let _ = writeln!(out, "Failing feeds");
    }
    for feed in &status.worst {
        let error = feed.last_error.as_deref().unwrap_or("");
        let _ =
            writeln!(out, "  {:>4} in a row  {}\n                {error}", feed.failures, feed.url);
    }
    out
}
