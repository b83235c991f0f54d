//! `wiresift feeds find`: the feeds of a web page, each fetched and parsed before it is printed.

use std::fmt::Write as _;
use std::process::ExitCode;

use url::Url;

use crate::commands::fetch::{Fetched, Fetcher};
use crate::commands::{counted, now, print};
use crate::config::Config;
use crate::http::{Accept, FetchOutcome};
use wiresift_extract::feeds::{FeedLink, FeedSource, feeds_of};
use wiresift_extract::{Limits, Page};
use wiresift_feed::ParsedFeed;

pub(super) async fn run(page: &Url, config: &Config) -> anyhow::Result<ExitCode> {
    let fetcher = Fetcher::new(config)?;
    let answer = fetcher.get(page, Accept::Page).await?;
    if let Some((url, feed)) = parsed(&answer) {
        print(&format!("# This is a feed itself.\n{}", lines(&url, None, &feed)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let FetchOutcome::Body { bytes, .. } = &answer.response.outcome else {
        print(&format!("{page}: the server answered {}\n", answer.response.status))?;
        return Ok(ExitCode::FAILURE);
    };
    let page = Page {
        bytes,
        url: Some(&answer.response.url),
        content_type: answer.response.content_type.as_deref(),
    };
    let found = confirmed(&fetcher, feeds_of(&page, &Limits::default())).await;
    let said = if found.is_empty() {
        "# No feed found: the page links to none, and there is none at the usual addresses.\n"
            .to_owned()
    } else {
        found.join("\n")
    };
    print(&said)?;
    Ok(if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The links that lead to feeds. The usual addresses are only tried if the page links to no feed.
async fn confirmed(fetcher: &Fetcher, links: Vec<FeedLink>) -> Vec<String> {
    let mut found = Vec::new();
    for link in links {
        if link.source == FeedSource::WellKnown && !found.is_empty() {
            break;
        }
        let Ok(answer) = fetcher.get(&link.url, Accept::Feed).await else { continue };
        if let Some((url, feed)) = parsed(&answer) {
            let entry = lines(&url, link.title.as_deref(), &feed);
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
    found
}

fn parsed(answer: &Fetched) -> Option<(Url, ParsedFeed)> {
    let FetchOutcome::Body { bytes, .. } = &answer.response.outcome else { return None };
    let url = answer.response.url.clone();
    let feed =
        wiresift_feed::parse(bytes, answer.response.content_type.as_deref(), &url, now()).ok()?;
    Some((url, feed))
}

/// Lines for a feed list.
fn lines(url: &Url, title: Option<&str>, feed: &ParsedFeed) -> String {
    let mut out = String::new();
    let newest = feed.entries.iter().filter_map(|entry| entry.published).max();
    let newest = newest
        .map_or_else(String::new, |at| format!(", the newest from {}", at.format("%Y-%m-%d")));
    let _ = writeln!(
        out,
        "# {}{newest}\n[[feed]]\nurl = \"{url}\"",
        counted(feed.entries.len(), "entry")
    );
    if let Some(name) = feed.title.as_deref().or(title) {
        let name = toml::Value::String(name.to_owned());
        let _ = writeln!(out, "name = {name}");
    }
    out
}
