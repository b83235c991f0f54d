//! `wiresift copies`: the cluster of an article, and how to split a cluster that joins different
//! articles.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use url::Url;

use crate::commands::database::open;
use crate::commands::explain::address;
use crate::commands::table::{lines, table};
use crate::commands::{now, print};
use crate::config::Config;
use crate::store::{Relative, Store};

#[derive(Debug, Subcommand)]
pub(super) enum CopiesCommand {
    /// Show an article's original and copies: when each was first seen, how much it kept and added
    Show(ShowArgs),
    /// Split two articles that are no copies of each other; they are never joined again
    Split(SplitArgs),
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// URL of the original or of a copy, in any of its forms
    #[arg(value_parser = address)]
    url: Url,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SplitArgs {
    /// URL of the article that is no copy
    #[arg(value_parser = address)]
    url: Url,
    /// URL of the article that it is no copy of [default: the original]
    #[arg(long, value_name = "URL", value_parser = address)]
    from: Option<Url>,
}

pub(super) async fn run(command: &CopiesCommand, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let shown = match command {
        CopiesCommand::Show(args) => show(opened.store(), args).await,
        CopiesCommand::Split(args) => split(opened.store(), args).await,
    };
    opened.close().await?;
    print(&shown?)?;
    Ok(ExitCode::SUCCESS)
}

async fn known(store: &Store, url: &Url) -> anyhow::Result<i64> {
    store.article_at(url).await?.with_context(|| {
        format!("{url} is not on file; `wiresift explain {url}` shows what is known about it")
    })
}

async fn show(store: &Store, args: &ShowArgs) -> anyhow::Result<String> {
    let relatives = store.lineage(known(store, &args.url).await?).await?;
    if args.json {
        let lines: Result<Vec<String>, _> = relatives.iter().map(serde_json::to_string).collect();
        return Ok(lines?.into_iter().map(|line| line + "\n").collect());
    }
    if relatives.is_empty() {
        return Ok("The article is no copy, and no copy of it is known.\n".to_owned());
    }
    Ok(cluster(&relatives))
}

fn cluster(relatives: &[Relative]) -> String {
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    let mut cluster = table(&["ID", "First seen, UTC", "Kept", "Added", "Article"], &[0, 2, 3]);
    for relative in relatives {
        let (kept, added) = if relative.article_id == relative.original_id {
            ("original".to_owned(), String::new())
        } else {
            (percent(relative.kept), percent(relative.added))
        };
        cluster.add_row(vec![
            relative.article_id.to_string(),
            relative.first_seen_at.format("%Y-%m-%d %H:%M").to_string(),
            kept,
            added,
            relative.url.clone(),
        ]);
    }
    lines(&cluster)
}

async fn split(store: &Store, args: &SplitArgs) -> anyhow::Result<String> {
    let article = known(store, &args.url).await?;
    let from = match &args.from {
        Some(url) => known(store, url).await?,
        None => match store.lineage(article).await?.first() {
            Some(relative) if relative.original_id != article => relative.original_id,
            Some(_) => {
                bail!("{} is the original; name the copy that is none with --from URL", args.url)
            }
            None => bail!("{} is no copy and has none, so there is nothing to split", args.url),
        },
    };
    let Some(split) = store.part_copies(article, from, now()).await? else {
        bail!(
            "cannot split: the two are not in one cluster, \
             or their texts are the same word for word"
        );
    };
    Ok(format!(
        "Split between articles {} and {}: article {} is an original again, with {} copies. \
         The two parts are never joined again.\n",
        split.cut.article,
        split.cut.other,
        split.original,
        split.moved.len()
    ))
}
