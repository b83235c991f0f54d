//! What an operator can do on the pages of the console.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use url::Url;

use crate::store::sites::{SiteUpdate, update_sites};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::{Host, IdentityKey, canonical};

/// What a request to poll a feed now did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollNow {
    Unknown,
    /// Its list says not to poll it.
    Paused,
    /// It is being polled at this moment.
    Busy,
    /// It is due now. The limits of its site hold all the same.
    Due,
}

/// What a request to read an address again did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAgain {
    /// No feed has shown the address, or its entry has no page.
    Unknown,
    /// It is being read at this moment.
    Busy,
    /// So many entries are due now.
    Due(usize),
}

/// Entries of one address that are read again at most.
const ENTRIES: i64 = 20;

#[derive(FromRow)]
struct ReadRow {
    id: i64,
    url: String,
    is_leased: bool,
}

impl Store {
    /// Makes a feed due now.
    pub async fn poll_feed_now(&self, id: i64, now: DateTime<Utc>) -> Result<PollNow, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let row: Option<(String, String, bool)> = sqlx::query_as(
            "/* poll_feed_now: feed */ SELECT host, state::text, lease_token IS NOT NULL
             FROM feeds WHERE id = $1 FOR UPDATE",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        let host = match row {
            None => return Ok(PollNow::Unknown),
            Some((_, state, _)) if state == "paused" => return Ok(PollNow::Paused),
            Some((.., true)) => return Ok(PollNow::Busy),
            Some((host, ..)) => host,
        };
        sqlx::query(
            "/* poll_feed_now */ UPDATE feeds SET next_poll_at = least(next_poll_at, $2)
             WHERE id = $1",
        )
        .bind(id)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let update = SiteUpdate { poll_at: Some(now), ..SiteUpdate::of(&host) };
        update_sites(&mut transaction, &[update], now).await?;
        transaction.commit().await?;
        Ok(PollNow::Due)
    }

    /// Makes the entries of an address due now. An entry that was given up waits to be read as if
    /// it were new; one with an article is read for changes, whole.
    pub async fn read_again(&self, url: &Url, now: DateTime<Utc>) -> Result<ReadAgain, StoreError> {
        let identity = clean::key(IdentityKey::of(&canonical(url)).as_str());
        let mut transaction = self.pool.begin().await?;
        let rows: Vec<ReadRow> = sqlx::query_as(
            "/* read_again: entries */ SELECT id, url, lease_token IS NOT NULL AS is_leased
             FROM entries WHERE identity = $1 AND url IS NOT NULL AND state <> 'expired'
             ORDER BY id LIMIT $2 FOR UPDATE",
        )
        .bind(&identity)
        .bind(ENTRIES)
        .fetch_all(&mut *transaction)
        .await?;
        if rows.is_empty() {
            return Ok(ReadAgain::Unknown);
        }
        let due = rows.iter().filter(|row| !row.is_leased).filter_map(|row| {
            let host = Host::of(&Url::parse(&row.url).ok()?)?;
            Some((row.id, host.as_str().to_owned()))
        });
        let (ids, hosts): (Vec<i64>, Vec<String>) = due.unzip();
        if ids.is_empty() {
            return Ok(ReadAgain::Busy);
        }
        // Without its validators the server sends the whole page.
        sqlx::query(
            "/* read_again */ UPDATE entries AS e SET
                 state = CASE WHEN g.ended THEN 'pending' ELSE e.state END,
                 cause = CASE WHEN g.ended THEN 'waiting' ELSE e.cause END,
                 ended_at = CASE WHEN g.ended THEN NULL ELSE e.ended_at END,
                 fetch_url = e.url, host = r.host, hops = 0, hop_cookies = NULL, failures = 0,
                 next_try_at = $3, page_etag = NULL, page_last_modified = NULL
             FROM unnest($1::bigint[], $2::text[]) AS r (id, host)
             JOIN entries AS old ON old.id = r.id
             CROSS JOIN LATERAL (SELECT old.state IN ('skipped', 'abandoned') AS ended) AS g
             WHERE e.id = r.id",
        )
        .bind(&ids)
        .bind(&hosts)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let updates = hosts.iter();
        let updates: Vec<SiteUpdate> =
            updates.map(|host| SiteUpdate { read_at: Some(now), ..SiteUpdate::of(host) }).collect();
        update_sites(&mut transaction, &updates, now).await?;
        transaction.commit().await?;
        Ok(ReadAgain::Due(ids.len()))
    }
}
