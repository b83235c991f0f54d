//! `wiresift copies`: who ran a text first, what each made of it, and the undoing of a merge that was wrong.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use url::Url;

use crate::commands::database::open;
use crate::commands::explain::address;
use crate::commands::{now, print};
use crate::config::Config;
use crate::store::{Relative, Store};

#[derive(Debug, Subcommand)]
pub(super) enum CopiesCommand {
    /// Show an article's original and copies: who ran it first, how much each kept and added
    Show(ShowArgs),
    /// Undo a wrong merge: the two are no copies of each other, and will not be again
    Split(SplitArgs),
}

/// Arguments of `copies show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The address of an article, in any of its forms
    #[arg(value_parser = address)]
    url: Url,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Arguments of `copies split`.
#[derive(Debug, Args)]
pub(super) struct SplitArgs {
    /// The article that is no copy
    #[arg(value_parser = address)]
    url: Url,
    /// The article that it is no copy of, if not the original
    #[arg(long, value_name = "URL", value_parser = address)]
    from: Option<Url>,
}

pub(super) async fn run(command: &CopiesCommand, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let told = match command {
        CopiesCommand::Show(args) => show(opened.store(), args).await,
        CopiesCommand::Split(args) => split(opened.store(), args).await,
    };
    opened.close().await?;
    print(&told?)?;
    Ok(ExitCode::SUCCESS)
}

async fn known(store: &Store, url: &Url) -> anyhow::Result<i64> {
    store.article_at(url).await?.with_context(|| format!("no article is known under {url}"))
}

async fn show(store: &Store, args: &ShowArgs) -> anyhow::Result<String> {
    let relatives = store.lineage(known(store, &args.url).await?).await?;
    if args.json {
        let lines: Result<Vec<String>, _> = relatives.iter().map(serde_json::to_string).collect();
        return Ok(lines?.into_iter().map(|line| line + "\n").collect());
    }
    if relatives.is_empty() {
        return Ok("No copy of it is known, and it is none.\n".to_owned());
    }
    Ok(table(&relatives))
}

fn table(relatives: &[Relative]) -> String {
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    let mut out =
        format!("{:>8}  {:<16}  {:>6}  {:>6}  article\n", "id", "first seen, UTC", "kept", "added");
    for relative in relatives {
        let original = relative.article_id == relative.original_id;
        let (kept, added) = if original {
            ("original".to_owned(), String::new())
        } else {
            (percent(relative.kept), percent(relative.added))
        };
        let _ = writeln!(
            out,
            "{:>8}  {}  {kept:>6}  {added:>6}  {}",
            relative.article_id,
            relative.first_seen_at.format("%Y-%m-%d %H:%M"),
            relative.url
        );
    }
    out
}

async fn split(store: &Store, args: &SplitArgs) -> anyhow::Result<String> {
    let article = known(store, &args.url).await?;
    let from = match &args.from {
        Some(url) => known(store, url).await?,
        None => match store.lineage(article).await?.first() {
            Some(relative) if relative.original_id != article => relative.original_id,
            Some(_) => {
                bail!(
                    "{} is the original: name the article that it is not like with --from",
                    args.url
                )
            }
            None => bail!("{} neither is nor has a copy", args.url),
        },
    };
    let Some(parted) = store.split_copies(article, from, now()).await? else {
        bail!("they are not in one cluster, or nothing but the same text word for word joins them");
    };
    Ok(format!(
        "Cut between articles {} and {}: article {} is an original again, with {} copies. They stay apart.\n",
        parted.cut.article,
        parted.cut.other,
        parted.original,
        parted.moved.len()
    ))
}
