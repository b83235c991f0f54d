//! Subscriptions to hubs.
//!
//! A transaction that changes a subscription locks its feed first and the subscription second. So
//! deliveries and polls of one feed run one after the other, and no two transactions wait for each
//! other. [`polling::websub`](crate::polling::websub) decides what changes; here it is loaded and
//! saved.

mod calls;
mod observation;
mod requests;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use crate::polling::websub::{HubTrust, Secret, Subscription, SubscriptionState};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::lease::{Leasable, Table};
use crate::store::sites::{SiteUpdate, update_sites};
use crate::store::{Store, StoreError, clean};
use wiresift_text::limits;

pub use calls::{Call, Delivery};
pub use observation::{CallbackCredentials, HubObservation};
pub use requests::HubAnswer;

/// A stored subscription of one feed.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub id: i64,
    pub feed_id: i64,
    /// The hub that the feed names.
    pub hub: String,
    pub topic: String,
    /// The address of the next request: the hub's, or that of a redirect.
    pub endpoint: String,
    /// The site of `endpoint`.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
    /// The last segment of the callback's path. Must not be logged.
    pub token: String,
    /// The key that deliveries are signed with.
    pub secret: Secret,
    pub subscription: Subscription,
    pub trust: HubTrust,
    /// The first poll after the hub began to deliver. Polls since then show what the hub missed.
    pub watched_since: Option<DateTime<Utc>>,
    /// When the feed named the hub.
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
pub(super) struct SubscribedRow {
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

impl Leasable for Subscribed {
    const TABLE: Table = Table {
        name: "subscriptions",
        noun: "subscription",
        key: "id",
        due: "next_action_at",
        columns: "t.*",
    };

    type Row = SubscribedRow;

    fn of_row(row: SubscribedRow) -> Result<Self, StoreError> {
        row.try_into()
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Store {
    /// The subscription whose callback has this token.
    pub async fn subscription_of(&self, token: &str) -> Result<Option<Subscribed>, StoreError> {
        let row: Option<SubscribedRow> =
            sqlx::query_as("/* subscription_of */ SELECT * FROM subscriptions WHERE token = $1")
                .bind(clean::text(token))
                .fetch_optional(&self.pool)
                .await?;
        row.map(Subscribed::try_from).transpose()
    }
}

/// Locks the feed of a subscription, and then the subscription.
async fn lock(connection: &mut PgConnection, id: i64) -> Result<Option<Subscribed>, StoreError> {
    sqlx::query(
        "/* lock_subscription: feed */ SELECT f.id FROM feeds f
         JOIN subscriptions s ON s.feed_id = f.id WHERE s.id = $1 FOR UPDATE OF f",
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

/// Ends a subscription. If the hub knows of it, the next request to the hub unsubscribes.
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

/// Deletes a subscription. Calls to its callback are answered as unknown.
async fn remove(connection: &mut PgConnection, id: i64) -> Result<(), StoreError> {
    sqlx::query("/* remove_subscription */ DELETE FROM subscriptions WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Saves the state of a subscription. If it has become active, it is watched from the next poll on;
/// if it is no longer active, its feed is polled at once.
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
    .bind(clean::cut_optional(error, limits::ERROR_BYTES))
    .bind(is_active && !was_active)
    .execute(&mut *connection)
    .await?;
    if was_active && !is_active {
        make_due(connection, before.feed_id, now).await?;
    }
    Ok(())
}

/// Makes a feed due now that was polled less often.
async fn make_due(
    connection: &mut PgConnection,
    feed_id: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let host: Option<String> = sqlx::query_scalar(
        "/* make_due */ UPDATE feeds SET next_poll_at = $2
         WHERE id = $1 AND state = 'active' AND lease_token IS NULL AND next_poll_at > $2
         RETURNING host",
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

/// Saves the trust in a hub. The loss of trust is an event.
async fn save_trust(
    connection: &mut PgConnection,
    subscribed: &Subscribed,
    trust: &HubTrust,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if *trust == subscribed.trust {
        return Ok(());
    }
    let (word, at, key) = trust.to_stored();
    sqlx::query(
        "/* save_trust */ UPDATE subscriptions SET trust = $2, trust_at = $3, missed_key = $4
         WHERE id = $1",
    )
    .bind(subscribed.id)
    .bind(word)
    .bind(at)
    .bind(key)
    .execute(&mut *connection)
    .await?;
    let (HubTrust::Distrusted { .. }, HubTrust::Suspected { key, since }) =
        (trust, &subscribed.trust)
    else {
        return Ok(());
    };
    tracing::warn!(
        feed.id = subscribed.feed_id,
        hub = subscribed.hub,
        entry = key,
        "the hub missed an entry: polling as usual again"
    );
    let detail = serde_json::json!({ "hub": subscribed.hub, "entry": key, "found_at": since });
    record_events(connection, &[event(subscribed, EventKind::HubDistrusted, detail, now)]).await
}

fn event(
    subscribed: &Subscribed,
    kind: EventKind,
    detail: serde_json::Value,
    at: DateTime<Utc>,
) -> Event {
    let host = Some(subscribed.host.clone());
    Event { at, kind, feed_id: Some(subscribed.feed_id), host, detail }
}
