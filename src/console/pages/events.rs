//! `/events`: what happened, as a list and as a calendar.

use askama::Template;
use axum::extract::{Query, State};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered, typed};
use crate::console::view::event::EventView;
use crate::console::view::events::{self, KindRow};
use crate::console::view::format::echoed;
use crate::store::EventQuery;

#[derive(Debug, Default, Deserialize)]
pub(super) struct EventsQuery {
    kind: Option<String>,
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "events.html")]
struct Page {
    frame: Frame,
    kind: String,
    kinds: Vec<KindRow>,
    events: Vec<EventView>,
    /// The event before which the next page begins.
    further: Option<i64>,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<EventsQuery>,
) -> Answer {
    let before = query.before.as_deref().and_then(|id| id.parse().ok());
    let asked = EventQuery { kind: typed(query.kind), before };
    let mut look = console.look().await?;
    let now = look.now;
    let (events, has_more) = look.events(&asked).await?;
    let days = look.event_days(now - TimeDelta::days(events::DAYS)).await?;
    drop(look);
    rendered(&Page {
        frame: Frame::new(&console, "/events", "Events", frame, now),
        kind: echoed(&asked.kind.unwrap_or_default()),
        kinds: events::calendar(&days, now),
        further: events.last().filter(|_| has_more).map(|event| event.id),
        events: events.iter().map(|event| EventView::of(event, now)).collect(),
    })
}
