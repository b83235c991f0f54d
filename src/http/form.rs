//! Posts a form, as a subscription request to a hub needs, or JSON, as a webhook does.

use std::time::Instant;

use reqwest::header::{self, HeaderValue};
use url::{Url, form_urlencoded};

use crate::http::error::{FetchError, FetchErrorKind};
use crate::http::{FetchOutcome, HttpClient, Response, body, response};

impl HttpClient {
    /// Posts a form once, within the time limit of any request. The body of a successful response
    /// is not read. Only 307 and 308, which ask for the same request elsewhere, are reported as
    /// redirects.
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Response, FetchError> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(url, "application/x-www-form-urlencoded", form).await
    }

    /// Posts JSON once, as [`HttpClient::post_form`] does.
    pub async fn post_json(&self, url: &Url, json: String) -> Result<Response, FetchError> {
        self.post(url, "application/json", json).await
    }

    async fn post(
        &self,
        url: &Url,
        kind: &'static str,
        body: String,
    ) -> Result<Response, FetchError> {
        self.check(url).map_err(|kind| FetchError::new(url, kind))?;
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, self.send(url, kind, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::new(url, FetchErrorKind::Timeout(limit))),
        }
    }

    async fn send(
        &self,
        url: &Url,
        kind: &'static str,
        body: String,
    ) -> Result<Response, FetchError> {
        let started = Instant::now();
        let kind = HeaderValue::from_static(kind);
        let request = self.client.post(url.clone()).header(header::CONTENT_TYPE, kind).body(body);
        let sent = request.send().await;
        let mut answer = sent.map_err(|error| FetchError::of_client(url, error))?;
        let headers = std::mem::take(answer.headers_mut());
        let status = answer.status().as_u16();
        let outcome = match (status, headers.get(header::LOCATION)) {
            (200..=299, _) => FetchOutcome::Body { bytes: Vec::new(), complete: true },
            (307 | 308, Some(location)) => {
                self.redirect(url, status, location).map_err(|kind| FetchError::new(url, kind))?
            }
            _ => FetchOutcome::Refused(status),
        };
        body::drain(&mut answer).await;
        Ok(response(url, status, outcome, &headers, started.elapsed()))
    }
}
