//! Discoveries: searches for the replacement of a dead feed. Housekeeping begins them, each lease
//! makes one request, and an event ends them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use url::Url;
use wiresift_text::limits;

use crate::lease::{Lease, Politeness};
use crate::polling::discovery::{
    Discovery, DiscoveryStep, MIN_FAILING, REPEAT_EVERY, ReplacementFeed, home_page,
};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::lease::{Leasable, Table, lease_one_per_site, postpone, release};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::Host;

/// Most discoveries that are begun by one call.
const MAX_BEGUN: i64 = 100;

/// Attempts without an outcome after which a discovery is given up: its page kills the process.
const MAX_ATTEMPTS: i32 = 4;

/// A discovery in progress.
#[derive(Debug, Clone)]
pub struct FeedDiscovery {
    /// The dead feed.
    pub feed_id: i64,
    /// Its address in the feed list.
    pub feed_url: String,
    /// The site of the next request.
    pub host: String,
    pub search: Discovery,
}

#[derive(FromRow)]
pub(super) struct DiscoveryRow {
    feed_id: i64,
    feed_url: String,
    host: String,
    discovery: Json<Discovery>,
}

impl Leasable for FeedDiscovery {
    const TABLE: Table = Table {
        name: "feed_discoveries",
        noun: "discovery",
        key: "feed_id",
        due: "next_action_at",
        columns: "t.feed_id, (SELECT f.url FROM feeds f WHERE f.id = t.feed_id) AS feed_url,
                  t.host, t.discovery",
    };

    type Row = DiscoveryRow;

    fn of_row(row: DiscoveryRow) -> Result<Self, StoreError> {
        Ok(Self {
            feed_id: row.feed_id,
            feed_url: row.feed_url,
            host: row.host,
            search: row.discovery.0,
        })
    }

    fn id(&self) -> i64 {
        self.feed_id
    }
}

impl Store {
    /// Ends discoveries whose pages killed the process that read them, several times. Returns their
    /// number.
    pub async fn set_discoveries_aside(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let ended: Vec<(i64, Option<String>)> = sqlx::query_as(
            "/* set_discoveries_aside */
             UPDATE feed_discoveries d SET
                 discovery = NULL, host = NULL, next_action_at = NULL, finished_at = $1,
                 lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
             FROM (SELECT feed_id, host FROM feed_discoveries
                   WHERE lease_attempts >= $2 AND next_action_at <= $1 FOR UPDATE) AS old
             WHERE d.feed_id = old.feed_id RETURNING d.feed_id, old.host",
        )
        .bind(now)
        .bind(MAX_ATTEMPTS)
        .fetch_all(&mut *transaction)
        .await?;
        let events: Vec<Event> = ended
            .iter()
            .map(|(feed, host)| Event {
                at: now,
                kind: EventKind::Quarantined,
                feed_id: Some(*feed),
                host: host.clone(),
                detail: json!({ "step": "discovery" }),
            })
            .collect();
        record_events(&mut transaction, &events).await?;
        transaction.commit().await?;
        Ok(ended.len())
    }

    /// Begins discoveries for feeds that are gone or have failed for long, and that had no
    /// discovery lately. Returns their number.
    pub async fn begin_discoveries(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let dead: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "/* begin_discoveries */
             SELECT f.id, f.url, f.home_url FROM feeds f
             LEFT JOIN feed_discoveries d ON d.feed_id = f.id
             WHERE f.parent_id IS NULL
               AND (f.state = 'gone'
                    OR (f.state = 'failing' AND coalesce(f.last_success_at, f.first_seen_at) <= $1))
               AND (d.feed_id IS NULL OR (d.discovery IS NULL
                                           AND (d.finished_at <= $2 OR d.finished_at > $4)))
             ORDER BY f.id LIMIT $3",
        )
        .bind(now.checked_sub_signed(MIN_FAILING))
        .bind(now.checked_sub_signed(REPEAT_EVERY))
        .bind(MAX_BEGUN)
        .bind(limits::after_all(now, TimeDelta::zero()))
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
            "/* begin_discoveries */
             INSERT INTO feed_discoveries (feed_id, discovery, host, next_action_at)
             SELECT feed_id, discovery, host, $4
             FROM unnest($1::bigint[], $2::jsonb[], $3::text[]) AS u (feed_id, discovery, host)
             ON CONFLICT (feed_id) DO UPDATE SET
                 discovery = excluded.discovery, host = excluded.host,
                 next_action_at = excluded.next_action_at, lease_attempts = 0
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

    /// Leases discoveries whose next request is due, at most `room`, one per site.
    pub async fn lease_discoveries(
        &self,
        now: DateTime<Utc>,
        room: usize,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<FeedDiscovery>>, StoreError> {
        lease_one_per_site(self, now, room, MAX_ATTEMPTS, politeness).await
    }

    /// Ends a lease without an outcome.
    pub async fn postpone_discovery(
        &self,
        lease: &Lease<FeedDiscovery>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        postpone(&self.pool, lease, until).await
    }

    /// Records the result of a request. When the discovery is over, an event names the feeds that
    /// were found and are not on the list yet. Returns their number.
    pub async fn record_discovery(
        &self,
        lease: &Lease<FeedDiscovery>,
        step: &DiscoveryStep,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let next = match step {
            DiscoveryStep::Next(search) => Some(search),
            DiscoveryStep::Done(_) => None,
        };
        let host = next.and_then(|search| Url::parse(&search.url).ok()).map(|url| host_of(&url));
        let mut transaction = self.pool.begin().await?;
        release(&mut transaction, lease).await?;
        sqlx::query(
            "/* record_discovery */ UPDATE feed_discoveries SET
                 discovery = $2, host = $3, next_action_at = $4,
                 finished_at = CASE WHEN $2 IS NULL THEN $5 ELSE finished_at END
             WHERE feed_id = $1",
        )
        .bind(lease.item.feed_id)
        .bind(next.map(Json))
        .bind(host)
        .bind(next.map(|_| now))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let mut proposed = 0;
        if let DiscoveryStep::Done(found) = step {
            let urls: Vec<&str> = found.iter().map(|proposal| proposal.url.as_str()).collect();
            let listed: Vec<String> = sqlx::query_scalar(
                "/* record_discovery: listed */ SELECT url FROM feeds
                 WHERE url = ANY($1) AND state <> 'paused'",
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

fn event(searched: &FeedDiscovery, found: &[&ReplacementFeed], at: DateTime<Utc>) -> Event {
    let feeds: Vec<_> = found
        .iter()
        .map(|proposal| {
            json!({
                "url": clean::text(&proposal.url),
                "title": proposal.title.as_deref().map(clean::text),
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
