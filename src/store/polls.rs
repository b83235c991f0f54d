//! The record of a poll: the feed's row, its entries, and the wake-up times of the sites that they
//! wait at, in one transaction.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::PgConnection;
use url::Url;

use crate::lease::{Lease, Politeness, later};
use crate::polling::schedule::{AddressChange, Health, Plan};
use crate::store::entries::PollRecord;
use crate::store::events::{Event, EventKind, record_events};
use crate::store::feed_updates::{FeedUpdate, update_feeds};
use crate::store::feeds::{DueFeed, FeedRef};
use crate::store::lease::{lock_leased, lost};
use crate::store::rate_limits;
use crate::store::sightings::{record_listed, record_sightings};
use crate::store::sites::{SiteStep, SiteUpdate, update_sites};
use crate::store::{BEGIN_UNFLUSHED, Store, StoreError, sitemaps};
use wiresift_feed::address::Host;
use wiresift_feed::entry::Entry;
use wiresift_feed::{ParsedFeed, Validators};

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

/// A poll that found nothing new and changes nothing but the feed's own row and its site. Many of
/// them are recorded at once.
#[derive(Debug)]
pub struct UnchangedPoll {
    feed: i64,
    at: DateTime<Utc>,
    update: Box<RawValue>,
    sites: [SiteUpdate; 2],
}

impl UnchangedPoll {
    /// `None`: the poll is to be recorded alone.
    #[must_use]
    pub fn of(
        lease: &Lease<DueFeed>,
        recording: &Recording<'_>,
        politeness: &Politeness,
    ) -> Option<Self> {
        let is_plain = matches!(recording.change, FeedChange::Unchanged { .. })
            && recording.plan.notices.is_empty()
            && recording.site.hold.is_none()
            && !lease.is_quarantined();
        if !is_plain {
            return None;
        }
        Some(Self {
            feed: lease.item.id,
            at: recording.at,
            update: to_raw_value(&FeedUpdate::of(lease, recording, 0)).ok()?,
            sites: [released(lease, recording, politeness), due_again(recording)],
        })
    }
}

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

    /// Records polls that found nothing new in one transaction. Returns the feeds whose leases were
    /// still held. Nothing of the others is recorded. If a power cut loses the record, the feeds are
    /// polled once more.
    pub async fn record_unchanged(
        &self,
        polls: Vec<UnchangedPoll>,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let Some(at) = polls.iter().map(|poll| poll.at).max() else {
            return Ok(BTreeSet::new());
        };
        let updates: Vec<&RawValue> = polls.iter().map(|poll| &*poll.update).collect();
        let mut transaction = self.pool.begin_with(BEGIN_UNFLUSHED).await?;
        let held: BTreeSet<i64> =
            update_feeds(&mut transaction, &updates).await?.into_iter().collect();
        let polls = polls.into_iter().filter(|poll| held.contains(&poll.feed));
        let sites: Vec<SiteUpdate> = polls.flat_map(|poll| poll.sites).collect();
        update_sites(&mut transaction, &sites, at).await?;
        transaction.commit().await?;
        Ok(held)
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
    site_updates.push(due_again(recording));
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
    let update = released(lease, recording, politeness);
    if recording.site.hold.is_some() && update.ok_feed.is_none() {
        return rate_limits::throttled(connection, lease.item.id, update, recording.at).await;
    }
    Ok(vec![update])
}

/// The update of the site that was asked.
fn released(
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    politeness: &Politeness,
) -> SiteUpdate {
    let feed = &lease.item;
    let update = SiteUpdate::released(&feed.host, lease.expires_at, &recording.site, politeness);
    let is_ok = !matches!(recording.change, FeedChange::Failed { .. });
    SiteUpdate { ok_feed: Some(feed.id).filter(|_| is_ok), ..update }
}

/// The update of the site at which the feed waits for its next request.
fn due_again(recording: &Recording<'_>) -> SiteUpdate {
    let next = &recording.next;
    SiteUpdate { poll_at: Some(next.at), ..SiteUpdate::of(&next.host) }
}

/// Records the poll in the feed's own row, and counts it. False: the lease is lost.
async fn update_feed(
    connection: &mut PgConnection,
    lease: &Lease<DueFeed>,
    recording: &Recording<'_>,
    new_entries: u64,
) -> Result<bool, StoreError> {
    let update = FeedUpdate::of(lease, recording, new_entries);
    Ok(!update_feeds(connection, &[update]).await?.is_empty())
}
