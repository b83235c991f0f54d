//! Pages of the console under load: `cargo bench --bench console_load -- [CLIENTS] [SECONDS] [SITES]`
//!
//! The variable `DATABASE_URL` names a filled database, which the benchmark `reading` can make. The
//! daemon runs on it with the console, and files what an invented news world of SITES sites (20)
//! shows, which this process serves on loopback: one page a second of each site, as polite reading
//! has it. Meanwhile CLIENTS clients (50) ask for all pages in turn, without a pause, for SECONDS
//! (60). A line for each page: how often it was asked for, the median, the 95th percentile and the
//! longest time in milliseconds, and answers that are no pages. Clients, world, daemon and database
//! share the cores, so the times are a ceiling. The articles stay in the database, and feeds that
//! are not of the world are paused in it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::{join_all, try_join};
use nix::sys::signal::{Signal, raise};
use sqlx::PgPool;
use tikv_jemallocator::Jemalloc;
use url::form_urlencoded::byte_serialize;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::config::Config;
use wiresift::daemon::{self, Mode};
use wiresift_demo_world::{World, WorldServer};

/// The daemon's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Articles among which the pages are chosen.
const SAMPLE: i64 = 500;

/// Entries of each feed of the world: as many as a site can be asked for in some minutes.
const ENTRIES: usize = 400;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let clients = numbers.next().unwrap_or(50);
    let time = Duration::from_secs(numbers.next().unwrap_or(60) as u64);
    let sites = numbers.next().unwrap_or(20);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(clients, time, sites))
}

async fn run(clients: usize, time: Duration, sites: usize) -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL")
        .context("DATABASE_URL must name a filled database; see benches/reading.rs")?;
    let server = WorldServer::start(World::scaled(SystemClock.now(), sites, ENTRIES)).await?;
    let dir = Folder::new()?;
    let config = settings(&dir.0, &server, &url)?;
    let port = config.console.listen.map_or(0, |listen| listen.port());
    let pool = PgPool::connect(&url).await?;
    let asking = async {
        let measured = measure(&pool, port, clients, time).await;
        // The daemon listens to it.
        raise(Signal::SIGTERM)?;
        measured
    };
    let (_, ()) = try_join(Box::pin(daemon::run(config, Mode::Forever)), asking).await?;
    server.stop().await;
    Ok(())
}

/// A folder that ends with the benchmark.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let dir = std::env::temp_dir().join(format!("wiresift-bench-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn settings(dir: &Path, server: &WorldServer, url: &str) -> anyhow::Result<Config> {
    let list: String = server.feeds().iter().map(|feed| format!("{}\n", feed.url)).collect();
    fs::write(dir.join("feeds.txt"), list)?;
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut config = Config::default();
    config.feeds.files = vec![dir.join("feeds.txt").display().to_string()];
    config.http.allow_networks = vec![IpAddr::from([127, 0, 0, 1]).into()];
    config.console.listen = Some(free);
    config.database.url = Some(url.to_owned());
    config.storage.dir = dir.join("data");
    config.site.spacing = Duration::from_secs(1);
    Ok(config)
}

/// What the pages are asked about.
struct Known {
    articles: Vec<Sample>,
    /// Articles whose pages are stored.
    with_pages: Vec<i64>,
    feeds: Vec<i64>,
    stories: Vec<i64>,
}

#[derive(sqlx::FromRow)]
struct Sample {
    id: i64,
    url: String,
    host: String,
    word: String,
    tag: Option<String>,
}

async fn known(pool: &PgPool) -> anyhow::Result<Known> {
    let most: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM wiresift.articles")
        .fetch_one(pool)
        .await?;
    let articles = sqlx::query_as(
        "SELECT a.id, a.url, a.host, split_part(a.title, ' ', 3) AS word, a.tags[1] AS tag
         FROM generate_series(1, $1) AS n CROSS JOIN LATERAL (
             SELECT * FROM wiresift.articles WHERE id >= n * $2 / $1 ORDER BY id LIMIT 1) AS a",
    )
    .bind(SAMPLE)
    .bind(most - 1)
    .fetch_all(pool)
    .await?;
    let with_pages = "SELECT DISTINCT e.article_id FROM wiresift.pages p
                      JOIN wiresift.entries e ON e.id = p.entry_id
                      WHERE e.article_id IS NOT NULL LIMIT 200";
    Ok(Known {
        articles,
        with_pages: sqlx::query_scalar(with_pages).fetch_all(pool).await?,
        feeds: sqlx::query_scalar("SELECT id FROM wiresift.feeds").fetch_all(pool).await?,
        stories: sqlx::query_scalar("SELECT id FROM wiresift.stories LIMIT 5000")
            .fetch_all(pool)
            .await?,
    })
}

/// The page of a turn: its name, and its address. `None`: there is nothing that it could show.
fn page(turn: usize, known: &Known) -> Option<(&'static str, String)> {
    const PAGES: usize = 23;
    let number = turn / PAGES;
    let of = |ids: &[i64]| ids.get(number % ids.len().max(1)).copied();
    let one = known.articles.get(number * 7 % known.articles.len().max(1))?;
    let text = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let id = one.id;
    Some(match turn % PAGES {
        0 => ("/", "/".to_owned()),
        1 => ("/feeds", "/feeds".to_owned()),
        2 => ("/feeds?page=", format!("/feeds?page={}", number % 20)),
        3 => ("/feeds/ID", format!("/feeds/{}", of(&known.feeds)?)),
        4 => ("/explain?url=", format!("/explain?url={}", text(&one.url))),
        5 => ("/articles", "/articles".to_owned()),
        6 => ("/articles?host=", format!("/articles?host={}", text(&one.host))),
        7 => ("/articles?tag=", format!("/articles?tag={}", text(one.tag.as_ref()?))),
        8 => ("/articles?kind=", "/articles?kind=liveblog".to_owned()),
        9 => ("/articles?language=", "/articles?language=en".to_owned()),
        10 => ("/articles?q=", format!("/articles?q={}", text(&one.word))),
        11 => ("/articles/ID", format!("/articles/{id}")),
        12 => ("/articles/ID, page stored", format!("/articles/{}", of(&known.with_pages)?)),
        13 => ("/stories", "/stories".to_owned()),
        14 => ("/stories/ID", format!("/stories/{}", of(&known.stories)?)),
        15 => ("/copies/ID", format!("/copies/{id}")),
        16 => ("/sites/HOST", format!("/sites/{}", text(&one.host))),
        17 => ("/events", "/events".to_owned()),
        18 => ("/accounting", "/accounting".to_owned()),
        19 => ("/accounting?window=week", "/accounting?window=week".to_owned()),
        20 => ("/consumers", "/consumers".to_owned()),
        21 => ("/feed.atom", "/feed.atom".to_owned()),
        _ => ("/feed.json?tag=", format!("/feed.json?tag={}", text(one.tag.as_ref()?))),
    })
}

/// The times of a page, and how many answers were no pages.
#[derive(Default)]
struct Times {
    took: Vec<Duration>,
    failed: usize,
}

async fn measure(pool: &PgPool, port: u16, clients: usize, time: Duration) -> anyhow::Result<()> {
    let base = format!("http://127.0.0.1:{port}");
    let before = newest(pool).await?;
    // The console closes a connection after a minute, and visitors have one of their own anyhow.
    let http =
        reqwest::Client::builder().timeout(Duration::from_secs(30)).pool_max_idle_per_host(0);
    let http = http.build()?;
    started(&http, &base, pool, before).await?;
    let known = known(pool).await?;
    let (first, began) = (newest(pool).await?, Instant::now());
    let asked =
        join_all((0..clients).map(|client| ask(&http, &base, &known, client, began + time)));
    let mut pages: BTreeMap<&str, Times> = BTreeMap::new();
    for (name, took, is_page) in asked.await.into_iter().flatten() {
        let times = pages.entry(name).or_default();
        times.took.push(took);
        times.failed += usize::from(!is_page);
    }
    let seconds = began.elapsed().as_secs_f64();
    let filed = newest(pool).await? - first;
    report(pages, seconds);
    println!("{filed} articles filed meanwhile: {:.1} a second", filed as f64 / seconds);
    Ok(())
}

/// Numbers of articles have no gaps to speak of.
async fn newest(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM wiresift.articles").fetch_one(pool).await
}

/// Waits until the daemon has filed some articles.
async fn started(
    http: &reqwest::Client,
    base: &str,
    pool: &PgPool,
    before: i64,
) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let answers = http.get(format!("{base}/consumers")).send().await.is_ok();
        if answers && newest(pool).await? > before + 20 {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < Duration::from_mins(5), "the daemon files nothing");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// One client: each begins with another page.
async fn ask(
    http: &reqwest::Client,
    base: &str,
    known: &Known,
    client: usize,
    end: Instant,
) -> Vec<(&'static str, Duration, bool)> {
    let mut times = Vec::new();
    for turn in client * 101.. {
        if Instant::now() >= end {
            break;
        }
        let Some((name, path)) = page(turn, known) else { continue };
        let began = Instant::now();
        let is_page = match http.get(format!("{base}{path}")).send().await {
            Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
            Err(_) => false,
        };
        times.push((name, began.elapsed(), is_page));
    }
    times
}

fn report(pages: BTreeMap<&str, Times>, seconds: f64) {
    println!(
        "{:>7} {:>9} {:>9} {:>9} {:>7}  page",
        "asked", "p50 ms", "p95 ms", "max ms", "failed"
    );
    let mut all = Times::default();
    for (name, mut times) in pages {
        line(name, &mut times);
        all.took.append(&mut times.took);
        all.failed += times.failed;
    }
    line("all", &mut all);
    println!("{:.0} pages a second", all.took.len() as f64 / seconds);
}

fn line(name: &str, times: &mut Times) {
    times.took.sort();
    let at = |share: f64| {
        let place = (share * times.took.len() as f64) as usize;
        let took = times.took.get(place).or(times.took.last()).copied().unwrap_or_default();
        took.as_secs_f64() * 1000.0
    };
    println!(
        "{:>7} {:>9.1} {:>9.1} {:>9.1} {:>7}  {name}",
        times.took.len(),
        at(0.5),
        at(0.95),
        at(1.0),
        times.failed
    );
}
