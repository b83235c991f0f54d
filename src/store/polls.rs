//! The record of a poll: the feed's row, its entries, and the wake-up times of the sites that they
//! wait at, in one transaction.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::lease::{Lease, Politeness};
use crate::polling::schedule::{AddressChange, Health, Plan, Window};
use crate::store::entries::PollRecord;
use crate::store::events::{Event, record_events};
use crate::store::feeds::{DueFeed, FeedRef};
use crate::store::lease::{lease_released, lock_leased, lost};
use crate::store::rate_limits;
use crate::store::sightings::{record_listed, record_sightings};
use crate::store::sites::{SiteStep, SiteUpdate, update_sites};
use crate::store::{Store, StoreError, clean, sitemaps};
use wiresift_feed::{ParsedFeed, Validators};

/// What the store records of a poll.
#[derive(Debug)]
pub struct Recording<'a> {
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// HTTP status.
    pub status: Option<u16>,
    /// What the schedule decided.
    pub plan: &'a Plan,
    pub next: NextRequest,
    pub change: FeedChange<'a>,
    pub site: SiteStep,
}

/// The request that follows a poll.
#[derive(Debug, Clone)]
pub struct NextRequest {
    pub at: DateTime<Utc>,
    pub url: String,
    /// The site of `url`.
    pub host: String,
    /// Redirects followed so far.
    pub hops: i32,
}

/// The part of a poll that differs by outcome.
#[derive(Debug)]
pub enum FeedChange<'a> {
    Parsed {
        feed: &'a ParsedFeed,
        validators: &'a Validators,
        /// SHA-256 of the entries.
        digest: &'a [u8],
    },
    /// An older page of the feed.
    Page {
        feed: &'a ParsedFeed,
        /// True: a page of the feed itself. False: a sitemap of its site, reduced to the entries
        /// that belong to the feed.
        is_own: bool,
    },
    Unchanged {
        validators: &'a Validators,
    },
    /// Nothing yet: the next request goes elsewhere.
    Pending,
    Failed {
        error: &'a str,
    },
}

/// Begins a transaction whose commit does not wait for the disk. For polls that found nothing new,
/// which are nine of ten: if a power cut loses the record, the feed is polled once more.
const BEGIN_UNFLUSHED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

impl Store {
    /// Records a poll in one transaction. If the database refuses the values that the feed brought,
    /// the poll is recorded as failed.
    pub async fn record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        politeness: &Politeness,
    ) -> Result<PollRecord, StoreError> {
        match self.try_record_poll(lease, recording, politeness).await {
            Err(error) if error.blames_values() => {
                let error = error.to_string();
                tracing::error!(
                    feed = lease.item.url,
                    error,
                    "the database refused what the feed says"
                );
                let history = &lease.item.history;
                let failures = history.failures.saturating_add(1);
                let plan =
                    Plan { health: Some(Health::Failing), failures, ..Plan::unchanged(history) };
                let refused = Recording {
                    plan: &plan,
                    change: FeedChange::Failed { error: &error },
                    next: recording.next.clone(),
                    site: recording.site.clone(),
                    ..*recording
                };
                self.try_record_poll(lease, &refused, politeness).await
            }
            answer => answer,
        }
    }

    async fn try_record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        politeness: &Politeness,
    ) -> Result<PollRecord, StoreError> {
        let mut transaction = match recording.change {
            FeedChange::Unchanged { .. } => self.pool.begin_with(BEGIN_UNFLUSHED).await?,
            _ => self.pool.begin().await?,
        };
        let record = record_in(&mut transaction, lease, recording, politeness).await?;
        transaction.commit().await?;
        Ok(record)
    }
}

async fn record_in(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    politeness: &Politeness,
) -> Result<PollRecord, StoreError> {
    let feed = &lease.item;
    let brings_entries =
        matches!(recording.change, FeedChange::Parsed { .. } | FeedChange::Page { .. });
    let is_held = if brings_entries {
        // The feed is locked before its entries.
        lock_leased(connection, lease).await?
    } else {
        update_feed(connection, lease, recording, 0).await?
    };
    if !is_held {
        return Err(lost(lease));
    }
    let feed_ref = FeedRef { id: feed.id, host: &feed.host };
    let mut site_updates = site_updates_of(connection, lease, recording, politeness).await?;
    let record = match &recording.change {
        FeedChange::Parsed { feed: list, .. } if list.is_index => {
            sitemaps::follow(connection, feed, &list.entries, recording.at, &mut site_updates)
                .await?;
            PollRecord::default()
        }
        FeedChange::Page { feed: sitemap, is_own: false } => {
            record_listed(connection, feed_ref, &sitemap.entries, recording.at, &mut site_updates)
                .await?
        }
        FeedChange::Parsed { feed: parsed, .. } | FeedChange::Page { feed: parsed, .. } => {
            record_sightings(connection, feed_ref, &parsed.entries, recording.at, &mut site_updates)
                .await?
        }
        _ => PollRecord::default(),
    };
    if brings_entries {
        update_feed(connection, lease, recording, record.new_entries).await?;
    }
    let next = &recording.next;
    site_updates.push(SiteUpdate { poll_at: Some(next.at), ..SiteUpdate::of(&next.host) });
    update_sites(connection, &site_updates, recording.at).await?;
    let events: Vec<Event> =
        recording.plan.notices.iter().map(|notice| Event::of(notice, feed, recording.at)).collect();
    record_events(connection, &events).await?;
    Ok(record)
}

/// The update of the site that was asked, and of other sites of its domain if a rate limit applies
/// to them too.
async fn site_updates_of(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    politeness: &Politeness,
) -> Result<Vec<SiteUpdate>, StoreError> {
    let feed = &lease.item;
    let update = SiteUpdate::released(&feed.host, lease.expires_at, &recording.site, politeness);
    let is_ok = !matches!(recording.change, FeedChange::Failed { .. });
    if recording.site.hold.is_some() && !is_ok {
        return rate_limits::throttled(connection, feed.id, update, recording.at).await;
    }
    Ok(vec![SiteUpdate { ok_feed: Some(feed.id).filter(|_| is_ok), ..update }])
}

/// Records the poll in the feed's own row. False: the lease is lost.
async fn update_feed(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    new_entries: u64,
) -> Result<bool, StoreError> {
    let feed = &lease.item;
    let (plan, next) = (recording.plan, &recording.next);
    let (parsed, validators, digest) = match &recording.change {
        FeedChange::Parsed { feed, validators, digest } => {
            (Some(*feed), Some(*validators), Some(*digest))
        }
        FeedChange::Unchanged { validators } => (None, Some(*validators), None),
        FeedChange::Page { .. } | FeedChange::Pending | FeedChange::Failed { .. } => {
            (None, None, None)
        }
    };
    let error = match &recording.change {
        FeedChange::Failed { error } => Some(clean::text(error)),
        _ => None,
    };
    let keeps_error = matches!(recording.change, FeedChange::Pending | FeedChange::Page { .. });
    let moved_to = match &plan.address {
        AddressChange::None => feed.history.adopted.as_deref().map(str::to_owned),
        AddressChange::Adopt(to) => Some(clean::text(to)),
        AddressChange::Return => None,
    };
    let updated = sqlx::query(concat!(
        "/* update_feed */ UPDATE feeds SET ",
        lease_released!(),
        ",
             fetch_url = $2, host = $3, hops = $4, next_poll_at = $5,
             state = CASE WHEN state = 'paused' THEN state
                          ELSE coalesce($6::text::feed_state, state) END,
             failures = $7, last_poll_at = $8, last_status = $9,
             last_error = CASE WHEN $10::boolean THEN last_error ELSE $11 END,
             last_success_at = CASE WHEN $12::boolean THEN $8 ELSE last_success_at END,
             etag = CASE WHEN $12::boolean THEN $13 ELSE etag END,
             last_modified = CASE WHEN $12::boolean THEN $14 ELSE last_modified END,
             entries_digest = coalesce($15, entries_digest),
             title = coalesce($16, title), home_url = coalesce($17, home_url),
             language = coalesce($18, language), entries_seen = entries_seen + $19,
             habits = $20, window_keys = coalesce($21, window_keys), moved_to = $22, backfill = $23
         WHERE id = $1 AND lease_token = $24",
    ))
    .bind(feed.id)
    .bind(clean::text(&next.url))
    .bind(&next.host)
    .bind(next.hops)
    .bind(next.at)
    .bind(plan.health.map(Health::as_str))
    .bind(i32::try_from(plan.failures).unwrap_or(i32::MAX))
    .bind(recording.at)
    .bind(recording.status.map(i32::from))
    .bind(keeps_error)
    .bind(error)
    .bind(validators.is_some())
    .bind(validators.and_then(|validators| clean::optional(validators.etag.as_deref())))
    .bind(validators.and_then(|validators| clean::optional(validators.last_modified.as_deref())))
    .bind(digest)
    .bind(parsed.and_then(|feed| clean::optional(feed.title.as_deref())))
    .bind(parsed.and_then(|feed| feed.home.as_ref().map(ToString::to_string)))
    .bind(parsed.and_then(|feed| clean::optional(feed.language.as_deref())))
    .bind(i64::try_from(new_entries).unwrap_or(i64::MAX))
    .bind(Json(&plan.habits))
    .bind(plan.window.as_ref().map(Window::to_stored))
    .bind(moved_to)
    .bind(plan.backfill.as_ref().map(Json))
    .bind(lease.token)
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}
