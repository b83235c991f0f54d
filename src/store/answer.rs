//! How long an answer of the database is waited for.
//!
//! A server that is stopped, or cut off from the network, answers nothing and refuses nothing. Its
//! own limits do not help: it counts `statement_timeout` itself. The kernel gives up a connection
//! after a quarter of an hour, and never if it is a Unix socket. So the caller counts: a call of
//! the store that gets no answer is dropped with its transaction, and fails with
//! [`NoAnswer`](StoreError::NoAnswer), which is an outage like any other.
//!
//! Whether the server carries out the last statement of a dropped call is not known. Nothing
//! depends on it, as nothing depends on a connection that breaks at that moment: an outcome is
//! recorded under the token of its lease, and a lease that nobody knows of runs out.
//!
//! Migrations, a backup and a restore take as long as they take, and have no limit.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use crate::store::StoreError;

/// For calls that a healthy database answers in a second: leases, records, a batch that is filed.
/// It is shorter than what a loop of the daemon may take for a turn.
pub const ANSWER_LIMIT: Duration = Duration::from_mins(1);

/// For work on many rows: a feed list.
pub const LIST_LIMIT: Duration = Duration::from_mins(5);

/// For chores that nobody waits for: old rows are deleted, tables analysed.
pub const CHORE_LIMIT: Duration = Duration::from_hours(1);

/// For the question whether the database answers. It is shorter than the wait for a connection,
/// which would end first and say less.
pub(super) const PING_LIMIT: Duration = Duration::from_secs(5);

/// For a connection of the pool.
pub(super) const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// For a connection that comes back to the pool in the middle of a statement.
const RETURN_LIMIT: Duration = Duration::from_secs(5);

/// The answer to a call, if it comes within the limit.
pub async fn answer_within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(limit, call).await;
    answer.unwrap_or(Err(StoreError::NoAnswer { seconds: limit.as_secs() }))
}

/// Whether a connection that comes back to the pool may stay there. The call that used it may have
/// been dropped, and then its last answer has to come first. The pool itself would wait for that
/// without a limit, and so lend ever fewer connections.
pub(super) async fn is_usable(connection: &mut PgConnection) -> bool {
    matches!(tokio::time::timeout(RETURN_LIMIT, connection.ping()).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_answered_fails_as_an_outage() {
        let never = std::future::pending::<Result<(), StoreError>>();
        let error = answer_within(Duration::ZERO, never).await.expect_err("no answer");
        assert!(error.is_passing());
        assert_eq!(error.to_string(), "the database does not answer: no reply within 0 s");
        let answer = answer_within(ANSWER_LIMIT, async { Ok(7) }).await;
        assert_eq!(answer.expect("an answer"), 7);
    }
}
