//! `wiresift feeds`: the feed list.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};

use crate::commands::database::open;
use crate::commands::fetch::{Fetched, Fetcher};
use crate::commands::table::{lines, table};
use crate::commands::{find, now, print};
use crate::config::Config;
use crate::feed_list::{self, ListFormat};
use crate::http::headers::fresh_for;
use crate::http::{Accept, FetchOutcome, Response};
use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{self, FeedHistory, PollSettings};
use crate::store::{FeedLine, Return};
use wiresift_feed::address::FeedUrl;
use wiresift_feed::hub::Links;
use wiresift_feed::{FeedError, LooksLike, ParsedFeed, Validators};

/// Entries printed by `check`.
const SHOWN: usize = 5;

#[derive(Debug, Subcommand)]
pub(super) enum FeedsCommand {
    /// List the feeds with their state
    List,
    /// Fetch a feed once and print what the daemon would make of it
    Check {
        /// URL of the feed
        url: String,
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
        FeedsCommand::Check { url } => check(&FeedUrl::parse(url)?, config).await,
        FeedsCommand::Find { url } => find::run(FeedUrl::parse(url)?.as_url(), config).await,
        FeedsCommand::Return { url } => return_feed(&FeedUrl::parse(url)?, config).await,
        FeedsCommand::Import { file, force } => import(file, *force, config),
        FeedsCommand::Export { format } => export(*format, config),
    }
}

async fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let feeds = opened.store().feed_lines().await;
    opened.close().await?;
    print(&listing(&feeds?))?;
    Ok(ExitCode::SUCCESS)
}

fn listing(feeds: &[FeedLine]) -> String {
    let mut listing = table(&["State", "Status", "Entries", "Feed"], &[1, 2]);
    for feed in feeds {
        let name = feed.name.as_deref().unwrap_or_default();
        let error = feed.last_error.as_deref().unwrap_or_default();
        listing.add_row(vec![
            feed.state.clone(),
            feed.last_status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            feed.entries.to_string(),
            format!("{}  {name}\n{error}", feed.url).trim_end().to_owned(),
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

async fn check(url: &FeedUrl, config: &Config) -> anyhow::Result<ExitCode> {
    let fetched = Fetcher::new(config)?.get(url.as_url(), Accept::Feed).await?;
    let mut said = String::new();
    let usable = describe_fetched(&mut said, &fetched, &config.poll);
    print(&said)?;
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the daemon would make of a response. Returns whether it is a feed.
fn describe_fetched(out: &mut String, fetched: &Fetched, settings: &PollSettings) -> bool {
    for hop in &fetched.hops {
        let _ = writeln!(out, "redirected from {hop}");
    }
    let response = &fetched.response;
    let _ = writeln!(
        out,
        "{} answered {} in {} ms",
        response.url,
        response.status,
        response.elapsed.as_millis()
    );
    let FetchOutcome::Body { bytes, complete } = &response.outcome else {
        let word = response.cause().map_or("unexpected", Cause::as_str);
        let _ = writeln!(out, "not usable ({word}); the daemon would try again later");
        return false;
    };
    if !complete {
        out.push_str("the response was cut short; its complete entries are used\n");
    }
    match wiresift_feed::parse(bytes, response.content_type.as_deref(), &response.url, now()) {
        Ok(parsed) => {
            describe_feed(out, response, &parsed);
            describe_interval(out, response, parsed, settings);
            true
        }
        Err(error) => {
            let _ = writeln!(out, "{error}");
            if let FeedError::NotAFeed { looks_like: LooksLike::Html } = error {
                let _ = writeln!(
                    out,
                    "`wiresift feeds find {}` looks for the feeds of this page",
                    response.url
                );
            }
            false
        }
    }
}

fn describe_feed(out: &mut String, response: &Response, parsed: &ParsedFeed) {
    let validators = match (&response.etag, &response.last_modified) {
        (None, None) => "none; the daemon compares bodies",
        (Some(_), None) => "ETag",
        (None, Some(_)) => "Last-Modified",
        (Some(_), Some(_)) => "ETag and Last-Modified",
    };
    let _ = writeln!(out, "title       {}", parsed.title.as_deref().unwrap_or("(none)"));
    let _ = writeln!(out, "validators  {validators}");
    let links = Links::of_headers(&response.links, &response.url).or(parsed.links.clone());
    if let Some((named, hub)) =
        links.offer(&response.url).as_ref().and_then(|named| Some((named, named.hub(None)?)))
    {
        let _ = writeln!(out, "hub         {hub}, for {}", named.topic);
    }
    let _ = writeln!(out, "entries     {}", parsed.entries.len());
    for defect in &parsed.defects {
        let _ = writeln!(out, "repaired    {}", defect.as_str());
    }
    for entry in parsed.entries.iter().take(SHOWN) {
        let link = entry.link.as_ref().map_or("no link; read from the feed", url::Url::as_str);
        let _ = writeln!(out, "  {}\n    {link}", entry.title.as_deref().unwrap_or("(no title)"));
    }
    let more = parsed.entries.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

/// How long the daemon would wait before its second poll.
fn describe_interval(
    out: &mut String,
    response: &Response,
    feed: ParsedFeed,
    settings: &PollSettings,
) {
    let (validators, digest) = (Validators::default(), Vec::new());
    let outcome = PollOutcome::Parsed { feed: Box::new(feed), validators, digest, complete: true };
    let fresh_for =
        fresh_for(response.cache_control.as_deref(), response.expires.as_deref(), now());
    let poll = Poll { fresh_for, ..Poll::new(now(), Some(response.url.clone()), outcome) };
    let plan = schedule::after(&FeedHistory::default(), &poll, settings, 0.5);
    let minutes = plan.pause.as_secs().div_ceil(60);
    let _ =
        writeln!(out, "interval    {}", humantime::format_duration(Duration::from_mins(minutes)));
}

fn import(file: &Path, force: bool, config: &Config) -> anyhow::Result<ExitCode> {
    let text =
        fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let format = ListFormat::of_file(&file.to_string_lossy()).unwrap_or(ListFormat::Opml);
    let feeds =
        feed_list::merge(vec![feed_list::parse_list(&file.display().to_string(), &text, format)?])?;
    let folder = config.base().join("feeds.d");
    let name = file
        .file_stem()
        .map_or_else(|| "imported".into(), |stem| stem.to_string_lossy().into_owned());
    let target = folder.join(format!("{name}.toml"));
    if target.exists() && !force {
        bail!("{} exists; --force replaces it", target.display());
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("{}: cannot be created", folder.display()))?;
    fs::write(&target, feed_list::write_toml(&feeds))
        .with_context(|| format!("{}: cannot be written", target.display()))?;
    print(&format!(
        "wrote {} feeds to {}; reload the daemon (SIGHUP) to poll them\n",
        feeds.len(),
        target.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn export(format: ExportFormat, config: &Config) -> anyhow::Result<ExitCode> {
    let feeds = config.feed_list()?;
    print(&match format {
        ExportFormat::Opml => feed_list::write_opml(&feeds, "wiresift feeds"),
        ExportFormat::Toml => feed_list::write_toml(&feeds),
    })?;
    Ok(ExitCode::SUCCESS)
}
