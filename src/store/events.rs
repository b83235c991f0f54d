//! Events: what an operator or a curator should hear of, in the words of `news.events`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::store::StoreError;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A feed answers with a permanent redirect.
    Moved,
    /// A page or a feed killed whoever worked on it, several times.
    Quarantined,
    /// A hub did not bring an entry that a poll found: its feed is polled as usual again.
    HubDistrusted,
    /// A hub denied a subscription.
    HubRefused,
}

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: EventKind,
    pub(super) feed_id: Option<i64>,
    pub(super) host: Option<String>,
    pub(super) detail: serde_json::Value,
}

/// Writes events, as part of the transaction that they report on. A kind that a feed has reported within the
/// day with the same detail is not repeated.
pub(super) async fn record_events(connection: &mut PgConnection, events: &[Event]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_value(events).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    sqlx::query(
        "/* record_events */ INSERT INTO events (at, kind, feed_id, host, detail)
         SELECT r.at, r.kind, r.feed_id, r.host, r.detail
         FROM jsonb_to_recordset($1) AS r (at timestamptz, kind text, feed_id bigint, host text, detail jsonb)
         WHERE NOT EXISTS (
             SELECT FROM events e
             WHERE e.at > r.at - interval '1 day' AND e.kind = r.kind AND e.feed_id IS NOT DISTINCT FROM r.feed_id
               AND e.host IS NOT DISTINCT FROM r.host AND e.detail = r.detail)",
    )
    .bind(json)
    .execute(connection)
    .await?;
    Ok(())
}
