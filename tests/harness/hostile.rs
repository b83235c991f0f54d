//! A web that attacks the memory of a daemon: what it sends is small on the wire and large in memory.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::harness::stub::{Reply, Seen};

/// Answers a request; the second argument is the port of the server.
pub(crate) type Web = Box<dyn Fn(&Seen, u16) -> Reply + Send + Sync>;

const WORDS: [&str; 24] = [
    "council", "harbour", "mayor", "storm", "winter", "rebuild", "vote", "monday", "wall", "board",
    "ferry", "budget", "report", "said", "after", "that", "with", "would", "the", "of", "and",
    "to", "in", "a",
];

/// Sites with a robots.txt of half a megabyte each.
pub(crate) fn robots(sites: usize) -> Web {
    let rules: String =
        (0..20_000).map(|number| format!("Allow: /section-{number}/*?\n")).collect();
    let robots = packed(format!("User-agent: *\n{rules}").as_bytes());
    Box::new(move |seen, port| match seen.target.as_str() {
        "/feed.xml" => feed((0..sites).map(|site| format!("http://h{site}.localhost:{port}/x"))),
        "/robots.txt" => gzip(&robots, "text/plain"),
        _ => Reply::status(404),
    })
}

/// Sites with a page of 7 MB each.
pub(crate) fn pages(sites: usize) -> Web {
    let bodies: Vec<Vec<u8>> = (0..3).map(|seed| packed(page(seed, 15_500).as_bytes())).collect();
    Box::new(move |seen, port| match seen.target.as_str() {
        "/feed.xml" => {
            feed((0..sites).map(|site| format!("http://g{site}.localhost:{port}/{site}")))
        }
        "/robots.txt" => Reply::status(404),
        target => {
            let number: usize = target.trim_start_matches('/').parse().unwrap_or(0);
            let mut body = bodies[number % bodies.len()].clone();
            body.extend(packed(format!("<p>Unique text {number}.</p>").as_bytes()));
            gzip(&body, "text/html")
        }
    })
}

/// All kinds of attacks among small pages. A new set of entries every second; the kind of a page
/// follows from its number.
pub(crate) fn mixed() -> Web {
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
