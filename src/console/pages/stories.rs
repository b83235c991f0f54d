//! `/stories` and `/stories/ID`: events that several outlets report.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::stories::{StoryRow, StoryView, rows};

#[derive(Debug, Default, Deserialize)]
pub(super) struct StoriesQuery {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "stories.html")]
struct ListPage {
    frame: Frame,
    stories: Vec<StoryRow>,
    further: Option<i64>,
}

#[derive(Template)]
#[template(path = "story.html")]
struct StoryPage {
    frame: Frame,
    story: StoryView,
}

pub(super) async fn list(
    State(console): State<Console>,
    frame: FrameQuery,
    Query(query): Query<StoriesQuery>,
) -> Answer {
    let before = query.before.as_deref().and_then(|before| before.parse().ok());
    let mut look = console.look().await?;
    let now = look.now;
    let (stories, has_more) = look.stories(before).await?;
    drop(look);
    rendered(&ListPage {
        frame: Frame::new(&console, "/stories", "Stories", frame, now),
        further: stories.last().filter(|_| has_more).map(|story| story.id),
        stories: rows(&stories, now),
    })
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(id): Path<i64>,
) -> Answer {
    let mut look = console.look().await?;
    let now = look.now;
    let Some(detail) = look.story(id).await? else {
        return Err(Failure::missing("There is no story with this number."));
    };
    drop(look);
    let story = StoryView::of(&detail, now);
    let frame = Frame::new(&console, "/stories", story.title.clone(), frame, now);
    rendered(&StoryPage { frame, story })
}
