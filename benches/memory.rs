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
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the attacks are those of the tests"
)]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/harness/mod.rs"]
mod harness;

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::hostile::{self, Web};
use harness::process::Home;
use harness::stub::{Seen, Stub};

/// A run that does not end by itself is stopped after this time.
const LIMIT: Duration = Duration::from_mins(10);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let minutes = arguments.get(1).and_then(|minutes| minutes.parse().ok()).unwrap_or(30);
    match arguments.first().map(String::as_str) {
        Some("robots") => attack(hostile::robots(400), LIMIT, Some(400)).await,
        Some("pages") => attack(hostile::pages(150), LIMIT, Some(150)).await,
        Some("mixed") => attack(hostile::mixed(), Duration::from_mins(minutes), None).await,
        Some("plot") => {
            let csv = arguments.get(1).and_then(|path| std::fs::read_to_string(path).ok());
            println!("{}", plot(&csv.unwrap_or_default()));
        }
        _ => eprintln!("memory: say robots, pages, mixed [MINUTES] or plot CSV"),
    }
}

/// Runs the daemon against `web` until `entries` have ended, or for `limit`.
async fn attack(web: Web, limit: Duration, entries: Option<usize>) {
    let port = Arc::new(std::sync::OnceLock::new());
    let known = Arc::clone(&port);
    let answer = move |seen: &Seen| Some(web(seen, *known.get().unwrap_or(&0)));
    let stub = Stub::answering(Box::new(answer)).await;
    port.set(stub.port()).expect("set once");
    let home = Home::new("");
    home.lists(&[stub.url("/feed.xml")]);
    let mut daemon = home.start(&["run"], &[]);
    let started = Instant::now();
    println!("seconds,resident_mb,filed,put_back");
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let said = daemon.said();
        assert!(daemon.runs(), "the daemon ended:\n{said}");
        let count = |words: &str| said.matches(words).count();
        let (filed, ended) = (count(" filed"), count(" filed") + count("page refused"));
        println!(
            "{},{},{filed},{}",
            started.elapsed().as_secs(),
            daemon.memory("VmRSS"),
            count("no memory for")
        );
        let is_done = entries.is_some_and(|entries| ended >= entries);
        if is_done || started.elapsed() > limit {
            break;
        }
    }
    println!("peak,{} MB", daemon.memory("VmHWM"));
    println!("lost leases,{}", daemon.said().matches("lease lost").count());
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
        svg.extend([format!(
            "<path d=\"M{margin} {at}H{}\" stroke=\"#ddd\"/><text x=\"4\" y=\"{at}\">{mb} MB</text>\n",
            width - margin
        )]);
    }
    let minutes = last / 60;
    svg.extend([format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{minutes} minutes</text>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\"/>\n</svg>",
        width - margin,
        height - 12,
        points.join(" ")
    )]);
    svg
}
