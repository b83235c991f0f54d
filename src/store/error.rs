//! The errors of the store, sorted by what the caller should do.

use std::path::PathBuf;

use sqlx::error::DatabaseError;

use crate::store::answer::CONNECTION_LIMIT;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server is unreachable, starting, full or refusing connections. Wait and try again;
    /// nothing is lost.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The server is there, or seems to be, and is silent. Wait and try again; nothing is lost.
    #[error("the database does not answer: no reply within {seconds} s")]
    NoAnswer { seconds: u64 },
    /// Wait and try again; nothing is lost.
    #[error(
        "the database cannot be reached: no connection within {seconds} s; it refuses connections, \
         does not answer, or all connections of this process are in use (database.connections)"
    )]
    NoConnection { seconds: u64 },
    /// Another transaction was in the way: a deadlock, a serialisation failure, a race for a unique
    /// key. Try again at once.
    #[error("another transaction was in the way: {0}")]
    Contended(#[source] sqlx::Error),
    /// The lease ran out, and another holder has the row now. Drop the work.
    #[error("the lease on {what} {id} was lost")]
    LeaseLost { what: &'static str, id: i64 },
    /// A statement failed for another reason: a bug or a damaged database.
    #[error("the database refused a statement: {0}")]
    Rejected(#[source] sqlx::Error),
    /// The database has a value that this version cannot have written.
    #[error("the database is inconsistent: {0}")]
    Inconsistent(String),
    /// This program does not know the schema.
    #[error("{0}")]
    UnknownSchema(String),
    /// A migration would have to wait for clients that are reading.
    #[error(
        "the database schema cannot be brought up to date, because these clients of the database \
         are in a transaction that uses it: {clients}; let them end it (or end them with SELECT \
         pg_terminate_backend(PROCESS)), and start wiresift or `wiresift migrate` again"
    )]
    MigrationBlocked { clients: String },
    /// A configured file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl StoreError {
    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::NoAnswer { .. }
                | Self::NoConnection { .. }
                | Self::Contended(_)
        )
    }

    /// Whether the values were refused, and not the statement: classes 22 (data), 23 (constraints)
    /// and 54 (limits) of `SQLSTATE`. Only these may cost a page its article. A table that is
    /// missing while a dump is restored may not.
    #[must_use]
    pub fn blames_values(&self) -> bool {
        let Self::Rejected(error) = self else { return false };
        let code = error.as_database_error().and_then(DatabaseError::code);
        code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
    }
}

/// Classes and codes of `SQLSTATE` (PostgreSQL manual, appendix A) after which to wait.
fn is_outage(code: &str) -> bool {
    // 08 connection; 53 resources (disk full, too many connections); 57 an operator: shutdown,
    // crash, start, a cancelled statement; 58 system error; 25006 read-only standby; 25P03 idle for
    // too long.
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57")
        || code.starts_with("58")
        || matches!(code, "25006" | "25P03")
}

/// Codes after which to try again at once: serialisation failure, deadlock, lock time-out, unique
/// violation.
///
/// A unique violation is contention, because every insert is planned by the rows that were visible
/// before. Only a concurrent transaction can make it fail, and the next plan sees its rows.
fn is_contention(code: &str) -> bool {
    matches!(code, "40001" | "40P01" | "55P03" | "23505")
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        match (&error, code.as_deref()) {
            (_, Some(code)) if is_outage(code) => Self::Unavailable(error),
            (_, Some(code)) if is_contention(code) => Self::Contended(error),
            (
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
                _,
            ) => Self::Unavailable(error),
            (sqlx::Error::PoolTimedOut, _) => {
                Self::NoConnection { seconds: CONNECTION_LIMIT.as_secs() }
            }
            _ => Self::Rejected(error),
        }
    }
}

impl From<crate::filing::PlanError> for StoreError {
    fn from(error: crate::filing::PlanError) -> Self {
        Self::Inconsistent(error.to_string())
    }
}
