//! From arguments to exit code; [`wiresift::commands`] does the rest.

use std::process::ExitCode;

use clap::Parser as _;
use tikv_jemallocator::Jemalloc;
use wiresift::commands::{Cli, run};

/// The C library's allocator keeps what large documents took: after 150 pages of 7 MB the process
/// was more than twice as large as with this one.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    run(Cli::parse())
}
