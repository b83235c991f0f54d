//! The pages: one file each, from the query to the template.

mod failure;
mod frame;
mod overview;

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use tokio::sync::OwnedSemaphorePermit;

use crate::console::Console;
use crate::console::pages::failure::Failure;
use crate::store::Look;

/// A page that takes longer fails.
const PATIENCE: Duration = Duration::from_secs(15);

type Answer = Result<Response, Failure>;

pub(super) fn router() -> Router<Console> {
    Router::new()
        .route("/", get(overview::page))
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

/// A look with its turn: pages ask the database a few at a time.
struct Turn {
    look: Look,
    now: DateTime<Utc>,
    _turn: OwnedSemaphorePermit,
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
        let turn = self.looks.clone().acquire_owned().await.map_err(|_| Failure::slow())?;
        let now = self.now();
        Ok(Turn { look: self.pipeline.store.look(now).await?, now, _turn: turn })
    }
}
