//! What filing costs, and how writers share it: `cargo bench --bench filing_cost -- [DIR] [ARTICLES]`
//!
//! A private cluster under DIR (default: the directory for temporary files), with durable commits, is given so many
//! articles (default 20,000) of some 350 words by one writer and then by four, in batches of 1, 16 and 64: an eighth of
//! them are copies of one of the others. All that is timed is [`Store::file`], fingerprints and waiting in line included.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound as _, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use url::Url;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::polling::schedule::Plan;
use wiresift::store::embedded::{self, Cluster, ClusterSettings};
use wiresift::store::{
    FeedChange, Filing, Lease, ListedFeed, NextRequest, Outcome, PendingEntry, Politeness,
    ReadArticle, Recording, SiteStep, Store,
};
use wiresift_extract::article::{Article, Piece};
use wiresift_extract::render;
use wiresift_feed::Validators;

const FEED: &str = "http://feeds.example/all";
const WIDE: Politeness =
    Politeness { spacing: Duration::ZERO, concurrency: 1_000_000, lease: Duration::from_hours(10) };

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench").peekable();
    let parent = arguments
        .next_if(|first| first.parse::<u32>().is_err())
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let articles: u32 = arguments.next().map_or(Ok(20_000), |count| count.parse())?;
    let dir = parent.join(format!("wiresift-filing-{}", std::process::id()));
    let cluster =
        Cluster::start(ClusterSettings { dir: dir.clone(), durable: true, bin_dir: None }).await?;
    cluster.ensure_database("filing").await?;
    let store = Store::new(cluster.connect_options("filing"), 8);
    store.migrate().await?;
    let result = measure(&store, articles / 6).await;
    store.close().await;
    cluster.stop().await?;
    embedded::discard(&dir)?;
    result
}

async fn measure(store: &Store, articles: u32) -> anyhow::Result<()> {
    let mut made = 0;
    for (writers, size) in [(1, 1), (1, 16), (1, 64), (4, 1), (4, 16), (4, 64)] {
        // Batches of one are slow, and as telling when they are fewer.
        let count = if size == 1 { articles / 8 } else { articles };
        // To the microsecond that Postgres keeps: rounded up, the entries would come due after the lease.
        let filings = filings(store, made, count, SystemClock.now().trunc_subsecs(6)).await?;
        made += count;
        let started = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for share in filings.chunks(filings.len().div_ceil(writers)) {
            let (store, share) = (store.clone(), share.to_vec());
            tasks.spawn(async move {
                let mut times = Vec::new();
                for batch in share.chunks(size) {
                    let started = Instant::now();
                    store.file(batch, &WIDE).await?;
                    times.push(started.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut times: Vec<Duration> = Vec::new();
        for part in tasks.join_all().await {
            times.extend(part?);
        }
        let rate = f64::from(count) / started.elapsed().as_secs_f64();
        times.sort();
        let at = |share: f64| {
            times.get((share * times.len() as f64) as usize).copied().unwrap_or(Duration::MAX)
        };
        println!(
            "{writers} writers, batches of {size:>2}: {rate:>6.0} articles/s; a batch p50 {:.1?} p99 {:.1?}",
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

/// Leased entries of so many new addresses, each with an article.
async fn filings(
    store: &Store,
    from: u32,
    count: u32,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Filing>> {
    let mut filings = Vec::new();
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
        for lease in store.lease_feeds(now, 1, true, &WIDE).await? {
            let validators = Validators::default();
            let plan = Plan::unchanged(&lease.item.history);
            let next = NextRequest {
                at: now + Duration::from_hours(1),
                url: lease.item.url.clone(),
                host: lease.item.host.clone(),
                hops: 0,
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
            let leases = store.lease_entries(now, 500, true, &WIDE).await?;
            if leases.is_empty() {
                break;
            }
            filings.extend(leases.into_iter().map(|lease| filing(lease, now)));
        }
    }
    Ok(filings)
}

fn filing(lease: Lease<PendingEntry>, now: DateTime<Utc>) -> Filing {
    let number = u64::try_from(lease.item.id).unwrap_or_default();
    // Every eighth is the text of one a little before it, with a sentence more.
    let copied = if number.is_multiple_of(8) { number.saturating_sub(3) } else { number };
    let mut random = StdRng::seed_from_u64(copied);
    let mut sentence = |_| {
        let words: Vec<String> =
            (0..14).map(|_| format!("word{}", random.random_range(1..20_000))).collect();
        Piece::paragraph(&(words.join(" ") + "."))
    };
    let mut body: Vec<Piece> = (0..25).map(&mut sentence).collect();
    if copied != number {
        body.push(Piece::paragraph(&format!("Desk {number} adds a sentence.")));
    }
    let filed = ReadArticle {
        body_html: render::html(&body),
        article: Article {
            title: format!("Headline {copied}"),
            body,
            quality: 0.9,
            ..Article::default()
        },
        removed: Vec::new(),
        fetched_url: lease.item.url.as_deref().and_then(|url| Url::parse(url).ok()),
        page: None,
        validators: Validators::default(),
    };
    Filing {
        lease,
        at: now,
        outcome: Outcome::Article(Box::new(filed)),
        site: SiteStep::default(),
        next_visit: None,
    }
}
