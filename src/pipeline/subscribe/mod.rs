//! Requests to hubs: subscribe, renew, unsubscribe. What hubs call about is in [`calls`].
//!
//! The hub may call back before it has answered, so the request is recorded before it is made. A
//! request is a single hop under the limit of the hub's site, like any other. If that site is not
//! open, the subscription is postponed.

pub mod calls;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::Instrument as _;
use url::Url;

use crate::budget::Reservation;
use crate::clock::Clock;
use crate::http::{FetchError, FetchOutcome, HttpClient, Response};
use crate::pipeline::politeness::{retry_after, site_step};
use crate::pipeline::recorder::Recorder;
use crate::pipeline::{Metrics, Pipeline, Place, Step};
use crate::polling::failure::Cause;
use crate::polling::websub::{Mode, RequestResult, WebsubSettings};
use crate::store::{HubAnswer, Lease, Politeness, SiteStep, Store, StoreError, Subscribed, later};

/// Redirects of a request to a hub that are followed.
const MAX_HOPS: i32 = 5;

/// Pause if the hub's site is not open.
const SITE_CLOSED_PAUSE: Duration = Duration::from_secs(2);

/// The step that makes requests to hubs.
pub struct SubscribeStep {
    store: Store,
    web: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    politeness: Politeness,
    settings: WebsubSettings,
    recorder: Recorder,
    metrics: Metrics,
}

impl SubscribeStep {
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            store: pipeline.store.clone(),
            web: Arc::clone(&pipeline.web),
            clock: Arc::clone(&pipeline.clock),
            politeness: pipeline.politeness,
            settings: pipeline.websub.clone(),
            recorder: pipeline.recorder.clone(),
            metrics: pipeline.metrics.clone(),
        }
    }
}

impl Step for SubscribeStep {
    type Item = Subscribed;

    fn name(&self) -> &'static str {
        "subscribe"
    }

    async fn lease(&self, room: usize) -> Result<Vec<Lease<Subscribed>>, StoreError> {
        self.store.lease_subscriptions(self.clock.now(), room, &self.politeness).await
    }

    /// The answer of a hub has no body that is read, so `_memory` never grows.
    async fn run(&self, lease: Lease<Subscribed>, _memory: Reservation, _place: Place) {
        let span =
            tracing::info_span!("subscribe", feed.id = lease.item.feed_id, hub = lease.item.hub);
        let ask = async {
            if let Err(error) = self.ask(&lease).await {
                tracing::warn!(%error, "the lease will run out and the hub be asked again");
            }
        };
        ask.instrument(span).await;
    }
}

impl SubscribeStep {
    /// Makes the request of a leased subscription, and records the hub's answer.
    async fn ask(&self, lease: &Lease<Subscribed>) -> Result<(), StoreError> {
        let Some(callback) = self.settings.callback_of(&lease.item.token) else { return Ok(()) };
        let host = &lease.item.host;
        let slot = self.store.acquire_slot(host, self.clock.now(), &self.politeness).await?;
        let Some(slot) = slot else {
            let until = later(self.clock.now(), SITE_CLOSED_PAUSE);
            return self.store.postpone_subscription(lease, until).await;
        };
        let asked = match self.store.begin_request(lease, self.clock.now()).await {
            Ok(Some(asked)) => asked,
            other => {
                let unasked = SiteStep::default();
                self.release(host, slot, &unasked).await?;
                return other.map(drop);
            }
        };
        let (answer, site) = self.request(&asked, &callback).await;
        Metrics::count(&self.metrics.hub_requests, label(&answer));
        log(&asked, &answer);
        let chance = rand::random();
        self.recorder
            .record(lease.expires_at, || {
                self.store.record_hub_answer(lease, &answer, self.clock.now(), chance)
            })
            .await;
        self.release(host, slot, &site).await
    }

    async fn release(
        &self,
        host: &str,
        slot: DateTime<Utc>,
        step: &SiteStep,
    ) -> Result<(), StoreError> {
        self.store.release_slot(host, slot, step, &self.politeness, self.clock.now()).await
    }

    async fn request(&self, asked: &Subscribed, callback: &str) -> (HubAnswer, SiteStep) {
        let mode = asked.subscription.mode();
        let lease = self.settings.lease.as_secs().to_string();
        let mut form = vec![
            ("hub.callback", callback),
            ("hub.mode", mode.as_str()),
            ("hub.topic", asked.topic.as_str()),
        ];
        if mode == Mode::Subscribe {
            // Section 5.1 wants the secret to be sent over https only. Over http an eavesdropper
            // learns it, but without it anybody who learns the callback could forge deliveries.
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
            FetchOutcome::Redirect { .. } if asked.hops >= MAX_HOPS => {
                failed(Cause::Redirect, None, format!("redirects more than {MAX_HOPS} times"))
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
        HubAnswer::Accepted => tracing::debug!(mode, "the hub will call back"),
        HubAnswer::Failed { error, .. } => {
            tracing::warn!(
                mode,
                failures = asked.subscription.failures.saturating_add(1),
                "the hub refuses: {error}"
            );
        }
        HubAnswer::Moved(to) => tracing::info!(mode, %to, "the hub is elsewhere"),
    }
}
