//! Entries: sightings as polls record them, and the leases on those that wait to be read.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::news::address::{Host, IdentityKey, canonical};
use crate::news::entry::Entry;
use crate::store::feeds::FeedRef;
use crate::store::lease::{Courtesy, Lease, SUSPECT_AFTER};
use crate::store::sites::{GateRow, Queue, open_sites};
use crate::store::{Store, StoreError, clean};

/// An entry that is to be read now, with the turn of its site.
#[derive(Debug, Clone)]
pub struct PendingEntry {
    /// Its id.
    pub id: i64,
    /// The feed that shows it.
    pub feed_id: i64,
    /// The address that the feed gives, canonical.
    pub url: Option<String>,
    /// Where the request goes: `url`, or where redirects have led so far.
    pub fetch_url: Option<String>,
    /// The site asked, whose turn this lease holds.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    /// Failures so far.
    pub failures: u32,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// What the feed says of the article.
    pub carried: Carried,
}

/// What the feed says of the article.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// The feed's own id for the entry.
    pub guid: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Description, plain text.
    pub summary: Option<String>,
    /// Full text, HTML.
    pub content: Option<String>,
    /// Names.
    pub authors: Vec<String>,
    /// Categories.
    pub tags: Vec<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Date of publication.
    pub published: Option<DateTime<Utc>>,
    /// Date of the last change.
    pub updated: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct PendingRow {
    id: i64,
    feed_id: i64,
    url: Option<String>,
    fetch_url: Option<String>,
    host: String,
    hops: i32,
    failures: i32,
    first_seen_at: DateTime<Utc>,
    guid: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    content: Option<String>,
    authors: Vec<String>,
    tags: Vec<String>,
    language: Option<String>,
    published_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

impl From<PendingRow> for Lease<PendingEntry> {
    fn from(row: PendingRow) -> Self {
        Self {
            item: PendingEntry {
                id: row.id,
                feed_id: row.feed_id,
                url: row.url,
                fetch_url: row.fetch_url,
                host: row.host,
                hops: row.hops,
                failures: u32::try_from(row.failures).unwrap_or(0),
                first_seen_at: row.first_seen_at,
                carried: Carried {
                    guid: row.guid,
                    title: row.title,
                    summary: row.summary,
                    content: row.content,
                    authors: row.authors,
                    tags: row.tags,
                    language: row.language,
                    published: row.published_at,
                    updated: row.updated_at,
                },
            },
            token: row.lease_token,
            expires_at: row.lease_expires_at,
            attempts: u32::try_from(row.lease_attempts).unwrap_or(u32::MAX),
        }
    }
}

impl Store {
    /// Leases entries that are due, at most `room`, one per open site, and at most one suspect, which only
    /// where `suspects` is true.
    ///
    /// Entries that a filing has locked are passed over: it waits for the site that we hold.
    pub async fn lease_entries(
        &self,
        now: DateTime<Utc>,
        room: usize,
        suspects: bool,
        courtesy: &Courtesy,
    ) -> Result<Vec<Lease<PendingEntry>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let hosts = open_sites(&mut transaction, Queue::Read, now, room, courtesy).await?;
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<PendingRow> = sqlx::query_as(
            "/* lease_entries */
             WITH candidate AS (
                 SELECT e.id, site.host, $3::timestamptz + random() * interval '1 second' AS expires_at,
                        e.lease_attempts >= $4 AS suspect,
                        row_number() OVER (PARTITION BY e.lease_attempts >= $4 ORDER BY e.next_try_at) AS place
                 FROM unnest($2::text[]) AS site (host) CROSS JOIN LATERAL (
                     SELECT id, lease_attempts, next_try_at FROM entries
                     WHERE host = site.host AND state = 'pending' AND next_try_at <= $1
                       AND ($5 OR lease_attempts < $4)
                     ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                 ) AS e
             ), due AS (
                 SELECT * FROM candidate WHERE NOT suspect OR place = 1
             ), gate AS (
                 UPDATE sites SET
                     slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(sites.slots) AS slot WHERE slot > $1)
                             || CASE WHEN due.id IS NULL THEN '{}' ELSE ARRAY[due.expires_at] END,
                     read_at = least(due.expires_at, (
                         SELECT next_try_at FROM entries
                         WHERE host = site.host AND state = 'pending' AND id IS DISTINCT FROM due.id
                         ORDER BY next_try_at LIMIT 1))
                 FROM unnest($2::text[]) AS site (host) LEFT JOIN due ON due.host = site.host
                 WHERE sites.host = site.host
             )
             UPDATE entries SET
                 lease_token = gen_random_uuid(), lease_expires_at = due.expires_at,
                 next_try_at = due.expires_at, lease_attempts = lease_attempts + 1
             FROM due WHERE entries.id = due.id
             RETURNING entries.id, feed_id, url, fetch_url, entries.host, hops, failures, first_seen_at, guid, title,
                       summary, content, authors, tags, language, published_at, updated_at, lease_token,
                       lease_expires_at, lease_attempts",
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

    /// Entries that wait, leased ones included.
    pub async fn pending_entries(&self) -> Result<i64, StoreError> {
        let count =
            sqlx::query_scalar("/* pending_entries */ SELECT count(*) FROM entries WHERE state = 'pending'")
                .fetch_one(&self.pool)
                .await?;
        Ok(count)
    }
}

/// What recording a poll did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollRecord {
    /// Entries that were not known.
    pub new_entries: u64,
    /// Known entries that the feed changed and that will be read again.
    pub changed_entries: u64,
}

/// An entry as one JSON row.
#[derive(Serialize)]
struct SightingRow<'a> {
    key: String,
    guid: Option<String>,
    url: Option<String>,
    identity: Option<String>,
    host: String,
    title: Option<String>,
    summary: Option<String>,
    content: Option<String>,
    authors: Vec<String>,
    tags: Vec<String>,
    language: Option<&'a str>,
    published_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

impl<'a> SightingRow<'a> {
    fn of(entry: &'a Entry, feed_host: &str) -> Self {
        let url = entry.link.as_ref().map(canonical);
        let host = url.as_ref().and_then(Host::of).map(|host| host.as_str().to_owned());
        Self {
            key: clean::key(entry.key.as_str()),
            guid: clean::optional(entry.guid.as_deref()),
            identity: url.as_ref().map(|url| clean::key(IdentityKey::of(url).as_str())),
            url: url.map(|url| url.to_string()),
            host: host.unwrap_or_else(|| feed_host.to_owned()),
            title: clean::optional(entry.title.as_deref()),
            summary: clean::optional(entry.summary.as_deref()),
            content: clean::optional(entry.content.as_deref()),
            authors: clean::list(&entry.authors),
            tags: clean::list(&entry.tags),
            language: entry.language.as_deref(),
            published_at: entry.published,
            updated_at: entry.updated,
        }
    }
}

/// Records what a feed shows: new entries, and known ones that it changed.
///
/// A new entry whose address is known already is a further sighting, and ends at once. One that leads nowhere
/// and carries nothing is skipped with that cause. A known entry with a newer date or another headline waits
/// again, so that its article is read again. `last_seen_at` is kept to the hour: writing every entry at every
/// poll would be the largest write of all and say nothing.
pub(super) async fn record_sightings(
    connection: &mut PgConnection,
    feed: FeedRef<'_>,
    shown: &[Entry],
    now: DateTime<Utc>,
    gates: &mut Vec<GateRow>,
) -> Result<PollRecord, StoreError> {
    let rows: Vec<SightingRow<'_>> =
        in_order(shown).into_iter().map(|entry| SightingRow::of(entry, feed.host)).collect();
    if rows.is_empty() {
        return Ok(PollRecord::default());
    }
    let json = serde_json::to_value(&rows).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let changed = update_known(connection, feed.id, &json, now).await?;
    let added = insert_new(connection, feed.id, &json, now).await?;
    let waiting: BTreeSet<&String> =
        changed.iter().chain(added.iter()).filter(|row| row.waits).map(|row| &row.host).collect();
    gates.extend(waiting.into_iter().map(|host| GateRow { read_at: Some(now), ..GateRow::of(host) }));
    Ok(PollRecord { new_entries: added.len() as u64, changed_entries: changed.len() as u64 })
}

#[derive(FromRow)]
struct SightedRow {
    host: String,
    waits: bool,
}

async fn insert_new(
    connection: &mut PgConnection,
    feed_id: i64,
    json: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<Vec<SightedRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* record_sightings: insert */
         INSERT INTO entries (feed_id, key, guid, url, identity, title, summary, content, authors, tags, language,
                              published_at, updated_at, first_seen_at, last_seen_at, state, cause, article_id,
                              ended_at, fetch_url, host, next_try_at)
         SELECT $1, r.key, r.guid, r.url, r.identity, r.title, r.summary,
                CASE WHEN k.article_id IS NULL THEN r.content END,
                coalesce(r.authors, '{}'), coalesce(r.tags, '{}'), r.language, r.published_at, r.updated_at, $3, $3,
                s.state::entry_state, s.cause, k.article_id, CASE WHEN s.state <> 'pending' THEN $3 END, r.url, r.host,
                CASE WHEN s.state = 'pending' THEN $3 END
         FROM jsonb_to_recordset($2) AS r (key text, guid text, url text, identity text, host text, title text,
                  summary text, content text, authors text[], tags text[], language text,
                  published_at timestamptz, updated_at timestamptz)
         LEFT JOIN article_keys k ON k.key = r.identity
         CROSS JOIN LATERAL (SELECT
             CASE WHEN k.article_id IS NOT NULL THEN 'filed'
                  WHEN r.url IS NULL AND r.content IS NULL THEN 'skipped'
                  ELSE 'pending' END AS state,
             CASE WHEN k.article_id IS NOT NULL THEN 'known-address'
                  WHEN r.url IS NULL AND r.content IS NULL THEN 'no-link'
                  ELSE 'waiting' END AS cause) AS s
         ORDER BY r.key
         ON CONFLICT (feed_id, key) DO NOTHING
         RETURNING host, state = 'pending' AS waits",
    )
    .bind(feed_id)
    .bind(json)
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn update_known(
    connection: &mut PgConnection,
    feed_id: i64,
    json: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<Vec<SightedRow>, StoreError> {
    // Locks in the order of ids, as every writer of entries does.
    sqlx::query(
        "/* record_sightings: seen */
         UPDATE entries SET last_seen_at = $3
         WHERE id IN (
             SELECT e.id FROM entries e
             JOIN jsonb_to_recordset($2) AS r (key text) ON e.key = r.key
             WHERE e.feed_id = $1 AND e.last_seen_at < $3 - interval '1 hour'
             ORDER BY e.id FOR UPDATE OF e)",
    )
    .bind(feed_id)
    .bind(json)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query_as(
        "/* record_sightings: changed */
         WITH shown AS (
             SELECT * FROM jsonb_to_recordset($2) AS r (key text, host text, title text, summary text,
                                                       content text, updated_at timestamptz)
         ), changed AS (
             SELECT e.id, shown.* FROM entries e JOIN shown ON e.key = shown.key
             WHERE e.feed_id = $1 AND e.state IN ('filed', 'revision', 'copy') AND e.lease_token IS NULL
               AND (shown.updated_at > e.updated_at OR (e.updated_at IS NULL AND shown.title IS DISTINCT FROM e.title))
             ORDER BY e.id FOR UPDATE OF e
         )
         UPDATE entries SET
             title = changed.title, summary = changed.summary, content = changed.content,
             updated_at = coalesce(changed.updated_at, entries.updated_at), last_seen_at = $3,
             state = 'pending', cause = 'changed', ended_at = NULL, next_try_at = $3, failures = 0, hops = 0,
             fetch_url = entries.url, host = changed.host
         FROM changed WHERE entries.id = changed.id
         RETURNING entries.host, true AS waits",
    )
    .bind(feed_id)
    .bind(json)
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The entries of a feed as the ledger takes them.
fn in_order(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    sorted
}
