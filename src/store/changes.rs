//! The change log, which consumers read.
//!
//! A sequence assigns numbers before the commit, so a reader that sees 101 before 100 is committed
//! never sees 100. Here the numbers come from one row, which the transaction locks last and holds
//! until it commits. So numbers become visible in order, and a rollback returns them: there are no
//! gaps and no reordering, and a reader may rely on `next = last + 1`. The price is that the ends
//! of writing transactions run one after the other, which batches make cheap.
//!
//! A database may go back to an earlier state, and then other changes get the same numbers. So each
//! row has a random token, which consumers hand back with the number (`news.changes`). Consumers
//! that do not are warned by the generation. It changes with the origin of the log: timeline,
//! database, table and, where it can be read, the system identifier. A copy of all files that is
//! put back has the same origin, so only the token tells.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::filing::{Change, ChangeKind};
use crate::store::{Store, StoreError};

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Changes when the server sees that the database went back to an earlier state.
    pub generation: i32,
    /// The last number.
    pub seq: i64,
}

/// A row of the log.
#[derive(Debug, Serialize)]
pub(super) struct ChangeRow {
    kind: &'static str,
    article_id: i64,
    revision: i32,
    other_id: Option<i64>,
    story_id: Option<i64>,
}

impl ChangeRow {
    /// An article is in another story, or is the headline of its story now.
    pub(super) fn of_story(article_id: i64, revision: i32, story_id: Option<i64>) -> Self {
        let kind = ChangeKind::Story.as_str();
        Self { kind, article_id, revision, other_id: None, story_id }
    }

    /// An article is linked to one of another language, or is not any more.
    pub(super) fn of_link(kind: ChangeKind, article_id: i64, revision: i32, other: i64) -> Self {
        let (kind, other_id) = (kind.as_str(), Some(other));
        Self { kind, article_id, revision, other_id, story_id: None }
    }
}

impl From<&Change> for ChangeRow {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.kind.as_str(),
            article_id: change.article,
            revision: change.revision,
            other_id: change.other,
            story_id: None,
        }
    }
}

/// Appends changes, and returns the new end of the log. Must be the last statement of its
/// transaction. Call [`notify`] after the commit.
///
/// The origin is compared here and not only when a daemon starts, because a database may go back to
/// an earlier state under a running daemon.
pub(super) async fn append_changes(
    connection: &mut PgConnection,
    changes: &[ChangeRow],
    at: DateTime<Utc>,
) -> Result<Option<Head>, StoreError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let (generation, seq) = sqlx::query_as(
        "/* append_changes */
         WITH head AS (
             UPDATE change_head AS h SET
                 seq = seq + jsonb_array_length($1), token = gen_random_uuid(),
                 generation = present_generation(h),
                 origin = coalesce(present_origin(), origin),
                 system = coalesce(present_system(), system)
             RETURNING seq, token, generation
         ), appended AS (
             INSERT INTO changes (seq, at, kind, article_id, revision, other_id, story_id, token)
             SELECT head.seq - jsonb_array_length($1) + row.position, $2,
                    (row.value ->> 'kind')::change_kind, (row.value ->> 'article_id')::bigint,
                    (row.value ->> 'revision')::integer, (row.value ->> 'other_id')::bigint,
                    (row.value ->> 'story_id')::bigint, head.token
             FROM head, jsonb_array_elements($1) WITH ORDINALITY AS row (value, position)
         )
         SELECT generation, seq FROM head",
    )
    .bind(Json(changes))
    .bind(at)
    .fetch_one(connection)
    .await?;
    Ok(Some(Head { generation, seq }))
}

/// Notifies consumers of a new end of the log. Call it after the commit: the notification is only a
/// hint, and the commit of a transaction with a notification fails while the queue is full, which
/// any client of the server can bring about. For the same reason errors do not matter.
///
/// The statement waits neither for the disk nor for a lock.
pub(super) async fn notify(connection: &mut PgConnection, head: Option<Head>) {
    let Some(Head { generation, seq }) = head else { return };
    let statement = format!(
        "/* notify */ SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '100ms'; \
         SELECT pg_notify('news', '{generation}:{seq}')"
    );
    let sent = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(connection).await;
    if let Err(error) = sent {
        tracing::debug!(%error, "consumers are not notified of new changes; they find them anyway");
    }
}

impl Store {
    /// The end of the log.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let (generation, seq) =
            sqlx::query_as("/* head */ SELECT present_generation(h), h.seq FROM change_head AS h")
                .fetch_one(&self.pool)
                .await?;
        Ok(Head { generation, seq })
    }

    /// Starts a new generation now if the next append would: the database was restored from a dump,
    /// rolled back to a point in time, or failed over. Returns whether it did.
    pub async fn check_generation(&self) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "/* check_generation */ UPDATE change_head AS h
             SET generation = present_generation(h), origin = coalesce(present_origin(), origin),
                 system = coalesce(present_system(), system)
             WHERE generation <> present_generation(h)",
        )
        .execute(&self.pool)
        .await?;
        Ok(changed.rows_affected() > 0)
    }
}
