//! `wiresift explain`: why an address is on file, or why not, and why its article reads as it does.

use std::fmt::Write as _;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use url::Url;

use crate::commands::database::open;
use crate::commands::{now, print};
use crate::config::Config;
use crate::filing::words::grounds;
use crate::store::{ExplainedArticle, ExplainedEntry, Explanation};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// URL of an article, in any of its forms
    #[arg(value_parser = address)]
    url: Url,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ExplainArgs, config: &Config) -> anyhow::Result<ExitCode> {
    let opened = open(config).await?;
    let explanation = opened.store().explain(&args.url).await;
    opened.close().await?;
    let explanation = explanation?;
    if args.json {
        print(&(serde_json::to_string(&explanation)? + "\n"))?;
    } else {
        print(&describe(&explanation, now()))?;
    }
    let known = explanation.article.is_some() || !explanation.entries.is_empty();
    Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn address(text: &str) -> Result<Url, String> {
    Url::parse(text).ok().filter(Url::has_host).ok_or_else(|| {
        "write the whole address, such as https://example.org/2026/11/a-story".to_owned()
    })
}

fn describe(explanation: &Explanation, now: DateTime<Utc>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Identity  {}", explanation.identity);
    if let Some((Some(next), why)) = &explanation.site
        && *next > now
    {
        let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        let _ = writeln!(out, "Site      no request before {}{why}", instant(*next));
    }
    if explanation.entries.is_empty() && explanation.article.is_none() {
        let _ = writeln!(
            out,
            "Nothing is known about this address: no feed has shown it. \
             `wiresift feeds check FEED` prints what a feed shows now."
        );
    }
    for entry in &explanation.entries {
        describe_entry(&mut out, entry);
    }
    if let Some(article) = &explanation.article {
        describe_article(&mut out, article);
    }
    out
}

fn describe_entry(out: &mut String, entry: &ExplainedEntry) {
    let _ = writeln!(out, "\nSeen in   {}", entry.feed_url);
    if let Some(title) = &entry.title {
        let _ = writeln!(out, "  as      {title}");
    }
    if let Some(guid) = &entry.guid {
        let _ = writeln!(out, "  guid    {guid}");
    }
    let (first, last) =
        (instant(entry.first_seen_at), instant(entry.last_seen_at.max(entry.first_seen_at)));
    let _ = writeln!(out, "  seen    first {first}, last {last}");
    let _ = writeln!(out, "  state   {}: {}", entry.state, entry.cause);
    if let Some(next) = entry.next_try_at {
        let place = entry.fetch_url.as_deref().unwrap_or("the feed's own text");
        let _ = writeln!(
            out,
            "  next    {}, {place}; {} failures so far",
            instant(next),
            entry.failures
        );
    }
}

fn describe_article(out: &mut String, article: &ExplainedArticle) {
    let _ = writeln!(out, "\nArticle   {} {}", article.id, article.title);
    let _ = writeln!(out, "  url     {}", article.url);
    let _ = writeln!(out, "  body    from {}, quality {:.2}", article.body_source, article.quality);
    match article.copy_of {
        Some(original) => {
            let similarity = article.similarity.unwrap_or(1.0);
            let _ = writeln!(out, "  copy    of article {original}, similarity {similarity:.2}");
        }
        None => {
            let _ = writeln!(out, "  copies  {}", article.copies);
        }
    }
    for key in &article.keys {
        let _ = writeln!(out, "  key     {key}");
    }
    for (revision, kind, reason, seen_at) in &article.revisions {
        let _ = writeln!(
            out,
            "  revision {revision}  {kind} ({}), {}",
            origin(reason),
            instant(*seen_at)
        );
    }
    describe_story(out, article);
    let _ = writeln!(out, "\nKept\n");
    for paragraph in article.body.split("\n\n") {
        let _ = writeln!(out, "  {paragraph}\n");
    }
    let _ = writeln!(out, "Removed\n");
    for (position, reason, text) in &article.removed {
        let _ = writeln!(out, "  {position:>4}  {reason:<24} {}", text.replace('\n', " "));
    }
}

/// Where the text of a revision comes from, in words.
fn origin(reason: &str) -> String {
    match reason {
        "memory" => "the same page, without what its site repeats".to_owned(),
        "rules" => "the same page, extracted by other rules".to_owned(),
        reason => format!("seen on the {reason}"),
    }
}

fn describe_story(out: &mut String, article: &ExplainedArticle) {
    if let Some(story) = &article.story {
        let _ = writeln!(
            out,
            "\nStory     {} {} ({} articles, {} sources)",
            story.id, story.title, story.articles, story.sources
        );
    } else if !article.scores.is_empty() {
        let _ = writeln!(out, "\nStory     none: no other article is about this event");
    }
    for score in &article.scores {
        let place = score.story_id.map_or_else(String::new, |story| format!(" (story {story})"));
        let _ = writeln!(
            out,
            "  {:>+6.2}  article {} {}{place}",
            score.log_odds, score.article, score.title
        );
        let _ = writeln!(out, "          {}", grounds(&score.parts));
    }
    if !article.links.is_empty() {
        let _ = writeln!(out, "\nIn other languages");
    }
    for link in &article.links {
        let language = link.language.as_deref().unwrap_or("unknown");
        let _ = writeln!(
            out,
            "  {:.2}  {language}  article {} {}",
            link.likeness, link.article, link.title
        );
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
