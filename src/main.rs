//! Arguments to command to exit code; nothing else.

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use clap::Parser;
use wiresift::clock::{Clock, SystemClock};
use wiresift::commands::extract::{self, ExtractArgs};

/// Clean, deduplicated news articles from feeds.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Turn pages into articles
    Extract(ExtractArgs),
}

fn main() -> ExitCode {
    let Command::Extract(args) = Command::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let fetch = |url: &url::Url| -> anyhow::Result<(Vec<u8>, Option<String>, url::Url)> {
        anyhow::bail!("{url}: only local pages can be read yet")
    };
    let done = extract::run(&args, &mut out, SystemClock.now(), &fetch);
    let flushed = out.flush();
    match done {
        Ok(true) if flushed.is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
