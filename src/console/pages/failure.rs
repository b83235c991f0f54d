//! Pages that cannot be shown, and why.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::console::pages::frame::Frame;
use crate::store::StoreError;

/// Why a page is not shown.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    words: String,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: Frame,
    words: &'a str,
}

impl Failure {
    pub(super) fn missing(words: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, words: words.to_owned() }
    }

    pub(super) fn slow() -> Self {
        let words = "The database takes too long to answer. `wiresift status` may know more.";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, words: words.to_owned() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "cannot show a page of the console");
        let words = format!("The database did not answer as it should: {error}");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, words }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        let words = format!("The page cannot be written: {error}");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, words }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Failure");
        let page = FailurePage { frame: Frame::plain("", title), words: &self.words };
        match page.render() {
            Ok(text) => (self.status, Html(text)).into_response(),
            Err(_) => (self.status, self.words).into_response(),
        }
    }
}
