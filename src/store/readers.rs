//! The roles of the programs that read the news: section `[readers]` and the `[[reader]]` tables.
//!
//! Nobody has to type `CREATE ROLE` and `GRANT`: each reader of the settings is a role with a login
//! that is a member of `news_reader`. A role that has left the settings loses both. Roles that
//! somebody else created are granted `news_reader` and otherwise left alone.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use postgres_protocol::password::scram_sha_256;
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use url::Url;

use crate::store::{Store, StoreError};

/// The comment by which roles are known as made here.
const OURS: &str = "reader of wiresift, from the settings";

/// Section `[readers]`: how other programs reach the embedded database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadersSettings {
    /// The directory of the socket for readers. `None`: systemd's runtime directory, if there is
    /// one.
    pub socket_dir: Option<PathBuf>,
    /// The Unix group that may use this socket.
    pub group: String,
    /// Address for TCP connections, with passwords.
    pub listen: Option<SocketAddr>,
}

impl Default for ReadersSettings {
    fn default() -> Self {
        Self { socket_dir: None, group: "wiresift-readers".to_owned(), listen: None }
    }
}

/// A `[[reader]]` table: a role that may read the news.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// The name of the role.
    pub name: String,
    /// A file with its password. Without one the role has no password.
    pub password_file: Option<PathBuf>,
}

/// Longest name of a role (`NAMEDATALEN`), in bytes.
const NAME_BYTES: usize = 63;

/// Shortest and longest password, in bytes.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1000;

impl Reader {
    /// What is wrong with the table, if anything.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let is_name = self.name.len() <= NAME_BYTES
            && self.name.starts_with(is_plain)
            && self.name.chars().all(|letter| is_plain(letter) || letter.is_ascii_digit());
        let is_reserved = ["wiresift", "news_reader", "postgres", "public", "all", "none"]
            .contains(&self.name.as_str())
            || self.name.starts_with("pg_");
        if !is_name || is_reserved {
            return Err(format!(
                "[[reader]] name = {:?} cannot be the name of a role: use lower case letters, \
                 digits and _, at most {NAME_BYTES}, and none of the names that PostgreSQL and \
                 wiresift use themselves",
                self.name
            ));
        }
        Ok(())
    }

    /// The password, from its file.
    fn password(&self) -> Result<Option<String>, StoreError> {
        let Some(path) = &self.password_file else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| StoreError::File { path: path.clone(), source })?;
        let password = text.trim_end_matches(['\r', '\n']);
        if !PASSWORD_BYTES.contains(&password.len()) {
            return Err(bad_password(path));
        }
        Ok(Some(password.to_owned()))
    }
}

fn bad_password(path: &Path) -> StoreError {
    StoreError::UnknownSchema(format!(
        "{}: a password has {} to {} bytes (reader.password_file)",
        path.display(),
        PASSWORD_BYTES.start(),
        PASSWORD_BYTES.end()
    ))
}

impl Store {
    /// Makes the readers of the settings the readers of the database. `news_reader` itself may log
    /// in to the embedded database, where only members of a Unix group reach the socket.
    pub async fn set_readers(
        &self,
        readers: &[Reader],
        is_embedded: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        if is_embedded {
            run(&mut transaction, "ALTER ROLE news_reader LOGIN").await?;
        }
        let former: Vec<String> = sqlx::query_scalar(
            "/* set_readers: former */ SELECT rolname FROM pg_roles
             WHERE shobj_description(oid, 'pg_authid') = $1 AND rolname <> ALL($2)
             ORDER BY rolname",
        )
        .bind(OURS)
        .bind(readers.iter().map(|reader| reader.name.clone()).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await?;
        for name in former {
            let name = quoted(&name);
            run(&mut transaction, &format!("REVOKE news_reader FROM {name}")).await?;
            run(&mut transaction, &format!("ALTER ROLE {name} NOLOGIN")).await?;
        }
        for reader in readers {
            set_reader(&mut transaction, reader).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Connects as a reader does, and asks for the end of the change log. A password may come from
/// `PGPASSWORD` or `~/.pgpass`, as for any other program.
pub async fn head_for_reader(url: &Url) -> Result<i64, StoreError> {
    let mut connection = PgConnectOptions::from_str(url.as_str())?.connect().await?;
    let head = sqlx::query_scalar("SELECT seq FROM news.head()").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(head)
}

async fn set_reader(connection: &mut PgConnection, reader: &Reader) -> Result<(), StoreError> {
    let is_ours: Option<bool> = sqlx::query_scalar(
        "/* set_readers: known */
         SELECT shobj_description(oid, 'pg_authid') IS NOT DISTINCT FROM $2
         FROM pg_roles WHERE rolname = $1",
    )
    .bind(&reader.name)
    .bind(OURS)
    .fetch_optional(&mut *connection)
    .await?;
    let name = quoted(&reader.name);
    if is_ours.is_none() {
        run(connection, &format!("CREATE ROLE {name}")).await?;
        run(connection, &format!("COMMENT ON ROLE {name} IS '{OURS}'")).await?;
    }
    if is_ours != Some(false) {
        // The server is sent what it keeps, so the password itself is in no log.
        let verifier = reader.password()?.map(|password| scram_sha_256(password.as_bytes()));
        let password = verifier.map_or_else(|| "NULL".to_owned(), |text| format!("'{text}'"));
        run(connection, &format!("ALTER ROLE {name} LOGIN PASSWORD {password}")).await?;
    }
    run(connection, &format!("GRANT news_reader TO {name}")).await
}

async fn run(connection: &mut PgConnection, statement: &str) -> Result<(), StoreError> {
    let statement = format!("/* set_readers */ {statement}");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_be_another_role_are_refused() {
        let check = |name: &str| Reader { name: name.into(), password_file: None }.check();
        assert!(check("analyst_2").is_ok());
        for name in ["", "2nd", "Analyst", "a-b", "pg_monitor", "wiresift", &"a".repeat(64)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
