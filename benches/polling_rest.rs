//! Feeds at rest: `cargo bench --bench polling_rest -- [FEEDS]`.
//!
//! FEEDS feeds on a tenth as many hosts, none of them due for hours, with habits as a month of polling leaves them. Told
//! are the memory of the daemon that looks after them, and how long it takes to lease feeds that come due.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgPool;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::embedded::{Cluster, ClusterSettings};
use wiresift::store::{ListedFeed, Politeness, Store, SuspectLimit};

/// How long the daemon rests before it is looked at.
const REST: Duration = Duration::from_secs(30);

/// Leases that are timed, and how many feeds each may take: what a worker asks for.
const LEASES: usize = 200;
const ROOM: usize = 64;

/// What a month of polling leaves, but for the numbers.
const AT_REST: &str = "
    UPDATE wiresift.feeds SET
        next_poll_at = now() + interval '2 hours' + random() * interval '1 day', last_poll_at = now(), last_success_at = now(),
        last_status = 304, etag = md5(url), last_modified = 'Mon, 02 Nov 2026 12:00:00 GMT', entries_digest = sha256(url::bytea),
        window_keys = ARRAY(SELECT (random() * 9e18)::bigint FROM generate_series(1, 41) WHERE id > 0),
        habits = jsonb_build_object('interval', 3600, 'rhythm', jsonb_build_object('entries', random() * 40, 'hours', 160,
            'recent', random(), 'day', ARRAY[1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5], 'at', '2026-11-02T12:00:00Z'),
            'continuity', jsonb_build_object('size', 20, 'safe_pause', 8.5, 'gaps', 0, 'coverage', 1.0))";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let feeds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let dir = std::env::temp_dir().join(format!("wiresift-rest-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let cluster = Cluster::start(ClusterSettings::private(dir.join("db"), true)).await?;
    cluster.ensure_database("rest").await?;
    let store = Store::new(cluster.connect_options("rest"), 4);
    store.migrate().await?;
    let urls: Vec<ListedFeed> = (0..feeds).map(|n| listed(n, feeds / 10)).collect();
    let started = Instant::now();
    store.sync_feeds(&urls, SystemClock.now()).await?;
    println!("{feeds} feeds listed in {:.1} s", started.elapsed().as_secs_f64());
    sqlx::query(AT_REST).execute(store.pool()).await?;
    sqlx::query("UPDATE wiresift.sites SET poll_at = (SELECT min(next_poll_at) FROM wiresift.feeds f WHERE f.host = sites.host AND f.state <> 'paused')")
        .execute(store.pool())
        .await?;
    sqlx::query("VACUUM ANALYZE").execute(store.pool()).await?;
    memory(&dir, &cluster.url("rest"), &urls).await?;
    leases(&store, feeds).await?;
    store.close().await;
    cluster.stop().await?;
    fs::remove_dir_all(dir)?;
    Ok(())
}

fn listed(number: usize, hosts: usize) -> ListedFeed {
    let host = format!("site{}.example", number % hosts.max(1));
    ListedFeed {
        url: format!("https://{host}/section/{number}/feed.xml"),
        host,
        name: None,
        tags: Vec::new(),
        every_s: None,
        min_every_s: None,
        max_every_s: None,
    }
}

/// The daemon over these feeds, as a process of its own.
async fn memory(dir: &Path, database: &str, feeds: &[ListedFeed]) -> anyhow::Result<()> {
    let list: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
    fs::write(dir.join("feeds.txt"), list.join("\n"))?;
    let config =
        "[feeds]\nfiles = [\"feeds.txt\"]\n[console]\nlisten = \"off\"\n[log]\nlevel = \"error\"\n";
    fs::write(dir.join("wiresift.toml"), config)?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_wiresift"))
        .args(["run", "--config"])
        .arg(dir.join("wiresift.toml"))
        .env("DATABASE_URL", database)
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start the daemon")?;
    tokio::time::sleep(REST).await;
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let kilobytes = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0)
    };
    println!(
        "the daemon at rest: {} MB, {} MB at most",
        kilobytes("VmRSS:") / 1024,
        kilobytes("VmHWM:") / 1024
    );
    child.kill()?;
    child.wait()?;
    Ok(())
}

async fn leases(store: &Store, feeds: usize) -> anyhow::Result<()> {
    let politeness = Politeness {
        spacing: Duration::from_secs(1),
        concurrency: 1,
        lease: Duration::from_secs(90),
    };
    for (what, share) in [("none due", 0.0), ("one in a hundred due", 0.01), ("all due", 1.0)] {
        make_due(store.pool(), share).await?;
        let (mut times, mut leased) = (Vec::new(), 0);
        for _ in 0..LEASES {
            let started = Instant::now();
            leased += store
                .lease_feeds(
                    SystemClock.now(),
                    ROOM,
                    SuspectLimit::default().try_acquire(),
                    &politeness,
                )
                .await?
                .len();
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        println!(
            "leasing up to {ROOM} of {feeds}, {what}: p50 {:.2} ms, p99 {:.2} ms, {leased} leased",
            at(LEASES / 2),
            at(LEASES * 99 / 100)
        );
    }
    Ok(())
}

async fn make_due(pool: &PgPool, share: f64) -> anyhow::Result<()> {
    sqlx::query(
        "UPDATE wiresift.feeds SET next_poll_at = now() - random() * interval '1 hour' WHERE random() < $1",
    )
    .bind(share)
    .execute(pool)
    .await?;
    sqlx::query(
        "UPDATE wiresift.sites SET poll_at = (SELECT min(next_poll_at) FROM wiresift.feeds f WHERE f.host = sites.host AND f.state <> 'paused')",
    )
    .execute(pool)
    .await?;
    Ok(())
}
