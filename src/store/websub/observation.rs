//! What a poll shows about its feed's hub: which hub the feed names, and whether the hub had
//! delivered what the poll found.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, PgConnection};
use wiresift_text::limits;

use crate::lease::later;
use crate::polling::websub::{HubOffer, MissedEntry, Secret, Subscription};
use crate::store::websub::{Subscribed, SubscribedRow, give_up, lock, save_trust};
use crate::store::{Store, StoreError, clean};
use wiresift_feed::address::Host;

/// What a poll shows about its feed's hub.
#[derive(Debug)]
pub struct HubObservation<'a> {
    /// When the poll was complete.
    pub at: DateTime<Utc>,
    /// The hub that the feed names. `None`: the answer named none.
    pub named: Option<&'a HubOffer>,
    /// The poll found new entries.
    pub found_new: bool,
    /// How long the hub may still deliver them without losing trust.
    pub grace: Duration,
    /// Pause until the next poll if the hub is trusted.
    pub pause: Duration,
    /// For a new subscription.
    pub credentials: CallbackCredentials,
}

/// The secrets of a new subscription.
#[derive(Debug)]
pub struct CallbackCredentials {
    /// The last segment of the callback's path.
    pub token: String,
    /// The key that deliveries are signed with.
    pub secret: Secret,
}

/// The locked row of the feed.
#[derive(FromRow)]
struct PolledFeed {
    next_poll_at: DateTime<Utc>,
    /// The list fixes its interval.
    is_fixed: bool,
}

impl Store {
    /// Records what a poll shows about its feed's hub.
    pub async fn observe_hub(
        &self,
        feed_id: i64,
        observation: &HubObservation<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        let feed: Option<PolledFeed> = sqlx::query_as(
            "/* observe_hub: feed */ SELECT next_poll_at, every_s IS NOT NULL AS is_fixed FROM feeds
             WHERE id = $1 AND state <> 'paused' FOR UPDATE",
        )
        .bind(feed_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(feed) = feed else { return Ok(()) };
        let row: Option<SubscribedRow> = sqlx::query_as(
            "/* observe_hub */ SELECT * FROM subscriptions
             WHERE feed_id = $1 AND state <> 'unsubscribing' FOR UPDATE",
        )
        .bind(feed_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let present = row.map(Subscribed::try_from).transpose()?;
        match (present, observation.named) {
            (Some(present), Some(named)) if supersedes(named, &present, observation.at) => {
                give_up(&mut transaction, &present, observation.at).await?;
                insert(&mut transaction, feed_id, named, observation).await?;
            }
            (Some(present), _) => watch(&mut transaction, &feed, &present, observation).await?,
            (None, Some(named)) => insert(&mut transaction, feed_id, named, observation).await?,
            (None, None) => {}
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Ends the subscriptions of paused feeds. Returns their number.
    pub async fn unsubscribe_paused(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "/* unsubscribe_paused */ SELECT s.id FROM subscriptions s
             JOIN feeds f ON f.id = s.feed_id
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
    let held_for = if limits::is_ahead(present.created_at, now) {
        TimeDelta::MAX
    } else {
        limits::age(present.created_at, now)
    };
    named.supersedes(&present.hub, &present.topic, held_for)
}

/// Compares what a poll found with what the hub had delivered. If the hub is trusted, the feed is
/// polled less often.
async fn watch(
    connection: &mut PgConnection,
    feed: &PolledFeed,
    present: &Subscribed,
    observation: &HubObservation<'_>,
) -> Result<(), StoreError> {
    let Some(lease_ends_at) = present
        .subscription
        .lease_ends_at
        .filter(|_| present.subscription.is_active(observation.at))
    else {
        return Ok(());
    };
    let Some(since) = present.watched_since else {
        sqlx::query("/* watch: begin */ UPDATE subscriptions SET watched_since = $2 WHERE id = $1")
            .bind(present.id)
            .bind(observation.at)
            .execute(connection)
            .await?;
        return Ok(());
    };
    let missed = if observation.found_new {
        missed(connection, present.feed_id, since, observation.at).await?
    } else {
        None
    };
    let trust = present.trust.after_poll(missed, observation.at, observation.grace);
    save_trust(connection, present, &trust, observation.at).await?;
    // A poll that is due at once belongs to this one: it follows a redirect.
    if !trust.is_proven() || feed.is_fixed || feed.next_poll_at <= observation.at {
        return Ok(());
    }
    let next_poll_at = later(observation.at, observation.pause).min(lease_ends_at);
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

/// An entry that this poll found and that is not older than the watch. Many feeds show old entries
/// again, and the hub need not deliver those.
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
    observation: &HubObservation<'_>,
) -> Result<(), StoreError> {
    let Some((hub, host)) = named.hub(None).and_then(|hub| Some((hub, Host::of(hub)?))) else {
        return Ok(());
    };
    let wanted = Subscription::wanted(observation.at);
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
    .bind(&observation.credentials.token)
    .bind(observation.credentials.secret.reveal())
    .bind(wanted.state.as_str())
    .bind(wanted.next_action_at)
    .bind(observation.at)
    .execute(connection)
    .await?;
    Ok(())
}
