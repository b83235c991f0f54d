//! Searches for what has taken a dead feed's place: begun by housekeeping, one request a lease, ended by an event.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use url::Url;
use uuid::Uuid;

use crate::lease::{Lease, Politeness};
use crate::polling::discovery::{
    Discovery, DiscoveryStep, MIN_FAILING, REPEAT_EVERY, ReplacementFeed, home_page,
};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::Host;

/// Most searches that are begun at once; the others come next time.
const MOST_BEGUN: i64 = 100;

/// Leases without outcome after which a search is left as it is: its page kills those who read it.
const MOST_ATTEMPTS: i32 = 4;

/// A search that is under way.
#[derive(Debug, Clone)]
pub struct FeedDiscovery {
    /// Whose place is searched for.
    pub feed_id: i64,
    /// That feed's address in the list.
    pub feed_url: String,
    /// The site of the next request.
    pub host: String,
    /// Where it stands.
    pub search: Discovery,
}

#[derive(FromRow)]
struct DiscoveryRow {
    feed_id: i64,
    feed_url: String,
    host: String,
    discovery: Json<Discovery>,
    lease_token: Uuid,
    lease_expires_at: DateTime<Utc>,
    lease_attempts: i32,
}

impl Store {
    /// Begins searches for feeds that are gone or have failed for long, and were not searched for lately. The answer is
    /// how many.
    pub async fn begin_discoveries(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let dead: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "/* begin_discoveries */
             SELECT f.id, f.url, f.home_url FROM feeds f LEFT JOIN feed_discoveries s ON s.feed_id = f.id
             WHERE f.parent_id IS NULL
               AND (f.state = 'gone'
                    OR (f.state = 'failing' AND coalesce(f.last_success_at, f.first_seen_at) <= $1))
               AND (s.feed_id IS NULL OR (s.discovery IS NULL AND s.finished_at <= $2))
             ORDER BY f.id LIMIT $3",
        )
        .bind(now - MIN_FAILING)
        .bind(now - REPEAT_EVERY)
        .bind(MOST_BEGUN)
        .fetch_all(&self.pool)
        .await?;
        let begun: Vec<(i64, Url)> = dead
            .iter()
            .filter_map(|(id, url, home)| {
                Some((*id, home_page(&Url::parse(url).ok()?, home.as_deref())?))
            })
            .collect();
        if begun.is_empty() {
            return Ok(0);
        }
        sqlx::query(
            "/* begin_discoveries */ INSERT INTO feed_discoveries (feed_id, discovery, host, next_action_at)
             SELECT feed_id, discovery, host, $4 FROM unnest($1::bigint[], $2::jsonb[], $3::text[]) AS u (feed_id, discovery, host)
             ON CONFLICT (feed_id) DO UPDATE SET
                 discovery = excluded.discovery, host = excluded.host, next_action_at = excluded.next_action_at,
                 lease_attempts = 0
             WHERE feed_discoveries.discovery IS NULL",
        )
        .bind(begun.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(begun.iter().map(|(_, home)| Json(Discovery::start(home))).collect::<Vec<_>>())
        .bind(begun.iter().map(|(_, home)| host_of(home)).collect::<Vec<_>>())
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(begun.len())
    }

    /// Leases searches whose next request is due, at most `room`, one per site.
    pub async fn lease_discoveries(
        &self,
        now: DateTime<Utc>,
        room: usize,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<FeedDiscovery>>, StoreError> {
        let rows: Vec<DiscoveryRow> = sqlx::query_as(
            "/* lease_discoveries */
             WITH candidate AS (
                 SELECT DISTINCT ON (s.host) s.feed_id FROM feed_discoveries s LEFT JOIN sites ON sites.host = s.host
                 WHERE s.next_action_at <= $1 AND s.lease_attempts < $4
                   AND (sites.next_request_at IS NULL OR sites.next_request_at <= $1)
                 ORDER BY s.host, s.next_action_at
             ), due AS (
                 SELECT feed_id FROM feed_discoveries
                 WHERE feed_id IN (SELECT feed_id FROM candidate) AND next_action_at <= $1
                 ORDER BY next_action_at LIMIT $2 FOR UPDATE SKIP LOCKED
             )
             UPDATE feed_discoveries AS s SET
                 lease_token = gen_random_uuid(), lease_expires_at = $3, next_action_at = $3,
                 lease_attempts = s.lease_attempts + 1
             FROM due JOIN feeds f ON f.id = due.feed_id WHERE s.feed_id = due.feed_id
             RETURNING s.feed_id, f.url AS feed_url, s.host, s.discovery, s.lease_token, s.lease_expires_at, s.lease_attempts",
        )
        .bind(now)
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .bind(politeness.expiry(now))
        .bind(MOST_ATTEMPTS)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(DiscoveryRow::into_lease).collect())
    }

    /// Puts a leased search back as it is.
    pub async fn postpone_discovery(
        &self,
        lease: &Lease<FeedDiscovery>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* postpone_discovery */ UPDATE feed_discoveries SET
                 next_action_at = $3, lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
             WHERE feed_id = $1 AND lease_token = $2",
        )
        .bind(lease.item.feed_id)
        .bind(lease.token)
        .bind(until)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Records what a request came to. When the search is over, an event tells which feeds were found that are not on the
    /// list yet; the answer is how many.
    pub async fn record_discovery(
        &self,
        lease: &Lease<FeedDiscovery>,
        turn: &DiscoveryStep,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let next = match turn {
            DiscoveryStep::Next(search) => Some(search),
            DiscoveryStep::Done(_) => None,
        };
        let host = next.and_then(|search| Url::parse(&search.url).ok()).map(|url| host_of(&url));
        let mut transaction = self.pool.begin().await?;
        let held = sqlx::query(
            "/* record_discovery */ UPDATE feed_discoveries SET
                 discovery = $3, host = $4, next_action_at = $5, finished_at = CASE WHEN $3 IS NULL THEN $6 ELSE finished_at END,
                 lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
             WHERE feed_id = $1 AND lease_token = $2",
        )
        .bind(lease.item.feed_id)
        .bind(lease.token)
        .bind(next.map(Json))
        .bind(host)
        .bind(next.map(|_| now))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if held.rows_affected() == 0 {
            return Err(StoreError::LeaseLost { what: "search", id: lease.item.feed_id });
        }
        let mut proposed = 0;
        if let DiscoveryStep::Done(found) = turn {
            let urls: Vec<&str> = found.iter().map(|proposal| proposal.url.as_str()).collect();
            let listed: Vec<String> = sqlx::query_scalar(
                "/* record_discovery */ SELECT url FROM feeds WHERE url = ANY($1) AND state <> 'paused'",
            )
            .bind(urls)
            .fetch_all(&mut *transaction)
            .await?;
            let fresh: Vec<&ReplacementFeed> =
                found.iter().filter(|proposal| !listed.contains(&proposal.url)).collect();
            proposed = fresh.len();
            if proposed > 0 {
                record_events(&mut transaction, &[event(&lease.item, &fresh, now)]).await?;
            }
        }
        transaction.commit().await?;
        Ok(proposed)
    }
}

impl DiscoveryRow {
    fn into_lease(self) -> Lease<FeedDiscovery> {
        Lease {
            item: FeedDiscovery {
                feed_id: self.feed_id,
                feed_url: self.feed_url,
                host: self.host,
                search: self.discovery.0,
            },
            token: self.lease_token,
            expires_at: self.lease_expires_at,
            attempts: u32::try_from(self.lease_attempts).unwrap_or(u32::MAX),
        }
    }
}

fn event(searched: &FeedDiscovery, found: &[&ReplacementFeed], at: DateTime<Utc>) -> Event {
    let feeds: Vec<_> = found
        .iter()
        .map(|proposal| {
            json!({
                "url": clean::text(&proposal.url), "title": proposal.title.as_deref().map(clean::text),
                "entries": proposal.entries, "newest": proposal.newest.map(|at| at.to_rfc3339()),
            })
        })
        .collect();
    let home = clean::text(&searched.search.home);
    Event {
        at,
        kind: EventKind::ReplacementFound,
        feed_id: Some(searched.feed_id),
        host: Some(searched.host.clone()),
        detail: json!({ "home": home, "feeds": feeds }),
    }
}

fn host_of(url: &Url) -> String {
    Host::of(url).map_or_else(String::new, |host| host.as_str().to_owned())
}
