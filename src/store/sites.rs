//! Sites: the gate that every request passes, and robots.txt.
//!
//! A site's row says when the next request may start and how many are under way. Both hold across instances
//! because taking a turn is one guarded statement on that row. Nobody sleeps with a turn in hand: whoever
//! cannot go at once puts the thing back into the queue with a later turn.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool};

use crate::store::lease::{Courtesy, later, millis};
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
#[derive(Debug, Clone, FromRow)]
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
}

/// What a finished piece of work tells the gate, gathered so that one statement per transaction tells all
/// sites, in order.
#[derive(Debug, Serialize)]
pub(super) struct GateRow {
    pub(super) host: String,
    /// Slot to give back.
    pub(super) slot: Option<DateTime<Utc>>,
    /// When the site was last asked: its own Crawl-delay counts from here.
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) next_request_at: Option<DateTime<Utc>>,
    pub(super) held_because: Option<String>,
    /// A feed of the site is due then.
    pub(super) poll_at: Option<DateTime<Utc>>,
    /// An entry of the site is due then.
    pub(super) read_at: Option<DateTime<Utc>>,
}

impl GateRow {
    /// A row that changes nothing.
    pub(super) fn of(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            slot: None,
            asked_at: None,
            next_request_at: None,
            held_because: None,
            poll_at: None,
            read_at: None,
        }
    }

    /// Gives a slot back after a request.
    pub(super) fn released(host: &str, slot: DateTime<Utc>, step: &SiteStep, courtesy: &Courtesy) -> Self {
        let spaced = step.asked_at.map(|at| later(at, courtesy.spacing));
        let held = step
            .asked_at
            .and_then(|at| step.hold.as_ref().map(|(pause, why)| (later(at, *pause), why.clone())));
        let held = held.filter(|(until, _)| spaced.is_none_or(|spaced| *until > spaced));
        Self {
            slot: Some(slot),
            asked_at: step.asked_at,
            next_request_at: held.as_ref().map(|(until, _)| *until).or(spaced),
            held_because: held.map(|(_, why)| why),
            ..Self::of(host)
        }
    }
}

/// The two kinds of work that wait at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    Poll,
    Read,
}

/// Locks sites that have work and may be asked now, most overdue first.
///
/// The lock comes before the look at what waits there, in a statement of its own: a writer that adds work tells
/// the gate as its last step, so it has either committed before our lock, and the next statement sees its rows,
/// or it waits for us and lowers the bound that we are about to write. One statement for both would look at the
/// work of an older snapshot than the lock's, and could forget a wake-up.
pub(super) async fn open_sites(
    connection: &mut PgConnection,
    queue: Queue,
    now: DateTime<Utc>,
    room: usize,
    courtesy: &Courtesy,
) -> Result<Vec<String>, StoreError> {
    let statement = match queue {
        Queue::Poll => {
            "/* open_sites: poll */ SELECT host FROM sites
             WHERE poll_at <= $1 AND (next_request_at IS NULL OR next_request_at <= $1)
               AND (SELECT count(*) FROM unnest(slots) AS slot WHERE slot > $1) < $3
             ORDER BY poll_at LIMIT $2 FOR UPDATE SKIP LOCKED"
        }
        Queue::Read => {
            "/* open_sites: read */ SELECT host FROM sites
             WHERE read_at <= $1 AND (next_request_at IS NULL OR next_request_at <= $1)
               AND (SELECT count(*) FROM unnest(slots) AS slot WHERE slot > $1) < $3
             ORDER BY read_at LIMIT $2 FOR UPDATE SKIP LOCKED"
        }
    };
    let hosts = sqlx::query_scalar(statement)
        .bind(now)
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .bind(i64::from(courtesy.concurrency))
        .fetch_all(connection)
        .await?;
    Ok(hosts)
}

/// Tells the gates. Creates rows for sites that are new; locks rows in the order of their hosts.
pub(super) async fn tell_gates(
    connection: &mut PgConnection,
    rows: &[GateRow],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_value(rows).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    sqlx::query(
        "/* tell_gates */
         WITH told AS (
             SELECT host, array_agg(slot) FILTER (WHERE slot IS NOT NULL) AS freed,
                    max(asked_at) AS asked_at, max(next_request_at) AS next_request_at,
                    (array_agg(held_because ORDER BY next_request_at DESC)
                         FILTER (WHERE held_because IS NOT NULL))[1] AS held_because,
                    min(poll_at) AS poll_at, min(read_at) AS read_at
             FROM jsonb_to_recordset($1) AS r (host text, slot timestamptz, asked_at timestamptz, next_request_at timestamptz,
                                              held_because text, poll_at timestamptz, read_at timestamptz)
             GROUP BY host ORDER BY host
         )
         INSERT INTO sites AS s (host, next_request_at, held_because, poll_at, read_at, first_seen_at)
         SELECT host, next_request_at, held_because, poll_at, read_at, $2 FROM told ORDER BY host
         ON CONFLICT (host) DO UPDATE SET
             slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(s.slots) AS slot
                      WHERE slot > $2 AND slot <> ALL (
                          SELECT unnest(t.freed) FROM told t WHERE t.host = s.host AND t.freed IS NOT NULL)),
             next_request_at = greatest(s.next_request_at, excluded.next_request_at,
                 (SELECT t.asked_at + make_interval(secs => s.crawl_delay_ms / 1000.0) FROM told t WHERE t.host = s.host)),
             held_because = CASE WHEN excluded.next_request_at >= coalesce(s.next_request_at, '-infinity')
                                 THEN excluded.held_because ELSE s.held_because END,
             poll_at = least(s.poll_at, excluded.poll_at),
             read_at = least(s.read_at, excluded.read_at)",
    )
    .bind(json)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Takes a turn at a site for a request that no lease covers. None: not now.
    ///
    /// The answer names the slot to give back.
    pub async fn take_turn(
        &self,
        host: &str,
        now: DateTime<Utc>,
        courtesy: &Courtesy,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        // The instant names the slot, so no two may have the same.
        let taken = sqlx::query_scalar(
            "/* take_turn */
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
        .bind(courtesy.expiry(now))
        .bind(i64::from(courtesy.concurrency))
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
        courtesy: &Courtesy,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        tell_gates(&mut connection, &[GateRow::released(host, slot, step, courtesy)], now).await
    }

    /// What we know of a site's robots.txt. None: the site is new.
    pub async fn robots(&self, host: &str) -> Result<Option<CachedRobots>, StoreError> {
        let robots = sqlx::query_as(
            "/* robots */ SELECT robots AS text, robots_verdict AS verdict, robots_fetched_at AS fetched_at,
                    robots_moved_to AS moved_to, robots_hops AS hops
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
                 robots_moved_to = $5, robots_hops = $6, crawl_delay_ms = $7
             WHERE host = $1",
        )
        .bind(host)
        .bind(robots.text.as_deref().map(|text| text.replace('\0', "")))
        .bind(&robots.verdict)
        .bind(robots.fetched_at)
        .bind(&robots.moved_to)
        .bind(robots.hops)
        .bind(crawl_delay.map(|delay| i32::try_from(millis(delay)).unwrap_or(i32::MAX)))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Frees every lease and slot. Only for a database that nobody else can be using: the embedded one, whose
    /// lock says that all former holders are dead. A site that was being asked rests for the usual spacing: the
    /// dead may have asked just now.
    pub async fn break_leases(&self, now: DateTime<Utc>, courtesy: &Courtesy) -> Result<u64, StoreError> {
        break_leases(&self.pool, now, courtesy).await
    }
}

async fn break_leases(pool: &PgPool, now: DateTime<Utc>, courtesy: &Courtesy) -> Result<u64, StoreError> {
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
    .bind(later(now, courtesy.spacing))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(entries.rows_affected() + feeds.rows_affected())
}
