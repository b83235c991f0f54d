//! What hubs call about: intent, denial, deliveries.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::polling::websub::Subscription;
use crate::store::entries::PollRecord;
use crate::store::events::{EventKind, record_events};
use crate::store::feeds::FeedRef;
use crate::store::gate::update_sites;
use crate::store::sightings::record_sightings;
use crate::store::websub::{Subscribed, event, lock, remove, save, save_trust};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::entry::Entry;

/// What a call means for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Nothing.
    Ignored,
    /// It is verified.
    Verified(Subscription),
    /// It is let go.
    Released,
    /// It is denied.
    Denied {
        /// What it becomes.
        subscription: Subscription,
        /// The hub's words.
        reason: Option<String>,
    },
}

/// A delivery that the hub signed.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// What it shows.
    pub entries: &'a [Entry],
    /// When it was complete.
    pub at: DateTime<Utc>,
    /// How long after a poll a hub may still bring what that found.
    pub grace: Duration,
}

/// Deliveries of one feed that may be in hand at once. Those that were in hand of the dead count for a day.
const MOST_IN_HAND: i32 = 5;

impl Store {
    /// Lets `decide` say what a call means for a subscription, and records that. The answer is the decision.
    pub async fn record_call(
        &self,
        id: i64,
        now: DateTime<Utc>,
        decide: impl FnOnce(&Subscribed) -> Call,
    ) -> Result<Call, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(held) = lock(&mut transaction, id).await? else { return Ok(Call::Ignored) };
        let call = decide(&held);
        match &call {
            Call::Ignored => return Ok(call),
            Call::Verified(subscription) => {
                save(&mut transaction, &held, subscription, None, now).await?
            }
            Call::Released => remove(&mut transaction, held.id).await?,
            Call::Denied { subscription, reason } => {
                let reason = reason.as_deref().unwrap_or("the hub gave no reason");
                save(&mut transaction, &held, subscription, Some(reason), now).await?;
                let detail = serde_json::json!({ "hub": held.hub, "reason": clean::text(reason) });
                record_events(&mut transaction, &[event(&held, EventKind::HubDenied, detail, now)])
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(call)
    }

    /// Files what a delivery shows as a poll's entries are filed. Validators, the last body and the next poll stay as
    /// they are: a delivery may show a part of the feed only. None: the subscription is gone.
    pub async fn record_delivery(
        &self,
        id: i64,
        delivery: &Delivery<'_>,
    ) -> Result<Option<PollRecord>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(held) = lock(&mut transaction, id).await? else { return Ok(None) };
        let record = deliver(&mut transaction, &held, delivery).await?;
        transaction.commit().await?;
        Ok(Some(record))
    }

    /// Says that a delivery is about to be parsed. False: there are too many in hand, most likely because whoever
    /// parsed them died; whatever it is that kills, the hub would bring it again and again.
    pub async fn begin_delivery(&self, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let begun = sqlx::query(
            "/* begin_delivery */ UPDATE subscriptions SET
                 in_progress = CASE WHEN in_progress_at > $2 - interval '1 day' THEN in_progress + 1 ELSE 1 END, in_progress_at = $2
             WHERE id = $1 AND (in_progress < $3 OR in_progress_at <= $2 - interval '1 day')",
        )
        .bind(id)
        .bind(now)
        .bind(MOST_IN_HAND)
        .execute(&self.pool)
        .await?;
        Ok(begun.rows_affected() > 0)
    }

    /// Says that a delivery was parsed and is of no use.
    pub async fn end_delivery(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* end_delivery */ UPDATE subscriptions SET in_progress = greatest(in_progress - 1, 0) WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Counts a delivery that was dropped.
    pub async fn count_dropped(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* count_dropped */ UPDATE subscriptions SET dropped = dropped + 1 WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

async fn deliver(
    connection: &mut PgConnection,
    held: &Subscribed,
    delivery: &Delivery<'_>,
) -> Result<PollRecord, StoreError> {
    let host: String =
        sqlx::query_scalar("/* deliver: feed */ SELECT host FROM feeds WHERE id = $1")
            .bind(held.feed_id)
            .fetch_one(&mut *connection)
            .await?;
    let feed = FeedRef { id: held.feed_id, host: &host };
    let mut site_updates = Vec::new();
    let record =
        record_sightings(connection, feed, delivery.entries, delivery.at, &mut site_updates)
            .await?;
    sqlx::query(
        "/* deliver: count */ UPDATE feeds SET entries_seen = entries_seen + $2 WHERE id = $1",
    )
    .bind(held.feed_id)
    .bind(i64::try_from(record.new_entries).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* deliver */ UPDATE subscriptions SET deliveries = deliveries + 1, last_delivery_at = $2,
             in_progress = greatest(in_progress - 1, 0) WHERE id = $1",
    )
    .bind(held.id)
    .bind(delivery.at)
    .execute(&mut *connection)
    .await?;
    let shows =
        |key: &str| delivery.entries.iter().any(|entry| clean::key(entry.key.as_str()) == key);
    let trust =
        held.trust.after_delivery(record.new_entries > 0, shows, delivery.at, delivery.grace);
    save_trust(connection, held, &trust, delivery.at).await?;
    update_sites(connection, &site_updates, delivery.at).await?;
    Ok(record)
}
