//! What extraction costs beside parsing alone: `cargo run --release --example extraction_cost -- PAGE.html[.gz]...`
//!
//! The yardstick is the parse of the same page by `scraper`, on one core, each page several times in turn so that
//! both meet the same weather; the medians over the repetitions are added up over the pages.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use wiresift::extract::{Hints, Limits, Model, Page, extract};

const TIMES: usize = 5;

fn main() -> anyhow::Result<()> {
    let (mut parse, mut whole, mut pages) = (Duration::ZERO, Duration::ZERO, 0_u32);
    let now = chrono::DateTime::UNIX_EPOCH;
    let model = Model::embedded()?;
    for path in std::env::args().skip(1) {
        let raw = std::fs::read(&path)?;
        let mut bytes = Vec::new();
        if MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).is_err() {
            bytes = raw;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page { bytes: &bytes, url: None, content_type: None };
        let (mut parses, mut wholes) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let start = Instant::now();
            let document = scraper::Html::parse_document(&text);
            parses.push(start.elapsed());
            drop(document);
            let start = Instant::now();
            let found = extract(model, &page, &Hints::default(), now, &Limits::default());
            wholes.push(start.elapsed());
            drop(found);
        }
        parses.sort();
        wholes.sort();
        parse += parses.get(TIMES / 2).copied().unwrap_or_default();
        whole += wholes.get(TIMES / 2).copied().unwrap_or_default();
        pages += 1;
    }
    let milliseconds = |all: Duration| all.as_secs_f64() * 1_000.0 / f64::from(pages.max(1));
    println!(
        "{pages} pages: parse {:.2} ms, extraction {:.2} ms, {:.2} x",
        milliseconds(parse),
        milliseconds(whole),
        whole.as_secs_f64() / parse.as_secs_f64().max(1e-9)
    );
    Ok(())
}
