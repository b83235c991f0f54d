//! From a feed's answer to a Poll: what it means, and whether a bot wall or consent wall answered
//! instead of the feed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use crate::budget::{Reservation, Shortage, feed_need, record_need};
use crate::clock::Clock;
use crate::http::headers::fresh_for;
use crate::http::{FetchOutcome, Response};
use crate::pipeline::parsers::{Parsers, html_need};
use crate::pipeline::politeness::retry_after;
use crate::polling::failure::Cause;
use crate::polling::poll::{MAX_REDIRECTS, Poll, PollOutcome};
use crate::store::DueFeed;
use wiresift_extract::article::PageKind;
use wiresift_extract::feeds::{FeedSource, feeds_of};
use wiresift_extract::refresh::refresh_of;
use wiresift_extract::{Hints, Limits, Model, Page};
use wiresift_feed::address::is_lawful;
use wiresift_feed::hub::Links;
use wiresift_feed::{FeedError, LooksLike, ParsedFeed, Validators};

/// Feeds that are named if a page answers instead of the feed.
const MAX_PROPOSALS: usize = 3;

const PANICKED: &str = "parsing it panicked; please report the feed";

/// Why a body is no feed.
enum NoFeed {
    /// It is a page that sends its reader on at once.
    Refresh(Url),
    /// It is a page that states feeds; with a sentence.
    Page(Vec<Url>, String),
    /// With the cause and a sentence.
    Error(Cause, String),
}

/// Reads the answers to polls.
pub(super) struct FeedReader {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) parsers: Parsers,
    pub(super) model: &'static Model,
    pub(super) limits: Limits,
}

impl FeedReader {
    /// What an answer means. `asked` says whether our validators were sent with the request.
    pub(super) async fn read(
        &self,
        feed: &DueFeed,
        asked: Asked,
        mut response: Response,
        memory: &Arc<Reservation>,
    ) -> Result<Poll, Shortage> {
        let now = self.clock.now();
        let validators = Validators {
            etag: response.etag.clone(),
            last_modified: response.last_modified.clone(),
        };
        let held = &feed.validators;
        let poll = Poll {
            status: Some(response.status),
            retry_after: retry_after(&response, now),
            fresh_for: fresh_for(
                response.cache_control.as_deref(),
                response.expires.as_deref(),
                now,
            ),
            withheld_validators: asked == Asked::Withheld,
            same_validators: *held == validators && validators != Validators::default(),
            ..failed(now, Some(response.url.clone()), Cause::Refused, String::new())
        };
        let chain = std::mem::take(&mut response.cookies);
        let outcome = self.outcome(feed, validators, response, memory).await?;
        // Only a redirect goes on with the cookies.
        let is_hop = matches!(outcome, PollOutcome::Moved { .. });
        let cookies = is_hop.then(|| chain.to_stored()).flatten();
        Ok(Poll { cookies, outcome, ..poll })
    }

    async fn outcome(
        &self,
        feed: &DueFeed,
        validators: Validators,
        mut response: Response,
        memory: &Arc<Reservation>,
    ) -> Result<PollOutcome, Shortage> {
        if let FetchOutcome::Body { bytes, complete } = &mut response.outcome {
            let (bytes, complete) = (std::mem::take(bytes), *complete);
            return self.body(feed, validators, &response, (bytes, complete), memory).await;
        }
        Ok(answer_without_body(feed, validators, &response))
    }

    async fn body(
        &self,
        feed: &DueFeed,
        validators: Validators,
        response: &Response,
        (bytes, complete): (Vec<u8>, bool),
        memory: &Arc<Reservation>,
    ) -> Result<PollOutcome, Shortage> {
        let size = bytes.len() as u64;
        let parsed = self.parse(response, bytes, memory).await?;
        Ok(match parsed {
            Err(NoFeed::Error(cause, error)) => PollOutcome::Failed { cause, error },
            Err(NoFeed::Page(feeds, error)) => PollOutcome::Page { feeds, error },
            Err(NoFeed::Refresh(to)) => {
                let downgrade = response.url.scheme() == "https" && to.scheme() == "http";
                redirected(feed, &response.url, &to, false, downgrade)
            }
            Ok(mut parsed) => {
                parsed.links = Links::of_headers(&response.links, &response.url).or(parsed.links);
                let entries = parsed.entries.len();
                let outcome = parsed_outcome(feed, parsed, validators, complete);
                if let PollOutcome::Parsed { .. } = &outcome {
                    let need = record_need(size, entries);
                    memory.shrink_to(need);
                    memory.grow_to(need).await?;
                }
                outcome
            }
        })
    }

    async fn parse(
        &self,
        response: &Response,
        bytes: Vec<u8>,
        memory: &Arc<Reservation>,
    ) -> Result<Result<ParsedFeed, NoFeed>, Shortage> {
        let need = parse_need(&bytes);
        let (url, content_type, now) =
            (response.url.clone(), response.content_type.clone(), self.clock.now());
        let (model, limits) = (self.model, self.limits);
        let parse = move || {
            wiresift_feed::parse(&bytes, content_type.as_deref(), &url, now).map_err(|error| {
                let page =
                    Page { bytes: &bytes, url: Some(&url), content_type: content_type.as_deref() };
                let is_page = error == FeedError::NotAFeed { looks_like: LooksLike::Html };
                if is_page {
                    no_feed(model, &page, &error, now, &limits)
                } else {
                    NoFeed::Error(Cause::Unreadable, error.to_string())
                }
            })
        };
        let panicked = || Err(NoFeed::Error(Cause::Unreadable, PANICKED.to_owned()));
        Ok(self.parsers.run_within(memory, need, parse).await?.unwrap_or_else(panicked))
    }
}

/// Bytes at the start of a document in which HTML names itself.
const HEAD: usize = 1024;

/// The memory that it takes to parse a body. One that is HTML is parsed as a page too.
fn parse_need(bytes: &[u8]) -> u64 {
    let head = bytes.get(..HEAD).unwrap_or(bytes).to_ascii_lowercase();
    let is_html = memchr::memmem::find(&head, b"<html").is_some()
        || memchr::memmem::find(&head, b"<!doctype html").is_some();
    let as_page = if is_html { html_need(bytes) } else { 0 };
    feed_need(bytes.len() as u64).max(as_page)
}

/// What an answer without a body means.
fn answer_without_body(feed: &DueFeed, validators: Validators, response: &Response) -> PollOutcome {
    let no = |cause, error: String| PollOutcome::Failed { cause, error };
    match &response.outcome {
        // A 304 need not repeat the validators that it answers to.
        FetchOutcome::NotModified => {
            PollOutcome::Unchanged { validators: keep(validators, &feed.validators) }
        }
        FetchOutcome::Redirect { to, permanent, downgrade } => {
            redirected(feed, &response.url, to, *permanent, *downgrade)
        }
        FetchOutcome::Refused(status) if response.challenged => no(
            Cause::Blocked,
            format!("the server answered {status} with a challenge for browsers"),
        ),
        FetchOutcome::Refused(status) => {
            let cause = response.cause().unwrap_or(Cause::Refused);
            no(cause, format!("the server answered {status}"))
        }
        FetchOutcome::Body { .. } => no(Cause::Unreadable, "an empty answer".to_owned()),
    }
}

/// What a redirect means, by status or by the page itself.
fn redirected(
    feed: &DueFeed,
    from: &Url,
    to: &Url,
    permanent: bool,
    downgrade: bool,
) -> PollOutcome {
    let no = |error: String| PollOutcome::Failed { cause: Cause::Redirect, error };
    if downgrade {
        return no(format!("redirects from https down to {to}"));
    }
    if feed.history.hops >= MAX_REDIRECTS {
        return no(format!(
            "redirects more than {MAX_REDIRECTS} times; the last stop was {from}. Cookies were \
             sent back, so they are not the reason"
        ));
    }
    PollOutcome::Moved { to: to.clone(), permanent }
}

/// Why a page came instead of a feed.
fn no_feed(
    model: &Model,
    page: &Page<'_>,
    error: &FeedError,
    now: DateTime<Utc>,
    limits: &Limits,
) -> NoFeed {
    if let Some(to) = refresh_of(page, limits) {
        return NoFeed::Refresh(to);
    }
    let blocked = |by: &str| NoFeed::Error(Cause::Blocked, format!("a {by} instead of the feed"));
    match wiresift_extract::extract(model, page, &Hints::default(), now, limits).article.kind {
        PageKind::BotWall => return blocked("bot wall"),
        PageKind::ConsentWall => return blocked("consent wall"),
        _ => {}
    }
    let stated =
        feeds_of(page, limits).into_iter().filter(|link| link.source == FeedSource::Stated);
    let stated: Vec<Url> = stated
        .map(|link| link.url)
        .filter(|feed| Some(feed) != page.url && is_lawful(feed))
        .collect();
    if stated.is_empty() {
        return NoFeed::Error(Cause::Unreadable, error.to_string());
    }
    let named: Vec<&str> = stated.iter().take(MAX_PROPOSALS).map(Url::as_str).collect();
    let error = format!("{error}; the page names {}", named.join(", "));
    NoFeed::Page(stated, error)
}

/// The validators in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// We had none of this address.
    Plainly,
    /// Sent.
    Conditionally,
    /// We had some and did not send them.
    Withheld,
}

/// A failed poll.
pub(super) fn failed(at: DateTime<Utc>, address: Option<Url>, cause: Cause, error: String) -> Poll {
    Poll::new(at, address, PollOutcome::Failed { cause, error })
}

/// Validators are kept for a complete answer only. With those of a truncated one the server would
/// answer 304 for ever, and the rest would never be seen.
fn parsed_outcome(
    feed: &DueFeed,
    parsed: ParsedFeed,
    validators: Validators,
    complete: bool,
) -> PollOutcome {
    let digest = parsed.digest();
    let is_page = feed.backfill.is_some();
    if complete && !is_page && feed.entries_digest.as_ref() == Some(&digest) {
        return PollOutcome::Unchanged { validators };
    }
    let validators = if complete { validators } else { Validators::default() };
    PollOutcome::Parsed { feed: Box::new(parsed), validators, digest, complete }
}

/// The validators of an answer, or those that we sent if it has none.
fn keep(fresh: Validators, sent: &Validators) -> Validators {
    Validators {
        etag: fresh.etag.or_else(|| sent.etag.clone()),
        last_modified: fresh.last_modified.or_else(|| sent.last_modified.clone()),
    }
}
