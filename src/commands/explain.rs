//! `wiresift explain`: why is this article here, or not, and why does it look like this?

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use url::Url;

use crate::commands::database::open;
use crate::config::Config;
use crate::store::{ExplainedArticle, ExplainedEntry, Explanation};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The address of an article, in any of its forms
    url: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ExplainArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let url = Url::parse(&args.url).with_context(|| format!("`{}` is no address", args.url))?;
    let opened = open(config).await?;
    let explanation = opened.store().explain(&url).await;
    opened.close().await?;
    let explanation = explanation?;
    if args.json {
        println!("{}", serde_json::to_string(&explanation)?);
    } else {
        print!("{}", tell(&explanation));
    }
    let known = explanation.article.is_some() || !explanation.entries.is_empty();
    Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(explanation: &Explanation) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Identity  {}", explanation.identity);
    if let Some((Some(next), why)) = &explanation.site {
        let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        let _ = writeln!(out, "Site      may be asked from {next}{why}");
    }
    if explanation.entries.is_empty() && explanation.article.is_none() {
        let _ = writeln!(
            out,
            "Nothing is known of this address: no feed has shown it. `wiresift feeds check FEED` tells what a feed shows now."
        );
    }
    for entry in &explanation.entries {
        tell_entry(&mut out, entry);
    }
    if let Some(article) = &explanation.article {
        tell_article(&mut out, article);
    }
    out
}

fn tell_entry(out: &mut String, entry: &ExplainedEntry) {
    let _ = writeln!(out, "\nSeen in   {}", entry.feed_url);
    if let Some(title) = &entry.title {
        let _ = writeln!(out, "  as      {title}");
    }
    if let Some(guid) = &entry.guid {
        let _ = writeln!(out, "  guid    {guid}");
    }
    let _ = writeln!(out, "  first   {}, last {}", entry.first_seen_at, entry.last_seen_at);
    let _ = writeln!(out, "  state   {}: {}", entry.state, entry.cause);
    if let Some(next) = entry.next_try_at {
        let place = entry.fetch_url.as_deref().unwrap_or("the feed's own text");
        let _ = writeln!(out, "  next    {next}, {place}; {} failures so far", entry.failures);
    }
}

fn tell_article(out: &mut String, article: &ExplainedArticle) {
    let _ = writeln!(out, "\nArticle   {} {}", article.id, article.title);
    let _ = writeln!(out, "  url     {}", article.url);
    let _ = writeln!(out, "  body    from {}, quality {:.2}", article.body_source, article.quality);
    match article.copy_of {
        Some(original) => {
            let _ = writeln!(out, "  copy    of article {original}");
        }
        None => {
            let _ = writeln!(out, "  copies  {}", article.copies);
        }
    }
    for key in &article.keys {
        let _ = writeln!(out, "  known as {key}");
    }
    for (revision, kind, reason, seen_at) in &article.revisions {
        let _ = writeln!(out, "  revision {revision}  {kind} ({reason}), {seen_at}");
    }
    let _ = writeln!(out, "\nKept\n");
    for paragraph in article.body.split("\n\n") {
        let _ = writeln!(out, "  {paragraph}\n");
    }
    let _ = writeln!(out, "Removed\n");
    for (position, reason, text) in &article.removed {
        let _ = writeln!(out, "  {position:>4}  {reason:<24} {text}");
    }
}
