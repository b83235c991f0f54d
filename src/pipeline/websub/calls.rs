//! What hubs call about: verification of intent, denial, deliveries.
//!
//! The callback's path says which subscription is meant, and only the hub knows it. A delivery counts only if it is
//! signed besides; a wrong signature is dropped without telling so, lest somebody try others (WebSub, section 7.1.2).

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use crate::pipeline::{Ingest, Metrics};
use crate::polling::websub::{Mode, SubscriptionState, Verification};
use crate::store::{Call, Delivery, StoreError, Subscribed, later};
use wiresift_feed::ParsedFeed;

/// A delivery as it came.
#[derive(Debug)]
pub struct DeliveryRequest {
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackReply {
    /// The challenge is to be echoed.
    Echo(String),
    /// Taken. Whether it was of use is not told.
    Taken,
    /// Taken, and there is something to read.
    News,
    /// No such subscription, or none that we intend.
    Unknown,
    /// Not now: the database is away.
    Unavailable,
}

/// How long a call waits for a database that is away before the hub is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

impl Ingest {
    /// The subscription that a callback's path means, if there is one. Asked before a body is read.
    pub async fn called(&self, token: &str) -> Result<Option<Subscribed>, StoreError> {
        self.store.subscription_of(token).await
    }

    /// Answers a hub that asks whether it was we who subscribed, or says that it will not deliver.
    pub async fn verify(&self, subscribed: &Subscribed, call: Verification) -> CallbackReply {
        let (now, chance) = (self.clock.now(), rand::random());
        let challenge = match &call {
            Verification::Intent { challenge, .. } => Some(challenge.clone()),
            Verification::Denied { .. } => None,
        };
        let asked_lease = self.websub.lease;
        let decide = |held: &Subscribed| decide(held, call, asked_lease, now, chance);
        let decided = match self.store.record_call(subscribed.id, now, decide).await {
            Ok(decided) => decided,
            Err(error) => {
                tracing::warn!(%error, "a hub's call could not be recorded");
                return CallbackReply::Unavailable;
            }
        };
        Metrics::count(&self.metrics.hub_calls, label(&decided));
        let (feed, hub) = (subscribed.feed_id, &subscribed.hub);
        match decided {
            Call::Ignored => {
                tracing::warn!(feed.id = feed, hub, "the hub asks for what we do not intend");
                CallbackReply::Unknown
            }
            Call::Verified(subscription) => {
                tracing::info!(feed.id = feed, hub, until = ?subscription.lease_ends_at, "subscribed");
                challenge.map_or(CallbackReply::Taken, CallbackReply::Echo)
            }
            Call::Released => {
                tracing::info!(feed.id = feed, hub, "unsubscribed");
                challenge.map_or(CallbackReply::Taken, CallbackReply::Echo)
            }
            Call::Denied { reason, .. } => {
                tracing::warn!(feed.id = feed, hub, reason, "the hub denies the subscription");
                CallbackReply::Taken
            }
        }
    }

    /// Takes a delivery: checks its signature, reads it, files its entries.
    pub async fn receive(
        &self,
        subscribed: &Subscribed,
        request: DeliveryRequest,
    ) -> CallbackReply {
        if subscribed.subscription.state == SubscriptionState::Unsubscribing {
            return CallbackReply::Unknown;
        }
        if let Err(fault) = subscribed.secret.check(request.signature.as_deref(), &request.bytes) {
            let (feed, hub) = (subscribed.feed_id, &subscribed.hub);
            tracing::warn!(feed.id = feed, hub, fault = fault.as_str(), "dropped a delivery");
            return self.drop_delivery(subscribed, fault.as_str()).await;
        }
        match self.read_delivery(subscribed, request).await {
            Ok(parsed) => self.file_delivery(subscribed, &parsed).await,
            Err(receipt) => receipt,
        }
    }

    /// Reads a delivery that is the hub's; what it says may still be anybody's, and kill its reader.
    async fn read_delivery(
        &self,
        subscribed: &Subscribed,
        request: DeliveryRequest,
    ) -> Result<ParsedFeed, CallbackReply> {
        let (feed, hub) = (subscribed.feed_id, &subscribed.hub);
        match self.store.begin_delivery(subscribed.id, self.clock.now()).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!(
                    feed.id = feed,
                    hub,
                    "too many deliveries are in hand, or killed their readers"
                );
                return Err(CallbackReply::Unavailable);
            }
            Err(error) => {
                tracing::warn!(feed.id = feed, hub, %error, "a delivery cannot be taken now");
                return Err(CallbackReply::Unavailable);
            }
        }
        match self.parse_parcel(subscribed, request).await {
            Ok(parsed) => Ok(parsed),
            Err(error) => {
                tracing::warn!(
                    feed.id = feed,
                    hub,
                    error,
                    "dropped a delivery that cannot be read"
                );
                if let Err(error) = self.store.end_delivery(subscribed.id).await {
                    tracing::warn!(%error, "a delivery that was read counts as in hand for a day");
                }
                Err(self.drop_delivery(subscribed, "unreadable").await)
            }
        }
    }

    async fn file_delivery(&self, subscribed: &Subscribed, parsed: &ParsedFeed) -> CallbackReply {
        let now = self.clock.now();
        let delivery = Delivery { entries: &parsed.entries, at: now, grace: self.websub.grace };
        let recorded = self
            .record(later(now, PATIENCE), || self.store.record_delivery(subscribed.id, &delivery))
            .await;
        let Some(recorded) = recorded else { return CallbackReply::Unavailable };
        let Some(record) = recorded else { return CallbackReply::Unknown };
        Metrics::count(&self.metrics.hub_calls, "delivered");
        self.metrics.entries.inc_by(record.new_entries);
        let (feed, hub, entries) = (subscribed.feed_id, &subscribed.hub, parsed.entries.len());
        tracing::info!(feed.id = feed, hub, entries, new = record.new_entries, "delivered");
        if record.new_entries + record.changed_entries > 0 {
            CallbackReply::News
        } else {
            CallbackReply::Taken
        }
    }

    /// Counts a delivery that is of no use. The hub is told that it was taken: it could do nothing about it.
    pub async fn drop_delivery(
        &self,
        subscribed: &Subscribed,
        fault: &'static str,
    ) -> CallbackReply {
        Metrics::count(&self.metrics.hub_calls, fault);
        if let Err(error) = self.store.count_dropped(subscribed.id).await {
            tracing::warn!(%error, "a dropped delivery is not counted");
        }
        CallbackReply::Taken
    }

    /// Relative links are of the topic: that is what was delivered.
    async fn parse_parcel(
        &self,
        subscribed: &Subscribed,
        request: DeliveryRequest,
    ) -> Result<ParsedFeed, String> {
        let base = Url::parse(&subscribed.topic).map_err(|error| error.to_string())?;
        let (now, DeliveryRequest { content_type, bytes, .. }) = (self.clock.now(), request);
        let parsed = self
            .compute(move || wiresift_feed::parse(&bytes, content_type.as_deref(), &base, now))
            .await;
        parsed
            .ok_or("parsing it panicked; please report the feed")?
            .map_err(|error| error.to_string())
    }
}

fn decide(
    held: &Subscribed,
    call: Verification,
    asked_lease: Duration,
    now: DateTime<Utc>,
    chance: f64,
) -> Call {
    let subscription = &held.subscription;
    match call {
        Verification::Intent { mode, topic, lease, .. }
            if topic == held.topic && subscription.expects(mode, now) =>
        {
            match mode {
                Mode::Subscribe => {
                    Call::Verified(subscription.verified(lease.unwrap_or(asked_lease), now, chance))
                }
                Mode::Unsubscribe => Call::Released,
            }
        }
        Verification::Denied { topic, reason }
            if topic == held.topic && subscription.state != SubscriptionState::Unsubscribing =>
        {
            Call::Denied { subscription: subscription.denied(now, chance), reason }
        }
        Verification::Intent { .. } | Verification::Denied { .. } => Call::Ignored,
    }
}

fn label(call: &Call) -> &'static str {
    match call {
        Call::Ignored => "not-intended",
        Call::Verified(_) => "verified",
        Call::Released => "released",
        Call::Denied { .. } => "denied",
    }
}
