//! What differs when a page is read again, and where a redirect may not lead.
//!
//! A revisit goes through the same queue, site limit and lease as the first reading. It sends the
//! validators of the last reading. If it fails, that says nothing about the article, unless the
//! page is missing.

use chrono::{DateTime, Utc};
use url::Url;

use crate::filing::revisit::RevisitSettings;
use crate::http::Conditional;
use crate::polling::failure::Cause;
use crate::store::{Lease, Outcome, PendingEntry};
use wiresift_extract::Extraction;
use wiresift_text::similarity::share_found;

/// When the page of an entry is to be read again, if it becomes an article.
pub(super) fn next_visit(
    settings: &RevisitSettings,
    lease: &Lease<PendingEntry>,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if lease.is_quarantined() {
        return None;
    }
    let entry = &lease.item;
    let of_page = match outcome {
        Outcome::Article(filed) => filed.article.published.map(|date| date.at),
        _ => None,
    };
    settings.next(of_page.or(entry.feed_fields.published), entry.first_seen_at, now)
}

/// The validators to send. They belong to the address that gave them, so none are sent after a
/// redirect, or if the article's text is not that of the page.
pub(super) fn known_validators(entry: &PendingEntry) -> Conditional<'_> {
    match &entry.revisit {
        Some(revisit) if !revisit.from_feed && entry.hops == 0 => Conditional {
            etag: revisit.validators.etag.as_deref(),
            last_modified: revisit.validators.last_modified.as_deref(),
        },
        _ => Conditional::default(),
    }
}

/// Whether an answer says that the page of a filed article is missing.
pub(super) fn is_missing(entry: &PendingEntry, cause: Cause) -> bool {
    let has_page = entry.revisit.as_ref().is_some_and(|revisit| !revisit.from_feed);
    has_page && matches!(cause, Cause::Missing | Cause::Gone)
}

/// Share of the words of a headline that the page after a redirect must contain.
const HEADLINE_SHARE: f64 = 0.3;

/// Whether a redirect led to a page that is not the entry's: a log-in page, another article.
pub(super) fn leads_elsewhere(entry: &PendingEntry, page: &Extraction) -> bool {
    let Some(headline) = entry.feed_fields.title.as_deref() else { return false };
    let text = format!("{} {}", page.article.title, page.article.text());
    share_found(headline, &text) < HEADLINE_SHARE
}

/// Whether an address is a site's front page.
pub(super) fn is_front_page(url: &Url) -> bool {
    url.path().trim_matches('/').is_empty() && url.query().is_none()
}
