//! Hubs: asking them to deliver, and heeding what polls say of them. What they call about is in [`calls`].
//!
//! The hub may call back before it has answered, so what is asked for is on record before the request is made. A
//! request is one hop under the gate of the hub's site, like any other; where it is not that site's turn, the
//! subscription waits for its own.

pub mod calls;

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;
use url::Url;

use crate::http::{FetchError, FetchOutcome, Response};
use crate::pipeline::politeness::{retry_after, site_step};
use crate::pipeline::{Ingest, Metrics, Step};
use crate::polling::failure::Cause;
use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::websub::{HubOffer, Mode, RequestResult, Secret};
use crate::store::{
    CallbackCredentials, DueFeed, HubAnswer, HubObservation, Lease, PollRecord, SiteStep,
    StoreError, Subscribed, later,
};
use wiresift_feed::ParsedFeed;

/// Redirects of a request to a hub that are followed.
const MOST_HOPS: i32 = 5;

/// How long to wait where it is not the hub's turn.
const OTHER_TURN: Duration = Duration::from_secs(2);

/// How far the pause before a safety poll may differ either way, so that they do not come together.
const JITTER: f64 = 0.1;

/// The step that asks hubs.
pub struct SubscribeStep(Arc<Ingest>);

impl SubscribeStep {
    /// The step.
    #[must_use]
    pub fn new(ingest: Arc<Ingest>) -> Self {
        Self(ingest)
    }
}

impl Step for SubscribeStep {
    type Item = Subscribed;

    fn name(&self) -> &'static str {
        "subscribe"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<Subscribed>>, StoreError> {
        self.0.lease_subscriptions(room).await
    }

    async fn run(&self, lease: Lease<Subscribed>) {
        let span =
            tracing::info_span!("subscribe", feed.id = lease.item.feed_id, hub = lease.item.hub);
        self.0.ask_hub(lease).instrument(span).await;
    }
}

impl Ingest {
    /// Leases subscriptions whose hub is to be asked.
    pub async fn lease_subscriptions(
        &self,
        room: usize,
    ) -> Result<Vec<Lease<Subscribed>>, StoreError> {
        self.store.lease_subscriptions(self.clock.now(), room, &self.politeness()).await
    }

    /// Asks the hub of a leased subscription, and records what it answered.
    pub async fn ask_hub(&self, lease: Lease<Subscribed>) {
        if let Err(error) = self.try_ask_hub(&lease).await {
            tracing::warn!(%error, "the lease will run out and the hub be asked again");
        }
    }

    async fn try_ask_hub(&self, lease: &Lease<Subscribed>) -> Result<(), StoreError> {
        let politeness = self.politeness();
        let Some(callback) = self.websub.callback_of(&lease.item.token) else { return Ok(()) };
        let host = &lease.item.host;
        let Some(slot) = self.store.acquire_slot(host, self.clock.now(), &politeness).await? else {
            return self
                .store
                .postpone_subscription(lease, later(self.clock.now(), OTHER_TURN))
                .await;
        };
        let asked = match self.store.begin_asking(lease, self.clock.now()).await {
            Ok(Some(asked)) => asked,
            other => {
                self.store
                    .give_turn(host, slot, &SiteStep::default(), &politeness, self.clock.now())
                    .await?;
                return other.map(drop);
            }
        };
        let (answer, site) = self.request(&asked, &callback).await;
        Metrics::count(&self.metrics.hub_requests, label(&answer));
        log(&asked, &answer);
        let chance = rand::random();
        self.record(lease.expires_at, || {
            self.store.record_hub_answer(lease, &answer, self.clock.now(), chance)
        })
        .await;
        self.store.give_turn(host, slot, &site, &politeness, self.clock.now()).await
    }

    async fn request(&self, asked: &Subscribed, callback: &str) -> (HubAnswer, SiteStep) {
        let mode = asked.subscription.mode();
        let lease = self.websub.lease.as_secs().to_string();
        let mut form = vec![
            ("hub.callback", callback),
            ("hub.mode", mode.as_str()),
            ("hub.topic", asked.topic.as_str()),
        ];
        if mode == Mode::Subscribe {
            // Section 5.1 would have it sent over https only. Over http a listener on the wire learns it, and without
            // it everybody who learns the callback could sign.
            form.extend([
                ("hub.lease_seconds", lease.as_str()),
                ("hub.secret", asked.secret.reveal()),
            ]);
        }
        let Ok(endpoint) = Url::parse(&asked.endpoint) else {
            return (failed(Cause::Url, None, "not an address".to_owned()), SiteStep::default());
        };
        let answer = self.web.post_form(&endpoint, &form).await;
        let site = site_step(answer.as_ref().ok(), self.clock.now());
        (self.judge(asked, answer), site)
    }

    fn judge(&self, asked: &Subscribed, answer: Result<Response, FetchError>) -> HubAnswer {
        let response = match answer {
            Ok(response) => response,
            Err(error) => return failed(error.cause(), None, error.to_string()),
        };
        match &response.outcome {
            FetchOutcome::Redirect { downgrade: true, .. } => {
                failed(Cause::Redirect, None, "redirects from https down to http".to_owned())
            }
            FetchOutcome::Redirect { .. } if asked.hops >= MOST_HOPS => {
                failed(Cause::Redirect, None, format!("redirects more than {MOST_HOPS} times"))
            }
            FetchOutcome::Redirect { to, .. } => HubAnswer::Moved(to.clone()),
            FetchOutcome::Refused(status) => {
                let cause = response.cause().unwrap_or(Cause::Refused);
                let wait = retry_after(&response, self.clock.now());
                failed(cause, wait, format!("the hub answered {status}"))
            }
            FetchOutcome::Body { .. } | FetchOutcome::NotModified => HubAnswer::Accepted,
        }
    }

    /// Heeds what a recorded poll says about its feed's hub.
    pub(super) async fn observe_hub(
        &self,
        feed: &DueFeed,
        poll: &Poll,
        recorded: Option<PollRecord>,
    ) {
        // An older page of a feed names itself, and was never to be delivered.
        if self.websub.listen.is_none() || feed.backfill.is_some() {
            return;
        }
        let named = match &poll.outcome {
            PollOutcome::Parsed { feed: parsed, .. } => named(feed, parsed),
            PollOutcome::Unchanged { .. } => None,
            PollOutcome::Moved { .. } | PollOutcome::Failed { .. } => return,
        };
        let Some(record) = recorded else { return };
        let heed = HubObservation {
            at: poll.at,
            named: named.as_ref(),
            found_new: record.new_entries > 0,
            grace: self.websub.grace,
            pause: self.safety_pause(rand::random()),
            credentials: credentials(),
        };
        if let Err(error) = self.store.heed_poll(feed.id, &heed).await {
            tracing::warn!(%error, "what the poll says of its hub is not noted; the next one will say it again");
        }
    }

    fn safety_pause(&self, chance: f64) -> Duration {
        let pause = self.websub.safety_every.mul_f64(1.0 + JITTER * (2.0 * chance - 1.0));
        pause.min(self.poll.max_every)
    }
}

fn named(feed: &DueFeed, parsed: &ParsedFeed) -> Option<HubOffer> {
    parsed.links.offer(&Url::parse(&feed.fetch_url).ok()?)
}

/// From the process's generator, which is a cryptographic one.
fn credentials() -> CallbackCredentials {
    let token = Secret::of_random(rand::random()).reveal().to_owned();
    CallbackCredentials { token, secret: Secret::of_random(rand::random()) }
}

fn failed(cause: Cause, wait: Option<Duration>, error: String) -> HubAnswer {
    HubAnswer::Failed { answer: RequestResult::Failed(cause.failure(wait)), error }
}

fn label(answer: &HubAnswer) -> &'static str {
    match answer {
        HubAnswer::Accepted => "accepted",
        HubAnswer::Failed { .. } => "failed",
        HubAnswer::Moved(_) => "moved",
    }
}

fn log(asked: &Subscribed, answer: &HubAnswer) {
    let mode = asked.subscription.mode().as_str();
    match answer {
        HubAnswer::Accepted => tracing::info!(mode, "the hub will call back"),
        HubAnswer::Failed { error, .. } => {
            tracing::warn!(
                mode,
                failures = asked.subscription.failures + 1,
                "the hub refuses: {error}"
            );
        }
        HubAnswer::Moved(to) => tracing::info!(mode, %to, "the hub is elsewhere"),
    }
}
