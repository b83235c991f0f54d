//! What the benchmarks of the store share: a private cluster.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use wiresift::polling::schedule::Plan;
use wiresift::store::embedded::{self, Cluster, ClusterSettings};
use wiresift::store::{
    DueFeed, FeedChange, Lease, NextRequest, Politeness, Recording, SiteStep, Store,
};
use wiresift_feed::{ParsedFeed, Validators};

/// No pause between requests, and any number of them at once: what is measured is not politeness.
pub(crate) const WIDE: Politeness =
    Politeness { spacing: Duration::ZERO, concurrency: 1_000_000, lease: Duration::from_hours(10) };

/// The arguments of a benchmark, without those that cargo adds.
pub(crate) fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|argument| argument != "--bench")
}

/// A database with the schema: the one that the variable `DATABASE_URL` names, or one in a private cluster, in a
/// folder of its own under `parent`, which [`discard`](Bench::discard) removes.
pub(crate) struct Bench {
    pub(crate) store: Store,
    cluster: Option<(Cluster, PathBuf)>,
}

impl Bench {
    pub(crate) async fn start(
        parent: &Path,
        durable: bool,
        connections: u32,
    ) -> anyhow::Result<Self> {
        if let Ok(url) = std::env::var("DATABASE_URL") {
            let store = Store::new(url.parse()?, connections);
            store.migrate().await?;
            return Ok(Self { store, cluster: None });
        }
        let dir = parent.join(format!("wiresift-bench-{}", std::process::id()));
        let settings = ClusterSettings::private(dir.clone(), durable);
        let cluster = Cluster::start(settings).await?;
        cluster.ensure_database("bench").await?;
        let store = Store::new(cluster.connect_options("bench"), connections);
        store.migrate().await?;
        Ok(Self { store, cluster: Some((cluster, dir)) })
    }

    pub(crate) async fn discard(self) -> anyhow::Result<()> {
        self.store.close().await;
        if let Some((cluster, dir)) = self.cluster {
            cluster.stop().await?;
            embedded::discard(&dir)?;
        }
        Ok(())
    }
}

/// Records a poll that has brought `feed`. The next one is due in an hour.
pub(crate) async fn record(
    store: &Store,
    lease: &Lease<DueFeed>,
    feed: &ParsedFeed,
    digest: &[u8],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
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
        plan: &Plan::unchanged(&lease.item.history),
        next,
        change: FeedChange::Parsed { feed, validators: &Validators::default(), digest },
        site: SiteStep::default(),
    };
    store.record_poll(lease, &recording, &WIDE).await?;
    Ok(())
}
