//! `wiresift reload`: applies changed feed lists to the running daemon.
//!
//! The unit's `ExecReload=` runs this. So `systemctl reload` fails if a list is wrong, and the
//! place of the mistake is in the journal.

use std::process::ExitCode;

use crate::commands::{counted, print};
use crate::config::Config;
use crate::daemon::control::{self, Reloaded};

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    match control::reload(&config.storage.dir).await? {
        Reloaded::Accepted(applied) => {
            print(&format!(
                "applied the feed lists: {} ({} added, {} changed, {} paused), {}\n",
                counted(applied.feeds, "feed"),
                applied.added,
                applied.changed,
                applied.paused,
                counted(applied.sites, "site rule")
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Reloaded::Postponed => {
            print(
                "the feed lists are right; the daemon applies them as soon as its database is \
                 ready\n",
            )?;
            Ok(ExitCode::SUCCESS)
        }
        Reloaded::Refused { reason, is_misconfigured } => {
            eprintln!("wiresift: reload refused, the old feed lists stay in force: {reason}");
            Ok(ExitCode::from(if is_misconfigured { 2 } else { 1 }))
        }
    }
}
