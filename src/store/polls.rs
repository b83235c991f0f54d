//! The record of a poll: the feed's row, its entries, and the turns of all sites concerned, in one transaction.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::news::address::Host;
use crate::news::feed::{ParsedFeed, Validators};
use crate::store::entries::{self, PollRecord};
use crate::store::events::{Event, EventKind, record_events};
use crate::store::feeds::{DueFeed, FeedRef};
use crate::store::lease::{Courtesy, Lease};
use crate::store::sites::{GateRow, SiteStep, tell_gates};
use crate::store::{Store, StoreError, clean};

/// What a poll means for the feed's row.
#[derive(Debug)]
pub struct Recording<'a> {
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// HTTP status.
    pub status: Option<u16>,
    /// When the next poll is due.
    pub next_poll_at: DateTime<Utc>,
    /// State from now on; none leaves it.
    pub state: Option<&'static str>,
    /// Failures in a row from now on.
    pub failures: u32,
    /// What it is to the row.
    pub change: FeedChange<'a>,
    /// What it is to the site.
    pub site: SiteStep,
}

/// The part of a poll that differs by outcome.
#[derive(Debug)]
pub enum FeedChange<'a> {
    /// A parsed feed.
    Parsed {
        /// Its entries.
        feed: &'a ParsedFeed,
        /// To send along next time.
        validators: &'a Validators,
        /// SHA-256 of the bytes.
        digest: &'a [u8],
    },
    /// Nothing new.
    Unchanged {
        /// To send along next time.
        validators: &'a Validators,
    },
    /// The next request goes elsewhere.
    Moved {
        /// Where.
        to: url::Url,
        /// Its site; none where there is none, which a fetch would have refused.
        host: Option<Host>,
        /// 301 or 308.
        permanent: bool,
    },
    /// It failed.
    Failed {
        /// A sentence.
        error: &'a str,
    },
}

impl Store {
    /// Records a poll in one transaction: the feed's row, its entries, the turns of all sites concerned. Where the
    /// database refuses what the feed says, that is recorded as the feed's failure.
    pub async fn record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        courtesy: &Courtesy,
    ) -> Result<PollRecord, StoreError> {
        match self.try_record_poll(lease, recording, courtesy).await {
            Err(error) if error.blames_values() => {
                let error = error.to_string();
                tracing::error!(feed = lease.item.url, error, "the database refused what the feed says");
                let failures = lease.item.history.failures.saturating_add(1);
                let site = recording.site.clone();
                let change = FeedChange::Failed { error: &error };
                let refused = Recording { state: Some("failing"), failures, change, site, ..*recording };
                self.try_record_poll(lease, &refused, courtesy).await
            }
            answer => answer,
        }
    }

    async fn try_record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        courtesy: &Courtesy,
    ) -> Result<PollRecord, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let record = record_in(&mut transaction, lease, recording, courtesy).await?;
        transaction.commit().await?;
        Ok(record)
    }
}

async fn record_in(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    courtesy: &Courtesy,
) -> Result<PollRecord, StoreError> {
    let feed = &lease.item;
    let held = sqlx::query_scalar::<_, i64>(
        "/* record_poll: guard */ SELECT id FROM feeds WHERE id = $1 AND lease_token = $2 FOR UPDATE",
    )
    .bind(feed.id)
    .bind(lease.token)
    .fetch_optional(&mut *connection)
    .await?;
    if held.is_none() {
        return Err(StoreError::LeaseLost { what: "feed", id: feed.id });
    }
    let shower = FeedRef { id: feed.id, host: &feed.host };
    let mut gates = vec![GateRow::released(&feed.host, lease.expires_at, &recording.site, courtesy)];
    let record = match &recording.change {
        FeedChange::Parsed { feed: parsed, .. } => {
            entries::record_sightings(connection, shower, &parsed.entries, recording.at, &mut gates).await?
        }
        _ => PollRecord::default(),
    };
    update_feed(connection, feed, recording, record.new_entries).await?;
    let home = match &recording.change {
        FeedChange::Moved { host: Some(host), .. } => host.as_str().to_owned(),
        // Back to the listed address for the next poll.
        _ => host_of(&feed.url).unwrap_or_else(|| feed.host.clone()),
    };
    gates.push(GateRow { poll_at: Some(recording.next_poll_at), ..GateRow::of(&home) });
    tell_gates(connection, &gates, recording.at).await?;
    record_events(connection, &events_of(lease, recording)).await?;
    Ok(record)
}

fn host_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Host::of(&url).map(|host| host.as_str().to_owned())
}

fn events_of(lease: &Lease<DueFeed>, recording: &Recording<'_>) -> Vec<Event> {
    match &recording.change {
        FeedChange::Moved { to, permanent: true, .. } => vec![Event {
            at: recording.at,
            kind: EventKind::Moved,
            feed_id: Some(lease.item.id),
            host: Some(lease.item.host.clone()),
            detail: serde_json::json!({ "from": lease.item.fetch_url, "to": clean::text(to.as_str()) }),
        }],
        _ => Vec::new(),
    }
}

/// Writes what the poll means for the feed's own row.
async fn update_feed(
    connection: &mut PgConnection,
    feed: &DueFeed,
    recording: &Recording<'_>,
    new_entries: u64,
) -> Result<(), StoreError> {
    let (parsed, validators, digest) = match &recording.change {
        FeedChange::Parsed { feed, validators, digest } => (Some(*feed), Some(*validators), Some(*digest)),
        FeedChange::Unchanged { validators } => (None, Some(*validators), None),
        FeedChange::Moved { .. } | FeedChange::Failed { .. } => (None, None, None),
    };
    let moved = match &recording.change {
        FeedChange::Moved { to, host: Some(host), .. } => Some((to.as_str(), host.as_str())),
        _ => None,
    };
    let home = host_of(&feed.url).unwrap_or_else(|| feed.host.clone());
    let (fetch_url, host, hops) =
        moved.map_or((feed.url.as_str(), home.as_str(), 0), |(to, host)| (to, host, feed.history.hops + 1));
    let error = match &recording.change {
        FeedChange::Failed { error } => Some(clean::text(error)),
        _ => None,
    };
    sqlx::query(
        "/* update_feed */ UPDATE feeds SET
             lease_token = NULL, lease_expires_at = NULL, lease_attempts = 0,
             fetch_url = $2, host = $3, hops = $4, next_poll_at = $5,
             state = CASE WHEN state = 'paused' THEN state ELSE coalesce($6::text::feed_state, state) END,
             failures = $7, last_poll_at = $8, last_status = $9,
             last_error = CASE WHEN $10::boolean THEN last_error ELSE $11 END,
             last_success_at = CASE WHEN $12::boolean THEN $8 ELSE last_success_at END,
             etag = CASE WHEN $12::boolean THEN $13 ELSE etag END,
             last_modified = CASE WHEN $12::boolean THEN $14 ELSE last_modified END,
             body_digest = coalesce($15, body_digest),
             title = coalesce($16, title), home_url = coalesce($17, home_url), language = coalesce($18, language),
             entries_seen = entries_seen + $19
         WHERE id = $1",
    )
    .bind(feed.id)
    .bind(clean::text(fetch_url))
    .bind(host)
    .bind(hops)
    .bind(recording.next_poll_at)
    .bind(recording.state)
    .bind(i32::try_from(recording.failures).unwrap_or(i32::MAX))
    .bind(recording.at)
    .bind(recording.status.map(i32::from))
    .bind(moved.is_some())
    .bind(error)
    .bind(validators.is_some())
    .bind(validators.and_then(|validators| clean::optional(validators.etag.as_deref())))
    .bind(validators.and_then(|validators| clean::optional(validators.last_modified.as_deref())))
    .bind(digest)
    .bind(parsed.and_then(|feed| clean::optional(feed.title.as_deref())))
    .bind(parsed.and_then(|feed| feed.home.as_ref().map(ToString::to_string)))
    .bind(parsed.and_then(|feed| clean::optional(feed.language.as_deref())))
    .bind(i64::try_from(new_entries).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}
