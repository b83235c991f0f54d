//! `/copies/ID`: a cluster of copies, and how to split it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::console::pages::frame::{Frame, FrameQuery};
use crate::console::pages::{Answer, rendered};
use crate::console::view::copies::{Member, members};

#[derive(Debug, Default, Deserialize)]
pub(super) struct CopiesQuery {
    /// What was done: a word of [`said`].
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "copies.html")]
struct Page {
    frame: Frame,
    said: Option<&'static str>,
    id: i64,
    members: Vec<Member>,
}

pub(super) async fn page(
    State(console): State<Console>,
    frame: FrameQuery,
    Path(id): Path<i64>,
    Query(query): Query<CopiesQuery>,
) -> Answer {
    let mut look = console.look().await?;
    let now = look.now;
    let relatives = look.cluster(id).await?;
    if relatives.is_empty() && look.article_lines(&[id]).await?.is_empty() {
        return Err(Failure::missing("There is no article with this number."));
    }
    drop(look);
    let members = members(&relatives, now);
    let title = members.first().map_or("Copies", |member| member.title.as_str());
    rendered(&Page {
        frame: Frame::new(&console, "/articles", title, frame, now),
        said: query.done.as_deref().and_then(said),
        id,
        members,
    })
}

fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "split" => "They are apart now, and are never merged again.",
        "whole" => {
            "They are not split: they are not in one cluster, or their texts are the same, so they \
             would be joined again."
        }
        _ => return None,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct SplitForm {
    /// The member from which the article is split.
    from: i64,
}

/// `POST /copies/ID/split`: an article becomes no copy of another one.
pub(super) async fn split(
    State(console): State<Console>,
    Path(id): Path<i64>,
    Form(form): Form<SplitForm>,
) -> Answer {
    let store = &console.pipeline.store;
    let done = match store.split_copies(id, form.from, console.now()).await? {
        Some(_) => "split",
        None => "whole",
    };
    Ok(Redirect::to(&format!("/copies/{}?done={done}", form.from)).into_response())
}
