//! `/accounting`: where every entry ended that a feed has shown.

use askama::Template;
use axum::extract::{Query, State};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::shown::{Shown, Sums};
use crate::console::view::accounting::{self, CauseRow, Window};
use crate::console::view::format::count;
use crate::console::view::outcomes::hour_of;
use crate::console::view::svg::Drawing;
use crate::store::Look;

#[derive(Debug, Default, Deserialize)]
pub(super) struct WindowQuery {
    window: Option<String>,
}

#[derive(Template)]
#[template(path = "accounting.html")]
struct Page {
    frame: Frame,
    window: Window,
    windows: [Window; 2],
    /// New entries that feeds have shown.
    shown: String,
    waiting: String,
    legend: Vec<(&'static str, String, String)>,
    flow: Drawing,
    causes: Vec<CauseRow>,
}

/// The new entries of a window, and those of them that were not read.
async fn shown(
    console: &Console,
    look: &mut Look,
    window: Window,
    now: DateTime<Utc>,
) -> Result<Sums, Failure> {
    let hour = hour_of(now);
    let open = Shown::open_since(hour);
    let latest = look.shown(open, hour + TimeDelta::hours(1)).await?;
    let over = if let Some(sums) = console.shown.known(window.hours(), open) {
        sums
    } else {
        let sums = look.shown(hour - TimeDelta::hours(window.hours() - 1), open).await?;
        console.shown.keep(window.hours(), open, sums);
        sums
    };
    Ok((over.0 + latest.0, over.1 + latest.1))
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<WindowQuery>,
) -> Answer {
    let window = Window::of(query.window.as_deref());
    let snapshot = console.figures.refreshed().await;
    let mut look = console.look().await?;
    let now = look.now;
    let since = hour_of(now) - TimeDelta::hours(window.hours() - 1);
    let rows = look.outcome_hours(since).await?;
    let (shown, ended) = shown(&console, &mut look, window, now).await?;
    drop(look);
    let waiting = snapshot.gauges.as_ref().map(|gauges| count(gauges.pending_entries));
    rendered(&Page {
        frame: Frame::new(&console, "/accounting", "Accounting", frame, now),
        window,
        windows: Window::ALL,
        shown: count(shown),
        waiting: waiting.unwrap_or_else(|| "–".to_owned()),
        legend: accounting::legend(&rows, ended),
        flow: accounting::flow(&rows, ended, window),
        causes: accounting::causes(&rows),
    })
}
