//! `wiresift run`.

use std::process::ExitCode;

use clap::Args;

use crate::commands::print;
use crate::config::Config;
use crate::daemon::{self, Mode};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Poll every due feed once, read all pending entries, and stop; check that the sums agree
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(args: &RunArgs, config: Config) -> anyhow::Result<ExitCode> {
    let mode = if args.once { Mode::Once } else { Mode::Forever };
    let Some(sums) = daemon::run(config, mode).await? else { return Ok(ExitCode::SUCCESS) };
    print(&format!(
        "{} entries seen, {} still pending; {} articles on file; {} changes logged\n",
        sums.entries, sums.pending, sums.articles, sums.changes
    ))?;
    let faults = sums.faults();
    for fault in &faults {
        eprintln!("wiresift: the sums do not agree: {fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
