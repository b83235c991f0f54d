//! The adapter to Postgres. Every SQL statement of the crate is in this folder, one noun per file.
//!
//! Statements are text, and tests check them against the real schema. Checking them at compile time
//! needs a database, or a cache of its answers, at every build; the daemon must build from a clean
//! clone with neither (2026-11). Rows in bulk travel as one JSON parameter through
//! `jsonb_to_recordset`, so a batch of a hundred is one statement whatever its columns.
//!
//! # Lock order
//!
//! 1. the filing lock, the story lock or the feed list's lock: rows of the table `locks`
//! 2. entries by id
//! 3. articles and keys
//! 4. sites by host
//! 5. `change_head`
//!
//! Only the holder of the filing lock changes the text of an article or its cluster, so it reads
//! them without a row lock. Only the holder of the story lock writes the story of an article.
//!
//! A lease statement locks sites first. It never waits for a feed or an entry, because it passes
//! over locked rows. A transaction that deadlocks all the same gets a
//! [`Contended`](StoreError::Contended) error and is tried again.

pub mod embedded;

mod answer;
mod articles;
mod changes;
mod clean;
mod clock;
mod console;
mod discoveries;
mod entries;
mod error;
mod events;
mod explain;
mod export;
mod feed_list;
mod feed_updates;
mod feeds;
mod figures;
mod hours;
mod lease;
mod lineage;
mod migrate;
mod pages;
mod parameters;
mod polls;
mod rate_limits;
mod readers;
mod reconcile;
mod rereads;
mod retention;
mod return_feed;
mod robots;
mod settings;
mod sightings;
mod site_health;
mod site_memories;
mod sitemaps;
mod sites;
mod split;
mod statistics;
mod status;
mod stories;
mod transfer;
mod websub;

pub use crate::filing::{
    FeedFields, Origin, Outcome, PendingEntry, RawPage, ReadArticle, Recorded, Revisit,
    SourceTrace, source_of_feed,
};
pub use crate::lease::{Lease, Politeness, SuspectLimit, SuspectPermit, later};
pub use answer::{ANSWER_LIMIT, CHORE_LIMIT, LIST_LIMIT, answer_within};
pub use articles::Filing;
pub use changes::Head;
pub use console::{
    ArticleDetail, ArticleLine, ArticleRow, Candidate, CandidateQuery, ConsumerLine, CopyLine,
    Cursor, EventDay, EventLine, EventQuery, FeedCell, FeedDetail, FeedEntry, FeedHour, FeedQuery,
    FeedRow, Look, OutcomeHour, PairLine, PollNow, Published, ReadAgain, RemovedLine, RevisionLine,
    Score, SiteArticle, SiteDetail, SiteRow, StoryDetail, StoryLine, Teller,
};
pub use discoveries::FeedDiscovery;
pub use entries::PollRecord;
pub use error::StoreError;
pub use events::EventKind;
pub use explain::{
    ExplainedArticle, ExplainedEntry, ExplainedLink, ExplainedScore, ExplainedStory, Explanation,
};
pub use export::{ExportFilter, Exported};
pub use feed_list::{ListedFeed, SyncReport};
pub use feeds::DueFeed;
pub use figures::{ConsumerPosition, DatabaseSizes, FaultyFeed, Gauges};
pub use hours::HourlyOutcome;
pub use lineage::Relative;
pub use pages::PageDictionary;
pub use polls::{FeedChange, NextRequest, Recording, UnchangedPoll};
pub use readers::{Reader, ReadersSettings, head_for_reader};
pub use reconcile::Reconciliation;
pub use rereads::{PageSelection, StoredPage, StoredReading};
pub use retention::{Expired, Keep, KeepSettings, Place, Timeline};
pub use return_feed::Return;
pub use robots::{CachedRobots, RobotsVerdict};
pub use settings::DatabaseSettings;
pub use site_health::SiteHealth;
pub use site_memories::{SourceSummary, StoredMemory, StoredTrace};
pub use sites::SiteStep;
pub use split::ClusterSplit;
pub use status::{FeedLine, Status};
pub use stories::Assigned;
pub use websub::{Call, CallbackCredentials, Delivery, HubAnswer, HubObservation, Subscribed};

use std::sync::Arc;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

/// Begins a transaction whose commit does not wait for the disk. For what may be lost in a power
/// cut, because then it is done once more.
const BEGIN_UNFLUSHED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// The database. Cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    clock_watch: clock::ClockWatch,
    /// What transactions that only read begin with.
    reading: Arc<tokio::sync::OnceCell<&'static str>>,
    /// What assigning stories remembers between batches.
    stories: Arc<tokio::sync::Mutex<stories::StoryCache>>,
}

impl Store {
    /// A store over a database that may be unreachable at the moment. No statement is sent yet.
    #[must_use]
    pub fn new(options: PgConnectOptions, connections: u32) -> Self {
        // Transactions wait for nothing but the database, so an idle one belongs to a process that
        // is stalled. Compiling a plan takes longer than any of our statements.
        let session = [
            ("search_path", "wiresift"),
            ("timezone", "UTC"),
            ("jit", "off"),
            ("idle_in_transaction_session_timeout", "10s"),
        ];
        let options = options.options(session).application_name("wiresift");
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(answer::CONNECTION_LIMIT)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // A large statement leaves a large buffer.
                    connection.shrink_buffers();
                    Ok(answer::is_usable(connection).await)
                })
            })
            .connect_lazy_with(options);
        Self {
            pool,
            clock_watch: clock::ClockWatch::default(),
            reading: Arc::default(),
            stories: Arc::default(),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = async {
            sqlx::query("/* ping */ SELECT 1").execute(&self.pool).await?;
            Ok(())
        };
        answer_within(answer::PING_LIMIT, answer).await
    }

    /// Closes the pool and waits for connections to end.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The pool, for tests that look at rows.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}
