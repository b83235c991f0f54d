//! A form that is sent: what subscribing to a hub takes.

use std::time::Instant;

use reqwest::header::{self, HeaderValue};
use url::{Url, form_urlencoded};

use crate::http::error::{FetchError, FetchErrorKind};
use crate::http::{Outcome, Response, Web, body, response};

impl Web {
    /// Posts a form once, within the time of any request. What a good answer says is not read. A redirect comes back
    /// as one only where it asks for the same again elsewhere (307 and 308).
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Response, FetchError> {
        self.check(url).map_err(|kind| FetchError::new(url, kind))?;
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, self.send_form(url, fields)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::new(url, FetchErrorKind::Timeout(limit))),
        }
    }

    async fn send_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Response, FetchError> {
        let started = Instant::now();
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let sent = self
            .client
            .post(url.clone())
            .header(header::CONTENT_TYPE, kind)
            .body(form)
            .send()
            .await;
        let mut answer = sent.map_err(|error| FetchError::of_client(url, error))?;
        let headers = std::mem::take(answer.headers_mut());
        let status = answer.status().as_u16();
        let outcome = match (status, headers.get(header::LOCATION)) {
            (200..=299, _) => Outcome::Body { bytes: Vec::new(), complete: true },
            (307 | 308, Some(location)) => {
                self.redirect(url, status, location).map_err(|kind| FetchError::new(url, kind))?
            }
            _ => Outcome::Refused(status),
        };
        body::drain(&mut answer).await;
        Ok(response(url, status, outcome, &headers, started.elapsed()))
    }
}
