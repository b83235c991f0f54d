//! Extracting the article of a stored page again, with the rules and the site memory of today.

use std::sync::Arc;

use url::Url;

use crate::budget::Reservation;
use crate::filing::records::RevisionReason;
use crate::http::ChainCookies;
use crate::pipeline::page_dictionaries::MOST_PAGE_BYTES;
use crate::pipeline::read::assemble::PageSource;
use crate::pipeline::read::context::Context;
use crate::pipeline::read::page::{Fetched, PageReader};
use crate::store::{Origin, Outcome, PendingEntry, StoredPage};
use wiresift_feed::Validators;

impl PageReader {
    /// The outcome for a page as if it was received now, when it was fetched. `None`: nothing can be
    /// extracted from it any more, so the text on file stays.
    pub(in crate::pipeline) async fn read_stored(
        &self,
        entry: &PendingEntry,
        page: &StoredPage,
        reason: RevisionReason,
        memory: &Arc<Reservation>,
    ) -> Option<Outcome> {
        let context = Context::unpack(&page.context, MOST_PAGE_BYTES)?;
        let mut first = PendingEntry { revisit: None, ..entry.clone() };
        (first.feed_fields, first.hops) = (context.feed, 0);
        let outcome = if let Some(body) = &page.body {
            let rights = context.rights;
            let url = Url::parse(&page.url).ok()?;
            let fetched = Fetched {
                bytes: self.dictionaries.unpack(body, page.dictionary).await.ok()??,
                content_type: page.content_type.clone(),
                source: PageSource { url, rights, validators: Validators::default() },
                cookies: ChainCookies::default(),
                at: page.fetched_at,
            };
            self.extract(&first, fetched, memory).await
        } else {
            let found = self.feed_text(&first, memory).await.ok()??;
            self.filed(&first, found, None)
        };
        let Outcome::Article(mut read) = outcome else { return None };
        let (page, revision) = (page.id, page.revision);
        // The stored page stays what it is, and teaches nothing again.
        (read.page, read.trace) = (None, None);
        read.origin = Origin::Stored { page, revision, reason };
        Some(Outcome::Article(read))
    }
}
