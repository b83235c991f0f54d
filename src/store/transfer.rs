//! The statements of a backup and a restore. PostgreSQL's own programs move the rows.

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use crate::store::{Store, StoreError};

/// The statements follow each other.
const CONNECTIONS: u32 = 2;

impl Store {
    /// A store whose statements may take long without a warning.
    #[must_use]
    pub fn patient(options: PgConnectOptions) -> Self {
        Self::new(options.disable_statement_logging(), CONNECTIONS)
    }

    /// The major version of the server.
    pub async fn server_major(&self) -> Result<u32, StoreError> {
        let number: i32 = sqlx::query_scalar(
            "/* server_major */ SELECT current_setting('server_version_num')::integer",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(u32::try_from(number / 10_000).unwrap_or_default())
    }

    /// The size of the database, in bytes.
    pub async fn database_bytes(&self) -> Result<u64, StoreError> {
        let bytes: i64 =
            sqlx::query_scalar("/* database_bytes */ SELECT pg_database_size(current_database())")
                .fetch_one(&self.pool)
                .await?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// The size of our tables without their indexes, in bytes.
    pub async fn table_bytes(&self) -> Result<u64, StoreError> {
        let bytes: i64 = sqlx::query_scalar(
            "/* table_bytes */ SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class
             WHERE relkind IN ('r', 'm')
               AND relnamespace IN (SELECT oid FROM pg_namespace
                                    WHERE nspname IN ('wiresift', 'news'))",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Whether the database has one of our schemas.
    pub async fn has_schema(&self) -> Result<bool, StoreError> {
        let statement = "/* has_schema */ SELECT EXISTS (
             SELECT FROM pg_namespace WHERE nspname IN ('wiresift', 'news'))";
        Ok(sqlx::query_scalar(statement).fetch_one(&self.pool).await?)
    }

    /// Whether the database has articles or entries that a restore would lose.
    pub async fn has_news(&self) -> Result<bool, StoreError> {
        let statement = "/* has_news: schema */ SELECT to_regclass('wiresift.articles') IS NOT NULL
             AND to_regclass('wiresift.entries') IS NOT NULL";
        if !sqlx::query_scalar::<_, bool>(statement).fetch_one(&self.pool).await? {
            return Ok(false);
        }
        let statement = "/* has_news */ SELECT EXISTS (SELECT FROM wiresift.articles)
             OR EXISTS (SELECT FROM wiresift.entries)";
        Ok(sqlx::query_scalar(statement).fetch_one(&self.pool).await?)
    }

    /// The generation of the change log; `None` without one.
    pub async fn generation(&self) -> Result<Option<i32>, StoreError> {
        let statement =
            "/* generation: function */ SELECT to_regprocedure('news.generation()') IS NOT NULL";
        if !sqlx::query_scalar::<_, bool>(statement).fetch_one(&self.pool).await? {
            return Ok(None);
        }
        let statement = "/* generation */ SELECT news.generation()";
        Ok(sqlx::query_scalar(statement).fetch_one(&self.pool).await?)
    }

    /// Creates the role that a dump gives rights to. A role belongs to the server, and a dump of a
    /// database does not have it.
    pub async fn create_reader_role(&self) -> Result<(), StoreError> {
        sqlx::raw_sql(
            "/* create_reader_role */ DO $$ BEGIN
                 CREATE ROLE news_reader NOLOGIN;
             EXCEPTION
                 WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
             END $$",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Completes a restored database: what a dump does not have, and statistics for the planner.
    /// The generation becomes higher than that of the dump and than `replaced`, the generation of
    /// the database whose place this one takes. So a consumer without tokens notices a second
    /// restore of one backup, too.
    pub async fn complete_restore(&self, replaced: Option<i32>) -> Result<(), StoreError> {
        sqlx::raw_sql(
            "/* complete_restore */ DO $$ BEGIN
                 EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC',
                                current_database());
             EXCEPTION WHEN insufficient_privilege THEN NULL;
             END $$",
        )
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "/* complete_restore: generation */ UPDATE change_head AS h
             SET generation = greatest(h.generation, $1) + 1,
                 origin = coalesce(present_origin(), origin),
                 system = coalesce(present_system(), system)
             WHERE origin IS NOT NULL OR $1 IS NOT NULL",
        )
        .bind(replaced)
        .execute(&self.pool)
        .await?;
        sqlx::raw_sql("/* complete_restore: statistics */ ANALYZE").execute(&self.pool).await?;
        Ok(())
    }
}
