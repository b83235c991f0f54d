//! The return of a feed to its listed address, by hand.
//!
//! A poll that is under way meanwhile would write back what it was leased with: the adopted address, and habits that know of no
//! refusal. So the feed's lease is taken from it. It finds its token gone, and its outcome is dropped like that of any holder
//! who is late (see [`lease`](crate::lease)); what it saw is seen again by the poll that is due now. Its slot at the site
//! runs out by itself, since its request may still be under way.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use url::Url;

use crate::polling::schedule::Habits;
use crate::store::events::{Event, EventKind, record_events, returned};
use crate::store::gate::{SiteUpdate, update_sites};
use crate::store::{Store, StoreError};
use wiresift_feed::address::Host;

/// What became of the wish that a feed return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Return {
    /// No feed is listed at this address.
    Unknown,
    /// It is asked at its listed address anyway.
    NotMoved,
    /// It no longer is asked at this address, and will not be again.
    From(String),
}

#[derive(FromRow)]
struct MovedRow {
    id: i64,
    moved_to: Option<String>,
    habits: serde_json::Value,
}

impl Store {
    /// Has the feed that is listed at `url` asked there again, from now on, and refuses the address that it had moved to.
    pub async fn return_feed(&self, url: &Url, now: DateTime<Utc>) -> Result<Return, StoreError> {
        let Some(host) = Host::of(url) else { return Ok(Return::Unknown) };
        let mut transaction = self.pool.begin().await?;
        let row: Option<MovedRow> = sqlx::query_as(
            "/* return_feed: feed */ SELECT id, moved_to, habits FROM feeds WHERE url = $1 FOR UPDATE",
        )
        .bind(url.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(Return::Unknown) };
        let Some(from) = row.moved_to else { return Ok(Return::NotMoved) };
        // As in a lease: what this version cannot read is learned anew.
        let mut habits: Habits = serde_json::from_value(row.habits).unwrap_or_default();
        habits.reject_address(&from);
        // Validators and digest are of what the other address showed.
        sqlx::query(
            "/* return_feed */ UPDATE feeds SET
                 moved_to = NULL, fetch_url = url, host = $2, hops = 0, backfill = NULL, habits = $3,
                 etag = NULL, last_modified = NULL, entries_digest = NULL, next_poll_at = $4,
                 lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
             WHERE id = $1",
        )
        .bind(row.id)
        .bind(host.as_str())
        .bind(Json(&habits))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        update_sites(
            &mut transaction,
            &[SiteUpdate { poll_at: Some(now), ..SiteUpdate::of(host.as_str()) }],
            now,
        )
        .await?;
        let event = Event {
            at: now,
            kind: EventKind::Moved,
            feed_id: Some(row.id),
            host: Some(host.as_str().to_owned()),
            detail: returned(&from, url.as_str()),
        };
        record_events(&mut transaction, &[event]).await?;
        transaction.commit().await?;
        Ok(Return::From(from))
    }
}
