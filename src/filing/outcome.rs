//! The outcome of reading an entry, and the result of filing it.

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_extract::article::{Article, Removed};
use wiresift_extract::memory::Trace;
use wiresift_feed::Validators;

use crate::filing::EntryCause;
use crate::filing::judge::Verdict;
use crate::filing::records::RevisionReason;

/// The outcome of reading an entry.
#[derive(Debug, Clone)]
pub enum Outcome {
    Article(Box<ReadArticle>),
    /// The page that was read before has not changed.
    Unchanged,
    /// The page that was read before is missing.
    Missing,
    /// The page has another address. The entry waits until that address is requested.
    Moved {
        to: String,
        /// The site of `to`.
        host: String,
        /// The cookies of the redirects so far.
        cookies: Option<String>,
    },
    /// The text may be something else than the article. The entry is read again later.
    Held {
        until: DateTime<Utc>,
        /// The site memory that it was extracted with.
        memory: Option<i64>,
        trace: Option<Box<SourceTrace>>,
    },
    /// The entry is to be tried again.
    Later {
        at: DateTime<Utc>,
        cause: EntryCause,
        /// Whether it counts as a failure.
        failed: bool,
    },
    /// A rule says that the entry must not be read.
    Skipped {
        cause: EntryCause,
    },
    /// The entry is given up.
    Abandoned {
        cause: EntryCause,
        /// What its page says about the site, if it has no article.
        trace: Option<Box<SourceTrace>>,
    },
}

impl Outcome {
    /// Bytes of its texts, without the page.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        match self {
            // The HTML holds the text of the body and is a little longer.
            Self::Article(read) => {
                let removed: usize = read.removed.iter().map(|one| one.text.len()).sum();
                read.body_html.len() + removed
            }
            _ => 0,
        }
    }

    /// Bytes of the page that is to be kept.
    #[must_use]
    pub fn page_bytes(&self) -> usize {
        match self {
            Self::Article(read) => read.page.as_ref().map_or(0, RawPage::len),
            _ => 0,
        }
    }
}

/// An article that was read, with data of its page.
#[derive(Debug, Clone)]
pub struct ReadArticle {
    pub article: Article,
    /// The body as sanitised HTML.
    pub body_html: String,
    /// The blocks that were removed as boilerplate.
    pub removed: Vec<Removed>,
    /// The address of the page after all redirects.
    pub fetched_url: Option<Url>,
    /// The raw page, if it is to be kept.
    pub page: Option<RawPage>,
    /// The validators for the next conditional request.
    pub validators: Validators,
    /// The site memory that it was extracted with.
    pub memory: Option<i64>,
    /// What it says about its source, to be learned from.
    pub trace: Option<SourceTrace>,
    /// In which respects it is so unlike the other articles of its source that it may be something
    /// else, in words.
    pub doubt: Option<String>,
    pub origin: Origin,
}

/// Where an article was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// On the web, or in a feed.
    #[default]
    Source,
    /// In a stored page, which was extracted again.
    Stored {
        page: i64,
        /// The revision that was read from this page.
        revision: i32,
        /// Why it was extracted again.
        reason: RevisionReason,
    },
}

/// What an article says about its source.
#[derive(Debug, Clone)]
pub struct SourceTrace {
    /// The source: see [`source_of_feed`].
    pub source: String,
    pub trace: Trace,
    /// It is unlike the other articles of the source.
    pub is_unlike: bool,
}

/// The source of the texts that a feed carries itself. That of pages is their host.
#[must_use]
pub fn source_of_feed(feed: i64) -> String {
    format!("feed:{feed}")
}

/// What an article was read from, to be kept.
#[derive(Debug, Clone)]
pub struct RawPage {
    /// The bytes of the page, compressed with zstd. `None`: the text is that of the feed.
    pub body: Option<Vec<u8>>,
    /// The page that it is compressed with.
    pub dictionary: Option<i64>,
    /// The content type that the server gave.
    pub content_type: Option<String>,
    /// What else decided the result, compressed with zstd.
    pub context: Vec<u8>,
}

impl RawPage {
    /// Bytes of both parts.
    fn len(&self) -> usize {
        self.body.as_ref().map_or(0, Vec::len) + self.context.len()
    }
}

/// The result of filing an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The article was judged and is on file.
    Judged { article: i64, verdict: Verdict },
    /// The entry was moved, delayed, skipped or abandoned.
    Noted,
    /// The lease no longer holds. The outcome was dropped.
    LeaseLost,
    /// The database refused the values, with this error. The entry was abandoned.
    Refused(String),
}
