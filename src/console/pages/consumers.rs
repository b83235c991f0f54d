//! `/consumers`: how far the programs have read that follow the change log.

use askama::Template;
use axum::extract::State;

use crate::console::Console;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::consumers::{ConsumerView, consumers};
use crate::console::view::format::count;

#[derive(Template)]
#[template(path = "consumers.html")]
struct Page {
    frame: Frame,
    head: String,
    consumers: Vec<ConsumerView>,
}

pub(super) async fn page(State(console): State<Console>, frame: FrameQuery) -> Answer {
    let mut look = console.look().await?;
    let now = look.now;
    let (lines, head) = look.consumers().await?;
    drop(look);
    rendered(&Page {
        frame: Frame::new(&console, "/consumers", "Consumers", frame, now),
        head: count(head),
        consumers: consumers(&lines, head, now),
    })
}
