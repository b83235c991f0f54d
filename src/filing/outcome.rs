//! What reading an entry came to, and what filing made of it.

use chrono::{DateTime, Utc};
use url::Url;
use wiresift_extract::article::{Article, Removed};
use wiresift_feed::Validators;

use crate::filing::EntryCause;
use crate::filing::judge::Verdict;

/// What reading came to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An article.
    Article(Box<ReadArticle>),
    /// The page that was read before is as it was.
    Unchanged,
    /// The page that was read before is not there.
    Missing,
    /// The page is elsewhere; the entry waits there.
    Moved {
        /// Where.
        to: String,
        /// Its site.
        host: String,
    },
    /// To be tried again.
    Later {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        cause: EntryCause,
        /// Whether it counts as a failure.
        failed: bool,
    },
    /// Not to be read: a rule says so.
    Skipped {
        /// Which.
        cause: EntryCause,
    },
    /// Given up.
    Abandoned {
        /// Why.
        cause: EntryCause,
    },
}

/// An article that was read, with what it was read from.
#[derive(Debug, Clone)]
pub struct ReadArticle {
    /// The article.
    pub article: Article,
    /// The body as sanitised HTML.
    pub body_html: String,
    /// Blocks left out.
    pub removed: Vec<Removed>,
    /// Where the bytes came from in the end.
    pub fetched_url: Option<Url>,
    /// The bytes, zstd, if they are to be kept.
    pub page: Option<RawPage>,
    /// What the server gave us to ask by whether the page has changed.
    pub validators: Validators,
}

/// Bytes to be kept.
#[derive(Debug, Clone)]
pub struct RawPage {
    /// zstd.
    pub body: Vec<u8>,
    /// As the server named it.
    pub content_type: Option<String>,
}

/// What became of a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Judged and on file.
    Judged {
        /// The article.
        article: i64,
        /// What it is to those we had.
        verdict: Verdict,
    },
    /// Moved, put off, skipped or abandoned.
    Noted,
    /// Somebody else holds the entry now.
    LeaseLost,
    /// The database refused it, and why; the entry is abandoned.
    Refused(String),
}
