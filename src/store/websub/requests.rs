//! Requests to hubs: leases on subscriptions that need one, and the hub's answers.

use chrono::{DateTime, Utc};
use url::Url;

use crate::lease::{Lease, Politeness};
use crate::polling::websub::RequestResult;
use crate::store::lease::{lease_one_per_site, lock_leased, lost, postpone, release};
use crate::store::websub::{Subscribed, lock, remove, save};
use crate::store::{Store, StoreError};
use wiresift_feed::address::Host;

/// A hub's answer to a request.
#[derive(Debug, Clone)]
pub enum HubAnswer {
    /// The hub will call back.
    Accepted,
    Failed {
        answer: RequestResult,
        error: String,
    },
    /// The hub redirects to this address.
    Moved(Url),
}

impl Store {
    /// Leases subscriptions that need a request to their hub, at most `room`, one per site.
    pub async fn lease_subscriptions(
        &self,
        now: DateTime<Utc>,
        room: usize,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<Subscribed>>, StoreError> {
        lease_one_per_site(self, now, room, i32::MAX, politeness).await
    }

    /// Ends a lease without an outcome.
    pub async fn postpone_subscription(
        &self,
        lease: &Lease<Subscribed>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        postpone(&self.pool, lease, until).await
    }

    /// Records that a request is about to be made. It must be recorded before it is made, because
    /// the hub may call back before it answers. `None`: the lease is lost.
    pub async fn begin_request(
        &self,
        lease: &Lease<Subscribed>,
        now: DateTime<Utc>,
    ) -> Result<Option<Subscribed>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(held) = lock(&mut transaction, lease.item.id).await? else { return Ok(None) };
        if !lock_leased(&mut transaction, lease).await? {
            return Ok(None);
        }
        let asked = held.subscription.request_sent(now);
        save(&mut transaction, &held, &asked, None, now).await?;
        transaction.commit().await?;
        Ok(Some(Subscribed { subscription: asked, ..held }))
    }

    /// Records the hub's answer and ends the lease.
    pub async fn record_hub_answer(
        &self,
        lease: &Lease<Subscribed>,
        answer: &HubAnswer,
        now: DateTime<Utc>,
        chance: f64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        let held = lock(&mut transaction, lease.item.id).await?.ok_or_else(|| lost(lease))?;
        release(&mut transaction, lease).await?;
        sqlx::query(
            "/* record_hub_answer */ UPDATE subscriptions SET
                 endpoint = coalesce($2, hub), host = $3,
                 hops = CASE WHEN $4::boolean THEN hops + 1 ELSE 0 END
             WHERE id = $1",
        )
        .bind(held.id)
        .bind(endpoint(&held, answer))
        .bind(host(&held, answer))
        .bind(matches!(answer, HubAnswer::Moved(_)))
        .execute(&mut *transaction)
        .await?;
        let (next, error) = match answer {
            HubAnswer::Accepted => {
                (held.subscription.request_answered(RequestResult::Accepted, now, chance), None)
            }
            HubAnswer::Failed { answer, error } => {
                (held.subscription.request_answered(*answer, now, chance), Some(error.as_str()))
            }
            HubAnswer::Moved(_) => (Some(held.subscription.request_redirected(now)), None),
        };
        match next {
            Some(next) => save(&mut transaction, &held, &next, error, now).await?,
            None => remove(&mut transaction, held.id).await?,
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// The address of the next request. `None`: that of the hub.
fn endpoint(held: &Subscribed, answer: &HubAnswer) -> Option<String> {
    match answer {
        HubAnswer::Moved(to) => Some(to.to_string()),
        HubAnswer::Accepted => Some(held.endpoint.clone()),
        HubAnswer::Failed { .. } => None,
    }
}

fn host(held: &Subscribed, answer: &HubAnswer) -> String {
    let endpoint = endpoint(held, answer).unwrap_or_else(|| held.hub.clone());
    let host = Url::parse(&endpoint).ok().and_then(|url| Host::of(&url));
    host.map_or_else(|| held.host.clone(), |host| host.as_str().to_owned())
}
