//! `/`: what needs attention first, and how much comes in.

use askama::Template;
use axum::extract::State;
use chrono::TimeDelta;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::event::EventView;
use crate::console::view::outcomes::{hour_of, legend};
use crate::console::view::overview::{self, Attention, MemoryUse, StateCount, Tile};
use crate::console::view::svg::Drawing;
use crate::notices::{Watch, file};

/// Events on the page.
const EVENTS: i64 = 10;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    attention: Vec<Attention>,
    tiles: Vec<Tile>,
    legend: Vec<(&'static str, &'static str)>,
    entries: Drawing,
    states: Vec<StateCount>,
    feeds: Drawing,
    events: Vec<EventView>,
}

pub(super) async fn page(State(console): State<Console>, frame: FrameQuery) -> Answer {
    let snapshot = console.figures.refreshed().await;
    let mut look = console.look().await?;
    let now = look.now;
    let since = hour_of(now) - TimeDelta::hours(overview::HOURS);
    let rows = look.outcome_hours(since).await?;
    let delays = look.delays(since).await?;
    let cells = look.feed_cells().await?;
    let states = look.feed_states().await?;
    let events = look.newest_events(EVENTS).await?;
    drop(look);
    // A file that cannot be read is no reason to show nothing; `wiresift status` says so.
    let open = file::load(&console.notices).map(|watch: Watch| watch.open).unwrap_or_default();
    let memory = &console.pipeline.memory;
    let memory = MemoryUse { reserved: memory.budget.reserved(), limit: memory.limit() };
    rendered(&Page {
        frame: Frame::new(&console, "/", "Overview", frame, now),
        attention: overview::attention(&open, &snapshot, &states, now),
        tiles: overview::tiles(&rows, delays, &snapshot, memory, now),
        legend: legend(),
        entries: overview::entries(&rows, now),
        states: overview::state_counts(&states),
        feeds: overview::feeds(&cells),
        events: events.iter().map(|event| EventView::of(event, now)).collect(),
    })
}
