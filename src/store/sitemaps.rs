//! The sitemaps that a sitemap index names, as feeds of their own.
//!
//! Each is polled by its own schedule, under the limits of its own site. The index says which
//! sitemaps there are and when each was changed. A new one is polled at once, and so is one that
//! was changed since its last poll. One that left the index is paused. Name, tags and intervals are
//! those of the index. If the feed list names a sitemap too, the feed list counts.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::store::StoreError;
use crate::store::feeds::DueFeed;
use crate::store::sites::SiteUpdate;
use url::Url;
use wiresift_feed::address::Host;
use wiresift_feed::entry::Entry;
use wiresift_text::limits;

#[derive(Serialize)]
struct SitemapRow<'a> {
    url: &'a str,
    host: String,
    changed_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct DueRow {
    host: String,
    next_poll_at: DateTime<Utc>,
}

/// Updates the feeds of the sitemaps that `list` names now.
pub(super) async fn follow(
    connection: &mut PgConnection,
    list: &DueFeed,
    sitemaps: &[Entry],
    now: DateTime<Utc>,
    site_updates: &mut Vec<SiteUpdate>,
) -> Result<(), StoreError> {
    let rows = sitemaps.iter().filter_map(|entry| {
        let is_own = |url: &&Url| url.as_str() == list.url;
        let fits = |url: &&Url| url.as_str().len() <= limits::FEED_URL_BYTES;
        let url = entry.link.as_ref().filter(|url| !is_own(url)).filter(fits)?;
        let host = Host::of(url)?.as_str().to_owned();
        Some(SitemapRow { url: url.as_str(), host, changed_at: entry.published.max(entry.updated) })
    });
    let mut rows: Vec<SitemapRow<'_>> = rows.collect();
    rows.sort_unstable_by_key(|row| row.url);
    rows.dedup_by_key(|row| row.url);
    let due: Vec<DueRow> = sqlx::query_as(
        "/* follow_sitemaps: upsert */
         INSERT INTO feeds AS f (url, fetch_url, host, name, tags, every_s, min_every_s,
                                 max_every_s, next_poll_at, first_seen_at, parent_id)
         SELECT r.url, r.url, r.host, l.name, l.tags, l.every_s, l.min_every_s, l.max_every_s,
                $3, $3, l.id
         FROM feeds l, jsonb_to_recordset($2) AS r (url text, host text, changed_at timestamptz)
         WHERE l.id = $1
         ON CONFLICT (url) DO UPDATE SET
             state = CASE WHEN f.state = 'paused' THEN 'active' ELSE f.state END,
             name = excluded.name, tags = excluded.tags, every_s = excluded.every_s,
             min_every_s = excluded.min_every_s, max_every_s = excluded.max_every_s,
             next_poll_at = CASE
                 WHEN f.lease_token IS NULL AND (f.state = 'paused' OR f.last_poll_at < (
                     SELECT r.changed_at
                     FROM jsonb_to_recordset($2) AS r (url text, changed_at timestamptz)
                     WHERE r.url = f.url))
                 THEN least(f.next_poll_at, $3) ELSE f.next_poll_at END
         WHERE f.parent_id = $1
         RETURNING host, next_poll_at",
    )
    .bind(list.id)
    .bind(Json(&rows))
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query(
        "/* follow_sitemaps: pause */ UPDATE feeds SET state = 'paused'
         WHERE parent_id = $1 AND state <> 'paused'
           AND url NOT IN (SELECT url FROM jsonb_to_recordset($2) AS r (url text))",
    )
    .bind(list.id)
    .bind(Json(&rows))
    .execute(&mut *connection)
    .await?;
    site_updates.extend(
        due.into_iter()
            .map(|due| SiteUpdate { poll_at: Some(due.next_poll_at), ..SiteUpdate::of(&due.host) }),
    );
    Ok(())
}
