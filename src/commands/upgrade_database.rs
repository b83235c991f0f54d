//! `wiresift upgrade-database`: moves the embedded database to the newest PostgreSQL here.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::ProgressBar;

use crate::commands::database::no_database;
use crate::commands::print;
use crate::config::Config;
use crate::daemon::cluster_dir;
use crate::store::embedded::{Upgraded, upgrade};

#[derive(Debug, Args)]
pub(super) struct UpgradeDatabaseArgs {
    /// Keep the old data, in a directory beside the new
    #[arg(long)]
    keep_old: bool,
}

const TICK: Duration = Duration::from_millis(100);

pub(super) async fn run(args: &UpgradeDatabaseArgs, config: &Config) -> anyhow::Result<ExitCode> {
    if config.database.url()?.is_some() {
        bail!(
            "database.url names a server of your own, which you upgrade by its own means; this \
             command is for the embedded database"
        );
    }
    let dir = cluster_dir(config);
    if !dir.exists() {
        return Err(no_database(&dir));
    }
    let keep_old = args.keep_old;
    let upgraded = tokio::task::spawn_blocking(move || {
        let is_watched = io::stderr().is_terminal();
        let bar = if is_watched { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.enable_steady_tick(TICK);
        let upgraded = upgrade(&dir, keep_old, &mut |what| bar.set_message(what.to_owned()));
        bar.finish_and_clear();
        upgraded
    })
    .await??;
    print(&match upgraded {
        Upgraded::Already(major) => {
            format!("the database is of PostgreSQL {major}, the newest that is installed\n")
        }
        Upgraded::Moved { from, to, kept } => {
            let kept = kept.map(|dir| format!("; the old data is in {}", dir.display()));
            format!("moved from PostgreSQL {from} to {to}{}\n", kept.unwrap_or_default())
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
