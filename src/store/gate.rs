//! The gate that every request passes.
//!
//! A site's row says when the next request may start and how many are under way. Both hold across instances
//! because taking a turn is one guarded statement on that row. Nobody sleeps with a turn in hand: whoever
//! cannot go at once puts the thing back into the queue with a later turn.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use crate::lease::{Politeness, later};
use crate::polling::rate_limit::RateLimit;
use crate::store::StoreError;
use crate::store::sites::SiteStep;
use wiresift_feed::domain::registrable;

/// What a finished piece of work tells the gate, gathered so that one statement per transaction tells all
/// sites, in order.
#[derive(Debug, Serialize)]
pub(super) struct SiteUpdate {
    pub(super) host: String,
    /// Slot to give back.
    pub(super) slot: Option<DateTime<Utc>>,
    /// When the site was last asked: its own Crawl-delay counts from here.
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) next_request_at: Option<DateTime<Utc>>,
    pub(super) hold_reason: Option<String>,
    /// What `next_request_at` would be without a hold.
    #[serde(skip)]
    pub(super) spaced_until: Option<DateTime<Utc>>,
    /// A feed of the site is due then.
    pub(super) poll_at: Option<DateTime<Utc>>,
    /// An entry of the site is due then.
    pub(super) read_at: Option<DateTime<Utc>>,
    /// Its registrable domain.
    pub(super) domain: Option<String>,
    /// A feed that was answered well, or throttled, when the site was asked.
    pub(super) ok_feed: Option<i64>,
    pub(super) throttled_feed: Option<i64>,
    /// Whom a rate limit of the site means.
    pub(super) limits: Option<RateLimit>,
}

impl SiteUpdate {
    /// A row that changes nothing.
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

    /// Gives a slot back after a request.
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

    /// The same for a site that is not to rest because of it: spacing alone.
    pub(super) fn without_hold(self) -> Self {
        Self { next_request_at: self.spaced_until, hold_reason: None, ..self }
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
    politeness: &Politeness,
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
        .bind(i64::from(politeness.concurrency))
        .fetch_all(connection)
        .await?;
    Ok(hosts)
}

/// Tells the gates. Creates rows for sites that are new; locks rows in the order of their hosts.
pub(super) async fn update_sites(
    connection: &mut PgConnection,
    rows: &[SiteUpdate],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let json =
        serde_json::to_value(rows).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    sqlx::query(
        "/* update_sites */
         WITH told AS (
             SELECT host, array_agg(slot) FILTER (WHERE slot IS NOT NULL) AS freed,
                    max(asked_at) AS asked_at, max(next_request_at) AS next_request_at,
                    (array_agg(hold_reason ORDER BY next_request_at DESC)
                         FILTER (WHERE hold_reason IS NOT NULL))[1] AS hold_reason,
                    min(poll_at) AS poll_at, min(read_at) AS read_at, max(domain) AS domain,
                    max(asked_at) FILTER (WHERE ok_feed IS NOT NULL) AS ok_at, max(ok_feed) AS ok_feed,
                    max(asked_at) FILTER (WHERE throttled_feed IS NOT NULL) AS throttled_at,
                    max(throttled_feed) AS throttled_feed,
                    (array_agg(limits) FILTER (WHERE limits IS NOT NULL))[1] AS limits
             FROM jsonb_to_recordset($1) AS r (host text, slot timestamptz, asked_at timestamptz, next_request_at timestamptz,
                                              hold_reason text, poll_at timestamptz, read_at timestamptz, domain text,
                                              ok_feed bigint, throttled_feed bigint, limits jsonb)
             GROUP BY host ORDER BY host
         )
         INSERT INTO sites AS s (host, next_request_at, hold_reason, poll_at, read_at, first_seen_at, domain, ok_at,
                                 ok_feed, throttled_at, throttled_feed, limits)
         SELECT host, next_request_at, hold_reason, poll_at, read_at, $2, domain, ok_at, ok_feed, throttled_at,
                throttled_feed, limits
         FROM told ORDER BY host
         ON CONFLICT (host) DO UPDATE SET
             slots = (SELECT coalesce(array_agg(slot), '{}') FROM unnest(s.slots) AS slot
                      WHERE slot > $2 AND slot <> ALL (
                          SELECT unnest(t.freed) FROM told t WHERE t.host = s.host AND t.freed IS NOT NULL)),
             next_request_at = greatest(s.next_request_at, excluded.next_request_at,
                 (SELECT t.asked_at + make_interval(secs => s.crawl_delay_ms / 1000.0) FROM told t WHERE t.host = s.host)),
             hold_reason = CASE WHEN excluded.next_request_at >= coalesce(s.next_request_at, '-infinity')
                                 THEN excluded.hold_reason ELSE s.hold_reason END,
             poll_at = least(s.poll_at, excluded.poll_at),
             read_at = least(s.read_at, excluded.read_at),
             domain = coalesce(s.domain, excluded.domain),
             ok_at = coalesce(excluded.ok_at, s.ok_at), ok_feed = coalesce(excluded.ok_feed, s.ok_feed),
             throttled_at = coalesce(excluded.throttled_at, s.throttled_at),
             throttled_feed = coalesce(excluded.throttled_feed, s.throttled_feed),
             limits = coalesce(excluded.limits, s.limits)",
    )
    .bind(json)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
