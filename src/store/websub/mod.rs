//! Subscriptions to hubs.
//!
//! Whatever changes one locks its feed first and then it: deliveries and polls of one feed take turns, and nobody
//! waits the other way round. What to change is decided by `news::websub`; here it is loaded, handed over and saved.

mod calls;
mod observation;
mod turns;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::lease::Lease;
use crate::polling::websub::{HubTrust, Secret, Subscription, SubscriptionState};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::gate::{SiteUpdate, update_sites};
use crate::store::{Store, StoreError, clean};

pub use calls::{Call, Delivery};
pub use observation::{CallbackCredentials, HubObservation};
pub use turns::HubAnswer;

/// A subscription of one feed, as the ledger has it.
#[derive(Debug, Clone)]
pub struct Subscribed {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub feed_id: i64,
    /// Whom the feed names.
    pub hub: String,
    /// What is subscribed to.
    pub topic: String,
    /// Where the request goes.
    pub endpoint: String,
    /// The site of that.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    /// The callback's own part. Not for logs.
    pub token: String,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// Where it stands.
    pub subscription: Subscription,
    /// What the hub's record amounts to.
    pub trust: HubTrust,
    /// The first poll since the hub delivers.
    pub watched_since: Option<DateTime<Utc>>,
    /// When a feed named it.
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct SubscribedRow {
    id: i64,
    feed_id: i64,
    hub: String,
    topic: String,
    endpoint: String,
    host: String,
    hops: i32,
    token: String,
    secret: String,
    state: String,
    requested_at: Option<DateTime<Utc>>,
    lease_ends_at: Option<DateTime<Utc>>,
    failures: i32,
    next_action_at: DateTime<Utc>,
    trust: String,
    trust_at: Option<DateTime<Utc>>,
    missed_key: Option<String>,
    watched_since: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    lease_token: Option<Uuid>,
    lease_expires_at: Option<DateTime<Utc>>,
    lease_attempts: i32,
}

impl TryFrom<SubscribedRow> for Subscribed {
    type Error = StoreError;

    fn try_from(row: SubscribedRow) -> Result<Self, StoreError> {
        let odd =
            |what: &str| StoreError::Inconsistent(format!("subscription {}: odd {what}", row.id));
        let subscription = Subscription {
            state: SubscriptionState::from_stored(&row.state).ok_or_else(|| odd("state"))?,
            requested_at: row.requested_at,
            lease_ends_at: row.lease_ends_at,
            failures: u32::try_from(row.failures).unwrap_or(0),
            next_action_at: row.next_action_at,
        };
        let trust = HubTrust::from_stored(&row.trust, row.trust_at, row.missed_key)
            .ok_or_else(|| odd("trust"))?;
        Ok(Self {
            id: row.id,
            feed_id: row.feed_id,
            hub: row.hub,
            topic: row.topic,
            endpoint: row.endpoint,
            host: row.host,
            hops: row.hops,
            token: row.token,
            secret: Secret::from_stored(row.secret),
            subscription,
            trust,
            watched_since: row.watched_since,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<SubscribedRow> for Lease<Subscribed> {
    type Error = StoreError;

    fn try_from(row: SubscribedRow) -> Result<Self, StoreError> {
        let attempts = u32::try_from(row.lease_attempts).unwrap_or(u32::MAX);
        let (Some(token), Some(expires_at)) = (row.lease_token, row.lease_expires_at) else {
            return Err(StoreError::Inconsistent(format!("subscription {} is not leased", row.id)));
        };
        Ok(Self { item: row.try_into()?, token, expires_at, attempts })
    }
}

impl Store {
    /// The subscription that a callback belongs to.
    pub async fn subscription_of(&self, token: &str) -> Result<Option<Subscribed>, StoreError> {
        let row: Option<SubscribedRow> =
            sqlx::query_as("/* subscription_of */ SELECT * FROM subscriptions WHERE token = $1")
                .bind(clean::text(token))
                .fetch_optional(&self.pool)
                .await?;
        row.map(Subscribed::try_from).transpose()
    }
}

/// Locks a subscription and, before it, its feed.
async fn lock(connection: &mut PgConnection, id: i64) -> Result<Option<Subscribed>, StoreError> {
    sqlx::query(
        "/* lock_subscription: feed */ SELECT f.id FROM feeds f JOIN subscriptions s ON s.feed_id = f.id
         WHERE s.id = $1 FOR UPDATE OF f",
    )
    .bind(id)
    .fetch_optional(&mut *connection)
    .await?;
    let row: Option<SubscribedRow> = sqlx::query_as(
        "/* lock_subscription */ SELECT * FROM subscriptions WHERE id = $1 FOR UPDATE",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    row.map(Subscribed::try_from).transpose()
}

/// Gives a subscription up: the hub is told, if it knows of one.
async fn give_up(
    connection: &mut PgConnection,
    held: &Subscribed,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match held.subscription.unsubscribe(now) {
        Some(leaving) => save(connection, held, &leaving, None, now).await,
        None => remove(connection, held.id).await,
    }
}

/// Forgets a subscription: calls to it find nobody.
async fn remove(connection: &mut PgConnection, id: i64) -> Result<(), StoreError> {
    sqlx::query("/* remove_subscription */ DELETE FROM subscriptions WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Saves where a subscription stands now. One that delivers from now on is watched from the next poll on; one that no
/// longer does gives its feed back to polling at once.
async fn save(
    connection: &mut PgConnection,
    before: &Subscribed,
    after: &Subscription,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (was_active, is_active) = (before.subscription.is_active(now), after.is_active(now));
    sqlx::query(
        "/* save_subscription */ UPDATE subscriptions SET
             state = $2, requested_at = $3, lease_ends_at = $4, failures = $5, next_action_at = $6,
             last_error = coalesce($7, CASE WHEN $5 > 0 THEN last_error END),
             watched_since = CASE WHEN $8::boolean THEN NULL ELSE watched_since END
         WHERE id = $1",
    )
    .bind(before.id)
    .bind(after.state.as_str())
    .bind(after.requested_at)
    .bind(after.lease_ends_at)
    .bind(i32::try_from(after.failures).unwrap_or(i32::MAX))
    .bind(after.next_action_at)
    .bind(error.map(clean::text))
    .bind(is_active && !was_active)
    .execute(&mut *connection)
    .await?;
    if was_active && !is_active {
        hasten(connection, before.feed_id, now).await?;
    }
    Ok(())
}

/// Lets a feed that was polled less often be polled now.
async fn hasten(
    connection: &mut PgConnection,
    feed_id: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let host: Option<String> = sqlx::query_scalar(
        "/* hasten */ UPDATE feeds SET next_poll_at = $2
         WHERE id = $1 AND state = 'active' AND lease_token IS NULL AND next_poll_at > $2 RETURNING host",
    )
    .bind(feed_id)
    .bind(now)
    .fetch_optional(&mut *connection)
    .await?;
    match host {
        Some(host) => {
            update_sites(
                connection,
                &[SiteUpdate { poll_at: Some(now), ..SiteUpdate::of(&host) }],
                now,
            )
            .await
        }
        None => Ok(()),
    }
}

/// Saves what the hub's record amounts to now; the loss of trust is an event.
async fn save_trust(
    connection: &mut PgConnection,
    of: &Subscribed,
    trust: &HubTrust,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if *trust == of.trust {
        return Ok(());
    }
    let (word, at, key) = trust.to_stored();
    sqlx::query(
        "/* save_trust */ UPDATE subscriptions SET trust = $2, trust_at = $3, missed_key = $4 WHERE id = $1",
    )
    .bind(of.id)
    .bind(word)
    .bind(at)
    .bind(key)
    .execute(&mut *connection)
    .await?;
    let (HubTrust::Distrusted { .. }, HubTrust::Suspected { key, since }) = (trust, &of.trust)
    else {
        return Ok(());
    };
    tracing::warn!(
        feed.id = of.feed_id,
        hub = of.hub,
        entry = key,
        "the hub missed an entry: polling as usual again"
    );
    let detail = serde_json::json!({ "hub": of.hub, "entry": key, "found_at": since });
    record_events(connection, &[event(of, EventKind::HubDistrusted, detail, now)]).await
}

fn event(of: &Subscribed, kind: EventKind, detail: serde_json::Value, at: DateTime<Utc>) -> Event {
    Event { at, kind, feed_id: Some(of.feed_id), host: Some(of.host.clone()), detail }
}
