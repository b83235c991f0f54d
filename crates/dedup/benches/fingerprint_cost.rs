//! Measures the cost of fingerprints:
//! `cargo bench -p wiresift-dedup --bench fingerprint_cost -- FILE.jsonl...`
//!
//! The files have the format that `wiresift dedupe` reads. One thread takes the fingerprints of all
//! articles several times. The result is the best round in processor time, so other processes on
//! the machine do not change it.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use wiresift_dedup::fingerprint::Fingerprinted;

const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds a flag of its own.
    for path in std::env::args().skip(1).filter(|word| word != "--bench") {
        let mut articles: Vec<(String, String)> = Vec::new();
        for line in BufReader::new(std::fs::File::open(&path)?).lines() {
            let article: serde_json::Value = serde_json::from_str(&line?)?;
            let text = |field: &str| {
                article.get(field).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
            };
            articles.push((text("title"), text("text")));
        }
        let (mut best, mut stored) = (f64::MAX, 0);
        for _ in 0..ROUNDS {
            let start = processor_time()?;
            let fingerprints: Vec<_> = articles
                .iter()
                .filter_map(|(title, text)| Fingerprinted::of(title, text))
                .collect();
            best = best.min(processor_time()?.saturating_sub(start).as_secs_f64());
            stored = black_box(&fingerprints)
                .iter()
                .map(|fingerprinted| fingerprinted.fingerprint.to_stored().len())
                .sum();
        }
        let bytes: usize = articles.iter().map(|(_, text)| text.len()).sum();
        println!(
            "{path}: {} articles of {} bytes; {:.0} a second, {:.0} MB/s; {} bytes stored for each",
            articles.len(),
            bytes / articles.len().max(1),
            articles.len() as f64 / best,
            bytes as f64 / best / 1e6,
            stored / articles.len().max(1)
        );
    }
    Ok(())
}

fn processor_time() -> anyhow::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}
