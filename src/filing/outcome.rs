//! The outcome of reading an entry, and the result of filing it.

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_extract::article::{Article, Removed};
use wiresift_feed::Validators;

use crate::filing::EntryCause;
use crate::filing::judge::Verdict;

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
            Self::Article(read) => read.page.as_ref().map_or(0, |page| page.body.len()),
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
}

/// A page as it was received, to be kept.
#[derive(Debug, Clone)]
pub struct RawPage {
    /// The bytes, compressed with zstd.
    pub body: Vec<u8>,
    /// The content type that the server gave.
    pub content_type: Option<String>,
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
