//! What a poll says about its feed's hub: whom the feed names, and whether the hub had brought what the poll found.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::lease::later;
use crate::polling::websub::{HubOffer, MissedEntry, Secret, Subscription};
use crate::store::websub::{Subscribed, SubscribedRow, give_up, lock, save_trust};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::Host;

/// A poll, as far as its feed's hub is concerned.
#[derive(Debug)]
pub struct HubObservation<'a> {
    /// When the poll was complete.
    pub at: DateTime<Utc>,
    /// Whom the feed names; none where the answer did not say.
    pub named: Option<&'a HubOffer>,
    /// It found entries that nobody knew.
    pub found_new: bool,
    /// How long a hub may still bring those.
    pub grace: Duration,
    /// Pause until the next poll, where the hub is relied upon.
    pub pause: Duration,
    /// For a subscription that begins.
    pub credentials: CallbackCredentials,
}

/// What a subscription needs that nobody may guess.
#[derive(Debug)]
pub struct CallbackCredentials {
    /// The callback's own part.
    pub token: String,
    /// For signatures.
    pub secret: Secret,
}

/// The feed's row, locked.
#[derive(FromRow)]
struct PolledFeed {
    next_poll_at: DateTime<Utc>,
    /// The list fixes its interval.
    is_fixed: bool,
}

impl Store {
    /// Heeds what a poll says about its feed's hub.
    pub async fn heed_poll(
        &self,
        feed_id: i64,
        heed: &HubObservation<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        let feed: Option<PolledFeed> = sqlx::query_as(
            "/* heed_poll: feed */ SELECT next_poll_at, every_s IS NOT NULL AS is_fixed FROM feeds
             WHERE id = $1 AND state <> 'paused' FOR UPDATE",
        )
        .bind(feed_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(feed) = feed else { return Ok(()) };
        let row: Option<SubscribedRow> = sqlx::query_as(
            "/* heed_poll */ SELECT * FROM subscriptions WHERE feed_id = $1 AND state <> 'unsubscribing' FOR UPDATE",
        )
        .bind(feed_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let present = row.map(Subscribed::try_from).transpose()?;
        match (present, heed.named) {
            (Some(present), Some(named)) if supersedes(named, &present, heed.at) => {
                give_up(&mut transaction, &present, heed.at).await?;
                insert(&mut transaction, feed_id, named, heed).await?;
            }
            (Some(present), _) => watch(&mut transaction, &feed, &present, heed).await?,
            (None, Some(named)) => insert(&mut transaction, feed_id, named, heed).await?,
            (None, None) => {}
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Gives up the subscriptions of feeds that are no longer polled; how many.
    pub async fn leave_paused(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "/* leave_paused */ SELECT s.id FROM subscriptions s JOIN feeds f ON f.id = s.feed_id
             WHERE f.state = 'paused' AND s.state <> 'unsubscribing' ORDER BY s.id",
        )
        .fetch_all(&self.pool)
        .await?;
        for id in &ids {
            let mut transaction = self.pool.begin().await?;
            if let Some(held) = lock(&mut transaction, *id).await? {
                give_up(&mut transaction, &held, now).await?;
            }
            transaction.commit().await?;
        }
        Ok(ids.len())
    }
}

fn supersedes(named: &HubOffer, present: &Subscribed, now: DateTime<Utc>) -> bool {
    named.supersedes(&present.hub, &present.topic, now - present.created_at)
}

/// Compares what a poll found with what the hub had brought, and polls less often where it may be relied upon.
async fn watch(
    connection: &mut PgConnection,
    feed: &PolledFeed,
    present: &Subscribed,
    heed: &HubObservation<'_>,
) -> Result<(), StoreError> {
    let Some(lease_ends_at) =
        present.subscription.lease_ends_at.filter(|_| present.subscription.is_active(heed.at))
    else {
        return Ok(());
    };
    let Some(since) = present.watched_since else {
        sqlx::query("/* watch: begin */ UPDATE subscriptions SET watched_since = $2 WHERE id = $1")
            .bind(present.id)
            .bind(heed.at)
            .execute(connection)
            .await?;
        return Ok(());
    };
    let missed = if heed.found_new {
        missed(connection, present.feed_id, since, heed.at).await?
    } else {
        None
    };
    let trust = present.trust.after_poll(missed, heed.at, heed.grace);
    save_trust(connection, present, &trust, heed.at).await?;
    // A poll that is to come at once is a part of this one: a redirect is followed.
    if !trust.is_proven() || feed.is_fixed || feed.next_poll_at <= heed.at {
        return Ok(());
    }
    let next_poll_at = later(heed.at, heed.pause).min(lease_ends_at);
    sqlx::query(
        "/* watch: stretch */ UPDATE feeds SET next_poll_at = greatest(next_poll_at, $2)
         WHERE id = $1 AND lease_token IS NULL",
    )
    .bind(present.feed_id)
    .bind(next_poll_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// An entry that a poll brought, and that is not older than the watch: old ones come up again in many feeds.
async fn missed(
    connection: &mut PgConnection,
    feed_id: i64,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<Option<MissedEntry>, StoreError> {
    let key: Option<String> = sqlx::query_scalar(
        "/* missed */ SELECT key FROM entries
         WHERE feed_id = $1 AND first_seen_at = $2 AND (published_at IS NULL OR published_at >= $3)
         ORDER BY id LIMIT 1",
    )
    .bind(feed_id)
    .bind(at)
    .bind(since)
    .fetch_optional(connection)
    .await?;
    Ok(key.map(|key| MissedEntry { key }))
}

async fn insert(
    connection: &mut PgConnection,
    feed_id: i64,
    named: &HubOffer,
    heed: &HubObservation<'_>,
) -> Result<(), StoreError> {
    let Some((hub, host)) = named.hub(None).and_then(|hub| Some((hub, Host::of(hub)?))) else {
        return Ok(());
    };
    let wanted = Subscription::wanted(heed.at);
    tracing::info!(feed.id = feed_id, hub = hub.as_str(), "the feed names a hub");
    sqlx::query(
        "/* insert_subscription */ INSERT INTO subscriptions
             (feed_id, hub, topic, endpoint, host, token, secret, state, next_action_at, created_at)
         VALUES ($1, $2, $3, $2, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (feed_id) WHERE state <> 'unsubscribing' DO NOTHING",
    )
    .bind(feed_id)
    .bind(hub.as_str())
    .bind(clean::text(&named.topic))
    .bind(host.as_str())
    .bind(&heed.credentials.token)
    .bind(heed.credentials.secret.reveal())
    .bind(wanted.state.as_str())
    .bind(wanted.next_action_at)
    .bind(heed.at)
    .execute(connection)
    .await?;
    Ok(())
}
