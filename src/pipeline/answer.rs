//! From a feed's answer to a Poll: what it amounts to, and whether a wall stands in the feed's place.

use chrono::{DateTime, Utc};
use url::Url;

use crate::http::headers::fresh_for;
use crate::http::{FetchOutcome, Response};
use crate::pipeline::Ingest;
use crate::pipeline::politeness::retry_after;
use crate::polling::failure::Cause;
use crate::polling::poll::{MAX_REDIRECTS, Poll, PollOutcome};
use crate::store::DueFeed;
use wiresift_extract::article::PageKind;
use wiresift_extract::feeds::{FeedSource, feeds_of};
use wiresift_extract::{Hints, Limits, Page};
use wiresift_feed::hub::Links;
use wiresift_feed::{FeedError, LooksLike, ParsedFeed, Validators};

/// Feeds that are proposed where a page stands in a feed's place.
const MOST_PROPOSALS: usize = 3;

/// Why a body is no feed: the cause, and a sentence.
type NoFeed = (Cause, String);

impl Ingest {
    /// What an answer amounts to. `asked` tells whether our validators were sent with the question.
    pub(super) async fn understand(
        &self,
        feed: &DueFeed,
        asked: Asked,
        response: Response,
    ) -> Poll {
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
        let outcome = self.outcome(feed, validators, response).await;
        Poll { outcome, ..poll }
    }

    async fn outcome(
        &self,
        feed: &DueFeed,
        validators: Validators,
        response: Response,
    ) -> PollOutcome {
        let no = |cause, error: String| PollOutcome::Failed { cause, error };
        match &response.outcome {
            // A 304 need not repeat the validators that it answers to.
            FetchOutcome::NotModified => {
                PollOutcome::Unchanged { validators: keep(validators, &feed.validators) }
            }
            FetchOutcome::Redirect { downgrade: true, to, .. } => {
                no(Cause::Redirect, format!("redirects from https down to {to}"))
            }
            FetchOutcome::Redirect { .. } if feed.history.hops >= MAX_REDIRECTS => no(
                Cause::Redirect,
                format!(
                    "redirects more than {MAX_REDIRECTS} times; the last stop was {}",
                    response.url
                ),
            ),
            FetchOutcome::Redirect { to, permanent, .. } => {
                PollOutcome::Moved { to: to.clone(), permanent: *permanent }
            }
            FetchOutcome::Refused(status) if response.challenged => no(
                Cause::Blocked,
                format!("the server answered {status} with a challenge for browsers"),
            ),
            FetchOutcome::Refused(status) => {
                let cause = response.cause().unwrap_or(Cause::Refused);
                no(cause, format!("the server answered {status}"))
            }
            FetchOutcome::Body { bytes, complete } => {
                let complete = *complete;
                match self.parse(&response, bytes.clone()).await {
                    Err((cause, error)) => no(cause, error),
                    Ok(mut parsed) => {
                        parsed.links =
                            Links::of_headers(&response.links, &response.url).or(parsed.links);
                        parsed_outcome(feed, parsed, validators, complete)
                    }
                }
            }
        }
    }

    async fn parse(&self, response: &Response, bytes: Vec<u8>) -> Result<ParsedFeed, NoFeed> {
        let (url, content_type, now) =
            (response.url.clone(), response.content_type.clone(), self.clock.now());
        let (model, limits) = (self.model, self.limits);
        let parse = move || {
            wiresift_feed::parse(&bytes, content_type.as_deref(), &url, now).map_err(|error| {
                let page =
                    Page { bytes: &bytes, url: Some(&url), content_type: content_type.as_deref() };
                let is_page = error == FeedError::NotAFeed { looks_like: LooksLike::Html };
                if !is_page {
                    return (Cause::Unreadable, error.to_string());
                }
                match wiresift_extract::extract(model, &page, &Hints::default(), now, &limits)
                    .article
                    .kind
                {
                    PageKind::BotWall => {
                        (Cause::Blocked, "a wall for robots in the feed's place".to_owned())
                    }
                    PageKind::ConsentWall => {
                        (Cause::Blocked, "a question of consent in the feed's place".to_owned())
                    }
                    _ => (Cause::Unreadable, format!("{error}{}", proposals(&page, &limits))),
                }
            })
        };
        let panicked =
            || Err((Cause::Unreadable, "parsing it panicked; please report the feed".to_owned()));
        self.compute(parse).await.unwrap_or_else(panicked)
    }
}

/// What was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// There were no validators of this address.
    Plainly,
    /// They were sent.
    Conditionally,
    /// They were kept back.
    Withheld,
}

/// A poll without an answer of use.
pub(super) fn failed(at: DateTime<Utc>, address: Option<Url>, cause: Cause, error: String) -> Poll {
    Poll::new(at, address, PollOutcome::Failed { cause, error })
}

/// The feeds that a page in a feed's place names, for the curator to choose from. Nobody but the curator changes the list.
fn proposals(page: &Page<'_>, limits: &Limits) -> String {
    let named = feeds_of(page, limits).into_iter().filter(|link| link.source == FeedSource::Stated);
    let named: Vec<String> = named.take(MOST_PROPOSALS).map(|link| link.url.to_string()).collect();
    if named.is_empty() { String::new() } else { format!("; the page names {}", named.join(", ")) }
}

/// Validators vouch for a whole answer only: those of one that was cut short would make it permanent.
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

/// The validators of an answer, or those we sent where it has none.
fn keep(fresh: Validators, sent: &Validators) -> Validators {
    Validators {
        etag: fresh.etag.or_else(|| sent.etag.clone()),
        last_modified: fresh.last_modified.or_else(|| sent.last_modified.clone()),
    }
}
