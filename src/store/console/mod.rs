//! What the pages of the console read, and what its actions write.
//!
//! A page reads in one transaction that cannot write, and whose statements have a limit of time. So
//! a fault of a page costs the page alone. No statement takes longer the more articles there are:
//! each reads a bounded part of an index, or counters.

mod actions;
mod article;
mod articles;
mod copies;
mod events;
mod feed;
mod feeds;
mod overview;
mod published;
mod site;
mod stories;

use chrono::{DateTime, Utc};
use sqlx::{Postgres, Transaction};

use crate::store::{Store, StoreError};

pub use actions::{PollNow, ReadAgain};
pub use article::{ArticleDetail, ArticleRow, CopyLine, PairLine, RevisionLine, Score};
pub use articles::{ArticleLine, Candidate, CandidateQuery, Cursor};
pub use events::{EventDay, EventLine, EventQuery};
pub use feed::{FeedDetail, FeedEntry};
pub use feeds::{FeedHour, FeedQuery, FeedRow};
pub use overview::{ConsumerLine, FeedCell, OutcomeHour};
pub use published::Published;
pub use site::{RemovedLine, SiteArticle, SiteDetail, SiteRow};
pub use stories::{StoryDetail, StoryLine, Teller};

/// Begins a transaction that reads.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'";

/// One look at the database, for one page.
#[derive(Debug)]
pub struct Look {
    transaction: Transaction<'static, Postgres>,
    /// What the page takes for now.
    now: DateTime<Utc>,
}

impl Store {
    /// Begins a look. It ends when it is dropped.
    pub async fn look(&self, now: DateTime<Utc>) -> Result<Look, StoreError> {
        Ok(Look { transaction: self.pool.begin_with(BEGIN).await?, now })
    }
}

impl Look {
    /// What the transaction may do, as JSON. For tests.
    pub async fn settings(&mut self) -> Result<String, StoreError> {
        let settings = sqlx::query_scalar(
            "/* settings */ SELECT json_build_object(
                 'read_only', current_setting('transaction_read_only'),
                 'timeout', current_setting('statement_timeout'))::text",
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(settings)
    }
}
