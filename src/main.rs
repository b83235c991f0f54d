//! From arguments to exit code; [`wiresift::commands`] does the rest.

use std::process::ExitCode;

use clap::Parser as _;
use wiresift::commands::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
