//! Events: what an operator or a curator should hear of, in the words of `news.events`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::polling::schedule::Notice;
use crate::store::feeds::DueFeed;
use crate::store::{StoreError, clean};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Entries of a feed may have come and gone unseen.
    Gap,
    /// Older pages of a feed were read because of a gap.
    Backfill,
    /// A feed answers with permanent redirects; it was adopted at its new address, or returned to its old one.
    Moved,
    /// A feed has been quieter than it ever is.
    Silent,
    /// A wall came up before a feed.
    Blocked,
    /// A feed is gone (410).
    Gone,
    /// A feed's `ETag` and `Last-Modified` lied.
    ValidatorsDistrusted,
    /// The home page of a dead feed has feeds that are not on the list.
    ReplacementFound,
    /// The ids of a feed are no longer believed.
    KeyPolicyChanged,
    /// Nearly all entries of a feed changed their names at once, and were known all the same.
    Renamed,
    /// Entries that had left a feed long ago are shown again.
    EntriesReappeared,
    /// The page of an article is gone for good.
    Retracted,
    /// A page or a feed killed whoever worked on it, several times.
    Quarantined,
    /// A hub did not bring an entry that a poll found: its feed is polled as usual again.
    HubDistrusted,
    /// A hub denied a subscription.
    HubDenied,
}

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: EventKind,
    pub(super) feed_id: Option<i64>,
    pub(super) host: Option<String>,
    pub(super) detail: Value,
}

impl Event {
    /// A notice as an event of its feed.
    pub(super) fn of(notice: &Notice, feed: &DueFeed, at: DateTime<Utc>) -> Self {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (kind, detail) = match notice {
            Notice::Gap { since, shown } => {
                (EventKind::Gap, json!({ "since": since.as_ref().map(time), "shown": shown }))
            }
            Notice::Backfilled { pages, closed } => {
                (EventKind::Backfill, json!({ "pages": pages, "closed": closed }))
            }
            Notice::Silent { quiet } => {
                (EventKind::Silent, json!({ "quiet_hours": quiet.as_secs() / 3600 }))
            }
            Notice::Blocked { error } => {
                (EventKind::Blocked, json!({ "error": clean::text(error) }))
            }
            Notice::Gone => (EventKind::Gone, json!({})),
            Notice::ValidatorsDistrusted { until } => {
                (EventKind::ValidatorsDistrusted, json!({ "until": until.as_ref().map(time) }))
            }
            Notice::Moved { to, adopted } => {
                let from = feed.history.adopted.as_deref().unwrap_or(&feed.url);
                (
                    EventKind::Moved,
                    json!({ "from": from, "to": clean::text(to), "adopted": adopted }),
                )
            }
            Notice::Returned { from } => (EventKind::Moved, returned(from, &feed.url)),
        };
        Self { at, kind, feed_id: Some(feed.id), host: Some(feed.host.clone()), detail }
    }
}

/// The detail of a return to the listed address, whoever decided it.
pub(super) fn returned(from: &str, listed: &str) -> Value {
    json!({ "from": clean::text(from), "to": listed, "returned": true })
}

/// Writes events, as part of the transaction that they report on. A kind that a feed has reported within the
/// day with the same detail is not repeated.
pub(super) async fn record_events(
    connection: &mut PgConnection,
    events: &[Event],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_value(events)
        .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
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
