//! `wiresift site`: what was learned about a site, and how to take it back.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::commands::database::open;
use crate::commands::{counted, print};
use crate::config::Config;
use crate::daemon::pipeline_with_rules;
use crate::pipeline::learn::LearnStep;
use crate::store::{PageSelection, SourceSummary, Store};

/// Blocks that `show` lists.
const MOST_SHOWN: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum SiteCommand {
    /// List the sites about which something was learned
    List,
    /// Show what was learned about a site, and what was removed from its newest articles therefore
    Show(SiteArgs),
    /// Forget what was learned about a site, and restore its articles; learning starts anew
    Forget(SiteArgs),
    /// Keep a text in the articles of a site from now on, and restore it where it was removed
    Keep(KeepArgs),
}

#[derive(Debug, Args)]
pub(super) struct SiteArgs {
    /// The host of the pages, such as news.example.org; for texts that a feed carries itself, feed:
    /// and its number, as `site list` shows it
    #[arg(value_name = "SITE")]
    site: String,
}

#[derive(Debug, Args)]
pub(super) struct KeepArgs {
    #[command(flatten)]
    site: SiteArgs,
    /// The text of the whole block, as `site show` or `explain` shows it. Numbers may be others
    #[arg(value_name = "TEXT")]
    text: String,
}

pub(super) async fn run(command: &SiteCommand, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let store = opened.store();
    let shown = match command {
        SiteCommand::List => list(store).await,
        SiteCommand::Show(args) => show(store, &args.name()).await,
        SiteCommand::Forget(args) => forget(store, config, &args.name()).await,
        SiteCommand::Keep(args) => keep(store, config, args).await,
    };
    opened.close().await?;
    print(&shown?)?;
    Ok(ExitCode::SUCCESS)
}

impl SiteArgs {
    fn name(&self) -> String {
        self.site.trim().to_lowercase()
    }
}

async fn list(store: &Store) -> anyhow::Result<String> {
    let known = store.site_memory_summaries(None).await?;
    if known.is_empty() {
        return Ok(NOTHING_LEARNED.to_owned());
    }
    Ok(known.iter().map(|one| summary(one) + "\n").collect())
}

const NOTHING_LEARNED: &str = "Nothing was learned yet. That takes articles of a site from two days \
     with a block in common that is no part of them.\n";

fn summary(known: &SourceSummary) -> String {
    let blocks = counted(usize::try_from(known.blocks).unwrap_or(0), "block");
    let articles = counted(usize::try_from(known.articles).unwrap_or(0), "article");
    let day = known.made_at.format("%Y-%m-%d %H:%M UTC");
    format!("{}: {blocks}, learned from {articles} ({day}, memory {})", known.source, known.id)
}

async fn known(store: &Store, source: &str) -> anyhow::Result<SourceSummary> {
    let known = store.site_memory_summaries(Some(source)).await?;
    known.into_iter().next().with_context(|| {
        format!("nothing was learned about {source}; `wiresift site list` shows the sites")
    })
}

async fn show(store: &Store, source: &str) -> anyhow::Result<String> {
    let mut out = summary(&known(store, source).await?) + "\n";
    let exceptions = store.site_exceptions(source).await?;
    if !exceptions.is_empty() {
        out.push_str("\nKept by `wiresift site keep`\n\n");
    }
    for text in exceptions {
        let _ = writeln!(out, "  {}", text.replace('\n', " "));
    }
    let selection = PageSelection::of_source(source);
    let removed = store.removed_by_memory(&selection, MOST_SHOWN).await?;
    out.push_str("\nRemoved from the newest articles\n\n");
    for (articles, reason, text) in removed {
        let articles = counted(usize::try_from(articles).unwrap_or(0), "article");
        let _ = writeln!(out, "  {articles} ({reason})\n      {}", text.replace('\n', " "));
    }
    Ok(out)
}

async fn forget(store: &Store, config: &Config, source: &str) -> anyhow::Result<String> {
    known(store, source).await?;
    let step = LearnStep::new(&pipeline_with_rules(config, store)?);
    let restored = step.forget(source).await?;
    Ok(format!("forgot what was learned about {source}; {}\n", restored_articles(restored)))
}

async fn keep(store: &Store, config: &Config, args: &KeepArgs) -> anyhow::Result<String> {
    let (source, text) = (args.site.name(), args.text.trim());
    if !text.chars().any(char::is_alphanumeric) {
        bail!("the text has no letter and no digit");
    }
    known(store, &source).await?;
    let step = LearnStep::new(&pipeline_with_rules(config, store)?);
    let restored = step.keep(&source, text).await?;
    Ok(format!("this text stays in the articles of {source}; {}\n", restored_articles(restored)))
}

fn restored_articles(count: usize) -> String {
    format!("{} restored from stored pages", counted(count, "article"))
}
