//! The pages: one file each, from the query to the template.

mod accounting;
mod article;
mod articles;
mod consumers;
mod copies;
mod events;
mod explain;
mod failure;
mod feed;
mod feeds;
mod frame;
mod overview;
mod rule;
mod site;
mod stories;
mod syndication;

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use tokio::sync::OwnedSemaphorePermit;
use wiresift_text::limits;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::store::Look;

/// A page that takes longer fails.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest text of a field, in bytes.
const MOST_TYPED: usize = 8_192;

type Answer = Result<Response, Failure>;

pub(super) fn router() -> Router<Console> {
    Router::new()
        .route("/", get(overview::page))
        .route("/feeds", get(feeds::page))
        .route("/feeds/{id}", get(feed::page))
        .route("/feeds/{id}/poll", post(feed::poll))
        .route("/feeds/{id}/return", post(feed::give_back))
        .route("/explain", get(explain::page).post(explain::read))
        .route("/articles", get(articles::page))
        .route("/articles/{id}", get(article::page))
        .route("/feed.atom", get(syndication::atom))
        .route("/feed.json", get(syndication::json))
        .route("/stories", get(stories::list))
        .route("/stories/{id}", get(stories::page))
        .route("/copies/{id}", get(copies::page))
        .route("/copies/{id}/split", post(copies::split))
        .route("/sites/{host}", get(site::page))
        .route("/sites/{host}/preview", post(site::preview))
        .route("/sites/{host}/reprocess", post(site::reprocess))
        .route("/events", get(events::page))
        .route("/accounting", get(accounting::page))
        .route("/consumers", get(consumers::page))
        .fallback(missing)
        .layer(middleware::from_fn(in_time))
}

async fn missing() -> Failure {
    Failure::missing("There is no page at this address.")
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::slow().into_response(),
    }
}

fn rendered(page: &impl Template) -> Answer {
    Ok(Html(page.render()?).into_response())
}

/// What was typed into a field, if anything. It is bounded, and Postgres cannot hold U+0000.
fn typed(text: Option<String>) -> Option<String> {
    let text = text?.replace('\0', "");
    let text = limits::cut(text.trim(), MOST_TYPED);
    (!text.is_empty()).then(|| text.to_owned())
}

/// A look with its turn: pages ask the database a few at a time.
struct Turn {
    look: Look,
    now: DateTime<Utc>,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Turn {
    type Target = Look;

    fn deref(&self) -> &Look {
        &self.look
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Look {
        &mut self.look
    }
}

impl Console {
    fn now(&self) -> DateTime<Utc> {
        self.pipeline.clock.now()
    }

    /// Waits for a turn, and begins a look.
    async fn look(&self) -> Result<Turn, Failure> {
        let permit = self.looks.clone().acquire_owned().await.map_err(|_| Failure::slow())?;
        let now = self.now();
        Ok(Turn { look: self.pipeline.store.look(now).await?, now, _permit: permit })
    }
}
