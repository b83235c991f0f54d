//! What the pages of the console read, and what its actions write.
//!
//! A page reads in one transaction that cannot write. It has the role of Postgres that reads, if that
//! is allowed, and its statements have a limit of time. So a fault of a page costs the page alone.
//! More articles do not make a statement slower: each reads a bounded part of an index, or counters.

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

/// Begins a transaction that reads, with the rights of the daemon. Its statements are planned for
/// their values: a plan for any tag would read the newest articles one by one until it has found
/// enough, which takes a second for a tag that one article in five hundred has.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; \
                     SET LOCAL plan_cache_mode = force_custom_plan";

/// The same with a role of Postgres that may read all tables. It may call the functions that search
/// and that make HTML, and can do nothing else.
const BEGIN_AS_READER: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '5s'; \
                               SET LOCAL plan_cache_mode = force_custom_plan; \
                               SET LOCAL ROLE pg_read_all_data";

/// One look at the database, for one page.
#[derive(Debug)]
pub struct Look {
    pub(super) transaction: Transaction<'static, Postgres>,
    /// What the page takes for now.
    now: DateTime<Utc>,
}

impl Store {
    /// Begins a look. It ends when it is dropped.
    pub async fn look(&self, now: DateTime<Utc>) -> Result<Look, StoreError> {
        let begin = *self.reading.get_or_try_init(|| self.tried_role()).await?;
        Ok(Look { transaction: self.pool.begin_with(begin).await?, now })
    }

    /// Tries whether this role may act as the one that reads. It may in the embedded database, and
    /// in another one if an administrator has granted it.
    async fn tried_role(&self) -> Result<&'static str, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let role = "/* look */ SET LOCAL ROLE pg_read_all_data";
        let begin = match sqlx::query(role).execute(&mut *transaction).await {
            Ok(_) => BEGIN_AS_READER,
            Err(sqlx::Error::Database(_)) => BEGIN,
            Err(error) => return Err(error.into()),
        };
        transaction.rollback().await?;
        Ok(begin)
    }
}

impl Look {
    /// What the transaction may do, as JSON. For tests.
    pub async fn settings(&mut self) -> Result<String, StoreError> {
        let settings = sqlx::query_scalar(
            "/* settings */ SELECT json_build_object(
                 'role', current_user,
                 'read_only', current_setting('transaction_read_only'),
                 'timeout', current_setting('statement_timeout'))::text",
        )
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok(settings)
    }
}
