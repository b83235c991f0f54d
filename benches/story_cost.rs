//! What assigning a story costs: `cargo bench --bench story_cost -- [ARTICLES] [EVERY] [LANGUAGES]`
//!
//! A private cluster is given ARTICLES (default 30,000) of some 250 words, one event in four of which is told by
//! three sites. All of them are of one day, so all are in the window. After each EVERY articles (default 10,000) the
//! time of the last ones is printed: as a whole, and without the processor time of this process, which is the
//! database's. The articles are written by plain INSERTs and have no full-text index, because filing is measured
//! elsewhere. They are in one language, or in LANGUAGES by turns, and then links between languages are found, too.

#[expect(dead_code, reason = "what it files is not needed here")]
#[path = "support/news.rs"]
mod news;
mod support;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgConnection;
use wiresift::clock::{Clock as _, SystemClock};
use wiresift::store::Assigned;

use news::Vocabulary;
use support::Bench;

const WINDOW: TimeDelta = TimeDelta::days(7);

/// Articles that are inserted and then assigned.
const PART: usize = 2_000;

/// Of so many events one is told three times, the others once.
const TOLD_THREE_TIMES: u64 = 4;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let mut numbers = support::arguments().filter_map(|argument| argument.parse::<usize>().ok());
    let (articles, every) = (numbers.next().unwrap_or(30_000), numbers.next().unwrap_or(10_000));
    let languages = numbers.next().unwrap_or(1);
    let bench = Bench::start(&std::env::temp_dir(), true, 4).await?;
    let result = measure(&bench, articles, every, languages).await;
    bench.discard().await?;
    result
}

async fn measure(
    bench: &Bench,
    articles: usize,
    every: usize,
    languages: usize,
) -> anyhow::Result<()> {
    let mut connection = bench.store.pool().acquire().await?.detach();
    sqlx::raw_sql("DROP INDEX articles_text; DROP INDEX articles_title")
        .execute(&mut connection)
        .await?;
    let vocabulary = Vocabulary::new(60_000);
    let mut made = 0;
    let (mut wall, mut own, mut counted) = (Duration::ZERO, Duration::ZERO, 0);
    while made < articles {
        let now = SystemClock.now();
        insert(&mut connection, &vocabulary, made, languages, now).await?;
        made += PART;
        let (started, used) = (Instant::now(), processor_time());
        while bench.store.assign_stories(now, WINDOW).await? != Assigned::Nothing {}
        wall += started.elapsed();
        own += processor_time().saturating_sub(used);
        counted += PART;
        if made % every == 0 {
            let each = |time: Duration| 1000.0 * time.as_secs_f64() / counted as f64;
            let stories: i64 = sqlx::query_scalar("SELECT count(*) FROM stories")
                .fetch_one(&mut connection)
                .await?;
            let links: i64 = sqlx::query_scalar("SELECT count(*) FROM story_links")
                .fetch_one(&mut connection)
                .await?;
            println!(
                "{made:>8} in the window: {:.2} ms an article, {:.2} of it the database; \
                 {stories} stories, {links} links",
                each(wall),
                each(wall.saturating_sub(own))
            );
            (wall, own, counted) = (Duration::ZERO, Duration::ZERO, 0);
        }
    }
    Ok(())
}

/// The processor time of this process, in all threads.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse::<u64>().ok());
    // utime and stime, in hundredths of a second: see proc_pid_stat(5).
    Duration::from_millis(10 * (ticks(12).unwrap_or(0) + ticks(13).unwrap_or(0)))
}

async fn insert(
    connection: &mut PgConnection,
    vocabulary: &Vocabulary,
    first: usize,
    languages: usize,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let numbers = (first..first + PART).map(|number| number as u64);
    let texts: Vec<(String, String)> = numbers.map(|number| telling(vocabulary, number)).collect();
    let (titles, bodies): (Vec<String>, Vec<String>) = texts.into_iter().unzip();
    sqlx::query(
        "INSERT INTO articles (url, host, title, body, body_source, word_count, quality, digest,
             first_seen_at, updated_at, published_at, language)
         SELECT 'http://h' || n % 400 || '.example/' || n, 'h' || n % 400 || '.example', title,
             body, 'page', 250, 0.9, decode(md5(n::text), 'hex'), $4, $4, $4,
             (ARRAY['en', 'de', 'fr', 'es', 'nl'])[1 + n % $5]
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (title, body, place)
         CROSS JOIN LATERAL (SELECT $3 + place AS n) AS numbered",
    )
    .bind(titles)
    .bind(bodies)
    .bind(i64::try_from(first)?)
    .bind(now)
    .bind(i64::try_from(languages.clamp(1, 5))?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Headline and text. What is told of one event shares its names and some of its words.
fn telling(vocabulary: &Vocabulary, number: u64) -> (String, String) {
    let block = number / (2 * TOLD_THREE_TIMES);
    let place = number % (2 * TOLD_THREE_TIMES);
    // Of eight articles the first three tell of one event, and the others each of one of their own.
    let event = if place < 3 { block << 8 } else { number << 20 };
    let mut of_event = StdRng::seed_from_u64(event);
    let names: Vec<String> = (0..6)
        .map(|_| {
            let word = vocabulary.word(of_event.random_range(3_000..60_000));
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect();
    let topic: Vec<&str> =
        (0..25).map(|_| vocabulary.word(of_event.random_range(200..20_000))).collect();
    let mut random = StdRng::seed_from_u64(number);
    let mut sentence = |words: usize| {
        let mut text = vocabulary.sentence(words, &topic, &mut random);
        for _ in 0..words / 10 {
            if let Some(name) = names.get(random.random_range(0..names.len())) {
                text.push(' ');
                text.push_str(name);
            }
        }
        text
    };
    let title = sentence(10);
    let body: Vec<String> = (0..12).map(|_| sentence(20) + ".").collect();
    (title, body.join(" "))
}
