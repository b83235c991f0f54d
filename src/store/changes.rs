//! The change log, which consumers read.
//!
//! A sequence assigns numbers before the commit, so a reader that sees 101 before 100 is committed
//! never sees 100. Here the numbers come from one row, which the transaction locks last and holds
//! until it commits. So numbers become visible in order, and a rollback returns them: there are no
//! gaps and no reordering, and a reader may rely on `next = last + 1`. The price is that the ends
//! of writing transactions run one after the other, which batches make cheap.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::filing::Change;
use crate::store::{Store, StoreError};

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Changes when the numbers start again, see [`Store::check_generation`].
    pub generation: i32,
    /// The last number.
    pub seq: i64,
}

#[derive(Serialize)]
struct ChangeRow {
    kind: &'static str,
    article_id: i64,
    revision: i32,
    other_id: Option<i64>,
}

impl ChangeRow {
    fn of(change: &Change) -> Self {
        Self {
            kind: change.kind.as_str(),
            article_id: change.article,
            revision: change.revision,
            other_id: change.other,
        }
    }
}

/// Appends changes. Must be the last statement of its transaction.
///
/// The notification is only a hint. It is sent at the commit, once for the whole batch.
pub(super) async fn append_changes(
    connection: &mut PgConnection,
    changes: &[Change],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<ChangeRow> = changes.iter().map(ChangeRow::of).collect();
    let json =
        serde_json::to_value(rows).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    sqlx::query(
        "/* append_changes */
         WITH head AS (
             UPDATE change_head SET seq = seq + jsonb_array_length($1) RETURNING seq, generation
         ), appended AS (
             INSERT INTO changes (seq, at, kind, article_id, revision, other_id)
             SELECT head.seq - jsonb_array_length($1) + row.position, $2,
                    (row.value ->> 'kind')::change_kind, (row.value ->> 'article_id')::bigint,
                    (row.value ->> 'revision')::integer, (row.value ->> 'other_id')::bigint
             FROM head, jsonb_array_elements($1) WITH ORDINALITY AS row (value, position)
         )
         SELECT pg_notify('news', generation || ':' || seq) FROM head",
    )
    .bind(json)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// The end of the log.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let (generation, seq) =
            sqlx::query_as("/* head */ SELECT generation, seq FROM change_head")
                .fetch_one(&self.pool)
                .await?;
        Ok(Head { generation, seq })
    }

    /// Starts a new generation if the database is not the one that wrote the log: it was restored
    /// from a dump, rolled back to a point in time, or failed over. Returns whether it did.
    ///
    /// The origin of the log is the system identifier and timeline of the cluster. If the server
    /// does not report them, nothing changes.
    pub async fn check_generation(&self) -> Result<bool, StoreError> {
        let origin: Result<String, sqlx::Error> = sqlx::query_scalar(
            "/* check_generation */
             SELECT s.system_identifier || '/' || c.timeline_id || '/' || d.oid
             FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d
             WHERE d.datname = current_database()",
        )
        .fetch_one(&self.pool)
        .await;
        let origin = match origin {
            Ok(origin) => origin,
            Err(error) => match StoreError::from(error) {
                StoreError::Rejected(_) => return Ok(false),
                other => return Err(other),
            },
        };
        let changed = sqlx::query(
            "/* check_generation */ UPDATE change_head
             SET generation = generation + CASE WHEN origin IS NULL THEN 0 ELSE 1 END, origin = $1
             WHERE origin IS DISTINCT FROM $1 RETURNING generation > 1 AS renewed",
        )
        .bind(&origin)
        .fetch_optional(&self.pool)
        .await?;
        Ok(changed.is_some_and(|row| sqlx::Row::try_get(&row, "renewed").unwrap_or(false)))
    }
}
