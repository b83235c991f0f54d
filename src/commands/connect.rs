//! `wiresift connect`: the connection string for a program that reads the news, tried at once.
//!
//! The string goes to standard output and what the trial found to standard error, so that
//! `psql "$(wiresift connect)"` works.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use url::Url;

use crate::commands::print;
use crate::config::Config;
use crate::daemon::EMBEDDED_DATABASE;
use crate::store;

#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// Log in as this `[[reader]]`
    #[arg(long = "as", value_name = "NAME", default_value = "news_reader")]
    role: String,
    /// Print the string for TCP (readers.listen)
    #[arg(long)]
    tcp: bool,
    /// Print the string without trying it
    #[arg(long)]
    no_test: bool,
}

/// Where the shipped unit puts the readers' socket.
const USUAL_DIR: &str = "/run/wiresift";

/// The port of a server without TCP.
const USUAL_PORT: u16 = 5432;

pub(super) async fn run(args: &ConnectArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let url = address(args, config)?;
    print(&format!("{url}\n"))?;
    if args.no_test {
        return Ok(ExitCode::SUCCESS);
    }
    let head = store::head_for_reader(&url).await.with_context(|| advice(args, config))?;
    eprintln!("connected as {}; the change log is at {head}", args.role);
    Ok(ExitCode::SUCCESS)
}

fn address(args: &ConnectArgs, config: &Config) -> anyhow::Result<Url> {
    if let Some(url) = config.database.url()? {
        // The server is the operator's. Its address is known, its rules are not.
        let mut url = Url::parse(&url).context("database.url is not an address")?;
        let _ = url.set_username(&args.role);
        let _ = url.set_password(None);
        return Ok(url);
    }
    let mut url = Url::parse("postgresql:///")?;
    url.set_path(EMBEDDED_DATABASE);
    if args.tcp {
        let Some(listen) = config.readers.listen else {
            bail!("readers.listen is not set, so the embedded database is not reached by TCP");
        };
        let text = format!("postgresql://{}@{listen}/{EMBEDDED_DATABASE}", args.role);
        return Ok(Url::parse(&text)?);
    }
    let port = config.readers.listen.map_or(USUAL_PORT, |listen| listen.port());
    url.query_pairs_mut().append_pair("host", &socket_dir(config).to_string_lossy());
    if port != USUAL_PORT {
        url.query_pairs_mut().append_pair("port", &port.to_string());
    }
    url.query_pairs_mut().append_pair("user", &args.role);
    Ok(url)
}

/// The directory of the readers' socket. The command is often run by another user than the daemon, so
/// the settings and the usual place decide.
fn socket_dir(config: &Config) -> PathBuf {
    config.reader_access().socket_dir.unwrap_or_else(|| Path::new(USUAL_DIR).to_owned())
}

fn advice(args: &ConnectArgs, config: &Config) -> String {
    if config.database.url.is_some() || config.database.url_file.is_some() {
        return format!(
            "cannot connect as {}; the server of database.url decides who may connect",
            args.role
        );
    }
    if args.tcp {
        return format!(
            "cannot connect as {}; set its password in PGPASSWORD or ~/.pgpass, and check that the \
             [[reader]] has a password_file and that the daemon was started since",
            args.role
        );
    }
    let (dir, group) = (socket_dir(config), &config.readers.group);
    format!(
        "cannot connect through {}; is the daemon running, with this directory as \
         readers.socket_dir? Only members of the group {group} may: `sudo usermod -aG {group} \
         $USER`, then log in again",
        dir.display()
    )
}
