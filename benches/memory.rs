//! Resident memory of the daemon while the web attacks it.
//!
//! `cargo bench --bench memory -- KIND [MINUTES]`. The program runs as a process of its own, on the
//! embedded database, against a stub server. Each second it prints a line of CSV: seconds, resident
//! memory of the daemon in MB, articles filed, entries put back for lack of memory. The last line
//! is the peak.
//!
//! - `robots`: 400 sites, each with a robots.txt of 500 KiB that takes 1 KiB on the wire.
//! - `pages`: 150 sites, each with a page of 7 MB that takes 0.7 MB on the wire.
//! - `mixed`: the hostile web, for MINUTES: large and small pages, deep and broken markup, bombs,
//!   large robots.txt files, feeds of many entries, slow and endless answers.
//! - `plot CSV`: the resident memory of a run as a picture (SVG).

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/harness/mod.rs"]
mod harness;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use harness::process::{Home, Process};
use harness::stub::{Reply, Seen, Stub};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A run that does not end by itself is stopped after this time.
const LIMIT: Duration = Duration::from_mins(10);

const WORDS: [&str; 24] = [
    "council", "harbour", "mayor", "storm", "winter", "rebuild", "vote", "monday", "wall", "board",
    "ferry", "budget", "report", "said", "after", "that", "with", "would", "the", "of", "and",
    "to", "in", "a",
];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let minutes = arguments.get(1).and_then(|minutes| minutes.parse().ok()).unwrap_or(30);
    match arguments.first().map(String::as_str) {
        Some("robots") => attack(robots(), LIMIT, Some(400)).await,
        Some("pages") => attack(pages(), LIMIT, Some(150)).await,
        Some("mixed") => attack(mixed(), Duration::from_mins(minutes), None).await,
        Some("plot") => {
            let csv = arguments.get(1).and_then(|path| std::fs::read_to_string(path).ok());
            println!("{}", plot(&csv.unwrap_or_default()));
        }
        _ => eprintln!("memory: say robots, pages, mixed [MINUTES] or plot CSV"),
    }
}

type Web = Box<dyn Fn(&Seen, u16) -> Reply + Send + Sync>;

/// Runs the daemon against `web` until `entries` have ended, or for `limit`.
async fn attack(web: Web, limit: Duration, entries: Option<usize>) {
    let port = Arc::new(std::sync::OnceLock::new());
    let known = Arc::clone(&port);
    let answer = move |seen: &Seen| Some(web(seen, *known.get().unwrap_or(&0)));
    let stub = Stub::answering(Box::new(answer)).await;
    port.set(stub.port()).expect("set once");
    let home = Home::new("");
    home.lists(&[stub.url("/feed.xml")]);
    let daemon = home.start(&["run"], &[]);
    let started = Instant::now();
    println!("seconds,resident_mb,filed,put_back");
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let said = daemon.said();
        let count = |words: &str| said.matches(words).count();
        let (filed, ended) = (count(" filed"), count(" filed") + count("page refused"));
        println!(
            "{},{},{filed},{}",
            started.elapsed().as_secs(),
            status(&daemon, "VmRSS"),
            count("no memory for")
        );
        let is_done = entries.is_some_and(|entries| ended >= entries);
        if is_done || started.elapsed() > limit {
            break;
        }
    }
    println!("peak,{} MB", status(&daemon, "VmHWM"));
    println!("lost leases,{}", daemon.said().matches("lease lost").count());
}

/// A field of /proc/PID/status, in MB.
fn status(daemon: &Process, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid()));
    let line = text.unwrap_or_default();
    let line = line.lines().find(|line| line.starts_with(field)).unwrap_or_default().to_owned();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Width and height of the picture, and its margin.
const PICTURE: (u64, u64, u64) = (720, 240, 40);

/// A line of resident memory over time.
fn plot(csv: &str) -> String {
    let samples: Vec<(u64, u64)> = csv
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',').map(|field| field.parse().ok());
            Some((fields.next()??, fields.next()??))
        })
        .collect();
    let (width, height, margin) = PICTURE;
    let last = samples.last().map_or(1, |(seconds, _)| *seconds).max(1);
    let most = samples.iter().map(|(_, mb)| *mb).max().unwrap_or(1).div_ceil(100) * 100;
    let x = |seconds: u64| margin + seconds * (width - 2 * margin) / last;
    let y = |mb: u64| height - margin - mb * (height - 2 * margin) / most;
    let points: Vec<String> =
        samples.iter().map(|(seconds, mb)| format!("{},{}", x(*seconds), y(*mb))).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for mb in (0..=most).step_by(100) {
        let at = y(mb);
        svg += &format!(
            "<path d=\"M{margin} {at}H{}\" stroke=\"#ddd\"/><text x=\"4\" y=\"{at}\">{mb} MB</text>\n",
            width - margin
        );
    }
    let minutes = last / 60;
    svg += &format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{minutes} minutes</text>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\"/>\n</svg>",
        width - margin,
        height - 12,
        points.join(" ")
    );
    svg
}

fn robots() -> Web {
    let rules: String =
        (0..20_000).map(|number| format!("Allow: /section-{number}/*?\n")).collect();
    let robots = packed(format!("User-agent: *\n{rules}").as_bytes());
    Box::new(move |seen, port| match seen.target.as_str() {
        "/feed.xml" => feed((0..400).map(|site| format!("http://h{site}.localhost:{port}/x"))),
        "/robots.txt" => gzip(&robots, "text/plain"),
        _ => Reply::status(404),
    })
}

fn pages() -> Web {
    let bodies: Vec<Vec<u8>> = (0..3).map(|seed| packed(page(seed, 15_500).as_bytes())).collect();
    Box::new(move |seen, port| match seen.target.as_str() {
        "/feed.xml" => feed((0..150).map(|site| format!("http://g{site}.localhost:{port}/{site}"))),
        "/robots.txt" => Reply::status(404),
        target => {
            let number: usize = target.trim_start_matches('/').parse().unwrap_or(0);
            let mut body = bodies[number % bodies.len()].clone();
            body.extend(packed(format!("<p>Unique text {number}.</p>").as_bytes()));
            gzip(&body, "text/html")
        }
    })
}

/// A new set of entries every second. The kind of a page follows from its number.
fn mixed() -> Web {
    let large = packed(page(1, 12_000).as_bytes());
    let robots: String = (0..20_000).map(|number| format!("Disallow: /x{number}/*?\n")).collect();
    let robots = packed(format!("User-agent: *\n{robots}").as_bytes());
    let bomb = packed(&vec![b' '; 400 << 20]);
    let tags = packed("<b><i><p class=a>a".repeat(400_000).as_bytes());
    let started = Instant::now();
    Box::new(move |seen, port| {
        let second = started.elapsed().as_secs();
        match seen.target.as_str() {
            "/feed.xml" if second % 60 == 59 => {
                feed((0..5_000).map(|number| format!("http://k1.localhost:{port}/7{number}")))
            }
            "/feed.xml" => feed(
                (second * 40..second * 40 + 40)
                    .map(|number| format!("http://m{}.localhost:{port}/{number}", number % 3_000)),
            ),
            "/robots.txt" if seen.host.ends_with("7.localhost") => gzip(&robots, "text/plain"),
            "/robots.txt" => Reply::status(404),
            target => {
                let number: u64 = target.trim_start_matches('/').parse().unwrap_or(0);
                match number % 40 {
                    0 => gzip(&large, "text/html"),
                    1 => gzip(&bomb, "text/html"),
                    2 => gzip(&tags, "text/html"),
                    3 => Reply::ok(page(number, 10)).drip(Duration::from_millis(50)),
                    4 => Reply::ok("<p>More and more. ").endless(),
                    5 => Reply::redirect(302, &format!("/{}", number + 40)),
                    6 => Reply::ok(page(number, 2_000)).truncated(100_000),
                    7 => Reply::ok(page(number, 1_500)),
                    _ => Reply::ok(page(number, 12)),
                }
            }
        }
    })
}

fn feed(links: impl Iterator<Item = String>) -> Reply {
    let items: String = links
        .map(|link| format!("<item><title>News {link}</title><link>{link}</link></item>"))
        .collect();
    Reply::ok(format!("<rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>"))
}

fn page(seed: u64, paragraphs: usize) -> String {
    let mut random = StdRng::seed_from_u64(seed);
    let mut text = format!(
        "<!doctype html><title>Harbour board votes {seed}</title><article><h1>Harbour board votes \
         {seed}</h1>"
    );
    for _ in 0..paragraphs {
        text.push_str("<p>");
        for _ in 0..70 {
            text.push_str(WORDS[random.random_range(0..WORDS.len())]);
            text.push(' ');
        }
        text.push_str(".</p>");
    }
    text
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn gzip(body: &[u8], content_type: &str) -> Reply {
    Reply::ok(body).header("Content-Encoding", "gzip").header("Content-Type", content_type)
}
