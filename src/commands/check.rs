//! `wiresift feeds check`: what the daemon would make of a feed.
//!
//! A misread feed should be seen before it is listed. So each entry is shown with what was taken
//! from it and from where: its date with the text of the feed, its link with the place where the
//! feed states it, and what becomes of it. The daemon decides with the same functions.

use std::fmt::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use wiresift_text::prose;

use crate::commands::fetch::{Fetched, Fetcher};
use crate::commands::{counted, now, print};
use crate::config::Config;
use crate::filing::FeedFields;
use crate::filing::feed_text::{feed_text, is_post};
use crate::http::headers::fresh_for;
use crate::http::{Accept, FetchOutcome, Response};
use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::schedule::{self, FeedHistory, PollSettings};
use wiresift_extract::Limits;
use wiresift_feed::address::FeedUrl;
use wiresift_feed::bridge::BridgeError;
use wiresift_feed::entry::Entry;
use wiresift_feed::hub::Links;
use wiresift_feed::link::Standing;
use wiresift_feed::{FeedError, LooksLike, ParsedFeed, Validators};

/// Entries printed without `--all`.
const SHOWN: usize = 10;

pub(super) async fn run(url: &FeedUrl, all: bool, config: &Config) -> anyhow::Result<ExitCode> {
    let fetched = Fetcher::new(config)?.get(url.as_url(), Accept::Feed).await?;
    let mut said = String::new();
    let shown = if all { usize::MAX } else { SHOWN };
    let usable = describe_fetched(&mut said, &fetched, &config.poll, shown);
    print(&said)?;
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the daemon would make of a response. Returns whether it is a feed.
fn describe_fetched(
    out: &mut String,
    fetched: &Fetched,
    settings: &PollSettings,
    shown: usize,
) -> bool {
    for hop in &fetched.hops {
        let _ = writeln!(out, "redirected from {hop}");
    }
    let response = &fetched.response;
    let _ = writeln!(
        out,
        "{} answered {} in {} ms",
        response.url,
        response.status,
        response.elapsed.as_millis()
    );
    let FetchOutcome::Body { bytes, complete } = &response.outcome else {
        let word = response.cause().map_or("unexpected", Cause::as_str);
        let _ = writeln!(out, "not usable ({word}); the daemon would try again later");
        return false;
    };
    if !complete {
        out.push_str("the response was cut short; its complete entries are used\n");
    }
    match wiresift_feed::parse(bytes, response.content_type.as_deref(), &response.url, now()) {
        Ok(parsed) => {
            describe_feed(out, response, &parsed, shown);
            describe_interval(out, response, parsed, settings);
            true
        }
        Err(error) => {
            let _ = writeln!(out, "{error}");
            if let FeedError::NotAFeed { looks_like: LooksLike::Html } = error {
                let _ = writeln!(
                    out,
                    "`wiresift feeds find {}` looks for the feeds of this page",
                    response.url
                );
            }
            false
        }
    }
}

fn describe_feed(out: &mut String, response: &Response, parsed: &ParsedFeed, shown: usize) {
    let validators = match (&response.etag, &response.last_modified) {
        (None, None) => "none; the daemon compares bodies",
        (Some(_), None) => "ETag",
        (None, Some(_)) => "Last-Modified",
        (Some(_), Some(_)) => "ETag and Last-Modified",
    };
    let _ = writeln!(out, "title       {}", parsed.title.as_deref().unwrap_or("(none)"));
    let _ = writeln!(out, "validators  {validators}");
    let links = Links::of_headers(&response.links, &response.url).or(parsed.links.clone());
    if let Some((named, hub)) =
        links.offer(&response.url).as_ref().and_then(|named| Some((named, named.hub(None)?)))
    {
        let _ = writeln!(out, "hub         {hub}, for {}", named.topic);
    }
    let _ = writeln!(out, "entries     {}", parsed.entries.len());
    for defect in &parsed.defects {
        let _ = writeln!(out, "repaired    {}", defect.as_str());
    }
    let fates: Vec<Fate> = parsed.entries.iter().map(Fate::of).collect();
    for (entry, fate) in parsed.entries.iter().zip(&fates).take(shown) {
        describe_entry(out, entry, *fate);
    }
    let more = parsed.entries.len().saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more; --all prints them");
    }
    let count = |is_it: fn(&Fate) -> bool| fates.iter().filter(|fate| is_it(fate)).count();
    let _ = writeln!(
        out,
        "in all      {} to fetch, {} read from the feed, {} skipped",
        count(|fate| matches!(fate, Fate::Fetched)),
        count(|fate| matches!(fate, Fate::ReadFromFeed)),
        count(|fate| matches!(fate, Fate::NoLink | Fate::Error(_))),
    );
}

fn describe_entry(out: &mut String, entry: &Entry, fate: Fate) {
    let _ = writeln!(out, "  {}", entry.title.as_deref().unwrap_or("(no title)"));
    let written = entry.published_text.as_deref().map(|text| format!(" from \"{}\"", plain(text)));
    let date = match (entry.published, &written) {
        (Some(at), _) => at.format("%Y-%m-%d %H:%M UTC").to_string(),
        (None, Some(_)) => "none".to_owned(),
        (None, None) => "none stated".to_owned(),
    };
    let _ = writeln!(out, "    date    {date}{}", written.unwrap_or_default());
    if !entry.authors.is_empty() {
        let _ = writeln!(out, "    author  {}", entry.authors.join(", "));
    }
    match (&entry.link, &entry.enclosure) {
        (Some(link), _) => {
            let _ = writeln!(out, "    link    {link} ({})", reason(entry));
        }
        (None, Some(file)) => {
            let _ = writeln!(out, "    link    none; the file {file} is no page");
        }
        (None, None) => out.push_str("    link    none\n"),
    }
    let text = entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default();
    let letters = counted(prose::letters(&without_tags(text)), "letter");
    let _ = writeln!(out, "    text    {letters}; {fate}");
}

/// Where the feed states the link, and what speaks against it.
fn reason(entry: &Entry) -> String {
    let mut reason = entry.link_reason.map_or("", |reason| reason.as_str()).to_owned();
    match entry.link_standing {
        None | Some(Standing::Page) => {}
        Some(Standing::Section) => reason.push_str(", the page of the feed itself"),
        Some(Standing::Front) => reason.push_str(", a front page"),
        Some(Standing::Shared) => reason.push_str(", the same for all entries"),
    }
    reason
}

/// What the daemon does with an entry that it sees for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fetched,
    ReadFromFeed,
    /// It has neither a link nor a full text.
    NoLink,
    /// It is the error of a bridge.
    Error(BridgeError),
}

impl Fate {
    fn of(entry: &Entry) -> Self {
        if let Some(error) = entry.bridge_error {
            return Self::Error(error);
        }
        let fields = FeedFields {
            guid: entry.guid.clone(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            content: entry.content.clone(),
            authors: entry.authors.clone(),
            tags: entry.tags.clone(),
            language: entry.language.clone(),
            published: entry.published,
            updated: entry.updated,
        };
        let page = entry.page();
        if page.is_some() && !is_post(&fields) {
            return Self::Fetched;
        }
        match (feed_text(&fields, page, None, now(), &Limits::default()), page) {
            (Some(_), _) => Self::ReadFromFeed,
            (None, Some(_)) => Self::Fetched,
            (None, None) => Self::NoLink,
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetched => f.write_str("its page will be fetched"),
            Self::ReadFromFeed => f.write_str("read from the feed"),
            Self::NoLink => f.write_str("skipped (no-link): it has no page and no full text"),
            Self::Error(error) => {
                write!(f, "skipped ({error}): it is the error of a program and no article")
            }
        }
    }
}

/// A text on one line, for a terminal.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "")
}

/// The text of HTML, to count its letters.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut pieces = html.split('<');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or("", |(_, rest)| rest));
    }
    text
}

/// How long the daemon would wait before its second poll.
fn describe_interval(
    out: &mut String,
    response: &Response,
    feed: ParsedFeed,
    settings: &PollSettings,
) {
    let (validators, digest) = (Validators::default(), Vec::new());
    let outcome = PollOutcome::Parsed { feed: Box::new(feed), validators, digest, complete: true };
    let fresh_for =
        fresh_for(response.cache_control.as_deref(), response.expires.as_deref(), now());
    let poll = Poll { fresh_for, ..Poll::new(now(), Some(response.url.clone()), outcome) };
    let plan = schedule::after(&FeedHistory::default(), &poll, settings, 0.5);
    let minutes = plan.pause.as_secs().div_ceil(60);
    let _ =
        writeln!(out, "interval    {}", humantime::format_duration(Duration::from_mins(minutes)));
}
