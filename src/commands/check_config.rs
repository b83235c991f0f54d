//! `wiresift check-config`: the same code that `run` reads its configuration with.

use std::process::ExitCode;

use crate::config::Config;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let feeds = config.feed_list()?;
    config.database.connect_options()?;
    match &config.file {
        Some(path) => println!("{}: ok", path.display()),
        None => println!("no configuration file: defaults"),
    }
    let files = config.feed_files()?;
    println!("{} feeds in {} lists", feeds.len(), files.len());
    if config.http.contact.is_none() {
        println!("note: http.contact is not set; webmasters cannot tell whom to write to");
    }
    Ok(ExitCode::SUCCESS)
}
