//! Events: what an operator or curator should know, in the words of `news.events`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::polling::schedule::Notice;
use crate::store::feeds::DueFeed;
use crate::store::{StoreError, clean};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Entries of a feed may have come and gone between two polls.
    Gap,
    /// Older pages of a feed were read because of a gap.
    Backfill,
    /// A feed answers with permanent redirects; it was adopted at its new address, or returned to
    /// its old one.
    Moved,
    /// The listed address of a feed is a page, and a feed that it states was adopted.
    FeedOfPage,
    /// A feed shows the error of the program that makes it in place of articles.
    BridgeError,
    /// A feed has been quiet for longer than ever before.
    Silent,
    /// A bot wall or consent wall answers instead of a feed.
    Blocked,
    /// A feed is gone (410).
    Gone,
    /// A feed's `ETag` and `Last-Modified` were wrong.
    ValidatorsDistrusted,
    /// The home page of a dead feed names feeds that are not on the feed list.
    ReplacementFound,
    /// The ids of a feed are no longer used to recognise its entries.
    KeyPolicyChanged,
    /// Nearly all entries of a feed changed their ids at once, and were recognised all the same.
    Renamed,
    /// Entries that had left a feed long ago are in it again.
    EntriesReappeared,
    /// The page of an article is gone for good.
    Retracted,
    /// A page or a feed killed the process that parsed it, several times.
    Quarantined,
    /// A step cannot digest something, and goes on without it.
    SetAside,
    /// A hub did not deliver an entry that a poll found. Its feed is polled as usual again.
    HubDistrusted,
    /// A hub denied a subscription.
    HubDenied,
    /// The articles of a site stand elsewhere in its pages, or are no longer found there.
    SiteChanged,
}

/// Kinds of which a feed has at most one event a day.
const DAILY: [EventKind; 10] = [
    EventKind::Gap,
    EventKind::Backfill,
    EventKind::Silent,
    EventKind::BridgeError,
    EventKind::Blocked,
    EventKind::ValidatorsDistrusted,
    EventKind::KeyPolicyChanged,
    EventKind::Renamed,
    EventKind::EntriesReappeared,
    EventKind::SiteChanged,
];

#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: EventKind,
    pub(super) feed_id: Option<i64>,
    pub(super) host: Option<String>,
    pub(super) detail: Value,
}

/// An event as a row.
#[derive(Debug, Serialize)]
struct EventRow<'a> {
    #[serde(flatten)]
    event: &'a Event,
    is_daily: bool,
}

impl Event {
    /// The event of a notice about a feed.
    pub(super) fn of(notice: &Notice, feed: &DueFeed, at: DateTime<Utc>) -> Self {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (kind, detail) = match notice {
            Notice::Gap { since, shown } => {
                (EventKind::Gap, json!({ "since": since.as_ref().map(time), "shown": shown }))
            }
            Notice::Backfilled { pages, closed } => {
                (EventKind::Backfill, json!({ "pages": pages, "closed": closed }))
            }
            Notice::Silent { quiet, .. } => {
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
            Notice::FeedOfPage { to, others } => {
                let others: Vec<String> = others.iter().map(|other| clean::text(other)).collect();
                let detail = json!({ "page": feed.url, "to": clean::text(to), "others": others });
                (EventKind::FeedOfPage, detail)
            }
            Notice::Returned { from } => (EventKind::Moved, returned(from, &feed.url)),
        };
        Self { at, kind, feed_id: Some(feed.id), host: Some(feed.host.clone()), detail }
    }
}

/// The detail of a return to the listed address, by the schedule or by hand.
pub(super) fn returned(from: &str, listed: &str) -> Value {
    json!({ "from": clean::text(from), "to": listed, "returned": true })
}

/// Records events, in the transaction that causes them. An event is not repeated within a day with
/// the same kind, feed and detail; one about the habits of a feed not even with another detail.
pub(super) async fn record_events(
    connection: &mut PgConnection,
    events: &[Event],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let rows: Vec<EventRow<'_>> = events
        .iter()
        .map(|event| EventRow { event, is_daily: DAILY.contains(&event.kind) })
        .collect();
    sqlx::query(
        "/* record_events */ INSERT INTO events (at, kind, feed_id, host, detail)
         SELECT r.at, r.kind, r.feed_id, r.host, r.detail
         FROM jsonb_to_recordset($1) AS r (
             at timestamptz, kind text, feed_id bigint, host text, detail jsonb, is_daily boolean)
         WHERE NOT EXISTS (
             SELECT FROM events e
             WHERE e.at BETWEEN r.at - interval '1 day' AND r.at + interval '1 day'
               AND e.kind = r.kind
               AND e.feed_id IS NOT DISTINCT FROM r.feed_id
               AND e.host IS NOT DISTINCT FROM r.host
               AND (e.detail = r.detail OR r.is_daily))",
    )
    .bind(Json(rows))
    .execute(connection)
    .await?;
    Ok(())
}
