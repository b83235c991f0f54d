//! What can go wrong between us and Postgres, by what the caller should do about it.

use std::path::PathBuf;

use sqlx::error::DatabaseError;

/// A failed statement, sorted by remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server is away, starting, full or refusing connections: wait and try again, nothing is lost.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction was in the way (deadlock, serialisation, a race for a unique key): try again at once.
    #[error("another transaction was in the way: {0}")]
    Contended(#[source] sqlx::Error),
    /// The lease ran out and somebody else holds the thing now: drop the work.
    #[error("the lease on {what} {id} was lost")]
    LeaseLost {
        /// `feed` or `entry`.
        what: &'static str,
        /// Its id.
        id: i64,
    },
    /// A statement failed for a reason of its own: a bug or a damaged database.
    #[error("the database refused a statement: {0}")]
    Rejected(#[source] sqlx::Error),
    /// The database holds something that this program cannot have written.
    #[error("the database is inconsistent: {0}")]
    Inconsistent(String),
    /// The schema is not one that this program knows.
    #[error("{0}")]
    UnknownSchema(String),
    /// A file that the settings name cannot be read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl StoreError {
    /// Whether the same call may go through later without anybody's help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }

    /// Whether it was the values that were refused, and not the statement or the database: classes 22 (data),
    /// 23 (constraints) and 54 (limits) of `SQLSTATE`. Only that may cost a page its place; a table that is away
    /// while somebody restores a dump may not.
    #[must_use]
    pub fn blames_values(&self) -> bool {
        let Self::Rejected(error) = self else { return false };
        let code = error.as_database_error().and_then(DatabaseError::code);
        code.is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
    }
}

/// Classes and codes of `SQLSTATE` (PostgreSQL manual, appendix A) that mean "wait".
fn is_outage(code: &str) -> bool {
    // 08 connection; 53 resources (disk full, too many connections); 57 an operator: shutdown, crash, start-up, a
    // statement cancelled; 58 system error; 25006 read-only standby; 25P03 idle for too long.
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57")
        || code.starts_with("58")
        || matches!(code, "25006" | "25P03")
}

/// Codes that mean "again, now": serialisation failure, deadlock, lock time-out, unique violation.
///
/// A unique violation is contention because every insert of ours is judged against what was visible first:
/// only a concurrent transaction can make it fail, and judging again sees that one's rows.
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
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
                _,
            ) => Self::Unavailable(error),
            _ => Self::Rejected(error),
        }
    }
}

impl From<crate::filing::PlanError> for StoreError {
    fn from(error: crate::filing::PlanError) -> Self {
        Self::Inconsistent(error.to_string())
    }
}
