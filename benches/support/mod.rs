//! What the benchmarks of the store share: a private cluster, and entries that are leased.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift::polling::schedule::Plan;
use wiresift::store::embedded::{self, Cluster, ClusterSettings};
use wiresift::store::{
    FeedChange, Lease, ListedFeed, NextRequest, PendingEntry, Politeness, Recording, SiteStep,
    Store, SuspectLimit,
};
use wiresift_feed::Validators;

const FEED: &str = "http://feeds.example/all";

/// No pause between requests, and any number of them at once: what is measured is not politeness.
pub(crate) const WIDE: Politeness =
    Politeness { spacing: Duration::ZERO, concurrency: 1_000_000, lease: Duration::from_hours(10) };

/// The arguments of a benchmark, without those that cargo adds.
pub(crate) fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|argument| argument != "--bench")
}

/// A private cluster in a folder of its own under `parent`, with the schema. [`discard`](Bench::discard) removes it.
pub(crate) struct Bench {
    pub(crate) store: Store,
    cluster: Cluster,
    dir: std::path::PathBuf,
}

impl Bench {
    pub(crate) async fn start(
        parent: &Path,
        durable: bool,
        connections: u32,
    ) -> anyhow::Result<Self> {
        let dir = parent.join(format!("wiresift-bench-{}", std::process::id()));
        let settings = ClusterSettings::private(dir.clone(), durable);
        let cluster = Cluster::start(settings).await?;
        cluster.ensure_database("bench").await?;
        let store = Store::new(cluster.connect_options("bench"), connections);
        store.migrate().await?;
        Ok(Self { store, cluster, dir })
    }

    pub(crate) async fn discard(self) -> anyhow::Result<()> {
        self.store.close().await;
        self.cluster.stop().await?;
        Ok(embedded::discard(&self.dir)?)
    }
}

/// Leased entries of so many new addresses.
pub(crate) async fn leased(
    store: &Store,
    from: u32,
    count: u32,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Lease<PendingEntry>>> {
    let mut all = Vec::new();
    let url = Url::parse(FEED)?;
    for first in (from..from + count).step_by(500) {
        let list = ListedFeed {
            url: format!("{FEED}/{first}"),
            host: "feeds.example".to_owned(),
            name: None,
            tags: Vec::new(),
            every_s: None,
            min_every_s: None,
            max_every_s: None,
        };
        store.sync_feeds(&[list], now).await?;
        let items: String = (first..(first + 500).min(from + count))
            .map(|n| {
                format!("<item><title>T</title><link>http://s{}.example/{n}</link></item>", n % 400)
            })
            .collect();
        let document =
            format!("<rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>");
        let parsed = wiresift_feed::parse(document.as_bytes(), None, &url, now)?;
        for lease in store.lease_feeds(now, 1, SuspectLimit::default().try_acquire(), &WIDE).await?
        {
            let validators = Validators::default();
            let plan = Plan::unchanged(&lease.item.history);
            let next = NextRequest {
                at: now + Duration::from_hours(1),
                url: lease.item.url.clone(),
                host: lease.item.host.clone(),
                hops: 0,
                cookies: None,
            };
            let recording = Recording {
                at: now,
                status: Some(200),
                plan: &plan,
                next,
                change: FeedChange::Parsed { feed: &parsed, validators: &validators, digest: b"d" },
                site: SiteStep::default(),
            };
            store.record_poll(&lease, &recording, &WIDE).await?;
        }
        loop {
            let leases =
                store.lease_entries(now, 500, SuspectLimit::default().try_acquire(), &WIDE).await?;
            if leases.is_empty() {
                break;
            }
            all.extend(leases);
        }
    }
    Ok(all)
}
