//! Rate limits: from a throttled feed to the sites that are left alone because of it.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::polling::rate_limit::{LimitEvidence, LimitScope, RateLimit, SiteAnswers};
use crate::store::StoreError;
use crate::store::gate::SiteUpdate;
use wiresift_feed::domain::registrable;

/// Most hosts of one domain that are looked at and held together.
const MOST_SITES: i64 = 1000;

#[derive(FromRow)]
struct SiteRow {
    host: String,
    ok_at: Option<DateTime<Utc>>,
    ok_feed: Option<i64>,
    throttled_at: Option<DateTime<Utc>>,
    throttled_feed: Option<i64>,
    limits: Option<Json<RateLimit>>,
}

/// What follows from a feed's being throttled at `now`: `gate` is what its host's gate is told for that. Nothing is locked;
/// two polls that learn at the same moment may forget one of two lessons.
pub(super) async fn throttled(
    connection: &mut PgConnection,
    feed: i64,
    gate: SiteUpdate,
    now: DateTime<Utc>,
) -> Result<Vec<SiteUpdate>, StoreError> {
    let rows = sites_of_domain(connection, &gate.host).await?;
    let known = rows.iter().find(|row| row.host == gate.host).and_then(|row| row.limits.as_ref());
    let answers: Vec<SiteAnswers> = rows.iter().map(answers).collect();
    let limits = known.map_or_else(RateLimit::default, |limits| limits.0);
    let limits = limits.after_throttling(LimitEvidence::of(&answers, &gate.host, feed, now));
    let others = rows.iter().map(|row| row.host.as_str()).filter(|host| *host != gate.host);
    let neighbours: Vec<SiteUpdate> = match limits.scope {
        LimitScope::Domain => others
            .map(|host| SiteUpdate {
                next_request_at: gate.next_request_at,
                hold_reason: gate.hold_reason.clone(),
                ..SiteUpdate::of(host)
            })
            .collect(),
        LimitScope::Address | LimitScope::Host => Vec::new(),
    };
    let own = SiteUpdate { throttled_feed: Some(feed), limits: Some(limits), ..gate };
    let own = if limits.scope == LimitScope::Address { own.without_hold() } else { own };
    Ok(std::iter::once(own).chain(neighbours).collect())
}

fn answers(row: &SiteRow) -> SiteAnswers {
    SiteAnswers {
        host: row.host.clone(),
        ok: row.ok_at.zip(row.ok_feed),
        throttled: row.throttled_at.zip(row.throttled_feed),
    }
}

async fn sites_of_domain(
    connection: &mut PgConnection,
    host: &str,
) -> Result<Vec<SiteRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* sites_of_domain */
         SELECT host, ok_at, ok_feed, throttled_at, throttled_feed, limits FROM sites
         WHERE host = $1 OR domain = $2 ORDER BY host LIMIT $3",
    )
    .bind(host)
    .bind(registrable(host))
    .bind(MOST_SITES)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
