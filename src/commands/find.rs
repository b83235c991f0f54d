//! `wiresift feeds find`: from the page of a paper to its feeds, each fetched and parsed before it is shown.

use std::fmt::Write as _;
use std::process::ExitCode;

use url::Url;

use crate::commands::fetch::{Fetched, Fetcher};
use crate::commands::{now, print};
use crate::config::Config;
use crate::extract::feeds::{FeedLink, FeedSource, feeds_of};
use crate::extract::{Limits, Page};
use crate::news::feed::{self, ParsedFeed};
use crate::web::{Accept, Outcome};

pub(super) async fn run(page: &Url, config: &Config) -> anyhow::Result<ExitCode> {
    let fetcher = Fetcher::new(config)?;
    let fetched = fetcher.get(page, Accept::Page).await?;
    if let Some((url, feed)) = parsed(&fetched) {
        print(&format!("# This is a feed itself.\n{}", listed(&url, None, &feed)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Outcome::Body { bytes, .. } = &fetched.response.outcome else {
        print(&format!("{page}: the server answered {}\n", fetched.response.status))?;
        return Ok(ExitCode::FAILURE);
    };
    let page = Page {
        bytes,
        url: Some(&fetched.response.url),
        content_type: fetched.response.content_type.as_deref(),
    };
    let found = confirmed(&fetcher, feeds_of(&page, &Limits::default())).await;
    let said = match found.is_empty() {
        true => "# No feed found: the page names none, and none is where such systems usually have one.\n"
            .to_owned(),
        false => found.join("\n"),
    };
    print(&said)?;
    Ok(if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Those that turn out to be feeds. The usual places are only tried where the page names none.
async fn confirmed(fetcher: &Fetcher, links: Vec<FeedLink>) -> Vec<String> {
    let mut found = Vec::new();
    for link in links {
        if link.source == FeedSource::WellKnown && !found.is_empty() {
            break;
        }
        let Ok(fetched) = fetcher.get(&link.url, Accept::Feed).await else { continue };
        if let Some((url, feed)) = parsed(&fetched) {
            let lines = listed(&url, link.title.as_deref(), &feed);
            if !found.contains(&lines) {
                found.push(lines);
            }
        }
    }
    found
}

fn parsed(fetched: &Fetched) -> Option<(Url, ParsedFeed)> {
    let Outcome::Body { bytes, .. } = &fetched.response.outcome else { return None };
    let url = fetched.response.url.clone();
    let feed = feed::parse(bytes, fetched.response.content_type.as_deref(), &url, now()).ok()?;
    Some((url, feed))
}

/// Lines for a feed list.
fn listed(url: &Url, title: Option<&str>, feed: &ParsedFeed) -> String {
    let mut out = String::new();
    let newest = feed.entries.iter().filter_map(|entry| entry.published).max();
    let newest = newest.map_or_else(String::new, |at| format!(", the newest of {}", at.format("%Y-%m-%d")));
    let _ = writeln!(out, "# {} entries{newest}\n[[feed]]\nurl = \"{url}\"", feed.entries.len());
    if let Some(name) = feed.title.as_deref().or(title) {
        let name = toml::Value::String(name.to_owned());
        let _ = writeln!(out, "name = {name}");
    }
    out
}
