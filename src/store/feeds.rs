//! Feeds: the list, the leases on due ones, and the record of a poll.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::news::address::Host;
use crate::news::entry::Entry;
use crate::news::feed::{ParsedFeed, Validators};
use crate::news::schedule::History;
use crate::store::clean;
use crate::store::events::{Event, EventKind, record_events};
use crate::store::lease::{Courtesy, Lease, SUSPECT_AFTER};
use crate::store::sites::{GateRow, Queue, SiteStep, open_sites, tell_gates};
use crate::store::{Store, StoreError, entries};

/// A feed that is to be polled now.
#[derive(Debug, Clone)]
pub struct DueFeed {
    /// Its id.
    pub id: i64,
    /// Its address in the list.
    pub url: String,
    /// Where the request goes: `url`, or where redirects have led so far.
    pub fetch_url: String,
    /// The site asked, whose turn this lease holds.
    pub host: String,
    /// What to send along.
    pub validators: Validators,
    /// SHA-256 of the last body.
    pub body_digest: Option<Vec<u8>>,
    /// What the schedule needs to know.
    pub history: History,
}

#[derive(FromRow)]
struct DueFeedRow {
    id: i64,
    url: String,
    fetch_url: String,
    host: String,
    etag: Option<String>,
    last_modified: Option<String>,
    body_digest: Option<Vec<u8>>,
    every_s: Option<i32>,
    failures: i32,
    hops: i32,
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

impl From<DueFeedRow> for Lease<DueFeed> {
    fn from(row: DueFeedRow) -> Self {
        let every = row.every_s.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        let history = History { every, failures: u32::try_from(row.failures).unwrap_or(0), hops: row.hops };
        Self {
            item: DueFeed {
                id: row.id,
                url: row.url,
                fetch_url: row.fetch_url,
                host: row.host,
                validators: Validators { etag: row.etag, last_modified: row.last_modified },
                body_digest: row.body_digest,
                history,
            },
            token: row.lease_token,
            expires_at: row.lease_expires_at,
            attempts: u32::try_from(row.lease_attempts).unwrap_or(u32::MAX),
        }
    }
}

/// A feed as the list has it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedFeed {
    /// Its address.
    pub url: String,
    /// Its site.
    pub host: String,
    /// What people call it.
    pub name: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Its own interval in seconds.
    pub every_s: Option<i64>,
}

/// What applying a list changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Feeds that are new, or back.
    pub added: Vec<String>,
    /// Feeds that left the list.
    pub paused: Vec<String>,
    /// Feeds whose name, tags or interval changed.
    pub changed: Vec<String>,
}

/// What a poll means for the feed's row.
#[derive(Debug)]
pub struct Recording<'a> {
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// HTTP status.
    pub status: Option<u16>,
    /// When the next poll is due.
    pub next_poll_at: DateTime<Utc>,
    /// State from now on; none leaves it.
    pub state: Option<&'static str>,
    /// Failures in a row from now on.
    pub failures: u32,
    /// What it is to the row.
    pub change: FeedChange<'a>,
    /// What it is to the site.
    pub site: SiteStep,
}

/// The part of a poll that differs by outcome.
#[derive(Debug)]
pub enum FeedChange<'a> {
    /// A parsed feed.
    Parsed {
        /// Its entries.
        feed: &'a ParsedFeed,
        /// To send along next time.
        validators: &'a Validators,
        /// SHA-256 of the bytes.
        digest: &'a [u8],
    },
    /// Nothing new.
    Unchanged {
        /// To send along next time.
        validators: &'a Validators,
    },
    /// The next request goes elsewhere.
    Moved {
        /// Where.
        to: url::Url,
        /// Its site; none where there is none, which a fetch would have refused.
        host: Option<Host>,
        /// 301 or 308.
        permanent: bool,
    },
    /// It failed.
    Failed {
        /// A sentence.
        error: &'a str,
    },
}

/// What recording a poll did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollRecord {
    /// Entries that were not known.
    pub new_entries: u64,
    /// Known entries that the feed changed and that will be read again.
    pub changed_entries: u64,
}

impl Store {
    /// Leases due feeds, at most `room`, one per open site, and at most one suspect, which only where `suspects`
    /// is true. Feeds that a reload has locked are passed over: it waits for the site that we hold.
    pub async fn lease_feeds(
        &self,
        now: DateTime<Utc>,
        room: usize,
        suspects: bool,
        courtesy: &Courtesy,
    ) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let hosts = open_sites(&mut transaction, Queue::Poll, now, room, courtesy).await?;
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<DueFeedRow> = sqlx::query_as(
            "/* lease_feeds */
             WITH candidate AS (
                 SELECT f.id, site.host, $3::timestamptz + random() * interval '1 second' AS expires_at,
                        f.lease_attempts >= $4 AS suspect,
                        row_number() OVER (PARTITION BY f.lease_attempts >= $4 ORDER BY f.next_poll_at) AS place
                 FROM unnest($2::text[]) AS site (host) CROSS JOIN LATERAL (
                     SELECT id, lease_attempts, next_poll_at FROM feeds
                     WHERE host = site.host AND next_poll_at <= $1 AND state <> 'paused'
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY next_poll_at LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS f
             ), due AS (
                 SELECT * FROM candidate WHERE NOT suspect OR place = 1
             ), gate AS (
                 UPDATE sites SET
                     slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(sites.slots) AS slot WHERE slot > $1)
                             || CASE WHEN due.id IS NULL THEN '{}' ELSE ARRAY[due.expires_at] END,
                     poll_at = least(due.expires_at, (
                         SELECT next_poll_at FROM feeds
                         WHERE host = site.host AND state <> 'paused' AND id IS DISTINCT FROM due.id
                         ORDER BY next_poll_at LIMIT 1))
                 FROM unnest($2::text[]) AS site (host) LEFT JOIN due ON due.host = site.host
                 WHERE sites.host = site.host
             )
             UPDATE feeds SET
                 lease_token = gen_random_uuid(), lease_expires_at = due.expires_at,
                 next_poll_at = due.expires_at, lease_attempts = lease_attempts + 1
             FROM due WHERE feeds.id = due.id
             RETURNING feeds.id, url, fetch_url, feeds.host, etag, last_modified, body_digest, every_s, failures,
                       hops, lease_token, lease_expires_at, lease_attempts",
        )
        .bind(now)
        .bind(hosts)
        .bind(courtesy.expiry(now))
        .bind(SUSPECT_AFTER)
        .bind(suspects)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(rows.into_iter().map(Lease::from).collect())
    }

    /// Records a poll in one transaction: the feed's row, its entries, the turns of all sites concerned. Where the
    /// database refuses what the feed says, that is recorded as the feed's failure.
    pub async fn record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        courtesy: &Courtesy,
    ) -> Result<PollRecord, StoreError> {
        match self.try_record_poll(lease, recording, courtesy).await {
            Err(error) if error.blames_values() => {
                let error = error.to_string();
                tracing::error!(feed = lease.item.url, error, "the database refused what the feed says");
                let failures = lease.item.history.failures.saturating_add(1);
                let site = recording.site.clone();
                let change = FeedChange::Failed { error: &error };
                let refused = Recording { state: Some("failing"), failures, change, site, ..*recording };
                self.try_record_poll(lease, &refused, courtesy).await
            }
            answer => answer,
        }
    }

    async fn try_record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        courtesy: &Courtesy,
    ) -> Result<PollRecord, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let record = record_in(&mut transaction, lease, recording, courtesy).await?;
        transaction.commit().await?;
        Ok(record)
    }

    /// Applies the feed list: the difference to what is stored, all or nothing.
    pub async fn sync_feeds(
        &self,
        listed: &[ListedFeed],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let mut tries = 1;
        loop {
            match self.try_sync_feeds(listed, now).await {
                Err(StoreError::Contended(_)) if tries < MOST_TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    async fn try_sync_feeds(
        &self,
        listed: &[ListedFeed],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let report = sync_in(&mut transaction, listed, now).await?;
        transaction.commit().await?;
        Ok(report)
    }
}

/// Times a list is applied again because another transaction was in the way.
const MOST_TRIES: usize = 5;

async fn record_in(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    courtesy: &Courtesy,
) -> Result<PollRecord, StoreError> {
    let feed = &lease.item;
    let held = sqlx::query_scalar::<_, i64>(
        "/* record_poll: guard */ SELECT id FROM feeds WHERE id = $1 AND lease_token = $2 FOR UPDATE",
    )
    .bind(feed.id)
    .bind(lease.token)
    .fetch_optional(&mut *connection)
    .await?;
    if held.is_none() {
        return Err(StoreError::LeaseLost { what: "feed", id: feed.id });
    }
    let mut gates = vec![GateRow::released(&feed.host, lease.expires_at, &recording.site, courtesy)];
    let record = match &recording.change {
        FeedChange::Parsed { feed: parsed, .. } => {
            entries::record_sightings(connection, feed, &parsed.entries, recording.at, &mut gates).await?
        }
        _ => PollRecord::default(),
    };
    update_feed(connection, feed, recording, record.new_entries).await?;
    let home = match &recording.change {
        FeedChange::Moved { host: Some(host), .. } => host.as_str().to_owned(),
        // Back to the listed address for the next poll.
        _ => host_of(&feed.url).unwrap_or_else(|| feed.host.clone()),
    };
    gates.push(GateRow { poll_at: Some(recording.next_poll_at), ..GateRow::of(&home) });
    tell_gates(connection, &gates, recording.at).await?;
    record_events(connection, &events_of(lease, recording)).await?;
    Ok(record)
}

fn host_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Host::of(&url).map(|host| host.as_str().to_owned())
}

fn events_of(lease: &Lease<DueFeed>, recording: &Recording<'_>) -> Vec<Event> {
    match &recording.change {
        FeedChange::Moved { to, permanent: true, .. } => vec![Event {
            at: recording.at,
            kind: EventKind::Moved,
            feed_id: Some(lease.item.id),
            host: Some(lease.item.host.clone()),
            detail: serde_json::json!({ "from": lease.item.fetch_url, "to": clean::text(to.as_str()) }),
        }],
        _ => Vec::new(),
    }
}

/// Writes what the poll means for the feed's own row.
async fn update_feed(
    connection: &mut PgConnection,
    feed: &DueFeed,
    recording: &Recording<'_>,
    new_entries: u64,
) -> Result<(), StoreError> {
    let (parsed, validators, digest) = match &recording.change {
        FeedChange::Parsed { feed, validators, digest } => (Some(*feed), Some(*validators), Some(*digest)),
        FeedChange::Unchanged { validators } => (None, Some(*validators), None),
        FeedChange::Moved { .. } | FeedChange::Failed { .. } => (None, None, None),
    };
    let moved = match &recording.change {
        FeedChange::Moved { to, host: Some(host), .. } => Some((to.as_str(), host.as_str())),
        _ => None,
    };
    let home = host_of(&feed.url).unwrap_or_else(|| feed.host.clone());
    let (fetch_url, host, hops) =
        moved.map_or((feed.url.as_str(), home.as_str(), 0), |(to, host)| (to, host, feed.history.hops + 1));
    let error = match &recording.change {
        FeedChange::Failed { error } => Some(clean::text(error)),
        _ => None,
    };
    sqlx::query(
        "/* update_feed */ UPDATE feeds SET
             lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0,
             fetch_url = $2, host = $3, hops = $4, next_poll_at = $5,
             state = CASE WHEN state = 'paused' THEN state ELSE coalesce($6::text::feed_state, state) END,
             failures = $7, last_poll_at = $8, last_status = $9,
             last_error = CASE WHEN $10::boolean THEN last_error ELSE $11 END,
             last_success_at = CASE WHEN $12::boolean THEN $8 ELSE last_success_at END,
             etag = CASE WHEN $12::boolean THEN $13 ELSE etag END,
             last_modified = CASE WHEN $12::boolean THEN $14 ELSE last_modified END,
             body_digest = coalesce($15, body_digest),
             title = coalesce($16, title), home_url = coalesce($17, home_url), language = coalesce($18, language),
             entries_seen = entries_seen + $19
         WHERE id = $1",
    )
    .bind(feed.id)
    .bind(clean::text(fetch_url))
    .bind(host)
    .bind(hops)
    .bind(recording.next_poll_at)
    .bind(recording.state)
    .bind(i32::try_from(recording.failures).unwrap_or(i32::MAX))
    .bind(recording.at)
    .bind(recording.status.map(i32::from))
    .bind(moved.is_some())
    .bind(error)
    .bind(validators.is_some())
    .bind(validators.and_then(|validators| clean::optional(validators.etag.as_deref())))
    .bind(validators.and_then(|validators| clean::optional(validators.last_modified.as_deref())))
    .bind(digest)
    .bind(parsed.and_then(|feed| clean::optional(feed.title.as_deref())))
    .bind(parsed.and_then(|feed| feed.home.as_ref().map(ToString::to_string)))
    .bind(parsed.and_then(|feed| clean::optional(feed.language.as_deref())))
    .bind(i64::try_from(new_entries).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

async fn sync_in(
    connection: &mut PgConnection,
    listed: &[ListedFeed],
    now: DateTime<Utc>,
) -> Result<SyncReport, StoreError> {
    let json = serde_json::to_value(listed).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    // Two daemons that reload at once take turns. Not a lock on the table: a lease holds its site when it comes for
    // its feeds, and we come for the sites last.
    sqlx::query("/* sync_feeds */ SELECT pg_advisory_xact_lock(hashtext('wiresift.sync_feeds'))")
        .execute(&mut *connection)
        .await?;
    let changed: Vec<(String, bool)> = sqlx::query_as(
        "/* sync_feeds: upsert */
         WITH listed AS (
             SELECT * FROM jsonb_to_recordset($1) AS r (url text, host text, name text, tags text[], every_s integer)
         ), upserted AS (
             INSERT INTO feeds AS f (url, fetch_url, host, name, tags, every_s, next_poll_at, first_seen_at)
             SELECT url, url, host, name, coalesce(tags, '{}'), every_s, $2, $2 FROM listed ORDER BY url
             ON CONFLICT (url) DO UPDATE SET
                 name = excluded.name, tags = excluded.tags, every_s = excluded.every_s,
                 state = CASE WHEN f.state = 'paused' THEN 'active' ELSE f.state END,
                 next_poll_at = CASE WHEN f.lease_token IS NULL AND (f.state = 'paused' OR f.every_s IS DISTINCT FROM excluded.every_s)
                                     THEN $2 ELSE f.next_poll_at END
             WHERE (f.name, f.tags, f.every_s) IS DISTINCT FROM (excluded.name, excluded.tags, excluded.every_s)
                OR f.state = 'paused'
             RETURNING url, (xmax = 0) AS is_new
         )
         SELECT url, is_new FROM upserted ORDER BY url",
    )
    .bind(&json)
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    let paused: Vec<String> = sqlx::query_scalar(
        "/* sync_feeds: pause */ UPDATE feeds SET state = 'paused'
         WHERE state <> 'paused' AND url NOT IN (SELECT url FROM jsonb_to_recordset($1) AS r (url text))
         RETURNING url",
    )
    .bind(&json)
    .fetch_all(&mut *connection)
    .await?;
    wake_sites(connection, now).await?;
    let (added, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, is_new)| *is_new);
    let urls = |rows: Vec<(String, bool)>| rows.into_iter().map(|(url, _)| url).collect();
    Ok(SyncReport { added: urls(added), paused, changed: urls(changed) })
}

/// Lets every site know of its earliest feed. Only ever earlier: a bound that is too early costs a look, one that
/// is too late, because a feed moved here meanwhile, would cost that feed its turn.
async fn wake_sites(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query(
        "/* wake_sites */ INSERT INTO sites AS s (host, poll_at, first_seen_at)
         SELECT host, min(next_poll_at), $1 FROM feeds WHERE state <> 'paused' GROUP BY host ORDER BY host
         ON CONFLICT (host) DO UPDATE SET poll_at = least(s.poll_at, excluded.poll_at)
         WHERE s.poll_at IS NULL OR s.poll_at > excluded.poll_at",
    )
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// The entries of a feed as the ledger takes them.
#[must_use]
pub(super) fn in_order(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    sorted
}
