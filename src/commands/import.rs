//! `wiresift feeds import`: the list of another reader as a feed list.
//!
//! One outline that cannot be polled does not stop the others, and nothing is lost without a word:
//! what is left out is named with its line, and so is what a feed list has no place for. A file
//! without any feed, or one that breaks off, is an error. The new list is checked together with the
//! others before it is written, so that a reload of the daemon does not fail because of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::commands::{counted, print};
use crate::config::Config;
use crate::feed_list::{self, FeedSpec, ListFormat, Reading};

pub(super) fn run(file: &Path, force: bool, config: &Config) -> anyhow::Result<ExitCode> {
    let reading = read(file)?;
    let stated = reading.feeds.len();
    let feeds = feed_list::merge(vec![reading.feeds.clone()])?;
    if feeds.is_empty() {
        let mut said = String::new();
        describe_left_out(&mut said, &reading);
        bail!("{}: it names no feed that can be polled\n{}", file.display(), said.trim_end());
    }
    let target = target(file, config);
    if target.exists() && !force {
        bail!("{} exists; --force replaces it", target.display());
    }
    check_with_others(&feeds, &target, config)?;
    write(&target, &feeds)?;
    let mut said = format!("wrote {} to {}", counted(feeds.len(), "feed"), target.display());
    said.push_str(if is_read(&target, config)? {
        "; `wiresift reload` makes the daemon poll them\n"
    } else {
        "\nthe daemon does not read that list: `feeds.files` does not name it; add \
         \"feeds.d/*.toml\" there, then run `wiresift reload`\n"
    });
    if stated > feeds.len() {
        let again = counted(stated - feeds.len(), "line");
        let _ = writeln!(said, "joined {again} that name a feed of the file again");
    }
    describe_left_out(&mut said, &reading);
    describe_unused(&mut said, &reading);
    print(&said)?;
    let is_whole = reading.left_out.is_empty();
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(file: &Path) -> anyhow::Result<Reading> {
    let name = file.display().to_string();
    let bytes = fs::read(file).with_context(|| format!("{name}: cannot be read"))?;
    let format = ListFormat::of_file(&file.to_string_lossy()).unwrap_or(ListFormat::Opml);
    let text = feed_list::decode(&bytes, format).with_context(|| format!("{name}: not a text"))?;
    Ok(feed_list::read_list(&name, &text, format)?)
}

fn target(file: &Path, config: &Config) -> PathBuf {
    let name = file
        .file_stem()
        .map_or_else(|| "imported".into(), |stem| stem.to_string_lossy().into_owned());
    config.base().join("feeds.d").join(format!("{name}.toml"))
}

/// Two lists may contradict each other about one feed, and then the daemon accepts neither.
fn check_with_others(feeds: &[FeedSpec], target: &Path, config: &Config) -> anyhow::Result<()> {
    // A list that has a mistake of its own is not this one's fault; `check-config` says so.
    let Ok(others) = config.feed_list_without(target) else { return Ok(()) };
    feed_list::merge(vec![others, feeds.to_vec()])
        .map(drop)
        .context("nothing was written, because the lists would contradict each other")
}

fn write(target: &Path, feeds: &[FeedSpec]) -> anyhow::Result<()> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot be created", folder.display()))?;
    fs::write(target, feed_list::write_toml(feeds))
        .with_context(|| format!("{}: cannot be written", target.display()))
}

/// Whether the daemon reads a list, which exists.
fn is_read(target: &Path, config: &Config) -> anyhow::Result<bool> {
    let real = |path: &Path| path.canonicalize().ok();
    let target = real(target);
    Ok(target.is_some() && config.feed_files()?.iter().any(|file| real(file) == target))
}

fn describe_left_out(said: &mut String, reading: &Reading) {
    if reading.left_out.is_empty() {
        return;
    }
    let _ = writeln!(said, "left out {}:", counted(reading.left_out.len(), "line"));
    for left in &reading.left_out {
        let _ = writeln!(said, "  {}", left.error);
    }
}

fn describe_unused(said: &mut String, reading: &Reading) {
    if reading.unused.is_empty() {
        return;
    }
    let unused = reading.unused.iter();
    let unused = unused.map(|(name, feeds)| format!("{name} of {}", counted(*feeds, "feed")));
    let unused = unused.collect::<Vec<_>>().join(", ");
    let _ = writeln!(said, "not taken over, because a feed list has no place for it: {unused}");
}
