//! When the text of the feed is the article.
//!
//! What the daemon files and what `feeds check` says is decided here, so that they agree.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_extract::memory::SiteMemory;
use wiresift_extract::{Extraction, Hints, Limits};

use crate::filing::FeedFields;

/// What a feed says of an entry, for the reading of its page or of its own text.
#[must_use]
pub fn hints(feed_fields: &FeedFields) -> Hints {
    Hints {
        title: feed_fields.title.clone(),
        summary: feed_fields.summary.clone(),
        published: feed_fields.published,
        language: feed_fields.language.clone(),
        ..Hints::default()
    }
}

/// Whether an entry is a post: it has a text and no title. Its text is the whole of it, and its page
/// is seldom more than a program that shows it, so it is read from its feed and its page is not
/// asked for.
#[must_use]
pub fn is_post(feed_fields: &FeedFields) -> bool {
    feed_fields.title.is_none() && feed_fields.content.is_some()
}

/// The article that an entry's feed has in full, if it has it. `page` is the entry's page, `memory`
/// what other texts of the feed have taught.
#[must_use]
pub fn feed_text(
    feed_fields: &FeedFields,
    page: Option<&Url>,
    memory: Option<Arc<SiteMemory>>,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Option<Extraction> {
    let content = feed_fields.content.as_deref()?;
    let hints = Hints { memory, ..hints(feed_fields) };
    wiresift_extract::from_feed_content(content, page, &hints, now, limits)
}
