//! Articles filed per second, end to end: `cargo bench --bench journey -- [SITES] [ENTRIES] [SPACING_MS] [DAEMONS]`.
//!
//! An invented news world of SITES sites with ENTRIES entries each is served on loopback by this process, and the
//! daemon polls, reads and files all of it into the embedded database, once. Several DAEMONS share the work and one
//! database. The variable `DATABASE_URL` names a database of yours, where statements can be studied. Spacing is off,
//! unless it is given, because it would be the only thing measured; client, server and database share the machine's
//! cores, so the figure is a floor.
//!
//! `serve [SITES] [ENTRIES]` only serves the pages, for other programs (`newspaper4k.py`), until a signal ends it. It
//! prints the addresses of the articles and an empty line.

use std::fs;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use sqlx::ConnectOptions as _;
use tikv_jemallocator::Jemalloc;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::config::Config;
use wiresift::daemon::{self, Mode};
use wiresift::store::embedded::{Cluster, ClusterSettings};
use wiresift_demo_world::{World, WorldServer};

/// The daemon's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    let serves = std::env::args().any(|argument| argument == "serve");
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (sites, entries) = (numbers.next().unwrap_or(20), numbers.next().unwrap_or(500));
    let spacing = Duration::from_millis(numbers.next().unwrap_or(0) as u64);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let daemons = numbers.next().unwrap_or(1);
    if serves {
        return runtime.block_on(serve(sites, entries));
    }
    runtime.block_on(run(sites, entries, spacing, daemons))
}

async fn serve(sites: usize, entries: usize) -> anyhow::Result<()> {
    let server = WorldServer::start(World::scaled(SystemClock.now(), sites, entries)).await?;
    for article in server.truth() {
        println!("{}", article.url);
    }
    println!();
    std::future::pending().await
}

async fn run(
    sites: usize,
    entries: usize,
    spacing: Duration,
    daemons: usize,
) -> anyhow::Result<()> {
    let idle = rss_megabytes("VmRSS");
    let server = WorldServer::start(World::scaled(SystemClock.now(), sites, entries)).await?;
    let dir = std::env::temp_dir().join(format!("wiresift-bench-{}", std::process::id()));
    let mut config = settings(&dir, &server, spacing)?;
    config.storage.dir = dir.join("data");
    let cluster = if daemons > 1 && config.database.url.is_none() {
        let cluster = Cluster::start(ClusterSettings::private(dir.join("cluster"), true)).await?;
        cluster.ensure_database("bench").await?;
        config.database.url = Some(cluster.connect_options("bench").to_url_lossy().to_string());
        Some(cluster)
    } else {
        None
    };
    let started = Instant::now();
    let runs = (0..daemons).map(|_| Box::pin(daemon::run(config.clone(), Mode::Once)));
    let ended = try_join_all(runs).await?;
    let seconds = started.elapsed().as_secs_f64();
    // All daemons see the same database.
    let sums = ended.into_iter().flatten().max_by_key(|sums| sums.articles);
    let sums = sums.ok_or_else(|| anyhow::anyhow!("the run was interrupted"))?;
    println!(
        "{} articles of {} entries in {seconds:.1} s: {:.0} a second; {} pending; faults: {:?}",
        sums.articles,
        sums.entries,
        sums.articles as f64 / seconds,
        sums.pending,
        sums.faults()
    );
    println!(
        "RSS of this process, server included: {idle} MB at the start, {} MB at most",
        rss_megabytes("VmHWM")
    );
    server.stop().await;
    if let Some(cluster) = cluster {
        cluster.stop().await?;
    }
    fs::remove_dir_all(dir)?;
    Ok(())
}

fn settings(
    dir: &std::path::Path,
    server: &WorldServer,
    spacing: Duration,
) -> anyhow::Result<Config> {
    fs::create_dir_all(dir)?;
    let list: String = server.feeds().iter().map(|feed| format!("{}\n", feed.url)).collect();
    fs::write(dir.join("feeds.txt"), list)?;
    let mut config = Config::default();
    config.feeds.files = vec![dir.join("feeds.txt").display().to_string()];
    config.http.allow_networks = vec![IpAddr::from([127, 0, 0, 1]).into()];
    config.console.listen = None;
    config.database.url = std::env::var("DATABASE_URL").ok();
    config.site.spacing = spacing;
    config.site.concurrency = if spacing.is_zero() { 8 } else { 1 };
    Ok(config)
}

/// A figure of this process from `/proc`, in megabytes.
fn rss_megabytes(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0) / 1024
}
