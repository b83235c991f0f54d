//! The commands of the CLI, one file each, and what they share: settings, logging, exit codes.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

mod check_config;
mod copies;
mod database;
mod dedupe;
mod demo;
mod explain;
mod export;
pub mod extract;
mod feeds;
mod fetch;
mod find;
mod metadata;
mod migrate;
pub mod paint;
mod psql;
mod run;
mod shell;
mod status;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, ConfigError};
use crate::feed_list;
use crate::feed_list::ListError;
use crate::http::HttpClientError;
use crate::telemetry::{self, LogSettings, TelemetryError};

/// Polls news feeds, keeps only the article of each page, and files clean, deduplicated articles in Postgres.
///
/// The configuration is the file that `--config` or `$WIRESIFT_CONFIG` names, or else config/wiresift.toml here, or else
/// /etc/wiresift/wiresift.toml. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
#[derive(Debug, Parser)]
#[command(name = "wiresift", version, max_term_width = 100)]
pub struct Cli {
    // No short form: `-c` belongs to psql, whose arguments we pass on.
    /// Configuration file, instead of the first of the usual places that has one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: poll, read, file, until told to stop
    Run(run::RunArgs),
    /// See it work, offline: an invented news world on this machine, read into the embedded database
    Demo(demo::DemoArgs),
    /// Turn pages into articles, without a database
    Extract(extract::ExtractArgs),
    /// Tell which articles of a file are copies of which, and which tell one event, without a database
    Dedupe(dedupe::DedupeArgs),
    /// Tell all that is known of an address: sightings, judgement, revisions, blocks, next try
    Explain(explain::ExplainArgs),
    /// Show who copied whom, or undo a wrong merge
    #[command(subcommand)]
    Copies(copies::CopiesCommand),
    /// Show, find, check, import or export feeds, or undo a move
    #[command(subcommand)]
    Feeds(feeds::FeedsCommand),
    /// Show the state of affairs on one screen
    Status(status::StatusArgs),
    /// Write clean articles to standard output, one JSON object a line
    Export(export::ExportArgs),
    /// Read the configuration and the feed lists, and say whether all is well
    CheckConfig,
    /// Bring the database's schema up to date
    Migrate,
    /// Open the database with psql, the embedded one too
    Psql(psql::PsqlArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Runs a command and says how it ended.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wiresift: {}", told(&error));
            ExitCode::from(if is_misconfigured(&error) { 2 } else { 1 })
        }
    }
}

/// An error and its causes as one sentence. Many errors, in libraries too, repeat their cause in their own words;
/// what has been said is not said again.
fn told(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !sentence.contains(&cause) {
            let colon = if sentence.is_empty() { "" } else { ": " };
            sentence = sentence + colon + &cause;
        }
    }
    sentence
}

/// Whether the settings or a feed list are at fault, and so whoever wrote them.
fn is_misconfigured(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<ConfigError>()
            || cause.is::<ListError>()
            || cause.is::<TelemetryError>()
            || cause.is::<HttpClientError>()
    })
}

/// Whoever reads our output may stop at any time (`wiresift export | head`).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Completions(args) => return shell::completions(args),
        Command::Man => return shell::man(),
        Command::Demo(args) => {
            quiet_log()?;
            return runtime()?.block_on(demo::run(args));
        }
        _ => {}
    }
    let mut config = Config::load(cli.config.as_deref())?;
    if matches!(cli.command, Command::Run(_)) {
        telemetry::init(&config.log)?;
    } else {
        // A command that a person waits for speaks for itself; its log is for trouble.
        "warn".clone_into(&mut config.log.level);
        telemetry::init(&config.log)?;
    }
    if let Command::Extract(args) = &cli.command {
        let fetch = fetch::Fetcher::new(&config)?;
        let rules = feed_list::compile_sites(&config.site_rules()?)?;
        let reading =
            extract::Reading { rules: &rules, now: now(), screen: paint::Screen::of_stdout() };
        let complete =
            extract::run(args, &reading, &mut io::stdout().lock(), &|url| fetch.page(url))?;
        return Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if let Command::Dedupe(args) = &cli.command {
        dedupe::run(args, &mut io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    runtime()?.block_on(in_runtime(cli.command, config))
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// A command that a person waits for speaks for itself; its log is for trouble.
fn quiet_log() -> anyhow::Result<()> {
    Ok(telemetry::init(&LogSettings { level: "warn".to_owned(), ..LogSettings::default() })?)
}

async fn in_runtime(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(args) => run::run(&args, config).await,
        Command::Explain(args) => explain::run(&args, &config).await,
        Command::Copies(command) => copies::run(&command, &config).await,
        Command::Feeds(command) => feeds::run(&command, &config).await,
        Command::Status(args) => status::run(&args, &config).await,
        Command::Export(args) => export::run(&args, &config).await,
        Command::CheckConfig => check_config::run(&config),
        Command::Migrate => migrate::run(&config).await,
        Command::Psql(args) => psql::run(&args, &config).await,
        Command::Extract(_)
        | Command::Dedupe(_)
        | Command::Demo(_)
        | Command::Completions(_)
        | Command::Man => Ok(ExitCode::FAILURE),
    }
}

/// Writes to standard output. Not `println!`, which panics when whoever reads has had enough.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// The present, for commands that print it.
fn now() -> DateTime<Utc> {
    SystemClock.now()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_says_nothing_twice() {
        let source = io::Error::other("the disk is on fire");
        let error = anyhow::Error::new(source)
            .context("cannot write: the disk is on fire")
            .context("export");
        assert_eq!(told(&error), "export: cannot write: the disk is on fire");
        let error = anyhow::anyhow!("down").context("up");
        assert_eq!(told(&error), "up: down");
    }
}
