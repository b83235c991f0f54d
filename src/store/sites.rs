//! Sites: turns that no lease covers, and robots.txt.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use crate::lease::{Politeness, later, millis};
pub(super) use crate::store::gate::{Queue, SiteUpdate, open_sites, update_sites};
use crate::store::{Store, StoreError};

/// What one finished request means for its site's row.
#[derive(Debug, Clone, Default)]
pub struct SiteStep {
    /// When the last byte came in: spacing counts from here. None: no request was made.
    pub asked_at: Option<DateTime<Utc>>,
    /// How long the site wants to be left alone, and why.
    pub hold: Option<(Duration, String)>,
}

/// robots.txt as it was fetched.
#[derive(Debug, Clone, Default, FromRow)]
pub struct CachedRobots {
    /// Its text where the verdict is `rules`.
    pub text: Option<String>,
    /// `rules`, `allow-all` or `disallow-all`; none while it has not been fetched.
    pub verdict: Option<String>,
    /// When.
    pub fetched_at: Option<DateTime<Utc>>,
    /// Where it moved to, while redirects are followed.
    pub moved_to: Option<String>,
    /// How many redirects were followed so far.
    pub hops: i32,
    /// It could not be had: until then these are the last rules that are known, however old.
    pub retry_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Takes a turn at a site for a request that no lease covers. None: not now.
    ///
    /// The answer names the slot to give back.
    pub async fn acquire_slot(
        &self,
        host: &str,
        now: DateTime<Utc>,
        politeness: &Politeness,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        // The instant names the slot, so no two may have the same.
        let taken = sqlx::query_scalar(
            "/* acquire_slot */
             INSERT INTO sites AS s (host, slots, first_seen_at)
             VALUES ($1, ARRAY[$3::timestamptz + random() * interval '1 second'], $2)
             ON CONFLICT (host) DO UPDATE SET
                 slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(s.slots) AS slot WHERE slot > $2)
                         || excluded.slots
             WHERE (s.next_request_at IS NULL OR s.next_request_at <= $2)
               AND (SELECT count(*) FROM unnest(s.slots) AS slot WHERE slot > $2) < $4
             RETURNING slots[cardinality(slots)]",
        )
        .bind(host)
        .bind(now)
        .bind(politeness.expiry(now))
        .bind(i64::from(politeness.concurrency))
        .fetch_optional(&self.pool)
        .await?;
        Ok(taken)
    }

    /// Gives a turn back.
    pub async fn give_turn(
        &self,
        host: &str,
        slot: DateTime<Utc>,
        step: &SiteStep,
        politeness: &Politeness,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        update_sites(&mut connection, &[SiteUpdate::released(host, slot, step, politeness)], now)
            .await
    }

    /// What we know of a site's robots.txt. None: the site is new.
    pub async fn robots(&self, host: &str) -> Result<Option<CachedRobots>, StoreError> {
        let robots = sqlx::query_as(
            "/* robots */ SELECT robots AS text, robots_verdict AS verdict, robots_fetched_at AS fetched_at,
                    robots_moved_to AS moved_to, robots_hops AS hops, robots_retry_at AS retry_at
             FROM sites WHERE host = $1",
        )
        .bind(host)
        .fetch_optional(&self.pool)
        .await?;
        Ok(robots)
    }

    /// Keeps what a request for robots.txt found out; `crawl_delay` lengthens the site's own spacing.
    pub async fn keep_robots(
        &self,
        host: &str,
        robots: &CachedRobots,
        crawl_delay: Option<Duration>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_robots */ UPDATE sites SET robots = $2, robots_verdict = $3, robots_fetched_at = $4,
                 robots_moved_to = $5, robots_hops = $6, crawl_delay_ms = $7, robots_retry_at = $8
             WHERE host = $1",
        )
        .bind(host)
        .bind(robots.text.as_deref().map(|text| text.replace('\0', "")))
        .bind(&robots.verdict)
        .bind(robots.fetched_at)
        .bind(&robots.moved_to)
        .bind(robots.hops)
        .bind(crawl_delay.map(|delay| i32::try_from(millis(delay)).unwrap_or(i32::MAX)))
        .bind(robots.retry_at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Frees every lease and slot. Only for a database that nobody else can be using: the embedded one, whose
    /// lock says that all former holders are dead. A site that was being asked rests for the usual spacing: the
    /// dead may have asked just now.
    pub async fn break_leases(
        &self,
        now: DateTime<Utc>,
        politeness: &Politeness,
    ) -> Result<u64, StoreError> {
        break_leases(&self.pool, now, politeness).await
    }
}

async fn break_leases(
    pool: &PgPool,
    now: DateTime<Utc>,
    politeness: &Politeness,
) -> Result<u64, StoreError> {
    let mut transaction = pool.begin().await?;
    let entries = sqlx::query(
        "/* break_leases */ UPDATE entries SET next_try_at = $1, lease_token = NULL, lease_expires_at = NULL
         WHERE lease_token IS NOT NULL",
    )
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    let feeds = sqlx::query(
        "/* break_leases */ UPDATE feeds SET next_poll_at = $1, lease_token = NULL, lease_expires_at = NULL
         WHERE lease_token IS NOT NULL",
    )
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "/* break_leases */ UPDATE sites SET slots = '{}', poll_at = least(poll_at, $1), read_at = least(read_at, $1),
             next_request_at = greatest(next_request_at, $2)
         WHERE slots <> '{}'",
    )
    .bind(now)
    .bind(later(now, politeness.spacing))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(entries.rows_affected() + feeds.rows_affected())
}
