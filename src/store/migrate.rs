//! Brings the schema up to date.
//!
//! All missing migrations run in one transaction, which begins with a lock on a table of our own.
//! `sqlx` would take an advisory lock with a key that anybody can compute, and anybody who can
//! connect to the database could hold it and so keep every daemon from starting.
//!
//! A migration may have to wait for a client that reads a view. While it waits, all other clients
//! wait behind it. So it gives up soon, names the client, and leaves nothing behind.

use std::sync::LazyLock;

use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, PgConnection};

use crate::store::{Store, StoreError};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.set_locking(false);
    migrator
});

/// How often the lock is asked for again, when another process creates its table at the same time.
const MAX_TRIES: usize = 5;

impl Store {
    /// Brings the schema up to date. Several processes may call it at once: the second waits for
    /// the first.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.check_known().await?;
        let mut connection = self.pool.acquire().await?;
        create_lock(&mut connection).await?;
        let mut transaction = connection.begin().await?;
        // This mode excludes itself, but not a dump, which reads every table for hours.
        sqlx::raw_sql(
            "/* migrate */ SET LOCAL lock_timeout = '60s';
             LOCK TABLE wiresift.migration_lock IN SHARE UPDATE EXCLUSIVE MODE;
             SET LOCAL lock_timeout = '5s'",
        )
        .execute(&mut *transaction)
        .await?;
        // `run` would do the same, but its future cannot be sent to another thread.
        match MIGRATOR.run_direct(None, &mut *transaction, false).await {
            Ok(()) => Ok(transaction.commit().await?),
            Err(error) if is_lock_timeout(&error) => {
                transaction.rollback().await?;
                Err(StoreError::MigrationBlocked { clients: clients(&mut connection).await? })
            }
            Err(error) => Err(schema_error(error)),
        }
    }

    /// Fails if the schema is older or newer than this program.
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

    /// The applied versions. Fails if this program does not know one of them.
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
                "the database has migration {version}, which this program does not know: it was \
                 written by a newer wiresift; install that version or point database.url elsewhere"
            ))),
        }
    }
}

/// Creates the table whose lock keeps other migrations out. Two processes that create it at the same
/// time are in each other's way, and the second finds it.
async fn create_lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    let mut tries = 1;
    loop {
        let created = sqlx::raw_sql(
            "/* migrate */ CREATE SCHEMA IF NOT EXISTS wiresift;
             CREATE TABLE IF NOT EXISTS wiresift.migration_lock ()",
        )
        .execute(&mut *connection)
        .await;
        match created.map_err(StoreError::from) {
            Err(StoreError::Contended(_)) if tries < MAX_TRIES => tries += 1,
            answer => return answer.map(drop),
        }
    }
}

/// The clients that hold a lock on our tables or views, in words.
async fn clients(connection: &mut PgConnection) -> Result<String, StoreError> {
    let clients: Option<String> = sqlx::query_scalar(
        "/* migrate: clients */
         SELECT string_agg(format('process %s, user %s, program \"%s\"', pid, usename,
                                  application_name), '; ' ORDER BY pid)
         FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN (
             SELECT l.pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             WHERE l.granted AND l.database = (
                       SELECT oid FROM pg_database WHERE datname = current_database())
               AND c.relnamespace IN (SELECT oid FROM pg_namespace
                                      WHERE nspname IN ('wiresift', 'news')))",
    )
    .fetch_one(connection)
    .await?;
    Ok(clients.unwrap_or_else(|| "a client that has gone".into()))
}

/// Whether a statement gave up waiting for a lock.
fn is_lock_timeout(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    error.as_database_error().and_then(DatabaseError::code).as_deref() == Some("55P03")
}

/// A server that goes away during a migration is an outage like any other: all migrations are one
/// transaction, so nothing of them is left.
fn schema_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        error => StoreError::UnknownSchema(format!(
            "the database schema cannot be brought up to date: {error}; migrations are never \
             edited, so the database was changed by hand or by another program version"
        )),
    }
}
