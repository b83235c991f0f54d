//! `wiresift check-config`: reads the configuration with the same code as `run`.

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::commands::{counted, print};
use crate::config::Config;
use crate::feed_list;

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let feeds = config.feed_list()?;
    let rules = feed_list::compile_sites(&config.site_rules()?)?;
    let accesses = config.accesses()?;
    config.database.connect_options()?;
    let file = config.file.as_ref().map(|path| format!("{}: ok", path.display()));
    let mut said = file.unwrap_or_else(|| "no configuration file; the defaults hold".to_owned());
    let lists = counted(config.feed_files()?.len(), "list");
    let _ = write!(said, "\n{} in {lists}\n", counted(feeds.len(), "feed"));
    if !rules.is_empty() {
        let _ = writeln!(said, "{}", counted(rules.len(), "site rule"));
    }
    if !accesses.is_empty() {
        let _ = writeln!(said, "{}", counted(accesses.len(), "access"));
    }
    if config.http.contact.is_none() {
        said.push_str(
            "note: http.contact is not set, so webmasters cannot reach you; \
             write a URL or an e-mail address\n",
        );
    }
    print(&said)?;
    Ok(ExitCode::SUCCESS)
}
