//! Measures the cost of a pair score: `cargo bench -p wiresift-dedup --bench pair_cost`

use std::hint::black_box;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use wiresift_dedup::story::{Model, PairScore, Rarity, StoryFingerprint, Weighed};

const ARTICLES: usize = 64;
const ROUNDS: usize = 20;

/// A text of 500 words, half of them common to all articles. Some have a capital.
fn text(article: usize) -> String {
    let word = |at: usize| {
        let number = if at.is_multiple_of(2) { at * 7 % 400 } else { at * 13 % 900 + article * 50 };
        let capital = if number.is_multiple_of(9) { "N" } else { "n" };
        let end = if at % 17 == 16 { ". " } else { " " };
        format!("{capital}am{}{end}", number * 7_919)
    };
    (0..500).map(word).map(|word| word.replace(char::is_numeric, "e") + &word).collect()
}

fn main() -> anyhow::Result<()> {
    let rarity = Rarity::new("en");
    let fingerprints: Vec<StoryFingerprint> = (0..ARTICLES)
        .filter_map(|article| {
            StoryFingerprint::of("A harbour wall for 12 towns", &text(article), "en")
        })
        .collect();
    let start = processor_time()?;
    let weighed: Vec<Weighed> =
        fingerprints.iter().map(|fingerprint| Weighed::of(fingerprint, &rarity)).collect();
    let weighing = processor_time()?.saturating_sub(start);
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = processor_time()?;
        for one in &weighed {
            for other in &weighed {
                black_box(PairScore::of(one, other, Some(1.0), Model::embedded()));
            }
        }
        best = best.min(processor_time()?.saturating_sub(start));
    }
    let pairs = (weighed.len() * weighed.len()) as f64;
    let terms = fingerprints.iter().map(|known| known.words.len()).sum::<usize>() / ARTICLES;
    println!(
        "{terms} words an article; {:.2} microseconds to weigh one, {:.2} to score a pair",
        weighing.as_secs_f64() * 1e6 / ARTICLES as f64,
        best.as_secs_f64() * 1e6 / pairs
    );
    Ok(())
}

fn processor_time() -> anyhow::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}
