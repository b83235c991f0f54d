//! Calls of hubs: verification of intent, denial, deliveries.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::polling::websub::Subscription;
use crate::store::entries::PollRecord;
use crate::store::events::{EventKind, record_events};
use crate::store::feeds::FeedRef;
use crate::store::sightings::record_sightings;
use crate::store::sites::update_sites;
use crate::store::websub::{Subscribed, event, lock, make_due, remove, save, save_trust};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::entry::Entry;

/// What a call means for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Nothing.
    Ignored,
    Verified(Subscription),
    /// The subscription ends.
    Released,
    Denied {
        subscription: Subscription,
        /// In the hub's words.
        reason: Option<String>,
    },
}

/// A delivery with a valid signature.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    pub entries: &'a [Entry],
    /// When the delivery was complete.
    pub at: DateTime<Utc>,
    /// How long after a poll the hub may still deliver what the poll found.
    pub grace: Duration,
}

/// Deliveries of one feed in progress at once. A delivery in progress when its process died counts
/// for a day.
const MAX_IN_PROGRESS: i32 = 5;

impl Store {
    /// Records what a call means for a subscription, as `decide` says, and returns it.
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
                save(&mut transaction, &held, subscription, None, now).await?;
            }
            Call::Released => remove(&mut transaction, held.id).await?,
            // A denial that changes nothing repeats one that is being looked into.
            Call::Denied { subscription, .. } if *subscription == held.subscription => {}
            Call::Denied { subscription, reason } => {
                let reason = reason.as_deref().unwrap_or("the hub gave no reason");
                save(&mut transaction, &held, subscription, Some(reason), now).await?;
                if subscription.is_active(now) {
                    make_due(&mut transaction, held.feed_id, now).await?;
                }
                let detail = serde_json::json!({ "hub": held.hub, "reason": clean::text(reason) });
                record_events(&mut transaction, &[event(&held, EventKind::HubDenied, detail, now)])
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(call)
    }

    /// Records the entries of a delivery like those of a poll. Validators, digest and next poll
    /// stay as they are, because a delivery may show a part of the feed. `None`: the subscription
    /// is gone.
    pub async fn record_delivery(
        &self,
        id: i64,
        delivery: &Delivery<'_>,
    ) -> Result<Option<PollRecord>, StoreError> {
        match self.try_record_delivery(id, delivery).await {
            Err(error) if error.blames_values() => {
                self.set_delivery_aside(id, delivery.at, &error).await
            }
            answer => answer,
        }
    }

    async fn try_record_delivery(
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

    /// Records that a delivery was dropped whose values the database refuses. The hub would deliver
    /// it again and again; the next poll of the feed finds what it can.
    async fn set_delivery_aside(
        &self,
        id: i64,
        at: DateTime<Utc>,
        error: &StoreError,
    ) -> Result<Option<PollRecord>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(held) = lock(&mut transaction, id).await? else { return Ok(None) };
        sqlx::query(
            "/* set_aside: delivery */ UPDATE subscriptions SET dropped = dropped + 1,
                 in_progress = greatest(in_progress - 1, 0) WHERE id = $1",
        )
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        let error = clean::text(&error.to_string());
        let detail = serde_json::json!({ "step": "delivery", "hub": held.hub, "error": error });
        record_events(&mut transaction, &[event(&held, EventKind::SetAside, detail, at)]).await?;
        transaction.commit().await?;
        tracing::error!(feed.id = held.feed_id, error, "the database refused a delivery");
        Ok(Some(PollRecord { set_aside: 1, ..PollRecord::default() }))
    }

    /// Records that a delivery is about to be parsed. False: too many are in progress, most likely
    /// because the processes that parsed them died. The hub would deliver the killer again and
    /// again.
    pub async fn begin_delivery(&self, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let begun = sqlx::query(
            "/* begin_delivery */ UPDATE subscriptions SET
                 in_progress = CASE WHEN in_progress_at > $2 - interval '1 day'
                                     AND in_progress_at < $2 + interval '1 day'
                                    THEN in_progress + 1 ELSE 1 END,
                 in_progress_at = $2
             WHERE id = $1 AND (in_progress < $3
                              OR in_progress_at <= $2 - interval '1 day'
                              OR in_progress_at >= $2 + interval '1 day')",
        )
        .bind(id)
        .bind(now)
        .bind(MAX_IN_PROGRESS)
        .execute(&self.pool)
        .await?;
        Ok(begun.rows_affected() > 0)
    }

    /// Records that a delivery was parsed and dropped.
    pub async fn end_delivery(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* end_delivery */ UPDATE subscriptions SET in_progress = greatest(in_progress - 1, 0)
             WHERE id = $1",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Counts a dropped delivery.
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
