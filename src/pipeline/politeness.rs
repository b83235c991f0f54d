//! What an answer's headers mean for its site.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::http::Response;
use crate::store::SiteStep;

/// Pause at a site that answers 429 without `Retry-After`.
const THROTTLED_PAUSE: Duration = Duration::from_mins(5);

/// What `Retry-After` asks for, with any status.
pub(super) fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    response.retry_after.map(|asked| asked.wait(now))
}

/// What an answer, or the lack of one, means for the site.
pub(super) fn site_step(response: Option<&Response>, now: DateTime<Utc>) -> SiteStep {
    let hold = response.and_then(|response| {
        let status = response.status;
        match (retry_after(response, now), status) {
            (Some(pause), _) => Some((pause, format!("{status}, Retry-After"))),
            (None, 429) => Some((THROTTLED_PAUSE, "429".to_owned())),
            _ => None,
        }
    });
    SiteStep { asked_at: Some(now), hold }
}
