//! Polls a second, and what one costs: `cargo bench --bench polling_rate -- [SITES] [SECONDS]`.
//!
//! SITES loopback hosts with a feed each answer 304 to everything. First plain requests by the same HTTP client, for the
//! floor; then the daemon itself, as a process of its own, told to poll without pause.
//! Server, client, daemon and database share the machine's cores, so what is told apart is processor time, by process.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiresift::http::{HttpClient, HttpSettings};
use wiresift::store::embedded::{Cluster, ClusterSettings};

/// Requests under way at once, for the floor. So many use both cores.
const AT_ONCE: usize = 64;

/// How long each part runs before it is measured.
const WARM: Duration = Duration::from_secs(5);

const FEED: &str = "<rss version=\"2.0\"><channel><title>Rate</title></channel></rss>";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (sites, seconds) = (numbers.next().unwrap_or(2000), numbers.next().unwrap_or(20));
    let (port, served) = serve().await?;
    let urls: Vec<String> = (0..sites)
        .map(|n| format!("http://127.1.{}.{}:{port}/feed.xml", n / 250, n % 250 + 1))
        .collect();
    floor(&urls, &served, seconds).await?;
    daemon(&urls, &served, seconds).await
}

/// Serves everything from every loopback address; the port, and a count of answers.
async fn serve() -> anyhow::Result<(u16, Arc<AtomicU64>)> {
    let listener = TcpListener::bind("0.0.0.0:0").await?;
    let port = listener.local_addr()?.port();
    let served = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&count)));
        }
    });
    Ok((port, served))
}

async fn answer(mut stream: TcpStream, served: Arc<AtomicU64>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let is_conditional =
            String::from_utf8_lossy(&head).to_ascii_lowercase().contains("if-none-match");
        head.clear();
        served.fetch_add(1, Ordering::Relaxed);
        let reply = if is_conditional {
            "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n".to_owned()
        } else {
            format!(
                "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n{FEED}",
                FEED.len()
            )
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

async fn floor(urls: &[String], served: &AtomicU64, seconds: u64) -> anyhow::Result<()> {
    // The daemon's client gives the process the provider of cryptography that any other then uses.
    drop(HttpClient::new(&HttpSettings::default())?);
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(2).build()?;
    let next = Arc::new(AtomicU64::new(0));
    let urls = Arc::new(urls.to_vec());
    for _ in 0..AT_ONCE {
        let (client, next, urls) = (client.clone(), Arc::clone(&next), Arc::clone(&urls));
        tokio::spawn(async move {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed) as usize % urls.len();
                let Some(url) = urls.get(place) else { return };
                let sent = client.get(url).header("If-None-Match", "\"1\"").send().await;
                if sent.is_err() || next.load(Ordering::Relaxed) > u64::MAX / 2 {
                    return;
                }
            }
        });
    }
    let pid = std::process::id();
    let (rate, cpu) = measure(served, seconds, &[pid]).await?;
    println!(
        "plain requests   {rate:>8.0}/s   {cpu:>6.0} µs of processor time each, the server's share included"
    );
    next.store(u64::MAX / 2, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

async fn daemon(urls: &[String], served: &AtomicU64, seconds: u64) -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("wiresift-rate-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let cluster = Cluster::start(ClusterSettings::private(dir.join("db"), true)).await?;
    cluster.ensure_database("rate").await?;
    let mut child = start(&dir, &cluster.url("rate"), urls)?;
    let before = served.load(Ordering::Relaxed);
    while served.load(Ordering::Relaxed) < before + urls.len() as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let postgres = postgres_pids(&dir);
    let (rate, cpu) = measure(served, seconds, &[child.id()]).await?;
    println!(
        "the daemon       {rate:>8.0}/s   {cpu:>6.0} µs of processor time each, of the daemon alone"
    );
    let (_, cpu) = measure(served, seconds, &postgres).await?;
    println!("its database                  {cpu:>6.0} µs of processor time each");
    child.kill()?;
    child.wait()?;
    cluster.stop().await?;
    fs::remove_dir_all(dir)?;
    Ok(())
}

fn start(dir: &Path, database: &str, urls: &[String]) -> anyhow::Result<Child> {
    fs::write(dir.join("feeds.txt"), urls.join("\n"))?;
    let config = "[feeds]\nfiles = [\"feeds.txt\"]\n[http]\nallow_networks = [\"127.0.0.0/8\"]\n[site]\nspacing = \"0s\"\n\
                  [poll]\nevery = \"10ms\"\nmin_every = \"10ms\"\nmax_every = \"20ms\"\n[console]\nlisten = \"off\"\n\
                  [log]\nlevel = \"error\"\n";
    fs::write(dir.join("wiresift.toml"), config)?;
    Command::new(env!("CARGO_BIN_EXE_wiresift"))
        .args(["run", "--config"])
        .arg(dir.join("wiresift.toml"))
        .env("DATABASE_URL", database)
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start the daemon")
}

/// The processes of the cluster below `dir`.
fn postgres_pids(dir: &Path) -> Vec<u32> {
    let text = fs::read_to_string(dir.join("db/data/postmaster.pid")).unwrap_or_default();
    let Some(postmaster) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok())
    else {
        return Vec::new();
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid == postmaster || field(*pid, 1) == Some(u64::from(postmaster))).collect()
}

/// Answers a second, and processor time of the processes for each, in microseconds.
async fn measure(served: &AtomicU64, seconds: u64, pids: &[u32]) -> anyhow::Result<(f64, f64)> {
    tokio::time::sleep(WARM).await;
    let cpu =
        || pids.iter().filter_map(|pid| Some(field(*pid, 11)? + field(*pid, 12)?)).sum::<u64>();
    let (count, ticks, started) = (served.load(Ordering::Relaxed), cpu(), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let count = (served.load(Ordering::Relaxed) - count) as f64;
    // Linux counts in hundredths of a second.
    let micros = (cpu() - ticks) as f64 * 10_000.0;
    Ok((count / started.elapsed().as_secs_f64(), micros / count.max(1.0)))
}

/// A number of `/proc/PID/stat`, counted from the state, which is 0.
fn field(pid: u32, place: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks and brackets.
    stat.rsplit_once(')')?.1.split_whitespace().nth(place)?.parse().ok()
}
