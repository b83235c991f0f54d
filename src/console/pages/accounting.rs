//! `/accounting`: where every entry ended that a feed has shown.

use askama::Template;
use axum::extract::{Query, State};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::accounting::{self, CauseRow, Window};
use crate::console::view::format::count;
use crate::console::view::outcomes::hour_of;
use crate::console::view::svg::Drawing;

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
    let (shown, ended) = look.shown(since).await?;
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
