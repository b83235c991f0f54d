//! The databases of a cluster: created, dropped, and exchanged.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use super::{Cluster, ClusterError};

impl Cluster {
    /// Creates a database if it does not exist.
    pub async fn ensure_database(&self, database: &str) -> Result<(), ClusterError> {
        let mut connection = self.administrator().await?;
        if !exists(&mut connection, database).await? {
            let statement = format!("create database {}", quoted(database));
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// Drops a database if it exists, and ends the sessions that use it.
    pub async fn drop_database(&self, database: &str) -> Result<(), ClusterError> {
        let mut connection = self.administrator().await?;
        if exists(&mut connection, database).await? {
            let statement = format!("drop database {} with (force)", quoted(database));
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// Gives the database `new` the name of `old`, and `old` the name `aside`, all or nothing.
    pub async fn exchange_databases(
        &self,
        new: &str,
        old: &str,
        aside: &str,
    ) -> Result<(), ClusterError> {
        let mut connection = self.administrator().await?;
        let mut transaction = connection.begin().await?;
        for (from, to) in [(old, aside), (new, old)] {
            let statement = format!("alter database {} rename to {}", quoted(from), quoted(to));
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        connection.close().await?;
        Ok(())
    }

    async fn administrator(&self) -> Result<PgConnection, ClusterError> {
        // To drop a large database takes long, and is no reason for a warning.
        Ok(self.connect_options("postgres").disable_statement_logging().connect().await?)
    }
}

async fn exists(connection: &mut PgConnection, database: &str) -> Result<bool, ClusterError> {
    let statement = "select exists (select from pg_database where datname = $1)";
    Ok(sqlx::query_scalar(statement).bind(database).fetch_one(connection).await?)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
