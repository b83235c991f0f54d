//! Conditional requests (RFC 9110, 13): whether a reader has a document already.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

/// A second has many moments, and `Last-Modified` names none of them. So it is not sent for a
/// document that may change in the same second once more.
const SETTLED: TimeDelta = TimeDelta::seconds(2);

/// The validators of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) last_modified: Option<DateTime<Utc>>,
}

impl Known {
    pub(crate) fn of(document: &str, changed: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let digest = format!("{:x}", Sha256::digest(document.as_bytes()));
        Self {
            etag: format!("\"{}\"", digest.get(..32).unwrap_or(&digest)),
            last_modified: changed.filter(|changed| now - *changed >= SETTLED),
        }
    }

    /// Whether a reader with these headers has the document.
    pub(crate) fn is_had(&self, none_match: Option<&str>, since: Option<&str>) -> bool {
        if let Some(tags) = none_match {
            let tag = |tag: &str| tag.trim().trim_start_matches("W/") == self.etag;
            return tags.trim() == "*" || tags.split(',').any(tag);
        }
        let since = since.and_then(|text| httpdate::parse_http_date(text).ok());
        let (Some(since), Some(changed)) = (since, self.last_modified) else { return false };
        DateTime::<Utc>::from(since).timestamp() >= changed.timestamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_goes_before_a_date() {
        let changed = DateTime::from_timestamp(1_000_000, 500_000_000).unwrap();
        let known = Known::of("text", Some(changed), changed + TimeDelta::hours(1));
        let date = httpdate::fmt_http_date(changed.into());
        let etag = known.etag.as_str();
        assert!(known.is_had(Some(etag), None));
        assert!(known.is_had(Some(&format!("\"x\", W/{etag}")), None));
        assert!(known.is_had(Some("*"), None));
        assert!(!known.is_had(Some("\"x\""), Some(&date)));
        assert!(known.is_had(None, Some(&date)));
        assert!(!known.is_had(None, Some("yesterday")));
        assert!(!known.is_had(None, None));
        let before = httpdate::fmt_http_date((changed - TimeDelta::seconds(1)).into());
        assert!(!known.is_had(None, Some(&before)));
    }

    #[test]
    fn a_document_that_may_change_in_this_second_has_no_date() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        assert_eq!(Known::of("text", Some(now), now).last_modified, None);
        assert_eq!(Known::of("text", None, now).last_modified, None);
        assert_ne!(Known::of("text", None, now).etag, Known::of("other", None, now).etag);
    }
}
