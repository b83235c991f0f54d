//! Arguments -> settings -> logging -> command -> exit code; nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use wiresift::commands::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
