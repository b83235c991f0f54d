//! What a poll shows about its feed's hub.

use std::time::Duration;

use url::Url;

use crate::polling::poll::{Poll, PollOutcome};
use crate::polling::websub::{HubOffer, Secret, WebsubSettings};
use crate::store::{CallbackCredentials, DueFeed, HubObservation, PollRecord, Store};
use wiresift_feed::ParsedFeed;

/// How much the pause before the next poll of a feed with a trusted hub varies, either way, so that
/// such polls do not come together.
const JITTER: f64 = 0.1;

/// Records what polls show about hubs.
pub(super) struct HubObserver {
    pub(super) store: Store,
    pub(super) settings: WebsubSettings,
    /// Longest pause between two polls of a feed.
    pub(super) max_every: Duration,
}

impl HubObserver {
    /// Records what a poll shows about its feed's hub. `recorded` is the record of the poll.
    pub(super) async fn observe(&self, feed: &DueFeed, poll: &Poll, recorded: Option<PollRecord>) {
        // An older page names itself as the topic, and its entries were never to be delivered.
        if self.settings.listen.is_none() || feed.backfill.is_some() {
            return;
        }
        let named = match &poll.outcome {
            PollOutcome::Parsed { feed: parsed, .. } => named(feed, parsed),
            PollOutcome::Unchanged { .. } => None,
            PollOutcome::Moved { .. } | PollOutcome::Page { .. } | PollOutcome::Failed { .. } => {
                return;
            }
        };
        let Some(record) = recorded else { return };
        let observation = HubObservation {
            at: poll.at,
            named: named.as_ref(),
            found_new: record.new_entries > 0,
            grace: self.settings.grace,
            pause: self.safety_pause(rand::random()),
            credentials: credentials(),
        };
        if let Err(error) = self.store.observe_hub(feed.id, &observation).await {
            tracing::warn!(
                %error,
                "what the poll shows about its hub is not recorded; the next poll will show it too"
            );
        }
    }

    fn safety_pause(&self, chance: f64) -> Duration {
        let pause =
            self.settings.safety_every.as_secs_f64() * (1.0 + JITTER * (2.0 * chance - 1.0));
        Duration::try_from_secs_f64(pause).unwrap_or(self.max_every).min(self.max_every)
    }
}

fn named(feed: &DueFeed, parsed: &ParsedFeed) -> Option<HubOffer> {
    parsed.links.offer(&Url::parse(&feed.fetch_url).ok()?)
}

/// From the generator of the process, which is a cryptographic one.
fn credentials() -> CallbackCredentials {
    let token = Secret::of_random(rand::random()).reveal().to_owned();
    CallbackCredentials { token, secret: Secret::of_random(rand::random()) }
}
