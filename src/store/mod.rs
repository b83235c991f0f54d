//! The adapter to Postgres: every SQL statement of the crate is in this folder, one noun a file.
//!
//! Statements are written as text and checked by tests against the real schema rather than at compile time:
//! compile-time checking wants a database, or a cache of its answers, at every build, and the daemon is to be
//! built from a clean clone with neither (2026-11). Rows that travel in bulk go as one JSON parameter through
//! `jsonb_to_recordset`, so a batch of a hundred is one statement whatever its columns.
//!
//! Locks are taken in one order by all: the bench of those who judge articles or the seat of whoever looks for stories,
//! entries by id, articles and their keys, sites by host, and `change_head` last. Articles change their text and their
//! place at the bench alone, so reading them there needs no lock; their story is written at the seat. Leases alone go the other
//! way, sites first, and so never wait for a feed or an entry: what is
//! locked is passed over. A deadlock that slips through is contention, and the transaction is tried again.

pub mod embedded;

mod articles;
mod changes;
mod clean;
mod discoveries;
mod entries;
mod error;
mod events;
mod explain;
mod export;
mod feed_list;
mod feeds;
mod gate;
mod limits;
mod lineage;
mod moves;
mod pages;
mod parameters;
mod polls;
mod reconcile;
mod settings;
mod sightings;
mod sitemaps;
mod sites;
mod split;
mod status;
mod stories;
mod suspects;
mod websub;

pub use crate::filing::{
    FeedFields, Outcome, PendingEntry, RawPage, ReadArticle, Recorded, Revisit,
};
pub use crate::lease::{Lease, Politeness, later};
pub use articles::Filing;
pub use changes::Head;
pub use discoveries::FeedDiscovery;
pub use entries::PollRecord;
pub use error::StoreError;
pub use events::EventKind;
pub use explain::{ExplainedArticle, ExplainedEntry, ExplainedScore, ExplainedStory, Explanation};
pub use export::{ExportFilter, Exported};
pub use feed_list::{ListedFeed, SyncReport};
pub use feeds::DueFeed;
pub use lineage::Relative;
pub use moves::Return;
pub use polls::{FeedChange, NextRequest, Recording};
pub use reconcile::Reconciliation;
pub use settings::DatabaseSettings;
pub use sites::{CachedRobots, SiteStep};
pub use split::ClusterSplit;
pub use status::{FeedLine, Gauges, Status};
pub use websub::{Call, CallbackCredentials, Delivery, HubAnswer, HubObservation, Subscribed};

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The ledger. Cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    /// A store over a database that may be away at the moment: nothing is asked of it yet.
    #[must_use]
    pub fn new(options: PgConnectOptions, connections: u32) -> Self {
        // Transactions wait for nothing but the database: one that is idle belongs to an instance that stalls.
        let session = [
            ("search_path", "wiresift"),
            ("timezone", "UTC"),
            ("idle_in_transaction_session_timeout", "10s"),
        ];
        let options = options.options(session).application_name("wiresift");
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy_with(options);
        Self { pool }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("/* ping */ SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Brings the schema up to date. Safe to call from several processes at once: the migrator holds a lock.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.check_known().await?;
        sqlx::query("/* migrate */ CREATE SCHEMA IF NOT EXISTS wiresift")
            .execute(&self.pool)
            .await?;
        MIGRATOR.run(&self.pool).await.map_err(schema_error)
    }

    /// Refuses a schema that is older or newer than this program.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let applied = self.check_known().await?;
        let missing = MIGRATOR.iter().filter(|known| !applied.contains(&known.version)).count();
        if missing > 0 {
            return Err(StoreError::UnknownSchema(format!(
                "the database lacks {missing} of this program's migrations: run `wiresift migrate`"
            )));
        }
        Ok(())
    }

    /// The applied versions, refused when there is one that we do not know.
    async fn check_known(&self) -> Result<Vec<i64>, StoreError> {
        let exists: bool = sqlx::query_scalar(
            "/* check_known */ SELECT to_regclass('wiresift._sqlx_migrations') IS NOT NULL",
        )
        .fetch_one(&self.pool)
        .await?;
        if !exists {
            return Ok(Vec::new());
        }
        let applied: Vec<i64> = sqlx::query_scalar(
            "/* check_known */ SELECT version FROM wiresift._sqlx_migrations ORDER BY version",
        )
        .fetch_all(&self.pool)
        .await?;
        match applied.iter().find(|version| !MIGRATOR.version_exists(**version)) {
            None => Ok(applied),
            Some(version) => Err(StoreError::UnknownSchema(format!(
                "the database has migration {version}, which this program does not know: it was written by a \
                 newer wiresift; install that version or point database.url elsewhere"
            ))),
        }
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

/// A server that goes away in the middle of a migration is an outage like any other: each migration is a
/// transaction, so what was begun is gone.
fn schema_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        error => StoreError::UnknownSchema(format!(
            "the database schema cannot be brought up to date: {error}; migrations are never edited, so the \
             database was changed by hand or by another program version"
        )),
    }
}
