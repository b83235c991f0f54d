//! `/feeds/ID`: one feed, and what can be done with it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use chrono::TimeDelta;
use serde::Deserialize;
use url::Url;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::feed::{self, FeedView};
use crate::console::view::feeds::Hours;
use crate::console::view::outcomes::hour_of;
use crate::store::{PollNow, Return};

#[derive(Debug, Default, Deserialize)]
pub(super) struct FeedPageQuery {
    /// What was done: a word of [`said`].
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "feed.html")]
struct Page {
    frame: Frame,
    said: Option<&'static str>,
    feed: FeedView,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(id): Path<i64>,
    Query(query): Query<FeedPageQuery>,
) -> Answer {
    let mut look = console.look().await?;
    let now = look.now;
    let Some(detail) = look.feed(id).await? else { return Err(unknown()) };
    let since = hour_of(now) - TimeDelta::days(feed::DAYS);
    let hours = Hours::new(look.feed_hours(&[id], since).await?);
    drop(look);
    let feed = FeedView::of(&detail, &hours, now);
    rendered(&Page {
        frame: Frame::new(&console, "/feeds", feed.name.clone(), frame, now),
        said: query.done.as_deref().and_then(said),
        feed,
    })
}

fn unknown() -> Failure {
    Failure::missing("There is no feed with this number.")
}

/// What a page says after something was done. The address of the page has one word, so that nobody
/// can make the page say something else.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "due" => "The feed is due now. The pauses that its site needs hold all the same.",
        "busy" => "The feed is being polled at this moment.",
        "paused" => "The feed is paused: its list says not to poll it.",
        "returned" => "The feed is polled at its listed address again, from now on.",
        "not-moved" => "The feed has not moved: it is polled at its listed address.",
        _ => return None,
    })
}

/// `POST /feeds/ID/poll`
pub(super) async fn poll(State(console): State<Console>, Path(id): Path<i64>) -> Answer {
    let done = match console.pipeline.store.poll_feed_now(id, console.now()).await? {
        PollNow::Unknown => return Err(unknown()),
        PollNow::Paused => "paused",
        PollNow::Busy => "busy",
        PollNow::Due => "due",
    };
    console.feeds.notify_one();
    Ok(Redirect::to(&format!("/feeds/{id}?done={done}")).into_response())
}

/// `POST /feeds/ID/return`
pub(super) async fn give_back(State(console): State<Console>, Path(id): Path<i64>) -> Answer {
    let mut look = console.look().await?;
    let detail = look.feed(id).await?;
    drop(look);
    let url = detail.and_then(|detail| Url::parse(&detail.row.url).ok());
    let Some(url) = url else { return Err(unknown()) };
    let done = match console.pipeline.store.return_feed(&url, console.now()).await? {
        Return::Unknown => return Err(unknown()),
        Return::NotMoved => "not-moved",
        Return::From(_) => "returned",
    };
    console.feeds.notify_one();
    Ok(Redirect::to(&format!("/feeds/{id}?done={done}")).into_response())
}
