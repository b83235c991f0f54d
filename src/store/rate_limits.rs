//! Rate limits: from a throttled feed to the sites that rest because of it.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::polling::rate_limit::{LimitEvidence, LimitScope, RateLimit, SiteAnswers};
use crate::store::StoreError;
use crate::store::sites::SiteUpdate;
use wiresift_feed::domain::registrable;

/// Most hosts of one domain that are loaded and held together.
const MAX_SITES: i64 = 1000;

#[derive(FromRow)]
struct SiteRow {
    host: String,
    ok_at: Option<DateTime<Utc>>,
    ok_feed: Option<i64>,
    throttled_at: Option<DateTime<Utc>>,
    throttled_feed: Option<i64>,
    limits: Option<Json<RateLimit>>,
}

/// The site updates after `feed` was throttled at `now`. `update` is the one of the feed's own
/// host. Nothing is locked, so of two polls that learn at the same moment one may be forgotten.
pub(super) async fn throttled(
    connection: &mut PgConnection,
    feed: i64,
    update: SiteUpdate,
    now: DateTime<Utc>,
) -> Result<Vec<SiteUpdate>, StoreError> {
    let rows = sites_of_domain(connection, &update.host).await?;
    let known = rows.iter().find(|row| row.host == update.host).and_then(|row| row.limits.as_ref());
    let answers: Vec<SiteAnswers> = rows.iter().map(answers).collect();
    let limits = known.map_or_else(RateLimit::default, |limits| limits.0);
    let limits = limits.after_throttling(LimitEvidence::of(&answers, &update.host, feed, now));
    let others = rows.iter().map(|row| row.host.as_str()).filter(|host| *host != update.host);
    let neighbours: Vec<SiteUpdate> = match limits.scope {
        LimitScope::Domain => others
            .map(|host| SiteUpdate {
                next_request_at: update.next_request_at,
                hold_reason: update.hold_reason.clone(),
                ..SiteUpdate::of(host)
            })
            .collect(),
        LimitScope::Address | LimitScope::Host => Vec::new(),
    };
    let own = SiteUpdate { throttled_feed: Some(feed), limits: Some(limits), ..update };
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
    .bind(MAX_SITES)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
