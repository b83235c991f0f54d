//! The statements of sightings, in lock order: entries by id, then article keys.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::polling::identity::KeyPolicy;
use crate::store::StoreError;
use crate::store::sightings::Sorted;
use crate::store::sightings::rows::{KnownRow, SightingRow};

/// The feed's entries with these keys, the newest `window` with these links, and the newest
/// `window` of all.
pub(super) async fn load_known(
    connection: &mut PgConnection,
    feed_id: i64,
    keys: &[String],
    links: &[String],
    window: usize,
) -> Result<Vec<KnownRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* record_sightings: known */
         SELECT id, key, guid, url, identity, title, published_at, updated_at, fields_digest,
                first_seen_at, last_seen_at, ended_at,
                (SELECT a.host FROM articles a WHERE a.id = entries.article_id) AS article_host,
                state IN ('filed', 'revision', 'copy') AND lease_token IS NULL AS is_filed,
                left_at IS NOT NULL AS has_left,
                CASE WHEN state = 'expired' THEN ended_at END AS expired_at
         FROM entries WHERE id IN (
             SELECT id FROM entries WHERE feed_id = $1 AND key = ANY($2)
             UNION (SELECT id FROM entries WHERE feed_id = $1 AND identity = ANY($3)
                    ORDER BY id DESC LIMIT $4)
             UNION (SELECT id FROM entries WHERE feed_id = $1 ORDER BY first_seen_at DESC LIMIT $4))
         ORDER BY id DESC",
    )
    .bind(feed_id)
    .bind(keys)
    .bind(links)
    .bind(i64::try_from(window).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

#[derive(FromRow)]
struct DueRow {
    host: String,
    next_try_at: Option<DateTime<Utc>>,
}

/// Locks the known entries that are written, in the order of ids like every writer of entries.
/// Updates `last_seen_at` of some, and notes which have left the feed.
pub(super) async fn touch_known(
    connection: &mut PgConnection,
    sorted: &Sorted,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let known = sorted.known.iter().filter_map(|row| row.id);
    let ids: Vec<i64> = sorted.seen.iter().chain(&sorted.left).copied().chain(known).collect();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* record_sightings: lock */ SELECT FROM entries WHERE id = ANY($1)
         ORDER BY id FOR UPDATE",
    )
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* record_sightings: seen */ UPDATE entries SET last_seen_at = $2, left_at = NULL
         WHERE id = ANY($1)",
    )
    .bind(&sorted.seen)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    if !sorted.left.is_empty() {
        sqlx::query(
            "/* record_sightings: left */ UPDATE entries SET left_at = $2 WHERE id = ANY($1)",
        )
        .bind(&sorted.left)
        .bind(now)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Updates changed known entries. Returns the sites at which an entry may now be due earlier than
/// the site knows.
pub(super) async fn update_known(
    connection: &mut PgConnection,
    sorted: &Sorted,
    now: DateTime<Utc>,
) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    if sorted.known.is_empty() {
        return Ok(Vec::new());
    }
    clear_keys(connection, &sorted.renamed).await?;
    let due: Vec<DueRow> = sqlx::query_as(
        "/* record_sightings: update */
         UPDATE entries AS e SET
             last_seen_at = $2, left_at = NULL, key = r.key, guid = r.guid, url = coalesce(r.url, e.url),
             identity = coalesce(r.identity, e.identity), title = r.title, summary = r.summary,
             updated_at = coalesce(r.updated_at, e.updated_at), fields_digest = r.fields_digest,
             -- Only an entry that will be read needs its content.
             content = CASE WHEN e.state = 'pending' OR r.revisit_at IS NOT NULL OR r.revives
                            THEN coalesce(r.content, e.content) END,
             state = CASE WHEN r.revives THEN 'pending' ELSE e.state END,
             cause = CASE WHEN r.revives THEN 'waiting' ELSE e.cause END,
             ended_at = CASE WHEN r.revives THEN NULL ELSE e.ended_at END,
             published_at = CASE WHEN r.revives THEN r.published_at ELSE e.published_at END,
             fetch_url = CASE WHEN r.revives OR f.follows AND e.state = 'pending'
                              THEN r.url ELSE e.fetch_url END,
             host = CASE WHEN f.follows THEN r.host ELSE e.host END,
             next_try_at = CASE WHEN r.revives THEN $2 WHEN e.lease_token IS NULL
                                THEN least(e.next_try_at, r.revisit_at) ELSE e.next_try_at END,
             failures = CASE WHEN r.revisit_at IS NULL THEN e.failures ELSE 0 END
         FROM jsonb_to_recordset($1) AS r (
             id bigint, key text, guid text, url text, identity text, host text, title text,
             summary text, content text, published_at timestamptz, updated_at timestamptz,
             fields_digest bytea, revisit_at timestamptz, revives boolean, moves boolean)
         JOIN entries AS old ON old.id = r.id
         CROSS JOIN LATERAL (
             SELECT r.moves AND old.lease_token IS NULL AND old.hops = 0 AS follows) AS f
         WHERE e.id = r.id
         RETURNING e.host, CASE WHEN r.revisit_at IS NOT NULL OR r.revives OR f.follows
                                THEN e.next_try_at END AS next_try_at",
    )
    .bind(Json(&sorted.known))
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    claim_addresses(connection, &sorted.known).await?;
    Ok(due.into_iter().filter_map(|row| Some((row.host, row.next_try_at?))).collect())
}

/// Keys may be exchanged within one document. No key may be used twice, not even during the
/// statement, so they are cleared first.
async fn clear_keys(connection: &mut PgConnection, renamed: &[i64]) -> Result<(), StoreError> {
    if renamed.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* record_sightings: rename */ UPDATE entries SET key = 'renamed:' || id
         WHERE id = ANY($1)",
    )
    .bind(renamed)
    .execute(connection)
    .await?;
    Ok(())
}

/// The new link of a filed entry becomes a claimed address of its article, if the feed, the link
/// and the article are on one site.
async fn claim_addresses(
    connection: &mut PgConnection,
    rows: &[SightingRow],
) -> Result<(), StoreError> {
    sqlx::query(
        "/* record_sightings: claim */ INSERT INTO article_keys (key, article_id, claimed)
         SELECT DISTINCT ON (r.identity) r.identity, e.article_id, true
         FROM jsonb_to_recordset($1) AS r (id bigint, identity text, claims boolean)
         JOIN entries e ON e.id = r.id
         WHERE r.claims AND e.article_id IS NOT NULL
         ORDER BY r.identity ON CONFLICT (key) DO NOTHING",
    )
    .bind(Json(rows))
    .execute(connection)
    .await?;
    Ok(())
}

/// The inserted entries.
pub(super) struct Added {
    pub(super) count: u64,
    /// Those of them that are not read.
    pub(super) ended: u64,
    /// Sites at which an entry is due from now on.
    pub(super) waiting: Vec<(String, DateTime<Utc>)>,
}

#[derive(FromRow)]
struct AddedRow {
    host: String,
    waits: bool,
}

pub(super) async fn insert_new(
    connection: &mut PgConnection,
    feed_id: i64,
    rows: &[SightingRow],
    now: DateTime<Utc>,
) -> Result<Added, StoreError> {
    if rows.is_empty() {
        return Ok(Added { count: 0, ended: 0, waiting: Vec::new() });
    }
    let added: Vec<AddedRow> = sqlx::query_as(
        "/* record_sightings: insert */
         INSERT INTO entries (feed_id, key, guid, url, identity, title, summary, content, authors,
                              tags, language, published_at, updated_at, fields_digest,
                              first_seen_at, last_seen_at, state, cause, article_id, ended_at,
                              fetch_url, host, next_try_at)
         SELECT $1, r.key, r.guid, r.url, r.identity, r.title, r.summary,
                CASE WHEN k.article_id IS NULL THEN r.content END,
                nullif(r.authors, '{}'), nullif(r.tags, '{}'), r.language, r.published_at,
                r.updated_at, r.fields_digest, $3, $3, s.state::entry_state, s.cause, k.article_id,
                CASE WHEN s.state <> 'pending' THEN $3 END,
                CASE WHEN s.state = 'pending' THEN r.url END, r.host,
                CASE WHEN s.state = 'pending' THEN $3 END
         FROM jsonb_to_recordset($2) AS r (
             key text, guid text, url text, identity text, host text, title text, summary text,
             content text, authors text[], tags text[], language text, published_at timestamptz,
             updated_at timestamptz, fields_digest bytea)
         LEFT JOIN article_keys k ON k.key = r.identity AND NOT k.claimed
         -- The tombstone of an article that was at this address.
         LEFT JOIN LATERAL (
             SELECT true AS is_expired FROM entries x
             WHERE x.identity = r.identity AND x.state = 'expired'
               AND (r.published_at IS NULL OR r.published_at <= x.ended_at) LIMIT 1) AS t ON true
         CROSS JOIN LATERAL (SELECT
             CASE WHEN k.article_id IS NOT NULL THEN 'filed'
                  WHEN t.is_expired THEN 'expired'
                  WHEN r.url IS NULL AND r.content IS NULL THEN 'skipped'
                  ELSE 'pending' END AS state,
             CASE WHEN k.article_id IS NOT NULL THEN 'known-address'
                  WHEN t.is_expired THEN 'expired'
                  WHEN r.url IS NULL AND r.content IS NULL THEN 'no-link'
                  ELSE 'waiting' END AS cause) AS s
         ORDER BY r.key
         ON CONFLICT (feed_id, key) DO NOTHING
         RETURNING host, state = 'pending' AS waits",
    )
    .bind(feed_id)
    .bind(Json(&rows))
    .bind(now)
    .fetch_all(connection)
    .await?;
    let mut waiting: Vec<String> =
        added.iter().filter(|row| row.waits).map(|row| row.host.clone()).collect();
    waiting.sort_unstable();
    waiting.dedup();
    Ok(Added {
        count: added.len() as u64,
        ended: added.iter().filter(|row| !row.waits).count() as u64,
        waiting: waiting.into_iter().map(|host| (host, now)).collect(),
    })
}

/// Stores with the feed how its entries are recognised, and when it last showed any.
pub(super) async fn remember(
    connection: &mut PgConnection,
    feed_id: i64,
    policy: KeyPolicy,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "/* record_sightings: remember */ UPDATE feeds SET key_policy = $2, last_sighting_at = $3
         WHERE id = $1",
    )
    .bind(feed_id)
    .bind(policy.as_str())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
