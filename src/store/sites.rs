//! Sites: when each may be asked, and by how many requests at once.
//!
//! A site's row says when the next request may start and which slots are in use. Both limits hold
//! across all instances, because a slot is acquired by one guarded statement on that row. No task
//! waits for a slot: if the site is not open, the work goes back to its queue with a later due
//! time.
//!
//! A slot is named by the instant at which it runs out, the expiry of the lease that it belongs to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::lease::{Politeness, later};
use crate::polling::rate_limit::RateLimit;
use crate::store::{Store, StoreError};
use wiresift_feed::domain::registrable;

/// What one finished request means for its site.
#[derive(Debug, Clone, Default)]
pub struct SiteStep {
    /// When the last byte arrived; spacing counts from here. `None`: no request was made.
    pub asked_at: Option<DateTime<Utc>>,
    /// How long the site must not be asked, and why.
    pub hold: Option<(Duration, String)>,
}

/// A change to a site's row. A transaction collects them, and one statement writes them all in the
/// order of hosts.
#[derive(Debug, Serialize)]
pub(super) struct SiteUpdate {
    pub(super) host: String,
    /// The slot to free.
    pub(super) slot: Option<DateTime<Utc>>,
    /// When the site was last asked. The site's Crawl-delay counts from here.
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) next_request_at: Option<DateTime<Utc>>,
    pub(super) hold_reason: Option<String>,
    /// `next_request_at` if there were no hold.
    #[serde(skip)]
    pub(super) spaced_until: Option<DateTime<Utc>>,
    /// A feed of the site is due then.
    pub(super) poll_at: Option<DateTime<Utc>>,
    /// An entry of the site is due then.
    pub(super) read_at: Option<DateTime<Utc>>,
    /// The registrable domain of the host.
    pub(super) domain: Option<String>,
    /// The feed that this request was for, if it was answered well.
    pub(super) ok_feed: Option<i64>,
    /// The feed that this request was for, if it was throttled.
    pub(super) throttled_feed: Option<i64>,
    /// What a rate limit of the site applies to.
    pub(super) limits: Option<RateLimit>,
}

impl SiteUpdate {
    /// An update that changes nothing yet.
    pub(super) fn of(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            slot: None,
            asked_at: None,
            next_request_at: None,
            hold_reason: None,
            spaced_until: None,
            poll_at: None,
            read_at: None,
            domain: registrable(host).map(str::to_owned),
            ok_feed: None,
            throttled_feed: None,
            limits: None,
        }
    }

    /// Frees a slot after a request.
    pub(super) fn released(
        host: &str,
        slot: DateTime<Utc>,
        step: &SiteStep,
        politeness: &Politeness,
    ) -> Self {
        let spaced = step.asked_at.map(|at| later(at, politeness.spacing));
        let held = step
            .asked_at
            .and_then(|at| step.hold.as_ref().map(|(pause, why)| (later(at, *pause), why.clone())));
        let held = held.filter(|(until, _)| spaced.is_none_or(|spaced| *until > spaced));
        Self {
            slot: Some(slot),
            asked_at: step.asked_at,
            next_request_at: held.as_ref().map(|(until, _)| *until).or(spaced),
            hold_reason: held.map(|(_, why)| why),
            spaced_until: spaced,
            ..Self::of(host)
        }
    }

    /// The update without its hold: the site rests for the usual spacing alone.
    pub(super) fn without_hold(self) -> Self {
        Self { next_request_at: self.spaced_until, hold_reason: None, ..self }
    }
}

/// Locks open sites with due work, at most `room`, most overdue first. `wake` is the column that
/// says when that work is due.
///
/// The lock must come before the look at the work, in a statement of its own. A transaction that
/// adds work updates the site as its last step. So either it has committed before our lock, and the
/// next statement sees its rows, or it waits for our lock and then lowers the wake-up time that we
/// write. One statement for both would read the work from a snapshot that is older than the lock,
/// and could lose a wake-up.
pub(super) async fn open_sites(
    connection: &mut PgConnection,
    wake: &'static str,
    now: DateTime<Utc>,
    room: usize,
    politeness: &Politeness,
) -> Result<Vec<String>, StoreError> {
    let statement = format!(
        "/* open_sites: {wake} */ SELECT host FROM sites
         WHERE {wake} <= $1 AND (next_request_at IS NULL OR next_request_at <= $1)
           AND (SELECT count(*) FROM unnest(slots) AS slot WHERE slot > $1) < $3
         ORDER BY {wake} LIMIT $2 FOR UPDATE SKIP LOCKED"
    );
    let hosts = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(now)
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .bind(i64::from(politeness.concurrency))
        .fetch_all(connection)
        .await?;
    Ok(hosts)
}

/// When the next site opens that has due work, if that is by `until`. `wake` is the column that says
/// when that work is due.
pub(super) async fn next_opening(
    pool: &PgPool,
    wake: &'static str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    politeness: &Politeness,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let statement = format!(
        "/* next_opening: {wake} */ SELECT min(greatest({wake}, next_request_at)) FROM sites
         WHERE {wake} <= $2 AND (next_request_at IS NULL OR next_request_at <= $2)
           AND greatest({wake}, next_request_at) > $1
           AND (SELECT count(*) FROM unnest(slots) AS slot WHERE slot > $1) < $3"
    );
    let opening = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(now)
        .bind(until)
        .bind(i64::from(politeness.concurrency))
        .fetch_one(pool)
        .await?;
    Ok(opening)
}

/// Writes site updates. Inserts rows for new sites; locks rows in the order of their hosts.
///
/// What differs by site reaches the update as a column of the row that was to be inserted: a look
/// into the given rows for each site would take time with the square of their number. So `slots` of
/// that row are the slots to free, if the site has a row.
pub(super) async fn update_sites(
    connection: &mut PgConnection,
    rows: &[SiteUpdate],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* update_sites */
         WITH given AS (
             SELECT host, coalesce(array_agg(slot) FILTER (WHERE slot IS NOT NULL), '{}') AS freed,
                    max(asked_at) AS asked_at, max(next_request_at) AS next_request_at,
                    (array_agg(hold_reason ORDER BY next_request_at DESC)
                         FILTER (WHERE hold_reason IS NOT NULL))[1] AS hold_reason,
                    min(poll_at) AS poll_at, min(read_at) AS read_at, max(domain) AS domain,
                    max(asked_at) FILTER (WHERE ok_feed IS NOT NULL) AS ok_at,
                    max(ok_feed) AS ok_feed,
                    max(asked_at) FILTER (WHERE throttled_feed IS NOT NULL) AS throttled_at,
                    max(throttled_feed) AS throttled_feed,
                    (array_agg(limits) FILTER (WHERE limits IS NOT NULL))[1] AS limits
             FROM jsonb_to_recordset($1) AS r (
                 host text, slot timestamptz, asked_at timestamptz, next_request_at timestamptz,
                 hold_reason text, poll_at timestamptz, read_at timestamptz, domain text,
                 ok_feed bigint, throttled_feed bigint, limits jsonb)
             GROUP BY host ORDER BY host
         )
         INSERT INTO sites AS s (host, slots, asked_at, next_request_at, hold_reason, poll_at,
                                 read_at, first_seen_at, domain, ok_at, ok_feed, throttled_at,
                                 throttled_feed, limits)
         SELECT host,
                -- Not EXISTS: for that the planner may read all sites.
                CASE WHEN (SELECT known.host FROM sites AS known WHERE known.host = given.host)
                          IS NULL THEN '{}' ELSE freed END,
                asked_at, next_request_at, hold_reason, poll_at, read_at, $2, domain, ok_at,
                ok_feed, throttled_at, throttled_feed, limits
         FROM given ORDER BY host
         ON CONFLICT (host) DO UPDATE SET
             slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(s.slots) AS slot
                      WHERE slot > $2 AND slot <> ALL (excluded.slots)),
             asked_at = coalesce(excluded.asked_at, s.asked_at),
             next_request_at = greatest(s.next_request_at, excluded.next_request_at,
                 excluded.asked_at + make_interval(secs => s.crawl_delay_ms / 1000.0)),
             hold_reason = CASE
                 WHEN excluded.next_request_at >= coalesce(s.next_request_at, '-infinity')
                 THEN excluded.hold_reason ELSE s.hold_reason END,
             poll_at = least(s.poll_at, excluded.poll_at),
             read_at = least(s.read_at, excluded.read_at),
             domain = coalesce(s.domain, excluded.domain),
             ok_at = coalesce(excluded.ok_at, s.ok_at),
             ok_feed = coalesce(excluded.ok_feed, s.ok_feed),
             throttled_at = coalesce(excluded.throttled_at, s.throttled_at),
             throttled_feed = coalesce(excluded.throttled_feed, s.throttled_feed),
             limits = coalesce(excluded.limits, s.limits)",
    )
    .bind(Json(rows))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Frees all slots. Sites that were being asked may be asked again from `next_request_at`.
pub(super) async fn break_slots(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    next_request_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "/* break_slots */ UPDATE sites SET slots = '{}', poll_at = least(poll_at, $1),
             read_at = least(read_at, $1), next_request_at = greatest(next_request_at, $2)
         WHERE slots <> '{}'",
    )
    .bind(now)
    .bind(next_request_at)
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Acquires a slot at a site for a request that no lease covers. Returns the slot's name, for
    /// [`release_slot`](Self::release_slot); `None`: the site is not open.
    pub async fn acquire_slot(
        &self,
        host: &str,
        now: DateTime<Utc>,
        politeness: &Politeness,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        // The instant is the name of the slot, so it is made unique by up to a second.
        let slot = sqlx::query_scalar(
            "/* acquire_slot */
             INSERT INTO sites AS s (host, slots, first_seen_at)
             VALUES ($1, ARRAY[$3::timestamptz + random() * interval '1 second'], $2)
             ON CONFLICT (host) DO UPDATE SET
                 slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(s.slots) AS slot
                          WHERE slot > $2) || excluded.slots
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
        Ok(slot)
    }

    /// Frees a slot that [`acquire_slot`](Self::acquire_slot) returned.
    pub async fn release_slot(
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
}
