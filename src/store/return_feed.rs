//! The return of a feed to its listed address, by hand.
//!
//! A poll in progress would write back what it was leased with: the adopted address, and habits
//! that do not refuse it. So the feed's lease is ended. The poll then finds its token gone, and its
//! outcome is dropped like that of any late holder (see [`lease`](crate::lease)); the poll that is
//! due now sees the same entries again. The slot at the site runs out by itself, because the
//! request may still be in progress.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use url::Url;

use crate::polling::schedule::Habits;
use crate::store::events::{Event, EventKind, record_events, returned};
use crate::store::lease::lease_released;
use crate::store::sites::{SiteUpdate, update_sites};
use crate::store::{Store, StoreError};
use wiresift_feed::address::Host;

/// What a request to return a feed did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Return {
    /// No feed is listed at this address.
    Unknown,
    /// It is polled at its listed address already.
    NotMoved,
    /// It is no longer polled at this address, and never will be again.
    From(String),
}

#[derive(FromRow)]
struct MovedRow {
    id: i64,
    moved_to: Option<String>,
    habits: serde_json::Value,
}

impl Store {
    /// Polls the feed that is listed at `url` there again, from now on, and refuses the address
    /// that it had moved to.
    pub async fn return_feed(&self, url: &Url, now: DateTime<Utc>) -> Result<Return, StoreError> {
        let Some(host) = Host::of(url) else { return Ok(Return::Unknown) };
        let mut transaction = self.pool.begin().await?;
        let row: Option<MovedRow> = sqlx::query_as(
            "/* return_feed: feed */ SELECT id, moved_to, habits FROM feeds
             WHERE url = $1 FOR UPDATE",
        )
        .bind(url.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(Return::Unknown) };
        let Some(from) = row.moved_to else { return Ok(Return::NotMoved) };
        // Habits that this version cannot read are learned again.
        let mut habits: Habits = serde_json::from_value(row.habits).unwrap_or_default();
        habits.reject_address(&from);
        // Validators and digest belong to the other address.
        sqlx::query(concat!(
            "/* return_feed */ UPDATE feeds SET
                 moved_to = NULL, fetch_url = url, host = $2, hops = 0, hop_cookies = NULL, backfill = NULL,
                 habits = $3, etag = NULL, last_modified = NULL, entries_digest = NULL,
                 next_poll_at = $4, ",
            lease_released!(),
            " WHERE id = $1",
        ))
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
