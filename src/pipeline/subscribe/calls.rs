//! Calls of hubs: verification of intent, denial, deliveries.
//!
//! The callback's path identifies the subscription, and only the hub knows it. A delivery must also
//! be signed. One with a wrong signature is dropped and answered like any other, so that nobody can
//! try signatures (WebSub, section 7.1.2).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use crate::budget::{Reservation, feed_need, record_need};
use crate::clock::Clock;
use crate::pipeline::parsers::Parsers;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::{Memory, Metrics, Pipeline};
use crate::polling::websub::{Mode, SubscriptionState, Verification, WebsubSettings};
use crate::store::{Call, Delivery, Store, StoreError, Subscribed, later};
use wiresift_feed::ParsedFeed;

/// A delivery as it was received.
#[derive(Debug)]
pub struct DeliveryRequest {
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
    /// The memory of `bytes`, and of what becomes of them.
    pub memory: Arc<Reservation>,
}

/// How a call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackReply {
    /// With the challenge.
    Echo(String),
    /// Accepted. The answer does not say whether the call was of any use.
    Taken,
    /// Accepted, and there is something to read.
    News,
    /// There is no such subscription, or we did not ask for it.
    Unknown,
    /// The database cannot be reached: the hub must try again.
    Unavailable,
}

/// How long a delivery waits for a database that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers the calls of hubs.
pub struct HubCalls {
    pub settings: WebsubSettings,
    pub memory: Memory,
    store: Store,
    clock: Arc<dyn Clock>,
    parsers: Parsers,
    recorder: Recorder,
    metrics: Metrics,
}

impl HubCalls {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            settings: pipeline.websub.clone(),
            memory: pipeline.memory.clone(),
            store: pipeline.store.clone(),
            clock: Arc::clone(&pipeline.clock),
            parsers: pipeline.parsers.clone(),
            recorder: pipeline.recorder.clone(),
            metrics: pipeline.metrics.clone(),
        }
    }

    /// The subscription of a callback, if there is one. Looked up before a body is read.
    pub async fn subscription_of(&self, token: &str) -> Result<Option<Subscribed>, StoreError> {
        self.store.subscription_of(token).await
    }

    /// Answers a hub that verifies our intent or denies the subscription.
    pub async fn verify(&self, subscribed: &Subscribed, call: Verification) -> CallbackReply {
        let (now, chance) = (self.clock.now(), rand::random());
        let challenge = match &call {
            Verification::Intent { challenge, .. } => Some(challenge.clone()),
            Verification::Denied { .. } => None,
        };
        let asked_lease = self.settings.lease;
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
                tracing::warn!(
                    feed.id = feed,
                    hub,
                    "the hub verifies a request that we did not make"
                );
                CallbackReply::Unknown
            }
            Call::Verified(subscription) => {
                let until = subscription.lease_ends_at;
                tracing::info!(feed.id = feed, hub, ?until, "subscribed");
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

    /// Receives a delivery: checks its signature, parses it, records its entries.
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
        let (memory, size) = (Arc::clone(&request.memory), request.bytes.len() as u64);
        if memory.grow_by(feed_need(size)).await.is_err() {
            return self.no_memory(subscribed);
        }
        let parsed = match self.read_delivery(subscribed, request).await {
            Ok(parsed) => parsed,
            Err(reply) => return reply,
        };
        if memory.grow_to(record_need(size, parsed.entries.len())).await.is_err() {
            self.end_delivery(subscribed).await;
            return self.no_memory(subscribed);
        }
        self.record_delivery(subscribed, &parsed).await
    }

    fn no_memory(&self, subscribed: &Subscribed) -> CallbackReply {
        let (feed, hub) = (subscribed.feed_id, &subscribed.hub);
        tracing::debug!(
            feed.id = feed,
            hub,
            "no memory for a delivery now; the hub is asked to try again (daemon.memory)"
        );
        self.metrics.shortages.inc();
        CallbackReply::Unavailable
    }

    async fn end_delivery(&self, subscribed: &Subscribed) {
        if let Err(error) = self.store.end_delivery(subscribed.id).await {
            tracing::warn!(%error, "a delivery that was parsed counts as in progress for a day");
        }
    }

    /// Parses a delivery with a valid signature. Its content may still kill the process that parses
    /// it, so it is recorded as in progress meanwhile.
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
                    "too many deliveries are in progress, or killed the process that parsed them"
                );
                return Err(CallbackReply::Unavailable);
            }
            Err(error) => {
                tracing::warn!(feed.id = feed, hub, %error, "a delivery cannot be received now");
                return Err(CallbackReply::Unavailable);
            }
        }
        match self.parse(subscribed, request).await {
            Ok(parsed) => Ok(parsed),
            Err(error) => {
                tracing::warn!(
                    feed.id = feed,
                    hub,
                    error,
                    "dropped a delivery that cannot be parsed"
                );
                self.end_delivery(subscribed).await;
                Err(self.drop_delivery(subscribed, "unreadable").await)
            }
        }
    }

    async fn record_delivery(&self, subscribed: &Subscribed, parsed: &ParsedFeed) -> CallbackReply {
        let now = self.clock.now();
        let delivery = Delivery { entries: &parsed.entries, at: now, grace: self.settings.grace };
        let recorded = self
            .recorder
            .record(later(now, PATIENCE), || self.store.record_delivery(subscribed.id, &delivery))
            .await;
        let Some(recorded) = recorded else { return CallbackReply::Unavailable };
        let Some(record) = recorded else { return CallbackReply::Unknown };
        if record.set_aside > 0 {
            Metrics::count(&self.metrics.set_aside, "delivery");
            Metrics::count(&self.metrics.hub_calls, "unstorable");
            return CallbackReply::Taken;
        }
        Metrics::count(&self.metrics.hub_calls, "delivered");
        self.metrics.entries.inc_by(record.new_entries);
        let (feed, hub, entries) = (subscribed.feed_id, &subscribed.hub, parsed.entries.len());
        tracing::debug!(feed.id = feed, hub, entries, new = record.new_entries, "delivered");
        if record.new_entries + record.changed_entries > 0 {
            CallbackReply::News
        } else {
            CallbackReply::Taken
        }
    }

    /// Counts a dropped delivery. The hub gets the usual answer, because it could not help.
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

    /// Relative links refer to the topic, which is what was delivered.
    async fn parse(
        &self,
        subscribed: &Subscribed,
        request: DeliveryRequest,
    ) -> Result<ParsedFeed, String> {
        let base = Url::parse(&subscribed.topic).map_err(|error| error.to_string())?;
        let (now, DeliveryRequest { content_type, bytes, .. }) = (self.clock.now(), request);
        let parsed = self
            .parsers
            .run(move || wiresift_feed::parse(&bytes, content_type.as_deref(), &base, now))
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
