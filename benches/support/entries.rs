//! Entries that are leased, for the benchmarks of filing.

use chrono::{DateTime, Utc};
use url::Url;
use wiresift::store::{Lease, ListedFeed, PendingEntry, Store, SuspectLimit};

use crate::support::{self, WIDE};

const FEED: &str = "http://feeds.example/all";

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
            support::record(store, &lease, &parsed, b"d", now).await?;
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
