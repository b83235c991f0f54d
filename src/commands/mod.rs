//! The commands, one file each, and what they share: settings, logging, exit codes.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong usage or configuration.

mod backup;
mod check;
mod check_config;
mod connect;
mod copies;
mod database;
mod dedupe;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod export;
pub mod extract;
mod feeds;
mod fetch;
mod find;
mod import;
mod losses;
mod manual;
mod metadata;
mod migrate;
pub mod paint;
mod pg_program;
mod psql;
mod reload;
mod reprocess;
mod restore;
mod run;
mod shell;
mod site;
mod status;
mod table;
mod upgrade_database;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, ConfigError};
use crate::feed_list;
use crate::feed_list::ListError;
use crate::http::HttpClientError;
use crate::telemetry::{self, LogSettings, TelemetryError};
use crate::units::counted;

/// Poll news feeds, keep only the article of each page, and file deduplicated articles in Postgres.
///
/// wiresift reads the configuration file that `--config` or `$WIRESIFT_CONFIG` names. Without
/// either, it reads config/wiresift.toml in the current directory, or else
/// /etc/wiresift/wiresift.toml. Without any file, the defaults hold. The exit code is 0 for
/// success, 1 for failure, and 2 for wrong usage or a wrong configuration.
#[derive(Debug, Parser)]
#[command(name = "wiresift", version, max_term_width = 100)]
pub struct Cli {
    // No short form: `psql` passes `-c` on.
    /// Read the configuration from FILE
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: poll feeds, read pages and file articles until a signal stops it
    Run(run::RunArgs),
    /// Apply changed feed lists to the running daemon, and tell whether it accepted them
    ///
    /// The daemon applies all changes of the feed lists, or none if there is a mistake. This command
    /// waits for that. The exit code is 0 if the lists were accepted, 2 if there is a mistake in
    /// them or in the configuration, and 1 if the daemon or its database cannot be reached. The
    /// daemon is the one that runs with the same storage.dir.
    Reload,
    /// Run the daemon on an invented internet, on this machine and without a network
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    /// Extract articles from pages; needs no database
    Extract(extract::ExtractArgs),
    /// Find copies and stories among the articles of a file; needs no database
    Dedupe(dedupe::DedupeArgs),
    /// Show what is known about an address: sightings, decisions, revisions, blocks, next try
    Explain(explain::ExplainArgs),
    /// Show the copies of an article, or split articles that are no copies
    #[command(subcommand)]
    Copies(copies::CopiesCommand),
    /// Extract stored pages again, with the rules, the model and the site memories of today
    ///
    /// An article whose text is another one now gets a revision with the reason `rules`. Pages are
    /// stored for the time that raw.keep says. The daemon may run meanwhile.
    Reprocess(reprocess::ReprocessArgs),
    /// Show what was learned about a site, forget it, or keep a text that it removes
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// List, check, find, import or export feeds, or undo the move of a feed
    #[command(subcommand)]
    Feeds(feeds::FeedsCommand),
    /// Show the state of feeds, entries and articles
    Status(status::StatusArgs),
    /// Write articles to standard output, one JSON object per line
    Export(export::ExportArgs),
    /// Check the configuration and the feed lists
    CheckConfig,
    /// Bring the database schema up to date
    Migrate,
    /// Write a backup of the database to a file; the daemon may run meanwhile
    ///
    /// The backup is a compressed dump in the custom format of PostgreSQL, and shows the database at
    /// one moment. FILE appears when it is complete, and is readable by its owner only. The
    /// configuration and the feed lists are not in it.
    Backup(backup::BackupArgs),
    /// Make a backup the database
    ///
    /// Stop the daemon first. The embedded database must have no news, or --replace must be given.
    /// The database that database.url names must be empty. Consumers that have read further than the
    /// backup are told to read everything again.
    Restore(restore::RestoreArgs),
    /// Move the embedded database to the newest PostgreSQL that is installed
    ///
    /// Stop the daemon first. The old data stays until the new is complete and compared with it, and
    /// this command may be killed at any time. If the distribution has removed the old PostgreSQL,
    /// the copy of its programs is used that the daemon has kept. `PG_BIN` chooses the new version.
    UpgradeDatabase(upgrade_database::UpgradeDatabaseArgs),
    /// Print the connection string for programs that read the news, and try it
    Connect(connect::ConnectArgs),
    /// Open the database with psql; works for the embedded database too
    Psql(psql::PsqlArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print a manual page, or write all of them
    Man(manual::ManArgs),
}

/// Runs a command. An error goes to standard error as one line.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wiresift: {}", sentence(&error));
            ExitCode::from(if is_misconfigured(&error) { 2 } else { 1 })
        }
    }
}

/// An error and its causes as one sentence. Many errors, also those of libraries, repeat their
/// cause in their own message; a cause that the sentence contains already is left out.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !sentence.contains(&cause) {
            let colon = if sentence.is_empty() { "" } else { ": " };
            sentence = sentence + colon + &cause;
        }
    }
    sentence
}

/// Whether the configuration or a feed list is wrong.
fn is_misconfigured(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<ConfigError>()
            || cause.is::<ListError>()
            || cause.is::<TelemetryError>()
            || cause.is::<HttpClientError>()
    })
}

/// The reader of our output may stop at any time (`wiresift export | head`). That is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Run(args) => {
            let config = Config::load(file)?;
            telemetry::init(&config.log)?;
            wait(run::run(&args, config))
        }
        Command::Reload => wait(reload::run(&configured(file)?)),
        #[cfg(feature = "demo")]
        Command::Demo(args) => {
            telemetry::init(&quiet(&LogSettings::default()))?;
            wait(demo::run(&args))
        }
        Command::Extract(args) => extract_pages(&args, &configured(file)?),
        Command::Dedupe(args) => {
            configured(file)?;
            dedupe::run(&args, &mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Explain(args) => wait(explain::run(&args, &configured(file)?)),
        Command::Copies(command) => wait(copies::run(&command, &configured(file)?)),
        Command::Reprocess(args) => wait(reprocess::run(&args, &configured(file)?)),
        Command::Site(command) => wait(site::run(&command, &configured(file)?)),
        Command::Feeds(command) => wait(feeds::run(&command, &configured(file)?)),
        Command::Status(args) => wait(status::run(&args, &configured(file)?)),
        Command::Export(args) => wait(export::run(&args, &configured(file)?)),
        Command::CheckConfig => check_config::run(&configured(file)?),
        Command::Migrate => wait(migrate::run(&configured(file)?)),
        Command::Backup(args) => wait(backup::run(&args, &configured(file)?)),
        Command::Restore(args) => wait(restore::run(&args, &configured(file)?)),
        Command::UpgradeDatabase(args) => wait(upgrade_database::run(&args, &configured(file)?)),
        Command::Connect(args) => wait(connect::run(&args, &configured(file)?)),
        Command::Psql(args) => wait(psql::run(&args, &configured(file)?)),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => manual::run(&args),
    }
}

/// The configuration of every command but `run` and `demo`, with logging set up.
fn configured(file: Option<&Path>) -> anyhow::Result<Config> {
    let config = Config::load(file)?;
    telemetry::init(&quiet(&config.log))?;
    Ok(config)
}

/// Commands other than `run` print results. Their log only reports problems.
fn quiet(settings: &LogSettings) -> LogSettings {
    LogSettings { level: "warn".to_owned(), ..settings.clone() }
}

fn wait(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

fn extract_pages(args: &extract::ExtractArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let fetcher = fetch::Fetcher::new(config)?;
    let rules = feed_list::compile_sites(&config.site_rules()?)?;
    let screen = paint::Screen::of_stdout();
    let reading = extract::Reading { rules: &rules, now: now(), screen };
    let complete =
        extract::run(args, &reading, &mut io::stdout().lock(), &|url| fetcher.page(url))?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes to standard output. `println!` would panic when the reader of a pipe has gone away.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn numbers_have_their_nouns() {
        let all = [(1, "feed"), (2, "feed"), (0, "entry"), (3, "access"), (1, "entry")];
        let all = all.map(|(count, noun)| counted(count, noun));
        assert_eq!(all, ["1 feed", "2 feeds", "0 entries", "3 accesses", "1 entry"]);
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_repeats_no_cause() {
        let source = io::Error::other("the disk is on fire");
        let error = anyhow::Error::new(source)
            .context("cannot write: the disk is on fire")
            .context("export");
        assert_eq!(sentence(&error), "export: cannot write: the disk is on fire");
        let error = anyhow::anyhow!("down").context("up");
        assert_eq!(sentence(&error), "up: down");
    }
}
