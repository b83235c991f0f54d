//! Articles filed per second, end to end: `cargo bench --bench journey -- [SITES] [ENTRIES]`.
//!
//! An invented news world of SITES sites with ENTRIES entries each is served on loopback by this process, and the
//! daemon polls, reads and files all of it into the embedded database, once, or into the database of the variable
//! DATABASE_URL, where the statements can be studied. Spacing is off, because it would be
//! the only thing measured; client, server and database share the machine's cores, so the figure is a floor.

use std::fs;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tikv_jemallocator::Jemalloc;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::config::Config;
use wiresift::daemon::{self, Mode};
use wiresift_demo_world::{World, WorldServer};

/// The daemon's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (sites, entries) = (numbers.next().unwrap_or(20), numbers.next().unwrap_or(500));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(sites, entries))
}

async fn run(sites: usize, entries: usize) -> anyhow::Result<()> {
    let idle = rss_megabytes("VmRSS");
    let server = WorldServer::start(World::scaled(SystemClock.now(), sites, entries)).await?;
    let dir = std::env::temp_dir().join(format!("wiresift-bench-{}", std::process::id()));
    let mut config = settings(&dir, &server)?;
    config.storage.dir = dir.join("data");
    let started = Instant::now();
    let sums = daemon::run(config, Mode::Once).await?;
    let seconds = started.elapsed().as_secs_f64();
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
    fs::remove_dir_all(dir)?;
    Ok(())
}

fn settings(dir: &std::path::Path, server: &WorldServer) -> anyhow::Result<Config> {
    fs::create_dir_all(dir)?;
    let list: String = server.feeds().iter().map(|feed| format!("{}\n", feed.url)).collect();
    fs::write(dir.join("feeds.txt"), list)?;
    let mut config = Config::default();
    config.feeds.files = vec![dir.join("feeds.txt").display().to_string()];
    config.http.allow_networks = vec![IpAddr::from([127, 0, 0, 1]).into()];
    config.database.url = std::env::var("DATABASE_URL").ok();
    config.site.spacing = Duration::ZERO;
    config.site.concurrency = 8;
    Ok(config)
}

/// A figure of this process from `/proc`, in megabytes.
fn rss_megabytes(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0) / 1024
}
