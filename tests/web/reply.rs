//! Answers of the scripted web: what a line says of them, and the bytes that come of it when they are asked for.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::document::{self, Item, Moment, Page};
use crate::harness::stub::Reply;
use crate::script::Address;
use crate::words::{Word, duration, number, offset};

/// What an address answers.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    body: Body,
    manners: Vec<Manner>,
}

#[derive(Debug, Clone)]
enum Body {
    Feed(Format, Vec<Item>),
    Page(Page),
    Text(String),
    Html(String),
    /// A file of the fixtures of `wiresift-extract`.
    Fixture(String),
    Status(u16),
    Redirect(u16, Address),
    /// `Location` as it stands here.
    Location(u16, String),
    /// So many megabytes of nothing, well packed.
    Bomb(usize),
    Silence,
    Raw(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Rss,
    Atom,
    Sitemap,
}

/// How it is answered.
#[derive(Debug, Clone)]
enum Manner {
    Header(String, String),
    RetryAt(i64),
    Conditional,
    Gzip,
    Chunked,
    Endless,
    Drip(Duration),
    /// The connection ends after this share of the body.
    Truncate(usize),
    /// The same, with a reset.
    Reset(usize),
}

const KINDS: &str =
    "rss, atom, sitemap, page, text, html, fixture, status, redirect, location, bomb, silence, raw";
const MANNERS: &str = "conditional, gzip, chunked, endless, drip=1ms, truncate=50%, reset=50%, retry-at=+2h, NAME=VALUE";

impl Answer {
    /// `rss 1-3, 4 guid=x | etag=a conditional`
    pub(super) fn parse(words: &[Word]) -> Result<Self, String> {
        let bar = words.iter().position(|word| word.text == "|");
        let (body, manners) = words.split_at(bar.unwrap_or(words.len()));
        let texts: Vec<&str> = body.iter().map(|word| word.text.as_str()).collect();
        let body = match texts.as_slice() {
            ["rss", ..] => Body::Feed(Format::Rss, items(&body[1..])?),
            ["atom", ..] => Body::Feed(Format::Atom, items(&body[1..])?),
            ["sitemap", ..] => Body::Feed(Format::Sitemap, items(&body[1..])?),
            ["page", rest @ ..] => Body::Page(Page::parse(rest)?),
            ["text", text] => Body::Text((*text).to_owned()),
            ["html", text] => Body::Html((*text).to_owned()),
            ["raw", text] => Body::Raw((*text).to_owned()),
            ["fixture", name] => Body::Fixture((*name).to_owned()),
            ["status", status] => Body::Status(number(status)?),
            ["redirect", status, to] => Body::Redirect(number(status)?, Address::parse(to)?),
            ["location", status, to] => Body::Location(number(status)?, (*to).to_owned()),
            ["bomb", megabytes] => Body::Bomb(number(megabytes)?),
            ["silence"] => Body::Silence,
            _ => {
                return Err(format!(
                    "no answer is said by `{}`; one begins with {KINDS}",
                    texts.join(" ")
                ));
            }
        };
        let manners = manners
            .iter()
            .skip(1)
            .map(|word| Manner::parse(&word.text))
            .collect::<Result<_, _>>()?;
        Ok(Self { body, manners })
    }

    /// The bytes, as of now.
    pub(super) fn reply(&self, moment: &Moment<'_>) -> Reply {
        let own_type = self
            .manners
            .iter()
            .any(|manner| matches!(manner, Manner::Header(name, _) if name == "content-type"));
        let typed = |text: String, content_type: &str| {
            let reply = Reply::ok(text);
            if own_type { reply } else { reply.header("Content-Type", content_type) }
        };
        let html = |text: String| typed(text, "text/html; charset=utf-8");
        let reply = match &self.body {
            Body::Feed(Format::Rss, items) => {
                typed(document::rss(items, moment), "application/rss+xml")
            }
            Body::Feed(Format::Atom, items) => {
                typed(document::atom(items, moment), "application/atom+xml")
            }
            Body::Feed(Format::Sitemap, items) => {
                typed(document::sitemap(items, moment), "application/xml")
            }
            Body::Page(page) => html(page.html(moment)),
            Body::Text(text) => typed(moment.fill(text).replace("\\n", "\n"), "text/plain"),
            Body::Html(text) => html(moment.fill(text)),
            Body::Raw(text) => Reply::raw(text.replace("\\r\\n", "\r\n")),
            Body::Fixture(name) => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("crates/extract/tests/fixtures")
                    .join(name);
                html(
                    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}")),
                )
            }
            Body::Status(status) => Reply::status(*status),
            Body::Redirect(status, to) => {
                Reply::redirect(*status, &moment.fill(&to.url(moment.port)))
            }
            Body::Location(status, to) => Reply::redirect(*status, to),
            Body::Bomb(megabytes) => html(" ".repeat(megabytes * 1_000_000)).gzip(),
            Body::Silence => Reply::silence(),
        };
        let length = reply.length();
        self.manners.iter().fold(reply, |reply, manner| manner.applied(reply, length, moment.now))
    }

    /// Until when nobody may ask again, if it says so.
    pub(super) fn retry_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.manners.iter().find_map(|manner| match manner {
            Manner::RetryAt(seconds) => Some(now + TimeDelta::seconds(*seconds)),
            Manner::Header(name, value) if name == "retry-after" => {
                Some(now + TimeDelta::seconds(value.parse().ok()?))
            }
            _ => None,
        })
    }
}

impl Manner {
    fn parse(word: &str) -> Result<Self, String> {
        let percent = |value: &str| number(value.trim_end_matches('%'));
        Ok(match word.split_once('=') {
            None => match word {
                "conditional" => Self::Conditional,
                "gzip" => Self::Gzip,
                "chunked" => Self::Chunked,
                "endless" => Self::Endless,
                _ => {
                    return Err(format!(
                        "unknown word `{word}` after the bar; known are {MANNERS}"
                    ));
                }
            },
            Some(("drip", value)) => Self::Drip(duration(value)?),
            Some(("truncate", value)) => Self::Truncate(percent(value)?),
            Some(("reset", value)) => Self::Reset(percent(value)?),
            Some(("retry-at", value)) => Self::RetryAt(offset(value)?),
            Some((name, value)) => Self::Header(name.to_ascii_lowercase(), value.to_owned()),
        })
    }

    fn applied(&self, reply: Reply, length: usize, now: DateTime<Utc>) -> Reply {
        match self {
            Self::Header(name, value) => reply.header(name, value),
            Self::RetryAt(seconds) => {
                let date = now + TimeDelta::seconds(*seconds);
                reply.header("Retry-After", &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            }
            Self::Conditional => reply.conditional(),
            Self::Gzip => reply.gzip(),
            Self::Chunked => reply.chunked(100),
            Self::Endless => reply.endless(),
            Self::Drip(pause) => reply.drip(*pause),
            Self::Truncate(percent) => reply.truncated(length * percent / 100),
            Self::Reset(percent) => reply.reset(length * percent / 100),
        }
    }
}

/// Items with a comma between: `1-3 date=-2h, 4 guid=x`.
fn items(words: &[Word]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for group in words.split_inclusive(|word| word.ends_item) {
        let Some((numbers, fields)) = group.split_first() else { continue };
        let fields: Vec<&str> = fields.iter().map(|word| word.text.as_str()).collect();
        for number in range(&numbers.text)? {
            items.push(Item::parse(number, &fields)?);
        }
    }
    Ok(items)
}

/// `3`, `1-3` or `3-1`.
fn range(word: &str) -> Result<Vec<u32>, String> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last): (u32, u32) = (number(first)?, number(last)?);
    let up: RangeInclusive<u32> = first.min(last)..=first.max(last);
    Ok(if first <= last { up.collect() } else { up.rev().collect() })
}
