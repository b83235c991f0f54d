//! Feeds that are due, and their leases.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::lease::{Lease, Politeness, SuspectPermit};
use crate::polling::schedule::{Backfill, FeedHistory, Health, PollIntervals, Window, phase};
use crate::store::lease::{Leasable, Table, WaitsAtSite, lease_at_sites, until_opening};
use crate::store::{Store, StoreError};
use wiresift_feed::Validators;

/// A feed that is to be polled now.
#[derive(Debug, Clone)]
pub struct DueFeed {
    pub id: i64,
    /// Its address in the feed list.
    pub url: String,
    /// The address of the next request: the feed's, or that of a redirect, or of an older page.
    pub fetch_url: String,
    /// The site of `fetch_url`. The lease holds a slot of it.
    pub host: String,
    pub validators: Validators,
    /// SHA-256 of the last entries.
    pub entries_digest: Option<Vec<u8>>,
    /// The cookies of the redirects that led to `fetch_url`.
    pub cookies: Option<String>,
    /// Present while older pages are read to close a gap.
    pub backfill: Option<Backfill>,
    pub history: FeedHistory,
}

/// The part of a feed that its entries are recorded with.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeedRef<'a> {
    pub(super) id: i64,
    /// Its site. Entries without an address of their own wait there.
    pub(super) host: &'a str,
}

#[derive(FromRow)]
pub(super) struct DueFeedRow {
    id: i64,
    url: String,
    fetch_url: String,
    host: String,
    etag: Option<String>,
    last_modified: Option<String>,
    entries_digest: Option<Vec<u8>>,
    every_s: Option<i32>,
    min_every_s: Option<i32>,
    max_every_s: Option<i32>,
    state: String,
    failures: i32,
    hops: i32,
    hop_cookies: Option<String>,
    moved_to: Option<String>,
    last_success_at: Option<DateTime<Utc>>,
    habits: String,
    window_keys: Vec<i64>,
    backfill: Option<String>,
}

impl Leasable for DueFeed {
    const TABLE: Table = Table {
        name: "feeds",
        noun: "feed",
        key: "id",
        due: "next_poll_at",
        columns: "t.id, t.url, t.fetch_url, t.host, t.etag, t.last_modified, t.entries_digest,
                  t.every_s, t.min_every_s, t.max_every_s, t.state::text, t.failures, t.hops,
                  t.hop_cookies, t.moved_to, t.last_success_at, t.habits::text, t.window_keys,
                  t.backfill::text",
    };

    type Row = DueFeedRow;

    fn of_row(row: DueFeedRow) -> Result<Self, StoreError> {
        let duration = |seconds: Option<i32>| seconds?.try_into().ok().map(Duration::from_secs);
        let intervals = PollIntervals {
            every: duration(row.every_s),
            min_every: duration(row.min_every_s),
            max_every: duration(row.max_every_s),
        };
        let history = FeedHistory {
            phase: phase(&row.url),
            intervals,
            health: Health::from_stored(&row.state),
            failures: u32::try_from(row.failures).unwrap_or(0),
            hops: row.hops,
            adopted: row.moved_to,
            last_success_at: row.last_success_at,
            window: Window::from_stored(&row.window_keys),
            // Habits that this version cannot read are learned again.
            habits: serde_json::from_str(&row.habits).unwrap_or_default(),
        };
        Ok(Self {
            id: row.id,
            url: row.url,
            fetch_url: row.fetch_url,
            host: row.host,
            validators: Validators { etag: row.etag, last_modified: row.last_modified },
            entries_digest: row.entries_digest,
            cookies: row.hop_cookies,
            backfill: row.backfill.and_then(|walk| serde_json::from_str(&walk).ok()),
            history,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl WaitsAtSite for DueFeed {
    const WAKE: &'static str = "poll_at";
    const GROUPS: &'static [&'static str] = &["state <> 'paused'"];
    const ORDER: &'static str = "next_poll_at";
}

impl Store {
    /// Leases due feeds, at most `room`, one per open site. A suspect is leased only with a permit.
    pub async fn lease_feeds(
        &self,
        now: DateTime<Utc>,
        room: usize,
        permit: Option<SuspectPermit>,
        politeness: &Politeness,
    ) -> Result<Vec<Lease<DueFeed>>, StoreError> {
        lease_at_sites(self, now, room, permit, politeness).await
    }

    /// How long it takes until the next site with a due feed opens, at most `most`.
    pub async fn until_feeds_open(
        &self,
        now: DateTime<Utc>,
        most: Duration,
        politeness: &Politeness,
    ) -> Duration {
        until_opening::<DueFeed>(self, now, most, politeness).await
    }

    /// Records that the feed of this lease is about to be parsed, if it is a suspect.
    pub async fn begin_parsing_feed(&self, lease: &Lease<DueFeed>) -> Result<(), StoreError> {
        self.begin_parsing(lease).await
    }
}
