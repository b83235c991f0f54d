//! `wiresift feeds`: the feed list.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};

use crate::commands::database::open;
use crate::commands::losses::losses;
use crate::commands::table::{lines, table};
use crate::commands::{check, find, import, now, print};
use crate::config::Config;
use crate::feed_list;
use crate::store::{FeedLine, Return};
use wiresift_feed::address::FeedUrl;

#[derive(Debug, Subcommand)]
pub(super) enum FeedsCommand {
    /// List the feeds with their state
    List,
    /// Fetch a feed once and print what the daemon would make of it
    ///
    /// Each entry is shown with its date and the text of it, its authors, its link and the place
    /// where the feed states it, the letters of its text, and what becomes of it.
    Check {
        /// URL of the feed
        url: String,
        /// Print all entries
        #[arg(long)]
        all: bool,
    },
    /// Find the feeds of a web page, and print them as lines for a feed list
    Find {
        /// URL of the page
        url: String,
    },
    /// Undo the move of a feed: poll it at its listed URL again, and never follow it to the other
    /// one
    Return {
        /// URL of the feed in the feed list
        url: String,
    },
    /// Convert an OPML file or a plain list of URLs to a feed list under feeds.d
    ///
    /// What cannot be polled is left out and named, and the exit code is then 1.
    Import {
        /// OPML file (.opml, .xml) or list (.txt)
        file: PathBuf,
        /// Replace a list of the same name
        #[arg(long)]
        force: bool,
    },
    /// Write the feed list to standard output
    Export {
        /// Output format
        #[arg(long, value_enum, default_value = "opml")]
        format: ExportFormat,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ExportFormat {
    /// OPML 2.0, for other feed readers
    Opml,
    /// TOML, as in config/feeds.toml
    Toml,
}

pub(super) async fn run(command: &FeedsCommand, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        FeedsCommand::List => list(config).await,
        // Not parsed with the arguments, because the message of a mistake there repeats the text,
        // which may have a password.
        FeedsCommand::Check { url, all } => check::run(&FeedUrl::parse(url)?, *all, config).await,
        FeedsCommand::Find { url } => find::run(FeedUrl::parse(url)?.as_url(), config).await,
        FeedsCommand::Return { url } => return_feed(&FeedUrl::parse(url)?, config).await,
        FeedsCommand::Import { file, force } => import::run(file, *force, config),
        FeedsCommand::Export { format } => export(*format, config),
    }
}

async fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let feeds = opened.store().feed_lines(now()).await;
    opened.close().await?;
    print(&listing(&feeds?))?;
    Ok(ExitCode::SUCCESS)
}

fn listing(feeds: &[FeedLine]) -> String {
    let mut listing = table(&["State", "Status", "Entries", "Feed"], &[1, 2]);
    for feed in feeds {
        let name = feed.name.as_deref().unwrap_or_default();
        let polled_at = feed.moved_to.as_ref().map(|to| format!("\npolled at {to}"));
        let error = feed.last_error.as_ref().map(|error| format!("\n{error}"));
        let lost = losses(feed).into_iter().map(|loss| format!("\n{loss}"));
        let notes: String = polled_at.into_iter().chain(error).chain(lost).collect();
        listing.add_row(vec![
            feed.state.clone(),
            feed.last_status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            feed.entries.to_string(),
            format!("{}  {name}{notes}", feed.url).trim_end().to_owned(),
        ]);
    }
    lines(&listing)
}

async fn return_feed(url: &FeedUrl, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let answer = opened.store().return_feed(url.as_url(), now()).await;
    opened.close().await?;
    match answer? {
        Return::Unknown => {
            bail!("no feed is listed at {url}; `wiresift feeds list` prints all feeds")
        }
        Return::NotMoved => bail!("{url} has not moved: it is polled at its listed URL"),
        Return::From(from) => {
            print(&format!(
                "{url} is polled again from now on; it is not followed to {from} again\n"
            ))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn export(format: ExportFormat, config: &Config) -> anyhow::Result<ExitCode> {
    let feeds = config.feed_list()?;
    print(&match format {
        ExportFormat::Opml => feed_list::write_opml(&feeds, "wiresift feeds"),
        ExportFormat::Toml => feed_list::write_toml(&feeds),
    })?;
    Ok(ExitCode::SUCCESS)
}
