//! Subscriptions whose hub is to be asked: leases on them, and what the hub answered.

use chrono::{DateTime, Utc};
use url::Url;

use crate::lease::{Lease, Politeness};
use crate::polling::websub::RequestResult;
use crate::store::websub::{Subscribed, SubscribedRow, lock, remove, save};
use crate::store::{Store, StoreError};
use wiresift_feed::address::Host;

/// What a hub answered.
#[derive(Debug, Clone)]
pub enum HubAnswer {
    /// It will call back.
    Accepted,
    /// It did not take the request.
    Failed {
        /// What that means for the next one.
        answer: RequestResult,
        /// In words.
        error: String,
    },
    /// The request is to be made elsewhere.
    Moved(Url),
}

impl Store {
    /// Leases subscriptions whose hub is to be asked, at most `room`, one per site, and none of a site that is to be
    /// left alone.
    pub async fn lease_subscriptions(
        &self,
        now: DateTime<Utc>,
        room: usize,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<Subscribed>>, StoreError> {
        let rows: Vec<SubscribedRow> = sqlx::query_as(
            "/* lease_subscriptions */
             WITH candidate AS (
                 SELECT DISTINCT ON (s.host) s.id FROM subscriptions s LEFT JOIN sites ON sites.host = s.host
                 WHERE s.next_action_at <= $1
                   AND (sites.next_request_at IS NULL OR sites.next_request_at <= $1)
                 ORDER BY s.host, s.next_action_at
             ), due AS (
                 SELECT id FROM subscriptions WHERE id IN (SELECT id FROM candidate) AND next_action_at <= $1
                 ORDER BY next_action_at LIMIT $2 FOR UPDATE SKIP LOCKED
             )
             UPDATE subscriptions SET
                 lease_token = gen_random_uuid(), lease_expires_at = $3, next_action_at = $3,
                 lease_attempts = lease_attempts + 1
             FROM due WHERE subscriptions.id = due.id
             RETURNING subscriptions.*",
        )
        .bind(now)
        .bind(i64::try_from(room).unwrap_or(i64::MAX))
        .bind(politeness.expiry(now))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Lease::try_from).collect()
    }

    /// Puts a leased subscription back, unless somebody has planned it anew meanwhile.
    pub async fn postpone_subscription(
        &self,
        lease: &Lease<Subscribed>,
        until: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* postpone_subscription */ UPDATE subscriptions SET
                 next_action_at = CASE WHEN next_action_at = lease_expires_at THEN $3 ELSE next_action_at END,
                 lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0
             WHERE id = $1 AND lease_token = $2",
        )
        .bind(lease.item.id)
        .bind(lease.token)
        .bind(until)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes that the hub is about to be asked, before it is: it may call before it answers. None: the lease is lost.
    pub async fn begin_asking(
        &self,
        lease: &Lease<Subscribed>,
        now: DateTime<Utc>,
    ) -> Result<Option<Subscribed>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let Some(held) = lock(&mut transaction, lease.item.id).await? else { return Ok(None) };
        let still: bool = sqlx::query_scalar(
            "/* begin_asking */ SELECT lease_token IS NOT DISTINCT FROM $2 FROM subscriptions WHERE id = $1",
        )
        .bind(held.id)
        .bind(lease.token)
        .fetch_one(&mut *transaction)
        .await?;
        if !still {
            return Ok(None);
        }
        let asked = held.subscription.request_sent(now);
        save(&mut transaction, &held, &asked, None, now).await?;
        transaction.commit().await?;
        Ok(Some(Subscribed { subscription: asked, ..held }))
    }

    /// Records what the hub answered, and gives the lease back.
    pub async fn record_hub_answer(
        &self,
        lease: &Lease<Subscribed>,
        answer: &HubAnswer,
        now: DateTime<Utc>,
        chance: f64,
    ) -> Result<(), StoreError> {
        let lost = || StoreError::LeaseLost { what: "subscription", id: lease.item.id };
        let mut transaction = self.pool.begin().await?;
        let held = lock(&mut transaction, lease.item.id).await?.ok_or_else(lost)?;
        let given_back = sqlx::query(
            "/* record_hub_answer */ UPDATE subscriptions SET
                 lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0,
                 endpoint = coalesce($3, hub), host = $4, hops = CASE WHEN $5::boolean THEN hops + 1 ELSE 0 END
             WHERE id = $1 AND lease_token = $2",
        )
        .bind(held.id)
        .bind(lease.token)
        .bind(endpoint(&held, answer))
        .bind(host(&held, answer))
        .bind(matches!(answer, HubAnswer::Moved(_)))
        .execute(&mut *transaction)
        .await?;
        if given_back.rows_affected() == 0 {
            return Err(lost());
        }
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

/// Where the next request goes; none for the hub that the feed names.
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
