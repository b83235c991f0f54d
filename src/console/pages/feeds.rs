//! `/feeds`: the feeds, those in trouble first.

use askama::Template;
use axum::extract::{Query, State};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered, typed};
use crate::console::view::feeds::{self, FeedLineView, Hours, Weeks};
use crate::console::view::format::echoed;
use crate::console::view::outcomes::hour_of;
use crate::console::view::overview::{StateCount, state_counts};
use crate::store::FeedQuery;

#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    state: Option<String>,
    q: Option<String>,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "feeds.html")]
struct Page {
    frame: Frame,
    states: Vec<StateCount>,
    state: String,
    text: String,
    feeds: Vec<FeedLineView>,
    /// The columns of the tables that say the same as the drawings.
    hours: Vec<String>,
    points: Vec<String>,
    /// The numbers of the pages before and after.
    before: Option<i64>,
    after: Option<i64>,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<ListQuery>,
) -> Answer {
    let number = query.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(0_i64);
    let number = number.clamp(0, 10_000);
    let asked = FeedQuery { state: typed(query.state), text: typed(query.q), page: number };
    let mut look = console.look().await?;
    let now = look.now;
    let (rows, has_more) = look.feed_rows(&asked).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let since = hour_of(now) - TimeDelta::hours(feeds::HOURS);
    let hours = Hours::new(look.feed_hours(&ids, since).await?);
    let stretches = look.feed_stretches(&ids, Weeks::since(now), feeds::STEP as i32).await?;
    let states = look.feed_states().await?;
    drop(look);
    let [hour_names, points] = feeds::columns(now);
    rendered(&Page {
        hours: hour_names,
        points,
        frame: Frame::new(&console, "/feeds", "Feeds", frame, now),
        states: state_counts(&states),
        state: echoed(&asked.state.unwrap_or_default()),
        text: echoed(&asked.text.unwrap_or_default()),
        feeds: feeds::rows(&rows, &hours, &Weeks::new(&stretches), now),
        before: (number > 0).then(|| number - 1),
        after: has_more.then_some(number + 1),
    })
}
