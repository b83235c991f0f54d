//! What is different when a page is read again, and what a redirect may not lead to.
//!
//! It goes through the same queue, gate and lease as the first time. It asks by the validators that the page came with,
//! and what cannot be had says nothing about the article, except that its page is missing.

use chrono::{DateTime, Utc};
use url::Url;

use crate::http::Conditional;
use crate::pipeline::Ingest;
use crate::polling::failure::Cause;
use crate::store::{Lease, Outcome, PendingEntry};
use wiresift_extract::Extraction;
use wiresift_text::similarity::share_found;

impl Ingest {
    /// When the page of an entry is to be read again, if an article came of it.
    pub(super) fn next_visit(
        &self,
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
        self.revisit.next(of_page.or(entry.feed_fields.published), entry.first_seen_at, now)
    }
}

/// What to ask by, where we were before. Validators belong to the address that gave them: behind a redirect, or where the
/// text is not the page's, they say nothing.
pub(super) fn known_validators(entry: &PendingEntry) -> Conditional<'_> {
    match &entry.revisit {
        Some(revisit) if !revisit.from_feed && entry.hops == 0 => Conditional {
            etag: revisit.validators.etag.as_deref(),
            last_modified: revisit.validators.last_modified.as_deref(),
        },
        _ => Conditional::default(),
    }
}

/// Whether an answer says that the page of an article that we have is not there.
pub(super) fn is_missing(entry: &PendingEntry, cause: Cause) -> bool {
    let has_page = entry.revisit.as_ref().is_some_and(|revisit| !revisit.from_feed);
    has_page && matches!(cause, Cause::Missing | Cause::Gone)
}

/// Words of a headline that the page which a redirect led to must have somewhere, as a share.
const HEADLINE_SHARE: f64 = 0.3;

/// Whether a redirect led to a page that has nothing to do with the entry: where one logs in, another article.
pub(super) fn leads_elsewhere(entry: &PendingEntry, page: &Extraction) -> bool {
    let Some(headline) = entry.feed_fields.title.as_deref() else { return false };
    let text = format!("{} {}", page.article.title, page.article.text());
    share_found(headline, &text) < HEADLINE_SHARE
}

/// Whether an address is a site's front page.
pub(super) fn is_front_page(url: &Url) -> bool {
    url.path().trim_matches('/').is_empty() && url.query().is_none()
}
