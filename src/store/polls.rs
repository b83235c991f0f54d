//! The record of a poll: the feed's row, its entries, and the wake-up times of the sites that they
//! wait at, in one transaction.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use url::Url;

use crate::lease::{Lease, Politeness, later};
use crate::polling::schedule::{AddressChange, Health, Plan, Window};
use crate::store::entries::PollRecord;
use crate::store::events::{Event, EventKind, record_events};
use crate::store::feeds::{DueFeed, FeedRef};
use crate::store::lease::{lease_released, lock_leased, lost};
use crate::store::rate_limits;
use crate::store::sightings::{record_listed, record_sightings};
use crate::store::sites::{SiteStep, SiteUpdate, update_sites};
use crate::store::{Store, StoreError, clean, sitemaps};
use wiresift_feed::address::Host;
use wiresift_feed::entry::Entry;
use wiresift_feed::{ParsedFeed, Validators};
use wiresift_text::limits;

/// What the store records of a poll.
#[derive(Debug, Clone)]
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
    /// The cookies that they have set.
    pub cookies: Option<String>,
}

/// The part of a poll that differs by outcome.
#[derive(Debug, Clone, Copy)]
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

/// Pause after a poll that could not be recorded.
const REFUSED_PAUSE: Duration = Duration::from_hours(1);

/// Most entries of one document that are left out because the database refuses them.
const MAX_REFUSED: usize = 100;

/// Begins a transaction whose commit does not wait for the disk. For polls that found nothing new,
/// which are nine of ten: if a power cut loses the record, the feed is polled once more.
const BEGIN_UNFLUSHED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

impl Store {
    /// Records a poll in one transaction. If the database refuses some of its entries, the poll is
    /// recorded without those, and if it refuses anything else, as failed.
    pub async fn record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        politeness: &Politeness,
    ) -> Result<PollRecord, StoreError> {
        let error = match self.try_record_poll(lease, recording, &[], politeness).await {
            Err(error) if error.blames_values() => error,
            answer => return answer,
        };
        let url = &lease.item.url;
        tracing::error!(feed = url, %error, "the database refused what the feed says");
        if let Some((without, refused)) = self.digestible(lease, recording, &error).await? {
            let recording = Recording { change: without.change(recording), ..recording.clone() };
            match self.try_record_poll(lease, &recording, &[refused], politeness).await {
                Err(error) if error.blames_values() => {}
                answer => {
                    return answer.map(|record| PollRecord { set_aside: without.1, ..record });
                }
            }
        }
        self.record_refused(lease, recording, &error, politeness).await
    }

    /// Records a poll as failed, with nothing of what was refused: the feed is requested at its
    /// address next time.
    async fn record_refused(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        error: &StoreError,
        politeness: &Politeness,
    ) -> Result<PollRecord, StoreError> {
        let feed = &lease.item;
        let failures = feed.history.failures.saturating_add(1);
        let plan = Plan {
            health: Some(Health::Failing),
            failures,
            address: AddressChange::Return,
            ..Plan::unchanged(&feed.history)
        };
        let host = Url::parse(&feed.url).ok().and_then(|url| Host::of(&url));
        let next = NextRequest {
            at: recording.next.at.max(later(recording.at, REFUSED_PAUSE)),
            url: feed.url.clone(),
            host: host.map_or_else(|| feed.host.clone(), |host| host.as_str().to_owned()),
            hops: 0,
            cookies: None,
        };
        let error = error.to_string();
        let failed = Recording {
            at: recording.at,
            status: recording.status,
            plan: &plan,
            next,
            change: FeedChange::Failed { error: &error },
            site: SiteStep { asked_at: recording.site.asked_at, hold: None },
        };
        let event = set_aside(feed, recording.at, json!({ "step": "poll", "error": &error }));
        let record = self.try_record_poll(lease, &failed, &[event], politeness).await?;
        Ok(PollRecord { set_aside: 1, ..record })
    }

    /// The document without the entries that the database refuses, and the event that says so.
    /// `None` if the entries are not to blame.
    async fn digestible(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        error: &StoreError,
    ) -> Result<Option<(Digestible, Event)>, StoreError> {
        let (FeedChange::Parsed { feed, .. } | FeedChange::Page { feed, .. }) = recording.change
        else {
            return Ok(None);
        };
        if feed.is_index {
            return Ok(None);
        }
        let mut refused = Vec::new();
        let mut parts = vec![feed.entries.as_slice()];
        while let Some(part) = parts.pop() {
            if self.takes(lease, part, recording.at).await? {
                continue;
            }
            match part {
                [one] => refused.push(one.key.clone()),
                many => {
                    let (first, second) = many.split_at(many.len() / 2);
                    parts.extend([second, first]);
                }
            }
            if refused.len() > MAX_REFUSED {
                return Ok(None);
            }
        }
        let detail = json!({
            "step": "poll", "entries": refused.len(), "error": error.to_string(),
        });
        let mut document = feed.clone();
        document.entries.retain(|entry| !refused.contains(&entry.key));
        let event = set_aside(&lease.item, recording.at, detail);
        let count = refused.len() as u64;
        Ok((count > 0).then_some((Digestible(document, count), event)))
    }

    /// Whether the database takes some entries. Nothing is kept.
    async fn takes(
        &self,
        lease: &Lease<DueFeed>,
        entries: &[Entry],
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let feed = FeedRef { id: lease.item.id, host: &lease.item.host };
        let mut sites = Vec::new();
        let tried = match record_sightings(&mut transaction, feed, entries, at, &mut sites).await {
            Ok(_) => update_sites(&mut transaction, &sites, at).await,
            Err(error) => Err(error),
        };
        transaction.rollback().await?;
        match tried {
            Err(error) if error.blames_values() => Ok(false),
            answer => answer.map(|()| true),
        }
    }

    async fn try_record_poll(
        &self,
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        events: &[Event],
        politeness: &Politeness,
    ) -> Result<PollRecord, StoreError> {
        let mut transaction = match recording.change {
            FeedChange::Unchanged { .. } => self.pool.begin_with(BEGIN_UNFLUSHED).await?,
            _ => self.pool.begin().await?,
        };
        let record = record_in(&mut transaction, lease, recording, politeness).await?;
        record_events(&mut transaction, events).await?;
        transaction.commit().await?;
        Ok(record)
    }
}

/// A document without the entries that the database refused, and their number.
struct Digestible(ParsedFeed, u64);

impl Digestible {
    /// What is recorded in place of the whole document.
    fn change<'a>(&'a self, recording: &Recording<'a>) -> FeedChange<'a> {
        match recording.change {
            FeedChange::Parsed { validators, digest, .. } => {
                FeedChange::Parsed { feed: &self.0, validators, digest }
            }
            FeedChange::Page { is_own, .. } => FeedChange::Page { feed: &self.0, is_own },
            other => other,
        }
    }
}

/// The event that something of a feed was set aside.
fn set_aside(feed: &DueFeed, at: DateTime<Utc>, detail: serde_json::Value) -> Event {
    let host = Some(feed.host.clone());
    Event { at, kind: EventKind::SetAside, feed_id: Some(feed.id), host, detail }
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
    let mut events: Vec<Event> =
        recording.plan.notices.iter().map(|notice| Event::of(notice, feed, recording.at)).collect();
    if lease.is_quarantined() {
        let host = Some(feed.host.clone());
        let (kind, feed_id) = (EventKind::Quarantined, Some(feed.id));
        events.push(Event { at: recording.at, kind, feed_id, host, detail: json!({}) });
    }
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

/// Records the poll in the feed's own row, and counts it. False: the lease is lost.
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
        FeedChange::Failed { error } => Some(clean::cut(error, limits::ERROR_BYTES)),
        _ => None,
    };
    let keeps_error = matches!(recording.change, FeedChange::Pending | FeedChange::Page { .. });
    let moved_to = match &plan.address {
        AddressChange::None => feed.history.adopted.as_deref().map(str::to_owned),
        AddressChange::Adopt(to) => clean::address(Some(to)),
        AddressChange::Return => None,
    };
    let updated = sqlx::query(concat!(
        "/* update_feed */ WITH updated AS (UPDATE feeds SET ",
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
             habits = $20, window_keys = coalesce($21, window_keys), moved_to = $22, backfill = $23,
             hop_cookies = $24, defects = coalesce($25, defects)
         WHERE id = $1 AND lease_token = $26 RETURNING id)
         INSERT INTO feed_hours AS h (feed_id, hour, polls, failures)
         SELECT id, date_trunc('hour', $8::timestamptz), $27::boolean::integer, $28::boolean::integer
         FROM updated
         ON CONFLICT (feed_id, hour) DO UPDATE SET
             polls = h.polls + excluded.polls, failures = h.failures + excluded.failures",
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
    .bind(validators.and_then(|validators| clean::validator(validators.etag.as_deref())))
    .bind(validators.and_then(|validators| clean::validator(validators.last_modified.as_deref())))
    .bind(digest)
    .bind(parsed.and_then(|feed| clean::cut_optional(feed.title.as_deref(), limits::TITLE_BYTES)))
    .bind(parsed.and_then(|feed| clean::address(feed.home.as_ref().map(Url::as_str))))
    .bind(
        parsed
            .and_then(|feed| clean::cut_optional(feed.language.as_deref(), limits::LANGUAGE_BYTES)),
    )
    .bind(i64::try_from(new_entries).unwrap_or(i64::MAX))
    .bind(Json(&plan.habits))
    .bind(plan.window.as_ref().map(Window::to_stored))
    .bind(moved_to)
    .bind(plan.backfill.as_ref().map(Json))
    .bind(next.cookies.as_deref())
    .bind(parsed.map(|feed| feed.defects.iter().map(|defect| defect.as_str()).collect::<Vec<_>>()))
    .bind(lease.token)
    // A redirect is a part of the poll that it leads to.
    .bind(!matches!(recording.change, FeedChange::Pending))
    .bind(matches!(recording.change, FeedChange::Failed { .. }))
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}
